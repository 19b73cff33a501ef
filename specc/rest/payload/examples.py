"""A classify or regress request: its examples, each an object of features, which become tf.Examples."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from specc.diagnostics import SpecPath, did_you_mean, shorten
from specc.language.example_features import ParsedFeature
from specc.language.scalars import describe
from specc.language.trees import Tensor
from specc.rest.payload.findings import Findings, leaf_path, listed
from specc.rest.payload.scalars import find_problem
from specc.rest.signatures import RestService, RestSignature, examples_of
from specc.rules.table import PayloadRule


def check_examples(
    service: RestService, signature: RestSignature, request: Mapping[str, Any], findings: Findings
) -> None:
    """Adds the findings about the examples of a request; the features of ``context`` are those of every example."""
    examples, context = request.get("examples"), request.get("context", {})
    if not isinstance(examples, list) or not examples:
        what = "it is missing" if examples is None else "the array is empty" if examples == [] else describe(examples)
        at: SpecPath = ("examples",) if "examples" in request else ()
        findings.add("payload-form", at, f"expected an array of examples, 'examples': {what}")
        return
    if not isinstance(context, dict):
        findings.add("payload-form", ("context",), f"expected an object of features, found {describe(context)}")
        return
    allowed = examples_of(signature, service.document)
    if not allowed.holds(len(examples)):
        message = f"there are {len(examples)} examples, {allowed}"
        findings.add("payload-size", ("examples",), message, leaf=leaf_path(signature, signature.inputs[0]))
        return
    checker = _Examples(signature, findings)
    checker.check(context, ("context",))
    for index, example in enumerate(examples):
        place: SpecPath = ("examples", index)
        if isinstance(example, dict):
            checker.check(example, place)
            checker.require(example.keys() | context.keys(), place)
        else:
            findings.add("payload-form", place, f"expected an object of features, found {describe(example)}")


class _Examples:
    def __init__(self, signature: RestSignature, findings: Findings) -> None:
        self._findings = findings
        self._at: SpecPath = ("endpoints", signature.name)
        self._features: dict[str, ParsedFeature] | None = None
        self._splits: set[str] = set()
        if signature.features is not None:
            self._features = {feature.key: feature for feature in signature.features}
            self._splits = {key for feature in signature.features for key in feature.splits}

    def check(self, features: Mapping[str, Any], at: SpecPath) -> None:
        """Checks the features of one example."""
        for key, value in features.items():
            place = (*at, key)
            is_list = isinstance(value, list)
            values = [((*place, index), item) for index, item in enumerate(value)] if is_list else [(place, value)]
            if self._features is None:
                self._check_undeclared(key, values)
            elif key in self._features:
                self._check_declared(self._features[key], values, place)
            elif key in self._splits:
                self._check_values(key, "int64", None, values, self._at)
            else:
                known = [*self._features, *sorted(self._splits)]
                hint = did_you_mean(key, known) or f"the features are {listed(known)}"
                message = f"there is no feature {shorten(key)!r}"
                self._findings.add("payload-feature", place, message, hint, on_key=True)

    def require(self, keys: set[str], at: SpecPath) -> None:
        """Adds a finding for each feature that must be there and is not."""
        for key, feature in (self._features or {}).items():
            if key not in keys and feature.is_required:
                leaf = (*self._at, *feature.leaf.path)
                self._findings.add("payload-feature", at, f"the feature {key!r} is missing", leaf=leaf)

    def _check_declared(self, feature: ParsedFeature, values: list[tuple[SpecPath, Any]], place: SpecPath) -> None:
        leaf: SpecPath = (*self._at, *feature.leaf.path)
        bounds = feature.leaf.leaf
        is_own = isinstance(bounds, Tensor) and bounds.dtype == feature.dtype
        self._check_values(feature.key, feature.dtype, bounds if is_own else None, values, leaf)  # type: ignore[arg-type]
        count = prod(feature.shape)
        if feature.parsed == "fixed" and len(values) != count:
            message = f"the feature {feature.key!r} has {len(values)} values, expected {count}"
            self._findings.add("payload-feature", place, message, leaf=leaf)

    def _check_values(
        self, key: str, dtype: str, bounds: Tensor | None, values: list[tuple[SpecPath, Any]], leaf: SpecPath
    ) -> None:
        for at, value in values:
            if dtype == "float32" and isinstance(value, int) and not isinstance(value, bool):
                message = f"the feature {key!r} holds floats, and {shorten(str(value))} is read as an integer"
                hint = f"write {float(value)!r}" if abs(value) < 1 << 63 else ""
                self._findings.add("payload-feature", at, message, hint, leaf=leaf)
                return
            problem = find_problem(value, dtype, bounds)
            if problem is not None:
                rule: PayloadRule = "payload-range" if problem.rule == "payload-range" else "payload-feature"
                self._findings.add(rule, at, f"the feature {key!r}: {problem.message}", problem.hint, leaf=leaf)
                return

    def _check_undeclared(self, key: str, values: list[tuple[SpecPath, Any]]) -> None:
        """Checks a feature that no receiver declares: its values have one type, which is that of the first."""
        kinds = {_kind(value) for _, value in values}
        if "" in kinds or len(kinds) > 1:
            at = next(at for at, value in values if _kind(value) == "" or _kind(value) != _kind(values[0][1]))
            message = f"the feature {key!r} must hold integers, floats or texts, all of one type"
            self._findings.add("payload-feature", at, message)
        elif kinds == {"string"}:
            self._check_values(key, "string", None, values, self._at)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return ""
        case int():
            return "int64"
        case float():
            return "float32"
        case str():
            return "string"
        case {"b64": str()} if len(value) == 1:
            return "string"
        case _:
            return ""
