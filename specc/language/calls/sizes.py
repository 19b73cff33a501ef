"""The sizes of a call: the shapes of its leaves, and the one size of each named dim in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from specc.diagnostics import Place, SpecPath, format_path
from specc.language.calls.findings import Findings, Found
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Dim
from specc.language.tensor_bytes import unpack
from specc.language.tensor_string import ANY, Shape
from specc.language.trees import Ragged, Sparse
from specc.language.wire_names import BoundLeaf


def leaf_shape(bound: BoundLeaf, tensors: Mapping[str, FlatTensor | Found]) -> tuple[int | None, ...]:
    """The shape of a leaf, from its components in ``tensors``.

    A size is None where it is not known, or not one size: on the ragged axes of a ragged leaf.
    """
    parts = [tensors[component.wire_name] for component in bound.components]
    match bound.leaf:
        case Ragged():
            values, outer = parts[0], parts[1]
            rows = outer.shape[0]
            return (None if rows is None else rows - 1, *(None,) * bound.leaf.ragged_rank, *values.shape[1:])
        case Sparse():
            sizes = parts[2]
            if isinstance(sizes.values, bytes):
                return tuple(unpack(sizes.values, "int64"))
            return (None,) * (sizes.shape[0] or 0)
        case _:
            return tuple(parts[0].shape)


def shape_text(shape: Shape | Sequence[int | None]) -> str:
    """A shape as a message shows it: ``[2, ?, 3]``."""
    return "[...]" if shape is None else f"[{', '.join(ANY if dim is None else str(dim) for dim in shape)}]"


def misfit(declared: Shape, found: Sequence[int | None]) -> bool:
    """Whether a tensor of the shape ``found`` breaks the ``declared`` rank, or one of its fixed sizes."""
    if declared is None:
        return False
    return len(found) != len(declared) or any(
        isinstance(dim, int) and size not in (dim, None) for dim, size in zip(declared, found, strict=True)
    )


class NamedSizes:
    """The size of each named dim in one example, over its inputs and outputs."""

    def __init__(self, dims: Mapping[str, Dim], findings: Findings) -> None:
        self._dims = dims
        self._findings = findings
        self._sizes: dict[str, tuple[int, SpecPath]] = {}

    def see(self, declared: Shape, found: Sequence[int | None], path: SpecPath, *, bounded: bool) -> None:
        """Notes the sizes of a leaf at ``path``; a second size of a dim is a finding, and so is one out of bounds."""
        for dim, size in zip(declared or (), found, strict=False):
            if not isinstance(dim, str) or dim == ANY or size is None:
                continue
            if dim not in self._sizes:
                self._sizes[dim] = size, path
                if bounded:
                    self._check_bounds(dim, size, path)
            elif (first := self._sizes[dim])[0] != size:
                message = f"the dim {dim!r} has the size {size} here, and {first[0]} at {format_path(first[1])}"
                there = Place(message=f"{dim!r} has the size {first[0]} here", path=first[1])
                self._findings.add(path, message, "a named dim has one size within a call", related=(there,))

    def _check_bounds(self, name: str, size: int, path: SpecPath) -> None:
        dim = self._dims.get(name)
        if dim is not None and (size < dim.min or (dim.max is not None and size > dim.max)):
            bounds = f"at least {dim.min}" if dim.max is None else f"from {dim.min} to {dim.max}"
            self._findings.add(path, f"the dim {name!r} has the size {size} here, and must be {bounds}")

    def resolve(self, dim: int | str, *, is_input: bool) -> int | None:
        """The size of an axis that JSON does not show; None for an output's where nothing else says it."""
        if isinstance(dim, int):
            return dim
        if dim in self._sizes:
            return self._sizes[dim][0]
        if not is_input:
            return None
        return self._dims[dim].min if dim in self._dims else 0
