"""Witnesses: the smallest request, and the part of an answer, that show that a change breaks a surface."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from specc.change import SURFACES, Surface, Witness
from specc.compatibility.dims import UNLIMITED, Bounds, Term, dim_term, fixed
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
    return [dim if isinstance(dim, int) else half.dims.get(dim, UNLIMITED).smallest for dim in own]


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
        return self._witness(caller, caller.request(example, joined=False).without(absent), None, reason)

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
        request = caller.request(Example(example.sizes), joined=True)
        return self._witness(caller, request, caller.answer(outputs, example), reason)

    def _caller(self, surfaces: Collection[Surface], unified: Unified | None) -> _Caller:
        surface = next(each for each in SURFACES if each in surfaces)
        unified = unified or self.pair.solutions["python" if surface == "python" else "wire"]
        return self._callers.setdefault((surface, id(unified)), _Caller(self.pair, surface, unified))

    def _witness(self, caller: _Caller, request: Tensors, answer: Tensors | None, reason: str) -> Witness:
        key = address(self.pair.old, caller.surface, self.pair.name)
        return Witness(caller.surface, key, request, answer, reason)


@dataclass(frozen=True, eq=False)
class _Caller:
    """A client on one surface, which knows the sizes that both sides accept."""

    pair: EndpointPair
    surface: Surface
    unified: Unified
    _made: dict[tuple[object, ...], Tensors] = field(default_factory=dict)

    def request(self, example: Example, *, joined: bool) -> Request:
        """The whole request of ``example``; ``joined`` if its terms are resolved ones."""
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
        return Request(self._base, self._made[key])

    def answer(self, outputs: Iterable[BoundLeaf], example: Example) -> Tensors:
        """Some outputs of an answer of NEW."""
        found: dict[str, Mapping[str, Any]] = {}
        for leaf in outputs:
            shape = example.shapes.get(leaf.path) or self._shape("new", leaf, example.sizes, joined=True)
            value = example.values.get(leaf.path, _value(leaf, None))
            found |= _tensors(self.pair.new, leaf, self.surface, shape, value)
        return found

    @cached_property
    def _base(self) -> Tensors:
        return self._tensors(self._leaves.values(), SMALLEST, joined=False)

    def _tensors(self, leaves: Iterable[BoundLeaf], example: Example, *, joined: bool) -> Tensors:
        found: dict[str, Mapping[str, Any]] = {}
        for leaf in leaves:
            shape = example.shapes.get(leaf.path) or self._shape("old", leaf, example.sizes, joined=joined)
            value = example.values.get(leaf.path, _value(leaf, self._partners.get(leaf.path)))
            found |= _tensors(self.pair.old, leaf, self.surface, shape, value)
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
