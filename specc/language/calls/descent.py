"""Descent of a declared tree along a nested value: which leaf has which part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from specc.diagnostics import SpecPath, counted, did_you_mean, shorten
from specc.language.calls.findings import Findings
from specc.language.document import Endpoint
from specc.language.scalars import describe
from specc.language.trees import Dict, List, Tensor, Tree, Tuple
from specc.language.trees import NamedTuple as NamedTupleTree
from specc.language.wire_names import BoundLeaf, placed_children

_MAX_SHOWN = 100
"""How many names a hint considers: a hostile file has a hundred thousand."""


class LeafValue(NamedTuple):
    """The value of one leaf, and its path in the document."""

    bound: BoundLeaf
    value: Any
    path: SpecPath


class Descent:
    """Follows the trees of one side of an endpoint, whose ``leaves`` have their paths in it."""

    def __init__(self, leaves: Iterable[BoundLeaf], findings: Findings) -> None:
        self._leaves: Mapping[SpecPath, BoundLeaf] = {leaf.path: leaf for leaf in leaves}
        self._findings = findings
        self.left_out: list[BoundLeaf] = []
        """The leaves with a default that the value leaves out."""

    def arguments(self, endpoint: Endpoint, value: Any, path: SpecPath) -> Iterator[LeafValue]:
        """The values of the leaves of all arguments, of which trailing ones with defaults may be left out."""
        count = len(endpoint.inputs)
        if not isinstance(value, tuple):
            hint = 'write one entry for each argument, or {"file": "NAME.npz"}'
            self._findings.add(path, f"expected an array of arguments, found {describe(value)}", hint)
            return
        if len(value) > count:
            self._findings.add((*path, count), f"the endpoint has {counted(count, 'argument')}, not {len(value)}")
        for index, tree in enumerate(endpoint.inputs):
            if index < len(value):
                yield from self.below(tree, value[index], ("inputs", index), (*path, index), is_input=True)
            elif not self._leave_out(tree, ("inputs", index)):
                name = endpoint.arguments[index] if index < len(endpoint.arguments) else str(index)
                self._findings.add(path, f"the argument {name!r} is missing")
                return

    def below(  # a place in the tree and one in the value
        self, tree: Tree, value: Any, place: SpecPath, path: SpecPath, *, is_input: bool
    ) -> Iterator[LeafValue]:
        """The values of the leaves of ``tree`` at ``place``, in that at ``path``; outputs may leave out any part."""
        if value is None and not is_input:
            return
        match tree:
            case List() | Tuple():
                if not isinstance(value, tuple) or len(value) != len(tree.items):
                    what = f"an array of {len(value)}" if isinstance(value, tuple) else describe(value)
                    self._findings.add(path, f"expected an array of {counted(len(tree.items), 'item')}, found {what}")
                    return
                for key, child, inner in placed_children(tree, place):
                    yield from self.below(child, value[int(key)], inner, (*path, key), is_input=is_input)
            case Dict() | NamedTupleTree():
                if not isinstance(value, dict):
                    self._findings.add(path, f"expected an object, found {describe(value)}", _keys_hint(tree, place))
                    return
                yield from self._members(tree, value, place, path, is_input=is_input)
            case _:
                yield LeafValue(self._leaves[place], value, path)

    def _members(  # as above
        self, tree: Tree, value: dict[str, Any], place: SpecPath, path: SpecPath, *, is_input: bool
    ) -> Iterator[LeafValue]:
        children = {str(key): (child, inner) for key, child, inner in placed_children(tree, place)}
        for key in value:
            if key not in children:
                hint = did_you_mean(key, islice(children, _MAX_SHOWN)) or _keys_hint(tree, place)
                self._findings.add((*path, key), f"there is no {shorten(key)!r} here", hint, on_key=True)
        for key, (child, inner) in children.items():
            if key in value:
                yield from self.below(child, value[key], inner, (*path, key), is_input=is_input)
            elif is_input and not self._leave_out(child, inner):
                self._findings.add(path, f"the key {shorten(key)!r} is missing")

    def _leave_out(self, tree: Tree, place: SpecPath) -> bool:
        """Leaves out every leaf of ``tree``, if all have a default."""
        leaves = list(self._leaves_of(tree, place))
        if not all(isinstance(each.leaf, Tensor) and each.leaf.default is not None for each in leaves):
            return False
        self.left_out += leaves
        return True

    def _leaves_of(self, tree: Tree, place: SpecPath) -> Iterator[BoundLeaf]:
        if place in self._leaves:
            yield self._leaves[place]
        for _, child, inner in () if place in self._leaves else placed_children(tree, place):
            yield from self._leaves_of(child, inner)


def _keys_hint(tree: Tree, place: SpecPath) -> str:
    keys = sorted(shorten(str(key)) for key, _, _ in islice(placed_children(tree, place), 20))
    return f"the keys here are {', '.join(keys)}"
