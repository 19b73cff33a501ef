"""Nests flat tensors as the positional arguments of an endpoint."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import tensorflow as tf

from specc.compiler.tensorspec import namedtuple_class
from specc.diagnostics import SpecPath
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Endpoint
from specc.language.trees import LEAVES, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple
from specc.language.wire_names import BoundLeaf, input_leaves, placed_children
from specc.verification.child.tensors import to_tensor

_ABSENT = object()


def nest_arguments(endpoint: Endpoint, inputs: Mapping[str, FlatTensor]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments, in order up to the first that is missing, and the others by keyword.

    A leaf that ``inputs`` lacks is missing in its container, and an argument without any leaf is missing itself. Inputs
    with unknown names are keyword arguments of those names.
    """
    leaves = {leaf.path: leaf for leaf in input_leaves(endpoint)}
    known = {component.wire_name for leaf in leaves.values() for component in leaf.components}
    values = [_nest(tree, ("inputs", index), leaves, inputs) for index, tree in enumerate(endpoint.inputs)]
    missing = next((index for index, value in enumerate(values) if value is _ABSENT), len(values))
    rest = zip(endpoint.arguments[missing:], values[missing:], strict=True)
    named = {name: value for name, value in rest if value is not _ABSENT}
    return values[:missing], named | {name: to_tensor(inputs[name]) for name in inputs if name not in known}


def omissible(endpoint: Endpoint, left_out: Collection[str]) -> frozenset[str]:
    """Those of the wire names in ``left_out`` that belong to trailing arguments all of whose leaves are left out."""
    found: set[str] = set()
    for index in reversed(range(len(endpoint.inputs))):
        leaves = [leaf for leaf in input_leaves(endpoint) if leaf.path[:2] == ("inputs", index)]
        names = {component.wire_name for leaf in leaves for component in leaf.components}
        if not names <= set(left_out):
            break
        found |= names
    return frozenset(found)


def _nest(tree: Tree, path: SpecPath, leaves: Mapping[SpecPath, BoundLeaf], inputs: Mapping[str, FlatTensor]) -> Any:
    """The value of the node at ``path``, or _ABSENT."""
    if isinstance(tree, LEAVES):
        parts = [inputs.get(component.wire_name) for component in leaves[path].components]
        return _ABSENT if any(part is None for part in parts) else _leaf(tree, [to_tensor(p) for p in parts if p])
    values = {key: _nest(child, place, leaves, inputs) for key, child, place in placed_children(tree, path)}
    given = {key: value for key, value in values.items() if value is not _ABSENT}
    if not given:
        return _ABSENT
    match tree:
        case List():
            return list(given.values())
        case Tuple():
            return tuple(given.values())
        case NamedTuple():
            return namedtuple_class(tree.typename, tuple(map(str, given)))(*given.values())
        case _:
            return given


def _leaf(leaf: Tensor | Ragged | Sparse, parts: list[Any]) -> Any:
    match leaf:
        case Tensor():
            return parts[0]
        case Ragged():
            return tf.RaggedTensor.from_nested_row_splits(parts[0], parts[1:])
        case Sparse():
            return tf.SparseTensor(*parts)
