"""The declared examples of OLD that NEW refuses, and the change that each is refused for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from specc.change import Change, Side
from specc.diagnostics import SpecPath
from specc.language.calls.read import find_refused_inputs
from specc.language.document import Document, Endpoint
from specc.language.trees import LEAVES, Tree
from specc.language.wire_names import placed_children

_EXAMPLE = len(("endpoints", "NAME", "examples", "NAME"))
"""The length of the path of an example."""
_ANYWHERE: SpecPath = ("inputs", "*")
"""The place of a change whose problem may show at any of several leaves."""


class _Refusal(NamedTuple):
    """An example that NEW refuses, and the places in NEW's inputs where it does."""

    name: str
    places: tuple[SpecPath, ...]
    is_file: bool
    """Whether all inputs are in one file, by wire name: a problem is then at no place."""
    sent: tuple[frozenset[SpecPath], frozenset[SpecPath]]
    """The places of the inputs of OLD and of NEW that the example has something for."""


class RefusedExamples:
    """The examples of OLD that were legal calls and are not legal in NEW, by the change that makes them illegal.

    Where several changes meet at one leaf, none is named: the check of an example stops at the first problem of a leaf.
    """

    def __init__(self, old: Document, new: Document, changes: Sequence[Change]) -> None:
        self._old, self._new = old, new
        self._known: dict[str, tuple[_Inputs, _Inputs]] = {}
        self._candidates: dict[Any, list[Change]] = {}
        for change in changes:
            is_of_inputs = change.rule.startswith(("input", "argument", "dim", "endpoint-removed"))
            if is_of_inputs and change.witness is not None and change.witness.outputs is None:
                self._candidates.setdefault(change.subject[0], []).append(change)

    def of(self, change: Change) -> Sequence[str]:
        """The names of the examples that are refused because of ``change``, sorted."""
        return self._causes.get(change.fingerprint, ())

    @cached_property
    def _causes(self) -> dict[str, list[str]]:
        """The names of the examples by the fingerprint of the change."""
        found: dict[str, dict[str, None]] = {}
        for endpoint in sorted(self._candidates.keys() & self._old.endpoints.keys()):
            for refusal in self._refusals.get(endpoint, ()):
                for change in self._causes_of(endpoint, refusal):
                    found.setdefault(change.fingerprint, {})[refusal.name] = None
            removed = (each for each in self._candidates[endpoint] if each.rule == "endpoint-removed")
            for change in removed if endpoint not in self._new.endpoints else ():
                examples = sorted(self._old.endpoints[endpoint].examples.items())
                found[change.fingerprint] = {name: None for name, each in examples if each.error is None}
        return {fingerprint: list(names) for fingerprint, names in found.items()}

    @cached_property
    def _refusals(self) -> dict[str, list[_Refusal]]:
        found: dict[str, list[_Refusal]] = {}
        wanted = self._candidates.keys() & self._old.endpoints.keys() & self._new.endpoints.keys()
        for (endpoint, name), paths in sorted(find_refused_inputs(self._old, self._new, wanted).items()):
            old, new = self._inputs(endpoint)
            value = self._old.endpoints[endpoint].examples[name].inputs
            places = dict.fromkeys(new.place_of(path[_EXAMPLE:]) for path in paths)
            sent = frozenset(old.sent(value)), frozenset(new.sent(value))
            found.setdefault(endpoint, []).append(_Refusal(name, tuple(places), isinstance(value, dict), sent))
        return found

    def _inputs(self, endpoint: str) -> tuple[_Inputs, _Inputs]:
        """Those of OLD and of NEW."""
        if endpoint not in self._known:
            self._known[endpoint] = _Inputs(self._old.endpoints[endpoint]), _Inputs(self._new.endpoints[endpoint])
        return self._known[endpoint]

    def _causes_of(self, endpoint: str, refusal: _Refusal) -> Iterator[Change]:
        at_leaf = self._at_leaves.get(endpoint, {})
        if refusal.is_file:
            yield from self._candidates[endpoint] if len(self._candidates[endpoint]) == 1 else ()
            return
        for place in refusal.places:
            node = self._inputs(endpoint)[1].nodes.get(place)
            if isinstance(node, LEAVES):
                dims = (("dims", dim) for dim in node.shape or () if isinstance(dim, str))
                meeting = [each for key in (place, _ANYWHERE, *dims) for each in at_leaf.get(key, ())]
                yield from meeting if len(meeting) == 1 else ()
            else:
                yield from (each for each in self._candidates[endpoint] if _restructures(each, place, refusal.sent))

    @cached_property
    def _at_leaves(self) -> dict[str, dict[SpecPath, list[Change]]]:
        """The candidates of each endpoint by the leaf of NEW that they are about, by the dim, or of any leaf."""
        found: dict[str, dict[SpecPath, list[Change]]] = {}
        for endpoint, changes in self._candidates.items():
            for change in changes:
                if not change.rule.startswith(("input", "dim")):
                    continue  # arguments of an example have no names
                is_dim, is_tied = change.path[:1] == ("dims",), change.rule == "inputs-tied"
                key = change.path if is_dim else _ANYWHERE if is_tied else _inside(change.new)
                found.setdefault(endpoint, {}).setdefault(key, []).append(change)
        return found


def _restructures(change: Change, place: SpecPath, sent: tuple[frozenset[SpecPath], frozenset[SpecPath]]) -> bool:
    """Whether a change is about the node at ``place``, a part that it now needs, or one that it no longer takes."""
    old, new = _inside(change.old), _inside(change.new)
    in_old, in_new = sent
    if change.old is None or change.rule == "input-made-required":
        return new[: len(place)] == place and new not in in_new
    if change.new is None:
        return old[: len(place)] == place and old in in_old
    return change.rule == "input-structure-changed" and new == place


def _inside(side: Side | None) -> SpecPath:
    """The place of one side of a change within its endpoint."""
    return side.path[2:] if side is not None else ()


class _Inputs:
    """The trees of an endpoint's inputs by their places, and the places below each, by the key in an example."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.nodes: dict[SpecPath, Tree] = {}
        self._below: dict[SpecPath, dict[str, SpecPath]] = {}
        left: list[tuple[SpecPath, Tree]] = [(("inputs", index), tree) for index, tree in enumerate(endpoint.inputs)]
        self._below["inputs",] = {str(index): place for index, (place, _) in enumerate(left)}
        while left:
            place, tree = left.pop()
            self.nodes[place] = tree
            if not isinstance(tree, LEAVES):
                children = list(placed_children(tree, place))
                self._below[place] = {str(key): inner for key, _, inner in children}
                left += [(inner, child) for _, child, inner in children]

    def place_of(self, path: SpecPath) -> SpecPath:
        """The place of the innermost node on the path to a part of an example's inputs."""
        place: SpecPath = ("inputs",)
        for key in path[1:]:
            inner = self._below.get(place, {}).get(str(key))
            if inner is None:
                break
            place = inner
        return place

    def sent(self, value: Any) -> Iterator[SpecPath]:
        """The places for which the nested inputs of an example have something."""
        left: list[tuple[SpecPath, Any]] = [(("inputs",), value)]
        while left:
            place, given = left.pop()
            below = self._below.get(place)
            if below is None:
                continue
            items = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, tuple) else ()
            inner = [(below[str(key)], part) for key, part in items if str(key) in below]
            yield from (each for each, _ in inner)
            left += inner
