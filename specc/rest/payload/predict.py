"""A predict request: its tensors in columns or in rows, and the sizes that they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from specc.diagnostics import Place, SpecPath, did_you_mean, short_path, shorten
from specc.language.scalars import describe
from specc.language.tensor_string import ANY
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf
from specc.rest.payload.composites import check_parts
from specc.rest.payload.findings import Findings, leaf_path, listed
from specc.rest.payload.tensors import Found, check_tensor
from specc.rest.signatures import RestService, RestSignature, RestTensor, sizes_of
from specc.rules.table import PayloadRule


@dataclass(frozen=True)
class Tensors:
    """The tensors of a request that could be read, by wire name, and their sizes."""

    found: Mapping[str, Found] = field(default_factory=dict)
    dims: Mapping[str, int] = field(default_factory=dict)
    """The size of each named dim."""
    rows: frozenset[int] = frozenset()
    """The first sizes of all leaves that have one."""


def read_tensors(
    service: RestService, signature: RestSignature, request: Mapping[str, Any], findings: Findings
) -> Tensors:
    """The tensors of a request in columns, ``inputs``, or rows, ``instances``; adds the findings about them."""
    forms = [form for form in ("inputs", "instances") if form in request]
    if len(forms) != 1:
        what = "both 'inputs' and 'instances'" if forms else "neither 'inputs' nor 'instances'"
        findings.add("payload-form", (), f"the request has {what}", 'send columns, "inputs", or rows, "instances"')
        return Tensors()
    checker = _Predict(service, signature, findings)
    if forms == ["inputs"]:
        checker.columns(request["inputs"])
    else:
        checker.rows(request["instances"])
    return checker.tensors()


class _Predict:
    def __init__(self, service: RestService, signature: RestSignature, findings: Findings) -> None:
        self._document = service.document
        self._signature = signature
        self._findings = findings
        self._by_name = {tensor.name: tensor for tensor in signature.inputs}
        self._found: dict[str, Found] = {}
        self._dims: dict[str, tuple[int, SpecPath]] = {}
        self._rows: set[int] = set()

    def tensors(self) -> Tensors:
        """What was found."""
        return Tensors(self._found, {dim: size for dim, (size, _) in self._dims.items()}, frozenset(self._rows))

    def columns(self, inputs: Any) -> None:
        at: SpecPath = ("inputs",)
        if self._is_bare(inputs):
            self._check(self._signature.inputs[0], inputs, at)
        elif not isinstance(inputs, dict):
            message = f"expected an object with {listed(list(self._by_name))}, found {describe(inputs)}"
            self._findings.add("payload-form", at, message)
            return
        else:
            for name, tensor, place in self._named(inputs, at):
                self._check(tensor, inputs[name], place)
        self._tie()

    def rows(self, instances: Any) -> None:
        at: SpecPath = ("instances",)
        findings, rows = self._findings, self._signature.rows
        if rows is None:
            message = f"{self._signature.key!r} cannot be called with rows: its inputs or outputs have no common number"
            findings.add(
                "payload-rows", at, message, 'send columns, "inputs"', leaf=("endpoints", self._signature.name)
            )
            return
        if not isinstance(instances, list) or not instances:
            what = "the array is empty" if instances == [] else f"found {describe(instances)}"
            findings.add("payload-rows", at, f"expected an array with a row of each example: {what}")
            return
        bare = [self._is_bare(row) for row in instances]
        if any(one != bare[0] for one in bare):
            index = bare.index(not bare[0])
            message = "a row is written with names, others are not" if bare[0] else "a row has no names, others have"
            findings.add("payload-rows", (*at, index), message, "write all rows alike")
            return
        columns: dict[str, list[tuple[SpecPath, Any]]] = {name: [] for name in self._by_name}
        for index, row in enumerate(instances):
            if bare[0]:
                columns[self._signature.inputs[0].name].append(((*at, index), row))
            elif not isinstance(row, dict):
                findings.add("payload-form", (*at, index), f"expected an object, found {describe(row)}")
                return
            else:
                for name, _, place in self._named(row, (*at, index)):
                    columns[name].append((place, row[name]))
        if not rows.holds(len(instances)):
            message = f"there are {len(instances)} rows, {rows}"
            findings.add("payload-size", at, message, leaf=leaf_path(self._signature, self._signature.inputs[0]))
            return
        for name, cells in columns.items():
            if len(cells) == len(instances):
                self._check_cells(self._by_name[name], cells)
        self._tie()

    def _is_bare(self, value: Any) -> bool:
        """Whether the only input is written without its name; an object is one of names, or bytes."""
        if len(self._signature.inputs) != 1:
            return False
        return not isinstance(value, dict) or set(value) == {"b64"}

    def _named(self, given: Mapping[str, Any], at: SpecPath) -> Iterator[tuple[str, RestTensor, SpecPath]]:
        """The inputs that ``given`` has; findings about those that are missing or unknown."""
        unknown = [name for name in given if name not in self._by_name]
        missing = [name for name in self._by_name if name not in given]
        for name in unknown:
            hint = did_you_mean(name, missing or self._by_name) or f"the inputs are {listed(list(self._by_name))}"
            message = f"{self._signature.key!r} has no input {shorten(name)!r}"
            self._findings.add("payload-input", (*at, name), message, hint, on_key=True)
        for name in missing:
            tensor = self._by_name[name]
            default = tensor.dense is not None and tensor.dense.default is not None
            hint = "only gRPC lets a request leave out an input that has a default" if default else ""
            path = leaf_path(self._signature, tensor)
            self._findings.add("payload-input", at, f"the input {name!r} is missing", hint, leaf=path)
        for name in given:  # in their order, so that of two sizes that differ the later one is blamed
            if name in self._by_name:
                yield name, self._by_name[name], (*at, name)

    def _check(self, tensor: RestTensor, value: Any, at: SpecPath) -> None:
        leaf = leaf_path(self._signature, tensor)
        found = check_tensor(tensor, value, at, self._document, self._findings, leaf)
        if found is not None:
            self._found[tensor.name] = found

    def _check_cells(self, tensor: RestTensor, cells: list[tuple[SpecPath, Any]]) -> None:
        """Checks a column that is written as cells: each is a tensor without its first axis, all of one shape."""
        component = tensor.component
        cell = tensor._replace(component=component._replace(shape=component.shape and component.shape[1:]))
        leaf = leaf_path(self._signature, tensor)
        shapes: dict[tuple[int, ...], SpecPath] = {}
        first: Found | None = None
        values: list[Any] = []
        for at, value in cells:
            before = len(self._findings)
            found = check_tensor(cell, value, at, self._document, self._findings, leaf)
            if found is None or len(self._findings) > before:
                return  # the first row that is wrong; others have the same defect, or none
            first = first or found
            values += found.values
            shapes.setdefault(found.sizes, at)
            if len(shapes) > 1:
                one, other = shapes
                message = f"{tensor.name!r}: this row has the shape {list(other)}, others {list(one)}"
                related = Place(message="another row", path=shapes[one])
                self._findings.add("payload-rows", at, message, leaf=leaf, other=related)
                return
        assert first is not None
        place = cells[0][0]
        self._found[tensor.name] = Found(place, (len(cells), *first.sizes), (place, *first.places), values)

    def _tie(self) -> None:
        """Compares the sizes of each named dim over all inputs; the later of two places is the one that is blamed."""
        if self._signature.receiver is not None:
            self._rows.update(found.sizes[0] for found in self._found.values())
            return
        leaves = {leaf.path: leaf for name in self._found if (leaf := self._by_name[name].leaf) is not None}
        for bound in leaves.values():
            if any(component.wire_name not in self._found for component in bound.components):
                continue
            path: SpecPath = ("endpoints", self._signature.name, *bound.path)
            parts = self._found[bound.components[0].wire_name]
            if isinstance(bound.leaf, Tensor):
                self._rows.update(parts.sizes[:1])
                for dim, size, place in zip(bound.leaf.shape or (), parts.sizes, parts.places, strict=False):
                    if isinstance(dim, str) and dim != ANY:
                        self._compare(dim, size, place, bound)
                continue
            sizes = check_parts(bound, self._found, self._findings, path)
            self._rows.update(size for size in sizes[:1] if size is not None)
            place = parts.path
            for dim, measured in zip(bound.leaf.shape or (), sizes, strict=False):
                if measured is None or dim == ANY:
                    continue
                allowed = sizes_of(dim, self._document)
                if not allowed.holds(measured):
                    what = dim if isinstance(dim, str) else "a size"
                    message = f"{bound.name!r}: {what} is {measured}, {allowed}"
                    self._findings.add("payload-parts", place, message, leaf=path)
                elif isinstance(dim, str):
                    self._compare(dim, measured, place, bound)

    def _compare(self, dim: str, size: int, place: SpecPath, bound: BoundLeaf) -> None:
        other, where = self._dims.setdefault(dim, (size, place))
        if other != size:
            message = f"{bound.name!r}: {dim} is {size}, and {other} at {short_path(where)}"
            rule: PayloadRule = "payload-dim" if isinstance(bound.leaf, Tensor) else "payload-parts"
            leaf: SpecPath = ("endpoints", self._signature.name, *bound.path)
            self._findings.add(rule, place, message, leaf=leaf, other=Place(message=f"{dim} is {other}", path=where))
