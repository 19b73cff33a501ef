"""The sizes of generated calls: one for each free dimension of an endpoint's inputs, case by case."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from random import Random
from typing import NamedTuple

from specc.language.document import Dim, Document
from specc.language.tensor_string import ANY
from specc.language.trees import Ragged
from specc.language.wire_names import BoundLeaf, input_leaves

MAX_ELEMENTS = 1 << 20
"""The limit on the elements of the case ``max``."""
_BASE_ROWS, _OTHER_ROWS = 3, 5
_ROWS = (5, 7, 4, 11, 13)
"""The next ones where a fixed size of the endpoint is the same."""
_BASE = (2, 5, 7, 11, 13, 17, 19, 23)
_OTHER = (11, 7, 3, 2, 23, 19, 17, 13)
"""Pairwise coprime, and each larger than its neighbours where the other is smaller."""
_RANDOM_SPAN = 8

Axis = int | str | None
"""A fixed size, the name of a free dimension, or None for a ragged axis."""
Sizes = Mapping[str, int]
"""The size of each free dimension, by its name."""


class Free(NamedTuple):
    """A free dimension with its bounds: a named dim, or an axis of any size (``?user_history/1``)."""

    name: str
    least: int = 0
    most: int | None = None

    def clamp(self, size: int) -> int:
        """The size in the bounds that is nearest to ``size``."""
        above = max(size, self.least)
        return above if self.most is None else min(above, self.most)

    def holds(self, size: int) -> bool:
        """Whether ``size`` is in the bounds."""
        return self.least <= size and (self.most is None or size <= self.most)


class InputAxes:
    """The axes of an endpoint's input leaves, and its free dimensions.

    The first axis of every leaf that is written ``?`` is one dimension, since rows come together; every other ``?`` is
    one of its own.
    """

    def __init__(self, document: Document, endpoint: str) -> None:
        self.leaves = input_leaves(document.endpoints[endpoint], ("endpoints", endpoint))
        self.rows = _row_dim(self.leaves)
        self.axes = {leaf.name: tuple(self._axes(leaf)) for leaf in self.leaves}
        names = dict.fromkeys(axis for axes in self.axes.values() for axis in axes if isinstance(axis, str))
        ordered = sorted(names, key=lambda name: name != self.rows)
        self.free = tuple(_free(name, document.dims) for name in ordered)
        self.fixed = {axis for axes in self.axes.values() for axis in axes if isinstance(axis, int)}

    def _axes(self, leaf: BoundLeaf) -> Iterator[Axis]:
        rank = leaf.leaf.ragged_rank if isinstance(leaf.leaf, Ragged) else 0
        shape = (ANY,) * max(2, rank + 1) if leaf.leaf.shape is None else leaf.leaf.shape
        for axis, dim in enumerate(shape):
            if 1 <= axis <= rank:
                yield dim if isinstance(dim, int) else None
            elif dim == ANY:
                yield self.rows if axis == 0 else f"?{leaf.name}/{axis}"
            else:
                yield dim

    def base(self) -> Sizes:
        """Three rows; every other size prime, so that a swapped or merged axis shows."""
        return self._coprime(_BASE_ROWS, _BASE)

    def other(self) -> Sizes:
        """As ``base``, with the order of the sizes turned round."""
        return self._coprime(_OTHER_ROWS, _OTHER)

    def one(self) -> Sizes:
        """The least sizes, of at least 1."""
        return {free.name: free.clamp(max(free.least, 1)) for free in self.free}

    def empty(self) -> Sizes | None:
        """No rows; None where there has to be one."""
        rows = next((free for free in self.free if free.name == self.rows), None)
        return None if rows is None or rows.least > 0 else {**self.base(), rows.name: 0}

    def largest(self) -> Sizes | None:
        """Each dim with a maximum at it, as long as the call stays small; None where there is none."""
        base = sizes = dict(self.base())
        for free in self.free:
            if free.most is not None:
                larger = {**sizes, free.name: free.most}
                if self.count(larger) <= MAX_ELEMENTS:
                    sizes = larger
        return None if sizes == base else sizes

    def random(self, generator: Random) -> Sizes:
        """Any sizes within the bounds, of at least 1."""
        sizes = {}
        for free in self.free:
            low = max(free.least, 1)
            high = low + _RANDOM_SPAN if free.most is None else min(free.most, low + _RANDOM_SPAN)
            sizes[free.name] = free.clamp(low + int(generator.random() * (max(high - low, 0) + 1)))
        return sizes

    def count(self, sizes: Sizes) -> int:
        """The number of elements of all leaves, as if every ragged row had four items."""
        return sum(prod(self.shape(leaf, sizes, ragged=4)) for leaf in self.leaves)

    def shape(self, leaf: BoundLeaf, sizes: Sizes, ragged: int = 0) -> tuple[int, ...]:
        """The shape of a leaf, with ``ragged`` for its ragged axes."""
        return tuple(
            ragged if axis is None else axis if isinstance(axis, int) else sizes[axis] for axis in self.axes[leaf.name]
        )

    def _coprime(self, rows: int, candidates: Sequence[int]) -> Sizes:
        sizes: dict[str, int] = {}
        others = 0
        for free in self.free:
            if free.name == self.rows:
                wanted: Iterable[int] = (rows, *_ROWS)
            else:
                start = others % len(candidates)
                wanted = (*candidates[start:], *candidates[:start])
                others += 1
            sizes[free.name] = self._fitting(free, wanted, tuple(sizes.values()))
        return sizes

    def _fitting(self, free: Free, wanted: Iterable[int], taken: Sequence[int]) -> int:
        """The first size that is wanted and legal, and tells its axis from the others; else one that is legal."""
        low = max(free.least, 1)
        candidates: tuple[int, ...] = (*wanted, *range(low, low + 100))
        legal = [size for size in candidates if free.holds(size)] or [free.clamp(low)]
        free_ones = [size for size in legal if size not in self.fixed]
        coprime = [size for size in free_ones if all(math.gcd(size, other) == 1 for other in taken)]
        unlike = [size for size in free_ones if size not in taken]
        return (coprime or unlike or legal)[0]


def _free(name: str, dims: Mapping[str, Dim]) -> Free:
    dim = dims.get(name)
    return Free(name) if dim is None or name.startswith(ANY) else Free(name, dim.min, dim.max)


def _row_dim(leaves: Iterable[BoundLeaf]) -> str:
    """The named dim that comes first in most leaves, or ``?`` where none does."""
    first = Counter(
        leaf.leaf.shape[0]
        for leaf in leaves
        if leaf.leaf.shape and isinstance(leaf.leaf.shape[0], str) and leaf.leaf.shape[0] != ANY
    )
    return str(first.most_common(1)[0][0]) if first else ANY
