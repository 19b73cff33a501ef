"""Witnesses: the smallest request, and the part of an answer, that show that a change breaks a surface."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from specc.change import SURFACES, Surface, Witness
from specc.compatibility.dims import Bounds, Term, dim_term
from specc.compatibility.flat_tensors import Tensors, least_rank, tensors, value_of
from specc.compatibility.unification import Unified
from specc.diagnostics import SpecPath
from specc.language.signatures import RAW
from specc.language.wire_names import BoundLeaf

if TYPE_CHECKING:
    from specc.compatibility.endpoint_pair import EndpointPair
    from specc.compatibility.halves import Half


class Request(Mapping[str, Mapping[str, Any]]):
    """All tensors of a request, without the ``absent`` ones. They are made when they are looked at, as few are."""

    def __init__(self, caller: _Caller, example: Example, absent: Collection[str], *, joined: bool) -> None:
        self._caller, self._example, self._absent, self._joined = caller, example, absent, joined

    @cached_property
    def _changed(self) -> Tensors:
        return self._caller.changed(self._example, joined=self._joined)

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name in self._absent:
            raise KeyError(name)
        return self._changed[name] if name in self._changed else self._caller.base[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._caller.base if name not in self._absent)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


def address(half: Half, surface: Surface, name: str) -> str:
    """What a client calls: the attribute ``name``, or the key of the signature that takes the endpoint's own inputs."""
    return f"{RAW}:{name}" if surface != "python" and half.endpoint.receiver else name


@dataclass(frozen=True)
class Example:
    """What shows a change: sizes of terms, and values and shapes of leaves by path. All else is the smallest."""

    sizes: Mapping[Term, int] = field(default_factory=dict)
    values: Mapping[SpecPath, Any] = field(default_factory=dict)
    shapes: Mapping[SpecPath, list[int]] = field(default_factory=dict)


SMALLEST = Example()


@dataclass(frozen=True, eq=False)
class Witnesses:
    """Makes the witnesses of one pair of endpoints.

    Each has a whole request. They share all tensors that they do not change, so that those of a thousand changes of a
    thousand inputs stay small.
    """

    pair: EndpointPair
    _callers: dict[tuple[Surface, int], _Caller] = field(default_factory=dict)

    def refused(
        self,
        surfaces: Collection[Surface],
        reason: str,
        example: Example = SMALLEST,
        *,
        unified: Unified | None = None,
        absent: Collection[str] = (),
    ) -> Witness:
        """The request that NEW refuses, or takes to mean something else, with the sizes of terms of OLD."""
        caller = self._caller(surfaces, unified)
        return self._witness(caller, Request(caller, example, absent, joined=False), None, reason)

    def ruled_out(
        self,
        surfaces: Collection[Surface],
        reason: str,
        outputs: Iterable[BoundLeaf],
        example: Example = SMALLEST,
        *,
        unified: Unified | None = None,
    ) -> Witness:
        """The request, and those ``outputs`` of NEW that OLD rules out, with the sizes of resolved terms."""
        caller = self._caller(surfaces, unified)
        request = Request(caller, Example(example.sizes), (), joined=True)
        return self._witness(caller, request, caller.answer(outputs, example), reason)

    def _caller(self, surfaces: Collection[Surface], unified: Unified | None) -> _Caller:
        surface = next(each for each in SURFACES if each in surfaces)
        unified = unified or self.pair.solutions["python" if surface == "python" else "wire"]
        found = self._callers.get((surface, id(unified)))
        if found is None:
            found = self._callers[surface, id(unified)] = _Caller(self.pair, surface, unified)
        return found

    def _witness(self, caller: _Caller, request: Tensors, answer: Tensors | None, reason: str) -> Witness:
        key = address(self.pair.old, caller.surface, self.pair.name)
        return Witness(caller.surface, key, request, answer, reason)


@dataclass(frozen=True, eq=False)
class _Caller:
    """A client on one surface, with the sizes that both sides accept."""

    pair: EndpointPair
    surface: Surface
    unified: Unified
    _made: dict[tuple[object, ...], Tensors] = field(default_factory=dict)

    def changed(self, example: Example, *, joined: bool) -> Tensors:
        """The tensors of the request of ``example`` that differ from ``base``; ``joined`` if its terms are resolved."""
        holders = self._resolved_holders if joined else self._holders
        sizes = {
            term: size
            for term, size in example.sizes.items()
            if term in holders and size != default_size(self.unified, term)
        }
        key = (joined, tuple(sizes.items()), tuple(example.values), tuple(example.shapes))
        if key not in self._made:
            touched = {leaf.path: leaf for term in sizes for leaf in holders[term]}
            touched |= {path: self._leaves[path] for path in (*example.values, *example.shapes)}
            self._made[key] = self._tensors(touched.values(), replace(example, sizes=sizes), joined=joined)
        return self._made[key]

    def answer(self, outputs: Iterable[BoundLeaf], example: Example) -> Tensors:
        """Some outputs of an answer of NEW."""
        found: dict[str, Mapping[str, Any]] = {}
        for leaf in outputs:
            shape = example.shapes.get(leaf.path) or self._shape("new", leaf, example.sizes, joined=True)
            value = example.values.get(leaf.path, value_of(leaf, None))
            found |= tensors(self.pair.new, leaf, self.surface, shape, value)
        return found

    @cached_property
    def base(self) -> Tensors:
        """The smallest request that both sides accept, as far as there is one."""
        return self._tensors(self._leaves.values(), SMALLEST, joined=False)

    def _tensors(self, leaves: Iterable[BoundLeaf], example: Example, *, joined: bool) -> Tensors:
        found: dict[str, Mapping[str, Any]] = {}
        for leaf in leaves:
            shape = example.shapes.get(leaf.path) or self._shape("old", leaf, example.sizes, joined=joined)
            value = example.values.get(leaf.path, value_of(leaf, self._partners.get(leaf.path)))
            found |= tensors(self.pair.old, leaf, self.surface, shape, value)
        return found

    def _shape(
        self, side: Literal["old", "new"], leaf: BoundLeaf, sizes: Mapping[Term, int], *, joined: bool
    ) -> list[int]:
        if leaf.leaf.shape is None:
            return [1] * least_rank(leaf.leaf)
        shape = []
        for term in self._terms(side, leaf):
            known = self.unified.resolve(term) if joined else term
            shape.append(sizes[known] if known in sizes else default_size(self.unified, term))
        return shape

    def _terms(self, side: Literal["old", "new"], leaf: BoundLeaf) -> list[Term]:
        dims = self.pair.old.dims if side == "old" else self.pair.new.dims
        return [dim_term(side, leaf, axis, dims) for axis in range(len(leaf.leaf.shape or ()))]

    @cached_property
    def _leaves(self) -> dict[SpecPath, BoundLeaf]:
        return {leaf.path: leaf for leaf in self.pair.old.nodes.inputs}

    @cached_property
    def _partners(self) -> dict[SpecPath, BoundLeaf]:
        return {pair.old.path: pair.new for pair, _ in self.pair.leaf_pairs("inputs")}

    @cached_property
    def _holders(self) -> dict[Term, list[BoundLeaf]]:
        """The inputs that have each term."""
        found: dict[Term, list[BoundLeaf]] = {}
        for leaf in self._leaves.values():
            for term in self._terms("old", leaf):
                found.setdefault(term, []).append(leaf)
        return found

    @cached_property
    def _resolved_holders(self) -> dict[Term, list[BoundLeaf]]:
        """The inputs that have each resolved term."""
        found: dict[Term, list[BoundLeaf]] = {}
        for term, leaves in self._holders.items():
            found.setdefault(self.unified.resolve(term), []).extend(leaves)
        return found


def default_size(unified: Unified, term: Term) -> int:
    """The smallest size of a term that both sides accept, but 1 rather than 0."""
    size, own = unified.bounds(term).smallest, unified.own_bounds(term)
    return size if own.hold(Bounds(size, size)) else own.smallest


def outside(inner: Bounds, limits: Bounds) -> int:
    """The smallest size of ``inner`` that is not within ``limits``, but 1 rather than 0."""
    if inner.smallest < limits.low or (limits.high is not None and inner.smallest > limits.high):
        return inner.smallest
    if inner.low < limits.low:
        return inner.low
    assert limits.high is not None
    return max(limits.high + 1, inner.low)


def unequal(unified: Unified, one: Term, other: Term, *, own: bool) -> dict[Term, int]:
    """The smallest sizes of two terms that differ; ``own`` within their own documents, else in what both accept."""
    bounds = [unified.own_bounds(term) if own else unified.bounds(term) for term in (one, other)]
    first, second = (each.smallest for each in bounds)
    if first == second:
        choices = [
            (size, index)
            for index, each in enumerate(bounds)
            for size in (first + 1, *((first - 1,) if first - 1 >= each.low else ()))
            if each.high is None or size <= each.high
        ]
        size, index = min(choices, key=lambda choice: (abs(choice[0] - first), choice[0] < first, -choice[1]))
        first, second = (size, second) if index == 0 else (first, size)
    return {term: size for term, size in ((one, first), (other, second)) if not isinstance(term, int)}
