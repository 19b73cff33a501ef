"""Dims: their bounds, and the terms that stand for the sizes of a request.

A *term* is what a position of a request has for a size: an integer, a dim of OLD, or a fresh dim for each ``?``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from specc.compatibility.pairing import LeafPair
from specc.language.tensor_string import ANY, Dimension, Shape
from specc.language.trees import Leaf, Ragged
from specc.language.wire_names import BoundLeaf

Term: TypeAlias = int | tuple[str | int, ...]
"""A size, or a dim of one of the documents, or a ``?`` at its place."""


class Bounds(NamedTuple):
    """The sizes of a dim, from ``low`` to ``high``; None for no limit."""

    low: int = 0
    high: int | None = None

    def hold(self, other: Bounds) -> bool:
        """Whether ``other`` lies within these bounds."""
        return self.low <= other.low and (self.high is None or (other.high is not None and other.high <= self.high))

    def meet(self, other: Bounds) -> Bounds:
        """The sizes that are in both; empty if ``low`` is above ``high``."""
        highs = [high for high in (self.high, other.high) if high is not None]
        return Bounds(max(self.low, other.low), min(highs) if highs else None)

    @property
    def is_empty(self) -> bool:
        """Whether there is no size."""
        return self.high is not None and self.high < self.low

    @property
    def smallest(self) -> int:
        """The smallest size, but 1 rather than 0."""
        return max(self.low, 1) if self.high != 0 else 0


UNLIMITED = Bounds()
"""The bounds of a ``?``, and of a dim that declares none."""

Dims: TypeAlias = Mapping[str, Bounds]
"""The bounds of each named dim of one document."""

Problem: TypeAlias = Literal["size", "narrowed", "dim", "tied", "widened", "untied"]
"""What a mismatch is. Inputs: another size, a size or dim where any was accepted, narrower bounds of a dim, or two
terms that must be equal. Outputs: another size, more sizes than before, or an equality that is no longer promised."""


class Position(NamedTuple):
    """One axis of a pair of leaves, with its two dims; a dim of one size is that integer."""

    pair: LeafPair
    axis: int
    old: Dimension
    new: Dimension

    @property
    def place(self) -> tuple[object, ...]:
        """What distinguishes it from all other positions."""
        return (self.pair.old.path, self.pair.new.path, self.axis)


class Mismatch(NamedTuple):
    """Sizes at ``positions`` that one side accepts or permits, and the other does not.

    ``terms`` are what the positions have on the side that is wider; for outputs, in the requests that both accept.
    ``limits`` are the bounds that the other side has for all of them, where it has some.
    """

    problem: Problem
    positions: tuple[Position, ...]
    terms: tuple[Term, ...]
    limits: Bounds | None = None

    @property
    def place(self) -> tuple[object, ...]:
        """What distinguishes it from all other mismatches of two endpoints."""
        return (self.problem, *(position.place for position in self.positions))


def fixed(shape: Shape, dims: Dims) -> Shape:
    """``shape`` with every dim of one size written as that size."""
    return None if shape is None else tuple(fixed_dim(dim, dims) for dim in shape)


def fixed_dim(dim: Dimension, dims: Dims) -> Dimension:
    """A dim, or its size if it has only one."""
    if isinstance(dim, int) or dim == ANY:
        return dim
    low, high = dims.get(dim, UNLIMITED)
    return low if low == high else dim


def sized_axes(leaf: Leaf) -> Iterator[int]:
    """The axes that have a size: all but the ragged ones."""
    for axis in range(len(leaf.shape or ())):
        if not (isinstance(leaf, Ragged) and 1 <= axis <= leaf.ragged_rank):
            yield axis


def dim_term(side: Literal["old", "new"], leaf: BoundLeaf, axis: int, dims: Dims) -> Term:
    """The term at one axis of a leaf of ``side``; a new dim of the inputs still has to be resolved."""
    return term_of(side, leaf, axis, fixed_dim((leaf.leaf.shape or ())[axis], dims))


def term_of(side: Literal["old", "new"], leaf: BoundLeaf, axis: int, dim: Dimension) -> Term:
    """The term of ``dim``, which stands at one axis of a leaf of ``side``."""
    if isinstance(dim, int):
        return dim
    return (side, ANY, *leaf.path, ANY, axis) if dim == ANY else (side, dim)


def is_open(term: Term) -> bool:
    """Whether a term is a ``?`` of OLD."""
    return isinstance(term, tuple) and len(term) > 2 and term[0] == "old"


def written(shape: Iterable[Dimension], dims: Dims) -> list[object]:
    """Dims as JSON that does not depend on their names: their bounds, and the order of their first use."""
    seen: dict[str, int] = {}
    return [
        dim if isinstance(dim, int) or dim == ANY else [seen.setdefault(dim, len(seen)), *dims.get(dim, UNLIMITED)]
        for dim in shape
    ]
