"""The value of one leaf in an example: nested JSON as the flat tensors of the leaf's components."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from specc.diagnostics import SpecPath, shorten
from specc.language.calls.findings import Findings, Found
from specc.language.calls.flat_tensor import tensor_of
from specc.language.scalars import describe
from specc.language.tensor_bytes import NoElementError, from_json
from specc.language.tensor_string import ANY, Shape
from specc.language.trees import Ragged, Sparse, Tensor
from specc.language.values import scalars, shape_of, value_hint
from specc.language.wire_names import BoundLeaf

Index = tuple[int, ...]
_SPARSE_KEYS = ("indices", "values", "dense_shape")


def read_leaf(bound: BoundLeaf, value: Any, path: SpecPath, findings: Findings) -> dict[str, Found] | None:
    """The components of a leaf by wire name, or None after a finding. Sizes are not compared with the declared ones."""
    match bound.leaf:
        case Tensor(dtype=dtype, shape=shape):
            parts = [_dense(dtype, shape, value, lambda index: (*path, *index), findings)]
        case Ragged():
            parts = _ragged(bound.leaf, value, path, findings)
        case Sparse():
            parts = _sparse(bound.leaf, value, path, findings)
    found = {component.wire_name: part for component, part in zip(bound.components, parts, strict=False) if part}
    return found if len(found) == len(bound.components) else None


def _dense(
    dtype: str, declared: Shape, value: Any, at: Callable[[Index], SpecPath], findings: Findings
) -> Found | None:
    """The tensor of a nested value, whose element at an index is at a path."""
    if value is None or (isinstance(value, dict) and declared):
        findings.add(at(()), f"expected values of dtype {dtype}, found {describe(value)}")
        return None
    seen = shape_of(value)
    if seen is None:
        findings.add(at(()), "the rows differ in length: a tensor has one size an axis")
        return None
    shape = _completed(seen, declared)
    flat = list(scalars(value))
    elements = []
    for position, scalar in enumerate(flat):
        try:
            elements.append(from_json(scalar, dtype))
        except NoElementError:
            what = describe(scalar) if not isinstance(scalar, str) else repr(shorten(scalar))
            hint = value_hint(scalar, dtype)
            findings.add(at(index_of(position, seen)), f"{what} is not a value of dtype {dtype}", hint)
            return None
    try:
        return Found(dtype, shape, tensor_of(dtype, seen, elements).values)
    except NoElementError as error:
        message = f"{flat[error.index]!r} is beyond what {dtype} can represent"
        findings.add(at(index_of(error.index, seen)), message)
        return None


def _completed(seen: Index, declared: Shape) -> tuple[int | None, ...]:
    """The shape of nested arrays, of which JSON shows no size after a 0: such a size is the declared one, or None."""
    if declared is None or not seen or seen[-1] != 0 or len(seen) >= len(declared):
        return seen
    return (*seen, *(dim if isinstance(dim, int) else None for dim in declared[len(seen) :]))


def index_of(position: int, shape: Sequence[int]) -> Index:
    """The index of the element at ``position`` in row-major order."""
    index: Index = ()
    for size in reversed(shape):
        position, last = divmod(position, size)
        index = (last, *index)
    return index


def _ragged(leaf: Ragged, value: Any, path: SpecPath, findings: Findings) -> list[Found | None]:
    items: list[tuple[Index, Any]] = [((), value)]
    splits: list[Found | None] = []
    for axis in range(leaf.ragged_rank + 1):
        ends, inner = [0], []
        for place, row in items:
            if not isinstance(row, tuple):
                findings.add((*path, *place), f"expected an array of axis {axis}, found {describe(row)}")
                return []
            declared = leaf.shape[axis] if leaf.shape is not None else ANY
            if axis and isinstance(declared, int) and len(row) != declared:
                findings.add((*path, *place), f"a row of {len(row)}, where axis {axis} has the size {declared}")
                return []
            inner += [((*place, number), item) for number, item in enumerate(row)]
            ends.append(len(inner))
        if axis:
            splits.append(_integers(ends, leaf.row_splits_dtype))
        items = inner
    flat: Shape = None if leaf.shape is None else (ANY, *leaf.shape[leaf.ragged_rank + 1 :])
    places = [(*path, *place) for place, _ in items]

    def at(index: Index) -> SpecPath:
        return (*places[index[0]], *index[1:]) if index else path

    return [_dense(leaf.dtype, flat, tuple(item for _, item in items), at, findings), *splits]


def _integers(values: Sequence[int], dtype: str) -> Found:
    return Found(dtype, (len(values),), tensor_of(dtype, (len(values),), values).values)


def _sparse(leaf: Sparse, value: Any, path: SpecPath, findings: Findings) -> list[Found | None]:
    if not isinstance(value, dict) or sorted(value) != sorted(_SPARSE_KEYS):
        hint = 'write {"indices": [[0, 2]], "values": [0.5], "dense_shape": [1, 3]}'
        findings.add(path, f"expected the three parts of a sparse tensor, found {describe(value)}", hint)
        return []
    rank = len(leaf.shape) if leaf.shape is not None else None
    if rank is None and isinstance(value["dense_shape"], tuple):
        rank = len(value["dense_shape"])
    shapes: Iterator[Shape] = iter(((ANY, ANY if rank is None else rank), (ANY,), (ANY if rank is None else rank,)))
    dtypes = ("int64", leaf.dtype, "int64")
    return [
        _dense(dtype, next(shapes), value[key], lambda index, key=key: (*path, key, *index), findings)  # type: ignore[misc]
        for key, dtype in zip(_SPARSE_KEYS, dtypes, strict=True)
    ]
