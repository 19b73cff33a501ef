"""Sizes of two endpoints compared: dims are unified, in linear time, and what cannot be made equal is a mismatch.

Every new dim of the inputs has one term, theta. Answers are judged on the requests that both sides accept: a new dim of
outputs alone may have any size of its bounds, and for an old one such a size must be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from specc.compatibility.compared_leaves import Sides
from specc.compatibility.dims import (
    UNLIMITED,
    Bounds,
    Dims,
    Mismatch,
    Position,
    Problem,
    Term,
    fixed,
)
from specc.language.tensor_string import ANY, Dimension, Shape
from specc.language.trees import leaf_kind


@dataclass
class Unified:
    """The solution: which terms are equal in the requests that both accept, and all mismatches."""

    sides: Sides
    inputs: list[Mismatch] = field(default_factory=list)
    outputs: list[Mismatch] = field(default_factory=list)
    _parents: dict[Term, Term] = field(default_factory=dict)
    _bounds: dict[Term, Bounds] = field(default_factory=dict)

    def resolve(self, term: Term) -> Term:
        """The term that stands for all that are equal to ``term``: an integer where there is only one size."""
        if isinstance(term, int):
            return term
        root = self._root(term)
        bounds = self.bounds(root)
        return bounds.low if bounds.low == bounds.high else root

    def bounds(self, term: Term) -> Bounds:
        """The sizes of a term in the requests that both sides accept."""
        root = self._root(term)
        if isinstance(root, int):
            return Bounds(root, root)
        return self._bounds.get(root) or self.own_bounds(root)

    def own_bounds(self, term: Term) -> Bounds:
        """The sizes of a term in its own document."""
        if isinstance(term, int):
            return Bounds(term, term)
        dims = self.sides.old_dims if term[0] == "old" else self.sides.new_dims
        return dims.get(str(term[1]), UNLIMITED) if len(term) == 2 else UNLIMITED

    def _root(self, term: Term) -> Term:
        path = []
        while term in self._parents:
            path.append(term)
            term = self._parents[term]
        for each in path:
            self._parents[each] = term
        return term

    def equate(self, one: Term, other: Term) -> None:
        """Makes two terms equal; where they have no size in common, they stay apart."""
        one, other = self._root(one), self._root(other)
        bounds = self.bounds(one).meet(self.bounds(other))
        if one == other or bounds.is_empty:
            return
        if isinstance(one, int):
            one, other = other, one
        self._parents[one] = other
        if not isinstance(other, int):
            self._bounds[other] = bounds

    def define(self, dim: Term, term: Term) -> None:
        """Makes ``term`` the term of a new dim, if with no size in common: no request is left then."""
        self.equate(dim, term)
        if self._root(dim) != self._root(term):
            self._parents[self._root(dim)] = self._root(term)


def unify(sides: Sides) -> Unified:
    """The Unified solution of two endpoints on one surface."""
    unified = Unified(sides)
    _Requests(unified).judge()
    _Answers(unified).judge()
    return unified


@dataclass
class _Requests:
    """Judges the inputs, and gives each new dim that stands in them its term."""

    unified: Unified

    def judge(self) -> None:
        sides = self.unified.sides
        named: dict[str, list[Position]] = {}
        for position in sides.told_inputs:
            if isinstance(position.new, int):
                self._size(position, position.new)
            elif position.new != ANY:
                named.setdefault(position.new, []).append(position)
        for name, positions in named.items():
            self._dim(("new", name), positions)
        for position in sides.untold_inputs:
            if isinstance(position.new, str) and position.new not in (ANY, *named):
                self.unified.equate(("new", position.new), sides.old_term(position))

    def _size(self, position: Position, size: int) -> None:
        term = self.unified.sides.old_term(position)
        if self.unified.resolve(term) != size:
            problem: Problem = "size" if isinstance(term, int) else "narrowed"
            self.unified.inputs.append(Mismatch(problem, (position,), (term,), Bounds(size, size)))
            if problem == "narrowed":
                self.unified.equate(term, size)

    def _dim(self, dim: Term, positions: Sequence[Position]) -> None:
        unified = self.unified
        old_term = unified.sides.old_term
        distinct: dict[Term, Position] = {}
        for position in positions:
            distinct.setdefault(unified.resolve(old_term(position)), position)
        limits = unified.own_bounds(dim)
        terms = tuple(old_term(position) for position in distinct.values())
        if len(distinct) > 1:
            unified.inputs.append(Mismatch("tied", tuple(distinct.values()), terms, limits))
            for term in terms[1:]:
                unified.equate(terms[0], term)
        if not limits.hold(unified.bounds(terms[0])):
            for position, term in zip(distinct.values(), terms, strict=True):
                if not limits.hold(unified.own_bounds(term)):
                    problem: Problem = "dim" if isinstance(term, tuple) and len(term) == 2 else "narrowed"
                    unified.inputs.append(Mismatch(problem, (position,), (term,), limits))
                    break
        unified.define(dim, terms[0])


@dataclass
class _Answers:
    """Judges the outputs, on the requests that both sides accept."""

    unified: Unified

    def judge(self) -> None:
        sides, unified = self.unified.sides, self.unified
        of_inputs, lost = self._input_dims()
        alone: dict[str, list[Position]] = {}
        for position in sides.told_outputs:
            new, old = unified.resolve(sides.new_term(position)), position.old
            if isinstance(old, int):
                if new != old:
                    self._found(self._outside(new, Bounds(old, old)), (position,), (new,), Bounds(old, old))
            elif old in of_inputs:
                term = unified.resolve(("old", old))
                if old not in lost and term != new:
                    self._found("widened" if position.new == ANY else "untied", (position,), (term, new))
            elif old != ANY:
                alone.setdefault(old, []).append(position)
        for name, positions in alone.items():
            distinct: dict[Term, Position] = {}
            for position in positions:
                distinct.setdefault(unified.resolve(sides.new_term(position)), position)
            limits, terms = unified.own_bounds(("old", name)), tuple(distinct)
            if len(distinct) > 1:
                self._found("untied", tuple(distinct.values()), terms)
            elif not limits.hold(unified.bounds(terms[0])):
                self._found(self._outside(terms[0], limits), (positions[0],), terms, limits)

    def _outside(self, term: Term, limits: Bounds) -> Problem:
        return "size" if self.unified.bounds(term).meet(limits).is_empty else "widened"

    def _found(
        self, problem: Problem, positions: tuple[Position, ...], terms: tuple[Term, ...], limits: Bounds | None = None
    ) -> None:
        self.unified.outputs.append(Mismatch(problem, positions, terms, limits))

    def _input_dims(self) -> tuple[set[Dimension], set[Dimension]]:
        """The dims of OLD's inputs, and those of them that stand only in inputs that NEW does not have.

        What becomes of such a dim in the outputs follows from the finding about these inputs.
        """
        sides = self.unified.sides
        shapes = dict.fromkeys(leaf.leaf.shape for leaf in sides.old_inputs)
        every = {dim for shape in shapes for dim in _names(shape, sides.old_dims)}
        judged: set[Dimension] = {position.old for position in (*sides.told_inputs, *sides.untold_inputs)}
        for pair in (*sides.inputs, *sides.quiet):
            if pair.new.leaf.shape is None and leaf_kind(pair.old.leaf) == leaf_kind(pair.new.leaf):
                judged.update(_names(pair.old.leaf.shape, sides.old_dims))
        return every, every - judged


def _names(shape: Shape, dims: Dims) -> Iterator[Dimension]:
    for dim in fixed(shape, dims) or ():
        if isinstance(dim, str) and dim != ANY:
            yield dim
