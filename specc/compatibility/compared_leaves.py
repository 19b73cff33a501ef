"""The leaves of two endpoints that are compared on one surface, and the positions where both have a size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from specc.compatibility.dims import (
    Dims,
    Position,
    Term,
    fixed,
    fixed_dim,
    sized_axes,
    term_of,
)
from specc.compatibility.pairing import LeafPair
from specc.language.tensor_string import ANY, Shape
from specc.language.trees import leaf_kind
from specc.language.wire_names import BoundLeaf

MAX_SIZES = 16
"""How many differing sizes of one leaf are reported, each at its axis: a leaf may have 254."""


@dataclass(frozen=True, eq=False)
class Sides:
    """The leaves that are compared on one surface. ``quiet`` pairs are told elsewhere, and only make terms equal."""

    old_dims: Dims
    new_dims: Dims
    inputs: Sequence[LeafPair]
    outputs: Sequence[LeafPair]
    quiet: Sequence[LeafPair]
    old_inputs: Sequence[BoundLeaf]
    new_inputs: Sequence[BoundLeaf]

    def reversed(self) -> Sides:
        """NEW compared to OLD."""
        inputs, outputs, quiet = (
            [LeafPair(pair.new, pair.old) for pair in pairs] for pairs in (self.inputs, self.outputs, self.quiet)
        )
        return Sides(self.new_dims, self.old_dims, inputs, outputs, quiet, self.new_inputs, self.old_inputs)

    def same_pairs(self, other: Sides) -> bool:
        """Whether ``other`` has the same pairs, so that one solution is enough."""
        return all(
            left == right
            or (
                len(left) == len(right)
                and all(one.old is two.old and one.new is two.new for one, two in zip(left, right, strict=True))
            )
            for left, right in (
                (self.inputs, other.inputs),
                (self.outputs, other.outputs),
                (self.quiet, other.quiet),
            )
        )

    @cached_property
    def told_inputs(self) -> list[Position]:
        """The axes of the inputs whose sizes are judged: no other finding hides them; repeated ones are left out."""
        return self._positions(self._distinct(pair for pair in self.inputs if _is_told(pair)))

    @cached_property
    def untold_inputs(self) -> list[Position]:
        """The axes of all other inputs."""
        return self._positions(self._distinct([*(pair for pair in self.inputs if not _is_told(pair)), *self.quiet]))

    @cached_property
    def told_outputs(self) -> list[Position]:
        """The axes of the outputs whose sizes are judged."""
        return self._positions(pair for pair in self.outputs if _is_told(pair))

    def _distinct(self, pairs: Iterable[LeafPair]) -> Iterator[LeafPair]:
        """Inputs without those that only repeat what shapes before them say: most have one of a few shapes."""
        settled: set[tuple[object, ...]] = set()
        for pair in pairs:
            one, other = pair.old.leaf, pair.new.leaf
            key: tuple[object, ...] = (one.shape, other.shape)
            if not one.kind == other.kind == "tensor":
                key = (*key, leaf_kind(one), leaf_kind(other))
            if key not in settled:
                if self._is_settled(fixed(one.shape, self.old_dims), fixed(other.shape, self.new_dims)):
                    settled.add(key)
                yield pair

    @staticmethod
    def _is_settled(old: Shape, new: Shape) -> bool:
        """Whether a second input of two shapes says nothing new: each axis is one size, or a dim on both sides."""
        return (
            old is not None
            and new is not None
            and all(
                one == other if isinstance(one, int) or isinstance(other, int) else ANY not in (one, other)
                for one, other in zip(old, new, strict=False)
            )
        )

    def _positions(self, pairs: Iterable[LeafPair]) -> list[Position]:
        """The axes of all pairs of one kind and rank, in order."""
        found: list[Position] = []
        for pair in pairs:
            one, other = pair.old.leaf, pair.new.leaf
            if one.shape is None or other.shape is None or len(one.shape) != len(other.shape):
                continue
            if leaf_kind(one) == leaf_kind(other):
                sizes = 0
                for axis in sized_axes(one):
                    dims = fixed_dim(one.shape[axis], self.old_dims), fixed_dim(other.shape[axis], self.new_dims)
                    if isinstance(dims[0], int) and isinstance(dims[1], int):
                        if dims[0] == dims[1] or sizes == MAX_SIZES:  # equal, or enough are reported
                            continue
                        sizes += 1
                    found.append(Position(pair, axis, *dims))
        return found

    def old_term(self, position: Position) -> Term:
        """The term of OLD at a position."""
        return term_of("old", position.pair.old, position.axis, position.old)

    def new_term(self, position: Position) -> Term:
        """The term of NEW at a position; a dim of its inputs still has to be resolved."""
        return term_of("new", position.pair.new, position.axis, position.new)


def _is_told(pair: LeafPair) -> bool:
    return pair.old.leaf.dtype == pair.new.leaf.dtype
