"""Witnesses: the smallest request, and the part of an answer, that show that a change breaks a surface."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from specc.change import SURFACES, Surface, Witness
from specc.compatibility.dims import Bounds, Term, dim_term, fixed
from specc.compatibility.unification import Unified
from specc.compatibility.value_ranges import Range, value_range
from specc.diagnostics import SpecPath
from specc.language.signatures import RAW
from specc.language.trees import Leaf, Ragged, Sparse, Tensor
from specc.language.wire_names import BoundLeaf

if TYPE_CHECKING:
    from specc.compatibility.endpoint_pair import EndpointPair
    from specc.compatibility.halves import Half

Tensors: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Flat tensors by name, each as ``{"dtype", "shape"}``, with ``"value"`` where it matters."""


class Request(Mapping[str, Mapping[str, Any]]):
    """All tensors of a request: those of ``base``, but ``other`` ones in their place, without the ``absent`` ones."""

    def __init__(self, base: Tensors, other: Tensors, absent: Collection[str] = ()) -> None:
        self._base, self._other, self._absent = base, other, absent

    def without(self, names: Collection[str]) -> Request:
        """The request without the tensors ``names``."""
        return Request(self._base, self._other, names) if names else self

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name in self._absent:
            raise KeyError(name)
        return self._other[name] if name in self._other else self._base[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._base if name not in self._absent)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


def smallest_request(half: Half, surface: Surface) -> Tensors:
    """The smallest request to an endpoint on ``surface``, with all inputs and sizes of 1."""
    return {
        name: tensor
        for leaf in half.nodes.inputs
        for name, tensor in _tensors(half, leaf, surface, _own_shape(half, leaf), _value(leaf, None)).items()
    }


def address(half: Half, surface: Surface, name: str) -> str:
    """What a client calls: the attribute ``name``, or the key of the signature that takes the endpoint's own inputs."""
    return f"{RAW}:{name}" if surface != "python" and half.endpoint.receiver else name


def least_rank(leaf: Leaf) -> int:
    """The smallest rank of a leaf of unknown rank."""
    match leaf:
        case Ragged():
            return leaf.ragged_rank + 1
        case Sparse():
            return 1
        case Tensor():
            return 0


def other_rank(leaf: Leaf, partner: Leaf) -> list[int]:
    """The smallest shape for ``leaf``, whose rank is unknown, that has not the rank of ``partner``."""
    least = least_rank(leaf)
    return [1] * (least + 1 if partner.shape is not None and len(partner.shape) == least else least)


def _own_shape(half: Half, leaf: BoundLeaf) -> list[int]:
    own = fixed(leaf.leaf.shape, half.dims)
    if own is None:
        return [1] * least_rank(leaf.leaf)
    return [dim if isinstance(dim, int) else half.dims.get(dim, Bounds()).smallest for dim in own]


def _value(leaf: BoundLeaf, partner: BoundLeaf | None) -> Any:
    """One value that both contracts allow, if one of them has bounds."""
    own = value_range(leaf.leaf)
    both = own if partner is None else own.meet(value_range(partner.leaf))
    if both == Range():
        return None
    return own.example if both.is_empty else both.example


def _tensors(half: Half, leaf: BoundLeaf, surface: Surface, shape: list[int], value: Any) -> dict[str, dict[str, Any]]:
    """The flat tensors of a leaf, by the names that ``surface`` has for them."""
    if surface == "python":
        return {half.words[leaf.path]: _tensor(leaf.leaf.dtype, shape, value)}
    match leaf.leaf:
        case Ragged() as ragged:
            return _ragged(leaf, ragged, shape)
        case Sparse():
            return _sparse(leaf, shape)
        case Tensor():
            return {leaf.name: _tensor(leaf.leaf.dtype, shape, value)}


def _tensor(dtype: str, shape: list[int], value: Any = None) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape} | ({} if value is None else {"value": value})


def _ragged(leaf: BoundLeaf, ragged: Ragged, shape: list[int]) -> dict[str, dict[str, Any]]:
    """The components of a ragged tensor whose ragged axes all have the length 1."""
    rows, inner = shape[0], shape[ragged.ragged_rank + 1 :]
    return {
        part.wire_name: _tensor(part.dtype, [rows + 1] if part.part == "row_splits" else [rows, *inner])
        for part in leaf.components
    }


def _sparse(leaf: BoundLeaf, shape: list[int]) -> dict[str, dict[str, Any]]:
    """The components of a sparse tensor with one element, or none where it cannot have one."""
    count, rank = int(0 not in shape), len(shape)
    same = shape[0] if len(set(shape)) == 1 else None
    parts = {
        "indices": _tensor("int64", [count, rank]),
        "values": _tensor(leaf.leaf.dtype, [count]),
        "dense_shape": _tensor("int64", [rank], same),
    }
    return {part.wire_name: parts[part.part] for part in leaf.components}


@dataclass(frozen=True, eq=False)
class Witnesses:
    """Makes the witnesses of one pair of endpoints, each from sizes for the terms that show the change.

    Each witness has a whole request. They share all tensors that they do not change, so that a thousand changes of a
    thousand inputs stay small.
    """

    pair: EndpointPair
    _bases: dict[tuple[Surface, int], Tensors] = field(default_factory=dict)
    _made: dict[tuple[object, ...], Tensors] = field(default_factory=dict)

    def refused(  # each is one part of a request
        self,
        surfaces: Collection[Surface],
        reason: str,
        *,
        unified: Unified | None = None,
        sizes: Mapping[Term, int] | None = None,
        values: Mapping[SpecPath, Any] | None = None,
        absent: Collection[str] = (),
        shapes: Mapping[SpecPath, list[int]] | None = None,
    ) -> Witness:
        """The request that NEW refuses, or takes to mean something else. ``sizes`` are those of terms of OLD."""
        surface, unified = self._where(surfaces, unified)
        request = self._request(surface, unified, sizes or {}, values or {}, shapes or {}, joined=False)
        return self._witness(surface, request.without(absent), None, reason)

    def ruled_out(  # each is one part of a request and its answer
        self,
        surfaces: Collection[Surface],
        reason: str,
        outputs: Iterable[BoundLeaf],
        *,
        unified: Unified | None = None,
        sizes: Mapping[Term, int] | None = None,
        values: Mapping[SpecPath, Any] | None = None,
        shapes: Mapping[SpecPath, list[int]] | None = None,
    ) -> Witness:
        """The request, and those ``outputs`` of NEW that OLD rules out. ``sizes`` are those of resolved terms."""
        surface, unified = self._where(surfaces, unified)
        request = self._request(surface, unified, sizes or {}, {}, {}, joined=True)
        answer: dict[str, Mapping[str, Any]] = {}
        for leaf in outputs:
            shape = (shapes or {}).get(leaf.path)
            shape = shape or self._shape(self.pair.new, "new", unified, leaf, sizes or {}, joined=True)
            value = (values or {}).get(leaf.path, _value(leaf, None))
            answer |= _tensors(self.pair.new, leaf, surface, shape, value)
        return self._witness(surface, request, answer, reason)

    def _where(self, surfaces: Collection[Surface], unified: Unified | None) -> tuple[Surface, Unified]:
        surface = next(each for each in SURFACES if each in surfaces)
        return surface, unified or self.pair.solutions["python" if surface == "python" else "wire"]

    def _witness(self, surface: Surface, request: Tensors, answer: Tensors | None, reason: str) -> Witness:
        return Witness(surface, address(self.pair.old, surface, self.pair.name), request, answer, reason)

    def _request(
        self,
        surface: Surface,
        unified: Unified,
        sizes: Mapping[Term, int],
        values: Mapping[SpecPath, Any],
        shapes: Mapping[SpecPath, list[int]],
        *,
        joined: bool,
    ) -> Request:
        base = self._bases.get((surface, id(unified)))
        if base is None:
            base = self._bases[surface, id(unified)] = self._overlay(
                surface, unified, self._leaves.values(), {}, {}, {}, joined=False
            )
        holders = self._holders(unified, joined=joined)
        touched = {leaf.path: leaf for term in sizes for leaf in holders.get(term, ())}
        touched |= {path: self._leaves[path] for path in (*values, *shapes)}
        key = (id(unified), surface, joined, tuple(sizes.items()), tuple(values), tuple(shapes))
        if key not in self._made:
            self._made[key] = self._overlay(surface, unified, touched.values(), sizes, values, shapes, joined=joined)
        return Request(base, self._made[key])

    def _overlay(
        self,
        surface: Surface,
        unified: Unified,
        leaves: Iterable[BoundLeaf],
        sizes: Mapping[Term, int],
        values: Mapping[SpecPath, Any],
        shapes: Mapping[SpecPath, list[int]],
        *,
        joined: bool,
    ) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for leaf in leaves:
            shape = shapes.get(leaf.path) or self._shape(self.pair.old, "old", unified, leaf, sizes, joined=joined)
            value = values[leaf.path] if leaf.path in values else _value(leaf, self._partners.get(leaf.path))
            found |= _tensors(self.pair.old, leaf, surface, shape, value)
        return found

    def _shape(
        self,
        half: Half,
        side: Literal["old", "new"],
        unified: Unified,
        leaf: BoundLeaf,
        sizes: Mapping[Term, int],
        *,
        joined: bool,
    ) -> list[int]:
        if leaf.leaf.shape is None:
            return [1] * least_rank(leaf.leaf)
        shape = []
        for axis in range(len(leaf.leaf.shape)):
            term = dim_term(side, leaf, axis, half.dims)
            known = unified.resolve(term) if joined else term
            shape.append(sizes[known] if known in sizes else default_size(unified, term))
        return shape

    @cached_property
    def _leaves(self) -> dict[SpecPath, BoundLeaf]:
        return {leaf.path: leaf for leaf in self.pair.old.nodes.inputs}

    @cached_property
    def _partners(self) -> dict[SpecPath, BoundLeaf]:
        return {pair.old.path: pair.new for pair, _ in self.pair.leaf_pairs("inputs")}

    def _holders(self, unified: Unified, *, joined: bool) -> Mapping[Term, Sequence[BoundLeaf]]:
        """The inputs that have each term."""
        key = ("holders", id(unified), joined)
        if key not in self._holding:
            found: dict[Term, list[BoundLeaf]] = {}
            for leaf in self._leaves.values():
                for axis in range(len(leaf.leaf.shape or ())):
                    term = dim_term("old", leaf, axis, self.pair.old.dims)
                    found.setdefault(unified.resolve(term) if joined else term, []).append(leaf)
            self._holding[key] = found
        return self._holding[key]

    @cached_property
    def _holding(self) -> dict[tuple[object, ...], Mapping[Term, Sequence[BoundLeaf]]]:
        return {}


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
