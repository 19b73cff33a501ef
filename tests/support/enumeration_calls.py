"""One endpoint as one surface has it: the requests it accepts, what they mean, and the answers it permits."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from enumeration_tensors import (
    Choices,
    Chosen,
    Given,
    Universe,
    dims_of,
    exact,
    fits,
    leaf_choices,
    make,
    samples,
)

from specc.language.document import Document, Endpoint
from specc.language.trees import Dict, Leaf, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple, children
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves

Tensors = Mapping[Hashable, Given]
NOTHING: Tensors = {}


@dataclass(frozen=True)
class Reading:
    """What a contract takes a request to be: the sizes of its dims, and the values of all that the request leaves out."""

    sizes: Mapping[str, int]
    filled: Mapping[Hashable, Any] = field(default_factory=dict)


class Calls(Protocol):
    """The calls of one endpoint. Requests and answers are made by one document and read by the other.

    A request or an answer is made of what is ``chosen`` for each variable, but for the tensors that are ``given``.
    """

    def request_choices(self, universe: Universe) -> Choices: ...

    def answer_choices(self, universe: Universe) -> Choices: ...

    def request(self, chosen: Chosen, given: Tensors = NOTHING) -> Any: ...

    def read(self, request: Any) -> Reading | None: ...

    def answer(self, reading: Reading, chosen: Chosen, given: Tensors = NOTHING) -> Any: ...

    def permits(self, reading: Reading, request: Any, answer: Any) -> bool: ...


def first_break(old: Calls, new: Calls, universe: Universe, most: int = 0) -> str | None:
    """Which of the three clauses the first breaking request shows: ``request``, ``meaning``, ``answer``; None if safe."""
    choices = old.request_choices(universe) | new.answer_choices(universe)
    for chosen in samples(choices, most):
        request = old.request(chosen)
        before, after = old.read(request), new.read(request)
        if before is None:
            raise AssertionError(f"OLD does not accept its own request {request}")
        if after is None:
            return "request"
        if not same_meaning(before, after):
            return "meaning"
        if not old.permits(before, request, new.answer(after, chosen)):
            return "answer"
    return None


def same_meaning(before: Reading, after: Reading) -> bool:
    """Whether all that a request leaves out has the same value."""
    return all(after.filled.get(key) == value for key, value in before.filled.items())


WireName = tuple[str, ...]
"""The name of a leaf on the wire: those of all its components."""


def _by_wire_name(leaves: tuple[BoundLeaf, ...]) -> dict[Hashable, Leaf]:
    return {tuple(part.wire_name for part in bound.components): bound.leaf for bound in leaves}


@dataclass(frozen=True)
class WireRequest:
    """Tensors by wire name. ``bare`` is for one without its name, ``rows`` for TensorFlow Serving's row format."""

    tensors: Mapping[Hashable, Given]
    bare: bool = False
    rows: bool = False


class WireCalls:
    """The calls of a signature by gRPC, C++ and Session."""

    def __init__(self, document: Document, endpoint: Endpoint, side: str) -> None:
        self.dims, self.side = document.dims, side
        self.inputs, self.outputs = _by_wire_name(input_leaves(endpoint)), _by_wire_name(output_leaves(endpoint))
        self.defaults = {
            key: exact(leaf.default, leaf.dtype)
            for key, leaf in self.inputs.items()
            if isinstance(leaf, Tensor) and leaf.default is not None
        }

    def request_choices(self, universe: Universe) -> Choices:
        each = [frozenset({key}) for key in self.defaults]
        left_out = tuple(dict.fromkeys((frozenset(), *each, frozenset(self.defaults))))
        return {(self.side, "left out"): left_out} | leaf_choices(self.inputs, self.dims, universe, (), self.side)

    def answer_choices(self, universe: Universe) -> Choices:
        return leaf_choices(self.outputs, self.dims, universe, dims_of(self.inputs.values()), f"{self.side} answer")

    def request(self, chosen: Chosen, given: Tensors = NOTHING) -> WireRequest:
        names = self.asked_for(chosen)
        return WireRequest(
            {
                key: given.get(key) or make(leaf, key, chosen, {}, self.side)
                for key, leaf in self.inputs.items()
                if key in names
            }
        )

    def asked_for(self, chosen: Chosen) -> set[Hashable]:
        """The leaves that a request has."""
        return self.inputs.keys() - chosen[self.side, "left out"]

    def read(self, request: Any) -> Reading | None:
        if not isinstance(request, WireRequest) or request.tensors.keys() - self.inputs.keys():
            return None
        absent = self.inputs.keys() - request.tensors.keys()
        sizes: dict[str, int] = {}
        if absent - self.defaults.keys():
            return None
        if not all(fits(self.inputs[key], given, self.dims, sizes) for key, given in request.tensors.items()):
            return None
        return Reading(sizes, {key: self.defaults[key] for key in absent})

    def answer(self, reading: Reading, chosen: Chosen, given: Tensors = NOTHING) -> dict[Hashable, Given]:
        side, known = f"{self.side} answer", reading.sizes
        return {key: given.get(key) or make(leaf, key, chosen, known, side) for key, leaf in self.outputs.items()}

    def permits(self, reading: Reading, request: Any, answer: Any) -> bool:
        sizes = dict(reading.sizes)
        return all(fits(leaf, answer.get(key), self.dims, sizes) for key, leaf in self.outputs.items())


@dataclass(frozen=True)
class Bare:
    """An answer of one tensor without a name; bytes are written as base64."""

    tensor: Given
    base64: bool


class RestCalls:
    """The calls of a signature by the REST interface of TensorFlow Serving: nothing may be left out."""

    def __init__(self, document: Document, endpoint: Endpoint, side: str, universe: Universe) -> None:
        self.wire = WireCalls(document, endpoint, side)
        self.wire.defaults = {}
        wire, self.side = self.wire, side
        self.gives_rows = all(
            (reading := wire.read(wire.request(chosen))) and _has_rows(wire.answer(reading, chosen))
            for chosen in samples(wire.request_choices(universe) | wire.answer_choices(universe))
        )

    def request_choices(self, universe: Universe) -> Choices:
        formats: Choices = {
            (self.side, "bare"): (False, True) if _is_one(self.wire.inputs) else (False,),
            # Rows come first: they demand all that columns do, and equal sizes, which others vary.
            (self.side, "rows"): (True, False) if self.gives_rows else (False,),
        }
        return formats | self.wire.request_choices(universe)

    def answer_choices(self, universe: Universe) -> Choices:
        return self.wire.answer_choices(universe)

    def request(self, chosen: Chosen, given: Tensors = NOTHING) -> WireRequest:
        tensors = self.wire.request(chosen, given).tensors
        return WireRequest(tensors, chosen[self.side, "bare"], chosen[self.side, "rows"])

    def read(self, request: Any) -> Reading | None:
        if isinstance(request, WireRequest) and request.bare:
            if not _is_one(self.wire.inputs):
                return None
            request = WireRequest(dict(zip(self.wire.inputs, request.tensors.values(), strict=True)))
        return self.wire.read(request)

    def answer(self, reading: Reading, chosen: Chosen, given: Tensors = NOTHING) -> Any:
        named = self.wire.answer(reading, chosen, given)
        if not _is_one(named):
            return named
        (((name,), tensor),) = named.items()
        return Bare(tensor, tensor.kind[1] == "string" and name.endswith("_bytes"))

    def permits(self, reading: Reading, request: Any, answer: Any) -> bool:
        parts = {"": answer.tensor} if isinstance(answer, Bare) else answer
        if (request.rows and not _has_rows(parts)) or isinstance(answer, Bare) != _is_one(self.wire.outputs):
            return False
        if not isinstance(answer, Bare):
            return self.wire.permits(reading, request, answer)
        (((name,), leaf),) = self.wire.outputs.items()
        base64 = leaf.dtype == "string" and name.endswith("_bytes")
        return answer.base64 == base64 and fits(leaf, answer.tensor, self.wire.dims, dict(reading.sizes))


def _is_one(parts: Mapping[Any, Any]) -> bool:
    """Whether these are one tensor; a composite one is several."""
    return len(parts) == 1 and len(next(iter(parts))) == 1


def _has_rows(answer: Mapping[Any, Given]) -> bool:
    """Whether an answer can be cut into rows: each tensor has a first axis, of the same size."""
    dense = all(tensor.kind[0] == "tensor" and tensor.sizes for tensor in answer.values())
    return dense and len({tensor.sizes[0] for tensor in answer.values()}) == 1


@dataclass(frozen=True)
class Fields:
    """A namedtuple of a call: fields by name, in order."""

    parts: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class PythonRequest:
    """The arguments of a call, some by position, some by name."""

    positional: tuple[Any, ...]
    named: Mapping[str, Any]


class PythonCalls:
    """The calls of an attribute of the revived object."""

    def __init__(self, document: Document, endpoint: Endpoint, side: str) -> None:
        self.dims, self.side, self.endpoint = document.dims, side, endpoint
        self.gradients = endpoint.gradients and document.save_options.experimental_custom_gradients
        self.arguments = dict(zip(endpoint.arguments, endpoint.inputs, strict=True))
        self.inputs = {key: leaf for name, tree in self.arguments.items() for key, leaf in leaves_of(tree, (name,))}
        self.outputs = dict(leaves_of(endpoint.outputs, ()))
        self.defaults: dict[str, Any] = {}
        for name, tree in reversed(self.arguments.items()):
            leaves = [leaf for _, leaf in leaves_of(tree, ())]
            if not all(isinstance(leaf, Tensor) and leaf.default is not None for leaf in leaves):
                break
            self.defaults[name] = tuple((key, exact(leaf.default, leaf.dtype)) for key, leaf in leaves_of(tree, ()))

    def request_choices(self, universe: Universe) -> Choices:
        count = len(self.arguments)
        forms = [
            (by_position, left_out)
            for left_out in range(len(self.defaults) + 1)
            for by_position in range(count - left_out, -1, -1)
        ]
        return {(self.side, "form"): tuple(forms)} | leaf_choices(self.inputs, self.dims, universe, (), self.side)

    def answer_choices(self, universe: Universe) -> Choices:
        return leaf_choices(self.outputs, self.dims, universe, dims_of(self.inputs.values()), f"{self.side} answer")

    def request(self, chosen: Chosen, given: Tensors = NOTHING) -> PythonRequest:
        by_position, left_out = chosen[self.side, "form"]
        made = [
            (name, _made(tree, (name,), partial(_leaf_or_given, given, chosen, {}, self.side)))
            for name, tree in list(self.arguments.items())[: len(self.arguments) - left_out]
        ]
        return PythonRequest(tuple(tree for _, tree in made[:by_position]), dict(made[by_position:]))

    def asked_for(self, chosen: Chosen) -> set[Hashable]:
        """The leaves that a request has."""
        _, left_out = chosen[self.side, "form"]
        names = list(self.arguments)[: len(self.arguments) - left_out]
        return {(name, *path) for name, *path in self.inputs if name in names}

    def read(self, request: Any) -> Reading | None:
        names = list(self.arguments)
        if len(request.positional) > len(names):
            return None
        bound = dict(zip(names, request.positional, strict=False))
        if bound.keys() & request.named.keys() or request.named.keys() - set(names):
            return None
        bound |= request.named
        absent = [name for name in names if name not in bound]
        if absent != names[len(bound) :] or not set(absent) <= self.defaults.keys():
            return None
        sizes: dict[str, int] = {}
        if not all(_takes(self.arguments[name], part, self.dims, sizes, grows=False) for name, part in bound.items()):
            return None
        return Reading(sizes, {name: self.defaults[name] for name in absent})

    def answer(self, reading: Reading, chosen: Chosen, given: Tensors = NOTHING) -> tuple[Any, bool]:
        leaf = partial(_leaf_or_given, given, chosen, reading.sizes, f"{self.side} answer")
        return _made(self.endpoint.outputs, (), leaf), self.gradients

    def permits(self, reading: Reading, request: Any, answer: Any) -> bool:
        tree, gradients = answer
        if self.gradients and not gradients:
            return False
        return _takes(self.endpoint.outputs, tree, self.dims, dict(reading.sizes), grows=True)


def leaves_of(tree: Tree, path: tuple[str | int, ...]) -> Iterator[tuple[Hashable, Leaf]]:
    """The leaves of a tree, by their keys and positions after ``path``."""
    if isinstance(tree, (Tensor, Ragged, Sparse)):
        yield path, tree
    for key, child in children(tree):
        yield from leaves_of(child, (*path, key))


def _leaf_or_given(
    given: Tensors, chosen: Chosen, known: Mapping[str, int], side: str, leaf: Leaf, path: Hashable
) -> Given:
    return given.get(path) or make(leaf, path, chosen, known, side)


def _made(tree: Tree, path: tuple[str | int, ...], tensor: Callable[[Leaf, Hashable], Given]) -> Any:
    """A tree as Python has it: lists, tuples, dicts, and Fields for a namedtuple."""
    parts = [(key, _made(child, (*path, key), tensor)) for key, child in children(tree)]
    match tree:
        case List():
            return [part for _, part in parts]
        case Tuple():
            return tuple(part for _, part in parts)
        case NamedTuple():
            return Fields(tuple((str(key), part) for key, part in parts))
        case Dict():
            return dict(parts)
        case _:
            return tensor(tree, path)


def _takes(tree: Tree, given: Any, dims: Any, sizes: dict[str, int], *, grows: bool) -> bool:
    """Whether ``given`` has the structure of ``tree`` and tensors that fit; ``grows`` lets dicts have more keys."""
    kind = {List: list, Tuple: tuple, NamedTuple: Fields, Dict: dict}.get(type(tree))
    if kind is None:
        return fits(tree, given, dims, sizes)  # type: ignore[arg-type]
    if type(given) is not kind:
        return False
    names = [key for key, _ in children(tree)]
    parts = given if kind is dict else dict(given.parts) if kind is Fields else dict(enumerate(given))
    same = set(names) <= parts.keys() if kind is dict and grows else sorted(names, key=str) == sorted(parts, key=str)
    if not same or (kind is Fields and names != list(parts)):
        return False
    return all(_takes(child, parts[key], dims, sizes, grows=grows) for key, child in children(tree))
