"""What the methods of signatures ask of an endpoint, as TensorFlow's servers and its legacy exporter read them."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding
from specc.language.document import Document, Endpoint
from specc.language.names import BoundLeaf, input_leaves, output_leaves
from specc.language.receivers import RECEIVER_INPUT
from specc.language.signatures import DEFAULT_KEYS, SERVABLE
from specc.language.trees import Dict, Tensor

_CLASSES, _SCORES, _RESULT = "classes", "scores", "outputs"
_SUPERVISED = ("loss", "predictions", "metrics")
_METRIC_PARTS = ("value", "update_op")


def find_method_violations(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    """Where ``endpoint``, which stands at ``at``, is not what its method asks for."""
    match endpoint.method:
        case "predict":
            pass
        case "classify" | "regress":
            yield from _one_string(endpoint, at)
            yield from _classification(endpoint, at) if endpoint.method == "classify" else _regression(endpoint, at)
        case "train" | "eval":
            yield from _supervision(endpoint, at)


def find_undeliverable(document: Document) -> Iterator[Diagnostic]:
    """Where the default endpoint may be missing from the archive."""
    if document.default is None or document.default not in document.endpoints:
        return
    endpoint = document.endpoints[document.default]
    at: SpecPath = ("endpoints", document.default)
    if endpoint.optional:
        message = "the default endpoint cannot be optional: an archive without it would have no default"
        yield finding("optional-default", (*at, "optional"), message, 'remove it, or choose another "default"')
    if document.serving_only and endpoint.method not in SERVABLE:
        message = f'"serving_only" drops signatures of the method {endpoint.method!r}, the default\'s'
        yield finding("optional-default", ("default",), message, "choose a default that a server can serve, or null")


def default_key_is_taken(document: Document, name: str) -> bool:
    """Whether ``name`` is the key that the default endpoint of ``document`` is published under."""
    return name in (DEFAULT_KEYS["predict"], DEFAULT_KEYS[document.mode])


def _one_string(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    if endpoint.receiver is not None:
        return  # a receiver's input is one string, and its name is right
    hint = 'declare one of the kind "tf_example" in "receivers", and name it in "receiver"'
    leaves = input_leaves(endpoint, at)
    names = [leaf.name for leaf in leaves]
    strings = [leaf for leaf in leaves if isinstance(leaf.leaf, Tensor) and leaf.leaf.dtype == "string"]
    if names != [RECEIVER_INPUT] or not strings:
        found = ", ".join(f"{leaf.name} ({leaf.leaf.kind} {leaf.leaf.dtype})" for leaf in leaves[:8]) or "nothing"
        message = (
            f"the method {endpoint.method} takes one string tensor called {RECEIVER_INPUT!r}, and this takes {found}"
        )
        yield finding("bad-method", (*at, "inputs"), message, hint)


def _classification(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    wanted = {_CLASSES: "string", _SCORES: "float32"}
    leaves = output_leaves(endpoint, at)
    for leaf in leaves:
        if leaf.name not in wanted:
            message = f"a classification gives {_SCORES!r} (float32), {_CLASSES!r} (string) or both, not {leaf.name!r}"
            yield finding("bad-method", leaf.path, message, did_you_mean(leaf.name, wanted) or 'give the leaf a "name"')
        else:
            yield from _dtype(leaf, wanted[leaf.name], "classification")


def _regression(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    leaves = output_leaves(endpoint, at)
    if [leaf.name for leaf in leaves] != [_RESULT]:
        found = ", ".join(leaf.name for leaf in leaves[:8])
        message = f"a regression gives one float32 tensor, {_RESULT!r}, not {found}"
        yield finding("bad-method", (*at, "outputs"), message, "declare one tensor, without a dict around it")
    else:
        yield from _dtype(leaves[0], "float32", "regression")


def _dtype(leaf: BoundLeaf, dtype: str, what: str) -> Iterator[Diagnostic]:
    if not isinstance(leaf.leaf, Tensor) or leaf.leaf.dtype != dtype:
        kind = "" if isinstance(leaf.leaf, Tensor) else f"{leaf.leaf.kind} "
        message = f"the {leaf.name!r} of a {what} are {dtype}, not {kind}{leaf.leaf.dtype}"
        yield finding("bad-method", leaf.path, message, 'cast them in a "postprocess"')


def _supervision(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    outputs, path = endpoint.outputs, (*at, "outputs")
    hint = f"the keys are {', '.join(_SUPERVISED)}"
    if not isinstance(outputs, Dict):
        message = f"the method {endpoint.method} gives a dict of {', '.join(_SUPERVISED)}, not a {outputs.kind}"
        yield finding("bad-method", path, message, hint)
        return
    for key in sorted(outputs.items.keys() - set(_SUPERVISED)):
        message = f"{key!r} is no output of the method {endpoint.method}"
        yield finding("bad-method", (*path, key), message, did_you_mean(key, _SUPERVISED) or hint)
    metrics = outputs.items.get("metrics")
    if metrics is None:
        return
    if not isinstance(metrics, Dict):
        message = f"the metrics are a dict by their names, not a {metrics.kind}"
        yield finding("bad-method", (*path, "metrics"), message, '{"accuracy": {"value": ..., "update_op": ...}}')
        return
    for name, metric in sorted(metrics.items.items()):
        place: SpecPath = (*path, "metrics", name)
        if not isinstance(metric, Dict):
            message = f"a metric is a dict of {' and '.join(_METRIC_PARTS)}, not a {metric.kind}"
            yield finding("bad-method", place, message)
            continue
        for part in sorted(metric.items.keys() - set(_METRIC_PARTS)):
            hint = did_you_mean(part, _METRIC_PARTS) or f"the parts are {', '.join(_METRIC_PARTS)}"
            yield finding("bad-method", (*place, part), f"{part!r} is no part of a metric", hint)
