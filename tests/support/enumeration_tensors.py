"""Tensors of small requests and answers: which there are, and which of them a declared leaf takes.

Section 1 of the definition of a breaking change alone: a size fits a name if one assignment of sizes to names fits all
leaves, ``?`` takes any size each time, and ``...`` any rank.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, product
from math import prod
from typing import Any

from specc.language.document import Dim, Document
from specc.language.dtypes import DTYPES, Family
from specc.language.tensor_string import ANY
from specc.language.trees import Leaf, Ragged, Sparse, Tensor
from specc.language.values import decode_value
from specc.language.wire_names import input_leaves, output_leaves

Choices = dict[Hashable, tuple[Any, ...]]
"""The values that each variable of a request or an answer takes."""
Chosen = Mapping[Hashable, Any]
Dims = Mapping[str, Dim]


@dataclass(frozen=True)
class Given:
    """One tensor, a composite one as a whole: its size on each axis (None on ragged ones), and the value of all elements."""

    kind: tuple[Any, ...]
    sizes: tuple[int | None, ...]
    value: Any = None


@dataclass(frozen=True)
class Universe:
    """The sizes, ranks and numbers that a pair of documents can tell apart.

    Between two neighbours of the integers in both documents all sizes are alike; above the greatest there are two, so
    that two sizes which no document bounds can differ.
    """

    sizes: tuple[int, ...]
    ranks: range
    numbers: Mapping[str, tuple[Any, ...]]

    @classmethod
    def of(cls, *documents: Document) -> Universe:
        leaves = [
            bound.leaf
            for document in documents
            for endpoint in document.endpoints.values()
            for bound in chain(input_leaves(endpoint), output_leaves(endpoint))
        ]
        bounds = {size for document in documents for dim in document.dims.values() for size in (dim.min, dim.max)}
        return cls.of_leaves(leaves, {size for size in bounds if size is not None})

    @classmethod
    def of_leaves(cls, leaves: list[Leaf], marks: Iterable[int] = ()) -> Universe:
        marks = {0, 1, *marks, *(size for leaf in leaves for size in leaf.shape or () if isinstance(size, int))}
        near = {size for mark in marks for size in (mark - 1, mark, mark + 1) if size >= 0}
        rank = max((len(leaf.shape or ()) for leaf in leaves), default=0)
        dtypes = {leaf.dtype for leaf in leaves}
        numbers = {dtype: _numbers(dtype, [leaf for leaf in leaves if leaf.dtype == dtype]) for dtype in dtypes}
        return cls((*sorted((near | {max(near) + 1}) - {0}), 0), range(rank + 2), numbers)


def samples(choices: Choices, most: int = 0) -> Iterator[Chosen]:
    """The first value of each variable, and all ways in which one variable has another.

    That suffices: what a contract demands of a tensor is a set of sizes, a set of values, or that two sizes are equal.
    If some request fails to have a size or a value in a set, one does in which the other variables have their first
    value: that is not 0 where another is possible, so that the tensor has elements if it can. If two variables can differ
    at all, they differ in their first values, or in those but for one.
    All combinations, where they are at most ``most``, show that.
    """
    if prod(len(values) for values in choices.values()) <= most:
        yield from (dict(zip(choices, values, strict=True)) for values in product(*choices.values()))
        return
    first = {variable: values[0] for variable, values in choices.items()}
    yield first
    for variable, values in choices.items():
        yield from ({**first, variable: value} for value in values[1:])


def kind_of(leaf: Leaf) -> tuple[Any, ...]:
    """What must be the same for one leaf to take another's tensors, apart from sizes and values."""
    match leaf:
        case Ragged():
            return (leaf.kind, leaf.dtype, leaf.ragged_rank, leaf.row_splits_dtype)
        case Tensor() | Sparse():
            return (leaf.kind, leaf.dtype)


def leaf_choices(
    leaves: Mapping[Hashable, Leaf], dims: Dims, universe: Universe, known: Iterable[str] = (), side: str = "old"
) -> Choices:
    """The variables of tensors for ``leaves``, apart from the dims that are ``known`` already."""
    found: Choices = {}
    known = set(known)
    for key, leaf in leaves.items():
        values = tuple(value for value in universe.numbers[leaf.dtype] if in_range(leaf, value))
        found[side, key, "value"] = values or (None,)
        if leaf.shape is None:
            least = leaf.ragged_rank + 1 if isinstance(leaf, Ragged) else 0
            ranks = [rank for rank in (*universe.ranks, universe.ranks.stop + least) if rank >= least]
            found[side, key, "shape"] = tuple((1,) * rank for rank in ranks)
        for axis, dim in enumerate(leaf.shape or ()):
            if dim == ANY and not _is_ragged(leaf, axis):
                found[side, key, axis] = universe.sizes
            elif isinstance(dim, str) and dim != ANY and dim not in known:
                found[side, dim] = tuple(size for size in universe.sizes if _within(size, dims[dim]))
    return found


def dims_of(leaves: Iterable[Leaf]) -> set[str]:
    """The names of the dims of ``leaves``."""
    return {dim for leaf in leaves for dim in leaf.shape or () if isinstance(dim, str) and dim != ANY}


def make(leaf: Leaf, key: Hashable, chosen: Chosen, known: Mapping[str, int], side: str = "old") -> Given:
    """The tensor for ``leaf`` by what is ``chosen``, and by the sizes of dims that are ``known`` already."""
    shape = chosen[side, key, "shape"] if leaf.shape is None else leaf.shape
    sizes: list[int | None] = []
    for axis, dim in enumerate(shape):
        if _is_ragged(leaf, axis):
            sizes.append(None)
        elif isinstance(dim, int):
            sizes.append(dim)
        else:
            sizes.append(chosen[side, key, axis] if dim == ANY else known[dim] if dim in known else chosen[side, dim])
    return Given(kind_of(leaf), tuple(sizes), None if 0 in sizes else chosen[side, key, "value"])


def fits(leaf: Leaf, given: Any, dims: Dims, sizes: dict[str, int]) -> bool:
    """Whether ``given`` is a tensor that ``leaf`` takes; extends the assignment ``sizes`` to the leaf's dims."""
    if not isinstance(given, Given) or given.kind != kind_of(leaf) or not in_range(leaf, given.value):
        return False
    if leaf.shape is None:
        return True
    if len(leaf.shape) != len(given.sizes):
        return False
    for axis, (dim, size) in enumerate(zip(leaf.shape, given.sizes, strict=True)):
        if dim == ANY or size is None or _is_ragged(leaf, axis):
            continue
        if isinstance(dim, int):
            if dim != size:
                return False
        elif sizes.setdefault(dim, size) != size or not _within(size, dims[dim]):
            return False
    return True


def in_range(leaf: Leaf, value: Any) -> bool:
    """Whether ``value`` is within the leaf's minimum and maximum, as the dtype holds them; an infinite one is none."""
    if not isinstance(leaf, Tensor) or value is None:
        return True
    low, high = _bound(leaf.minimum, leaf.dtype), _bound(leaf.maximum, leaf.dtype)
    return (low is None or value >= low) and (high is None or value <= high)


def exact(value: Any, dtype: str) -> Any:
    """A default as the dtype holds it: equal for equal bits."""
    return _exact(decode_value(value, dtype), dtype)


def _exact(value: Any, dtype: str) -> Any:
    if isinstance(value, list):
        return tuple(_exact(item, dtype) for item in value)
    match DTYPES[dtype].family:
        case Family.FLOAT:
            return _bits(float(value), dtype)
        case Family.COMPLEX:
            part = "float32" if dtype == "complex64" else "float64"
            number = complex(value)
            return _bits(number.real, part), _bits(number.imag, part)
        case _:
            return value


_FORMATS = {"float64": "<d", "float32": "<f", "float16": "<e", "bfloat16": "<f"}


def _bits(number: float, dtype: str) -> str:
    return "NaN" if math.isnan(number) else _rounded(number, dtype).hex()


def _rounded(number: float, dtype: str) -> float:
    if dtype not in _FORMATS or math.isinf(number):
        return number
    try:
        packed = struct.pack(_FORMATS[dtype], number)
    except OverflowError:
        return math.copysign(math.inf, number)
    if dtype == "bfloat16":
        (whole,) = struct.unpack("<I", packed)
        whole = (whole + 0x7FFF + ((whole >> 16) & 1)) & 0xFFFF0000
        packed = struct.pack("<I", whole)
    return float(struct.unpack(_FORMATS[dtype], packed)[0])


def _bound(value: Any, dtype: str) -> Any:
    if value is None or DTYPES[dtype].family is not Family.FLOAT:
        return value
    number = _rounded(float(value), dtype)
    return None if math.isinf(number) else number


def _numbers(dtype: str, leaves: list[Leaf]) -> tuple[Any, ...]:
    """The numbers that the bounds of ``leaves`` can tell apart: each bound with its neighbours, and the extremes."""
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
    bounds = {_bound(bound, dtype) for leaf in tensors for bound in (leaf.minimum, leaf.maximum)} - {None}
    match DTYPES[dtype].family:
        case Family.INTEGER:
            low, high = DTYPES[dtype].range
            near = {bound + step for bound in bounds for step in (-1, 0, 1)} | {0, low, high}
            return tuple(sorted(number for number in near if low <= number <= high))
        case Family.FLOAT:
            return tuple(
                sorted({near for bound in bounds for near in _near(bound, dtype)} | {0.0, -math.inf, math.inf})
            )
        case _:
            return ()


def _near(bound: float, dtype: str) -> Iterator[float]:
    """The number of ``dtype`` that is closest to ``bound``, and those beside it."""
    step = abs(bound) * 2.0 ** -{"float64": 52, "float32": 23, "float16": 10}.get(dtype, 7) or 2.0**-14
    yield from (_rounded(bound + part * step, dtype) for part in (-1, -0.5, 0, 0.5, 1))


def _is_ragged(leaf: Leaf, axis: int) -> bool:
    return isinstance(leaf, Ragged) and 1 <= axis <= leaf.ragged_rank


def _within(size: int, dim: Dim) -> bool:
    return dim.min <= size and (dim.max is None or size <= dim.max)
