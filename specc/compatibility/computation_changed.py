"""Rule for an endpoint that computes something else: another function, or the same one called in another way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from specc.change import Change, Side
from specc.compatibility.addresses import callable_pairs
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.shown_values import shown_value
from specc.compatibility.sides import Comparison
from specc.diagnostics import SpecPath, format_path
from specc.language.record import to_json
from specc.language.trees import LEAVES, Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tuple
from specc.language.wire_names import placed_children

_FUNCTIONS = ("function", "preprocess", "postprocess")


@dataclass(frozen=True)
class _Difference:
    """What differs at one place of an endpoint: both values, what it is called, and a message."""

    old: Side
    new: Side
    what: tuple[str | int, ...]
    message: str


def computation_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each function, each argument and each order of keys in which the computation of an endpoint differs.

    Whether its answers differ cannot be found out. An archive without a contract records neither the function nor the
    order of the keys of dicts, and ``"function": null`` on one side leaves nothing to compare.
    """
    if not (comparison.old.has_contract and comparison.new.has_contract):
        return
    for pair in callable_pairs(comparison):
        if (pair.old.endpoint.function is None) != (pair.new.endpoint.function is None):
            continue
        for found in (*_functions(pair), *_kwargs(pair), *_orders(pair)):
            yield Change(
                rule="computation-changed",
                path=found.new.path,
                message=found.message,
                hint="keep it here, and add an endpoint for the other computation",
                surfaces=pair.judged("warning"),
                subject=(pair.name, *found.what),
                compared=(found.old.value, found.new.value),
                old=found.old,
                new=found.new,
            )


def _functions(pair: EndpointPair) -> Iterator[_Difference]:
    for field in _FUNCTIONS:
        old, new = getattr(pair.old.endpoint, field), getattr(pair.new.endpoint, field)
        if old != new:
            sides = Side((*pair.old.path, field), old), Side((*pair.new.path, field), new)
            message = f"the {field} of {pair.name!r} is {shown_value(new)}, before {shown_value(old)}"
            yield _Difference(*sides, (field,), message)


def _kwargs(pair: EndpointPair) -> Iterator[_Difference]:
    old, new = to_json(pair.old.endpoint.kwargs, sort_keys=False), to_json(pair.new.endpoint.kwargs, sort_keys=False)
    if _unordered(old) == _unordered(new):
        return
    changed = sorted(key for key in old.keys() | new.keys() if _unordered(old, key) != _unordered(new, key))
    before, after = ({key: kwargs[key] for key in changed if key in kwargs} for kwargs in (old, new))
    message = f"the kwargs of {pair.name!r} have {shown_value(after)}, before {shown_value(before)}"
    yield _Difference(
        Side((*pair.old.path, "kwargs"), old), Side((*pair.new.path, "kwargs"), new), ("kwargs",), message
    )


def _unordered(kwargs: dict[str, Any], *keys: str) -> str:
    """The text of some or all keyword arguments, which differs for 1 and 1.0, 0.0 and -0.0, null and none."""
    return json.dumps({key: kwargs[key] for key in keys or kwargs if key in kwargs}, sort_keys=True)


def _orders(pair: EndpointPair) -> Iterator[_Difference]:
    """The dicts of inputs and kwargs in which keys that both sides have change places."""
    arguments = {argument.name: argument for argument in pair.new.arguments}
    stack: list[_Nodes] = []
    for argument in pair.old.arguments:
        if argument.name in arguments:
            other = arguments[argument.name]
            paths = (*pair.old.path, "inputs", argument.index), (*pair.new.path, "inputs", other.index)
            stack.append(_Nodes(*paths, ("inputs", argument.name), argument.tree, other.tree))
    stack.append(_kwargs_of(pair))
    stack.reverse()
    while stack:
        nodes = stack.pop()
        both = _ordered(nodes.old, nodes.new), _ordered(nodes.new, nodes.old)
        if both[0] != both[1]:
            moved = next(key for key, other in zip(both[1], both[0], strict=True) if key != other)
            message = f"{moved!r} has changed places with another key of {format_path(nodes.what)} of {pair.name!r}"
            yield _Difference(Side(nodes.old_path, both[0]), Side(nodes.new_path, both[1]), nodes.what, message)
        stack += reversed(list(_inside(nodes)))


@dataclass(frozen=True)
class _Nodes:
    """Two nodes of inputs, or two values of kwargs, at one place of an endpoint."""

    old_path: SpecPath
    new_path: SpecPath
    what: tuple[str | int, ...]
    old: Any
    new: Any


def _kwargs_of(pair: EndpointPair) -> _Nodes:
    paths = (*pair.old.path, "kwargs"), (*pair.new.path, "kwargs")
    return _Nodes(*paths, ("kwargs",), pair.old.endpoint.kwargs, pair.new.endpoint.kwargs)


def _ordered(node: Any, other: Any) -> list[str]:
    """The keys of a dict that the other one has too, in its order."""
    keys, others = _keys(node), _keys(other)
    return [key for key in keys if key in others]


def _keys(node: Any) -> dict[str, Any]:
    if isinstance(node, Dict):
        return node.items
    return node if isinstance(node, dict) else {}


def _inside(nodes: _Nodes) -> Iterator[_Nodes]:
    """The parts that both nodes have."""
    old = [part for part in _parts(nodes.old, nodes.old_path) if not isinstance(part[1], LEAVES)]
    parts = {key: (value, place) for key, value, place in _parts(nodes.new, nodes.new_path)} if old else {}
    for key, value, place in old:
        if key in parts:
            other, other_place = parts[key]
            yield _Nodes(place, other_place, (*nodes.what, key), value, other)


def _parts(node: Any, path: SpecPath) -> Iterator[tuple[str | int, Any, SpecPath]]:
    match node:
        case dict():
            yield from ((key, value, (*path, key)) for key, value in node.items())
        case list() | tuple():
            yield from ((index, value, (*path, index)) for index, value in enumerate(node))
        case Tensor() | Ragged() | Sparse() | List() | Tuple() | NamedTuple() | Dict():
            yield from placed_children(node, path)
