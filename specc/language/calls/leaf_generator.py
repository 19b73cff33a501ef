"""Generated values of one input leaf, always the same from the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import prod
from random import Random
from typing import Any, Literal

from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.dtypes import DTYPES, Family
from specc.language.floats import nearest
from specc.language.tensor_bytes import pack
from specc.language.trees import Ragged, Sparse, Tensor
from specc.language.wire_names import BoundLeaf

Style = Literal["random", "edges"]

_BLOCK = 65_521
"""More elements repeat the first ones. A prime, so that no two rows are the same."""
_WORDS = (
    "cat", "a b", "Straße", "naïve", "привет", "東京", "مرحبا", "नमस्ते", "42", "O'Neill", "ελιά", "🙂",
)  # fmt: skip
_LONGEST_ROW, _LONG_ROW = 4, 9
MAX_ENTRIES = 64
"""Of a sparse tensor."""
_LARGEST_SMALL_FLOAT = 4.0
"""Every float format of at most 8 bits has it."""


class LeafGenerator:
    """Generates the tensors of one leaf: its bounds, or else what nearly every model takes."""

    def __init__(self, bound: BoundLeaf, generator: Random, style: Style) -> None:
        self._bound, self._random, self._style = bound, generator, style
        leaf = bound.leaf
        said = (leaf.minimum, leaf.maximum) if isinstance(leaf, Tensor) else (None, None)
        self._dtype = leaf.dtype
        self._low, self._high = (None if limit is None else _limit(limit, leaf.dtype) for limit in said)

    def tensors(self, shape: Sequence[int | None]) -> dict[str, FlatTensor]:
        """The components of the leaf in ``shape``, of which a ragged axis is None."""
        match self._bound.leaf:
            case Ragged(ragged_rank=rank):
                parts = self._ragged(shape, rank)
            case Sparse():
                parts = self._sparse([size or 0 for size in shape])
            case _:
                parts = [self.dense([size or 0 for size in shape])]
        return {component.wire_name: part for component, part in zip(self._bound.components, parts, strict=True)}

    def dense(self, shape: Sequence[int]) -> FlatTensor:
        """A dense tensor of the leaf's dtype and within its bounds."""
        count = prod(shape)
        block = [self._element(position) for position in range(min(count, _BLOCK))]
        if self._dtype == "string":
            return FlatTensor("string", tuple(shape), _repeated(tuple(block), count))
        values = pack(block, self._dtype)
        width = len(values) // len(block) if block else 1
        return FlatTensor(self._dtype, tuple(shape), _repeated(values, count * width))

    def _ragged(self, shape: Sequence[int | None], rank: int) -> list[FlatTensor]:
        assert isinstance(self._bound.leaf, Ragged)
        count, splits = shape[0] or 0, []
        for axis in range(1, rank + 1):
            ends = [0]
            for row in range(count):
                size = shape[axis]
                ends.append(ends[-1] + (self._row_length(row) if size is None else size))
            splits.append(tensor_of(self._bound.leaf.row_splits_dtype, (len(ends),), ends))
            count = ends[-1]
        return [self.dense([count, *(size or 0 for size in shape[rank + 1 :])]), *splits]

    def _row_length(self, row: int) -> int:
        if self._style == "edges":
            return (0, _LONG_ROW, 1)[row % 3]
        return int(self._random.random() * (_LONGEST_ROW + 1))

    def _sparse(self, shape: Sequence[int]) -> list[FlatTensor]:
        cells = prod(shape)
        wanted = min(MAX_ENTRIES, (cells + 1) // 2)
        chosen = sorted({int(self._random.random() * cells) for _ in range(wanted)})
        indices: list[int] = []
        for cell in chosen:
            index: tuple[int, ...] = ()
            for size in reversed(shape):
                cell, last = divmod(cell, size)  # noqa: PLW2901  # the rest of the cell's number
                index = (last, *index)
            indices += index
        return [
            tensor_of("int64", (len(chosen), len(shape)), indices),
            self.dense([len(chosen)]),
            tensor_of("int64", (len(shape),), shape),
        ]

    def _element(self, position: int) -> Any:
        family = DTYPES[self._dtype].family
        if self._style == "edges":
            edges = self._edges(family)
            return edges[position % len(edges)]
        return _ELEMENTS[family](self)

    def _edges(self, family: Family) -> Sequence[Any]:
        match family:
            case Family.BOOLEAN:
                return (False, True)
            case Family.STRING:
                return (b"", *(word.encode() for word in _WORDS[:2]))
            case Family.COMPLEX:
                return (0j, 1 + 1j)
            case _ if self._low is None and self._high is None:
                return (0, 1)
            case _:
                return tuple(dict.fromkeys(limit for limit in (self._low, self._high) if limit is not None))

    def _boolean(self) -> bool:
        return self._random.random() < 0.5

    def _integer(self) -> int:
        low: int = self._low if self._low is not None else 0 if self._high is None else self._high - 1
        high: int = self._high if self._high is not None else low + 1
        least, most = DTYPES[self._dtype].range
        low, high = max(low, least), min(high, most)
        return low + self._random.getrandbits(64) % (high - low + 1)

    def _float(self) -> float:
        low: float | None = self._low
        high: float | None = self._high
        if low is not None and high is not None and math.isfinite(low) and math.isfinite(high):
            part = self._random.random()
            value = low * (1 - part) + high * part
        else:
            value = self._random.gauss(0.0, 1.0)
            if low is not None and math.isfinite(low):
                value = low + abs(value)
            elif high is not None and math.isfinite(high):
                value = high - abs(value)
        if DTYPES[self._dtype].bits <= 8:
            value = max(-_LARGEST_SMALL_FLOAT, min(_LARGEST_SMALL_FLOAT, value))
        value = value if low is None else max(value, low)
        return value if high is None else min(value, high)

    def _complex(self) -> complex:
        return complex(self._random.gauss(0.0, 1.0), self._random.gauss(0.0, 1.0))

    def _text(self) -> bytes:
        return _WORDS[int(self._random.random() * len(_WORDS))].encode()


_ELEMENTS: dict[Family, Callable[[LeafGenerator], Any]] = {
    Family.BOOLEAN: LeafGenerator._boolean,
    Family.INTEGER: LeafGenerator._integer,
    Family.FLOAT: LeafGenerator._float,
    Family.COMPLEX: LeafGenerator._complex,
    Family.STRING: LeafGenerator._text,
}


def _limit(limit: Any, dtype: str) -> Any:
    """A bound as a number that the dtype has."""
    return nearest(float(limit), dtype) if DTYPES[dtype].family is Family.FLOAT else limit


def _repeated(values: Any, count: int) -> Any:
    """``count`` items, which repeat ``values``."""
    if not values or len(values) == count:
        return values[:count]
    return (values * (count // len(values) + 1))[:count]
