"""Parts of a leaf's tensors: some of its rows, or the beginning of each of its axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod

from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.tensor_bytes import element_size
from specc.language.trees import Ragged, Sparse
from specc.language.wire_names import BoundLeaf

Tensors = Mapping[str, FlatTensor]


def row_count(bound: BoundLeaf, tensors: Tensors) -> int | None:
    """How many rows a leaf has; None for a scalar."""
    parts = _parts(bound, tensors)
    match bound.leaf:
        case Ragged():
            return parts[1].shape[0] - 1
        case Sparse():
            return int(parts[2].elements()[0]) if parts[2].size else None
        case _:
            return parts[0].shape[0] if parts[0].shape else None


def take_rows(bound: BoundLeaf, tensors: Tensors, rows: Sequence[int]) -> dict[str, FlatTensor]:
    """The tensors of a leaf with these of its rows, in this order. A scalar stays as it is."""
    parts = _parts(bound, tensors)
    match bound.leaf:
        case Ragged():
            return _named(bound, _ragged(parts, rows, {}))
        case Sparse() if parts[2].size:
            return _named(bound, _sparse_rows(parts, rows))
        case _ if parts[0].shape:
            return _named(bound, [_dense_rows(parts[0], rows)])
        case _:
            return _named(bound, parts)


def join_rows(bound: BoundLeaf, first: Tensors, second: Tensors) -> dict[str, FlatTensor]:
    """The rows of two tensors of a leaf, one after the other; the other axes have the same sizes."""
    one, other = _parts(bound, first), _parts(bound, second)
    match bound.leaf:
        case Ragged():
            return _named(bound, [_join(one[0], other[0]), *map(_join_splits, one[1:], other[1:])])
        case Sparse():
            (indices, shape), (more, more_shape) = _sparse_indices(one), _sparse_indices(other)
            flat = [
                number for index in (*indices, *((row + shape[0], *rest) for row, *rest in more)) for number in index
            ]
            sizes = (shape[0] + more_shape[0], *shape[1:])
            joined = tensor_of("int64", (len(indices) + len(more), len(sizes)), flat)
            return _named(bound, [joined, _join(one[1], other[1]), tensor_of("int64", (len(sizes),), sizes)])
        case _:
            return _named(bound, [_join(one[0], other[0])])


def _join(one: FlatTensor, other: FlatTensor) -> FlatTensor:
    values = one.values + other.values  # type: ignore[operator]  # both are bytes, or both are tuples
    return FlatTensor(one.dtype, (one.shape[0] + other.shape[0], *one.shape[1:]), values)


def _join_splits(one: FlatTensor, other: FlatTensor) -> FlatTensor:
    first = one.elements()
    ends = [*first, *(first[-1] + end for end in other.elements()[1:])]
    return tensor_of(one.dtype, (len(ends),), ends)


def crop(bound: BoundLeaf, tensors: Tensors, limits: Mapping[int, int]) -> dict[str, FlatTensor]:
    """The tensors of a leaf of which each axis in ``limits`` has at most so many items, the first ones.

    Of a ragged axis every row has at most so many.
    """
    parts = _parts(bound, tensors)
    match bound.leaf:
        case Ragged(ragged_rank=rank):
            rows = range(min(parts[1].shape[0] - 1, limits.get(0, parts[1].shape[0])))
            cropped = _ragged(parts, rows, limits)
            inner = {axis - rank: limit for axis, limit in limits.items() if axis > rank}
            return _named(bound, [_crop_dense(cropped[0], inner), *cropped[1:]])
        case Sparse():
            return _named(bound, _crop_sparse(parts, limits))
        case _:
            return _named(bound, [_crop_dense(parts[0], limits)])


def _parts(bound: BoundLeaf, tensors: Tensors) -> list[FlatTensor]:
    return [tensors[component.wire_name] for component in bound.components]


def _named(bound: BoundLeaf, parts: Iterable[FlatTensor]) -> dict[str, FlatTensor]:
    return {component.wire_name: part for component, part in zip(bound.components, parts, strict=True)}


def _dense_rows(tensor: FlatTensor, rows: Iterable[int]) -> FlatTensor:
    rows = list(rows)
    size = prod(tensor.shape[1:])
    shape = (len(rows), *tensor.shape[1:])
    if isinstance(tensor.values, bytes):
        width = size * element_size(tensor.dtype)
        return FlatTensor(tensor.dtype, shape, b"".join(tensor.values[row * width : (row + 1) * width] for row in rows))
    texts = tensor.values
    return FlatTensor(tensor.dtype, shape, tuple(text for row in rows for text in texts[row * size : (row + 1) * size]))


def _crop_dense(tensor: FlatTensor, limits: Mapping[int, int]) -> FlatTensor:
    shape = tuple(min(size, limits.get(axis, size)) for axis, size in enumerate(tensor.shape))
    if shape == tensor.shape:
        return tensor
    axis = next(axis for axis, size in enumerate(shape) if size != tensor.shape[axis])
    # Everything before the axis is one row each; the axes after it follow in further steps.
    outer, size, inner = prod(tensor.shape[:axis]), tensor.shape[axis], tensor.shape[axis + 1 :]
    flat = FlatTensor(tensor.dtype, (outer * size, *inner), tensor.values)
    kept = _dense_rows(flat, (row * size + item for row in range(outer) for item in range(shape[axis])))
    done = FlatTensor(tensor.dtype, (*tensor.shape[:axis], shape[axis], *inner), kept.values)
    return _crop_dense(done, limits)


def _ragged(parts: Sequence[FlatTensor], rows: Iterable[int], limits: Mapping[int, int]) -> list[FlatTensor]:
    """The values and row splits of some rows; an axis in ``limits`` has at most so many items in each row."""
    items: Iterable[int] = rows
    splits = []
    for axis, tensor in enumerate(parts[1:], start=1):
        bounds = tensor.elements()
        inner: list[int] = []
        ends = [0]
        for item in items:
            start, end = bounds[item], bounds[item + 1]
            inner += range(start, min(end, start + limits.get(axis, end - start)))
            ends.append(len(inner))
        splits.append(tensor_of(tensor.dtype, (len(ends),), ends))
        items = inner
    return [_dense_rows(parts[0], items), *splits]


def _sparse_rows(parts: Sequence[FlatTensor], rows: Sequence[int]) -> list[FlatTensor]:
    indices, shape = _sparse_indices(parts)
    by_row: dict[int, list[int]] = {}
    for position, index in enumerate(indices):
        by_row.setdefault(index[0], []).append(position)
    kept = [(number, position) for number, row in enumerate(rows) for position in by_row.get(row, ())]
    moved = [(number, *indices[position][1:]) for number, position in kept]
    return _sparse(parts, moved, [position for _, position in kept], (len(rows), *shape[1:]))


def _crop_sparse(parts: Sequence[FlatTensor], limits: Mapping[int, int]) -> list[FlatTensor]:
    indices, shape = _sparse_indices(parts)
    sizes = tuple(min(size, limits.get(axis, size)) for axis, size in enumerate(shape))
    kept = [
        position
        for position, index in enumerate(indices)
        if all(number < size for number, size in zip(index, sizes, strict=True))
    ]
    return _sparse(parts, [indices[position] for position in kept], kept, sizes)


def _sparse_indices(parts: Sequence[FlatTensor]) -> tuple[list[tuple[int, ...]], tuple[int, ...]]:
    flat, shape = parts[0].elements(), tuple(parts[2].elements())
    rank = len(shape)
    return [tuple(flat[start : start + rank]) for start in range(0, len(flat), rank or 1)], shape


def _sparse(
    parts: Sequence[FlatTensor], indices: Sequence[tuple[int, ...]], positions: Sequence[int], shape: tuple[int, ...]
) -> list[FlatTensor]:
    flat = [number for index in indices for number in index]
    return [
        tensor_of("int64", (len(indices), len(shape)), flat),
        _dense_rows(parts[1], positions),
        tensor_of("int64", (len(shape),), shape),
    ]
