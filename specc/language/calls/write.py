"""Writing flat tensors as an example: nested JSON, or the content of a file of arrays.

An array of the JSON is a tuple, as in a document.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any

from specc.diagnostics import SpecPath, finding, shorten
from specc.errors import SpecError
from specc.language.calls.array_files import StoredArray, npz_content
from specc.language.calls.array_names import SIDES, ArrayNames, clashing, to_arrays
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Endpoint
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tree, Tuple
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves, placed_children

_LEFT_OUT = object()


def inputs_to_json(
    endpoint: Endpoint, inputs: Mapping[str, FlatTensor], left_out: Collection[str] = ()
) -> tuple[Any, ...]:
    """The ``inputs`` of an example: the positional arguments, each nested as its tree.

    Leaves in ``left_out`` (wire names) are not written where an example may leave them out: a key of a dict, or
    trailing arguments.
    """
    values = {
        leaf.path: _LEFT_OUT if leaf.name in left_out else leaf_to_json(leaf, inputs) for leaf in input_leaves(endpoint)
    }
    written = {leaf.path: leaf_to_json(leaf, inputs) for leaf in input_leaves(endpoint) if leaf.name in left_out}
    places: list[SpecPath] = [("inputs", index) for index in range(len(endpoint.inputs))]
    count = len(places)
    while count and _is_left_out(endpoint.inputs[count - 1], places[count - 1], values):
        count -= 1
    arguments = zip(endpoint.inputs[:count], places, strict=False)
    return tuple(_nested(tree, place, values, written) for tree, place in arguments)


def outputs_to_json(endpoint: Endpoint, outputs: Mapping[str, FlatTensor]) -> Any:
    """The ``outputs`` of an example, nested as the declared tree. A leaf that ``outputs`` lacks is null."""
    values = {
        leaf.path: leaf_to_json(leaf, outputs) if all(part.wire_name in outputs for part in leaf.components) else None
        for leaf in output_leaves(endpoint)
    }
    return _nested(endpoint.outputs, ("outputs",), values, {})


def as_json(value: Any) -> Any:
    """A value of an example or of a document as plain JSON, with lists for tuples."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, (list, tuple)) else value


def leaf_to_json(leaf: BoundLeaf, tensors: Mapping[str, FlatTensor]) -> Any:
    """The value of one leaf, from its components in ``tensors``."""
    parts = [tensors[component.wire_name] for component in leaf.components]
    match leaf.leaf:
        case Ragged():
            rows = parts[0].to_json()
            for splits in reversed(parts[1:]):
                rows = tuple(rows[start:end] for start, end in pairwise(splits.elements()))
            return rows
        case Sparse():
            return {component.part: part.to_json() for component, part in zip(leaf.components, parts, strict=True)}
        case _:
            return parts[0].to_json()


def _nested(tree: Tree, place: SpecPath, values: Mapping[SpecPath, Any], written: Mapping[SpecPath, Any]) -> Any:
    """The nested value of a tree from those of its leaves; ``written`` has those that cannot be left out after all."""
    children = list(placed_children(tree, place))
    match tree:
        case Dict() | NamedTuple():
            kept = [child for child in children if not _is_left_out(child[1], child[2], values)]
            return {str(key): _nested(child, inner, values, written) for key, child, inner in kept}
        case List() | Tuple():
            return tuple(_nested(child, inner, values, written) for _, child, inner in children)
        case _:
            return written[place] if values[place] is _LEFT_OUT else values[place]


def _is_left_out(tree: Tree, place: SpecPath, values: Mapping[SpecPath, Any]) -> bool:
    if place in values:
        return values[place] is _LEFT_OUT
    return all(_is_left_out(child, inner, values) for _, child, inner in placed_children(tree, place))


def to_npz(
    endpoint: Endpoint, inputs: Mapping[str, FlatTensor] | None = None, outputs: Mapping[str, FlatTensor] | None = None
) -> bytes:
    """The content of an ``.npz`` file of these tensors, to which ``inputs``, ``outputs`` or both of an example refer.

    The same tensors give the same bytes. Names are those that an example's file has: wire names, ``inputs/x`` and
    ``outputs/x`` where both sides have ``x``, ``x.bytes`` and ``x.lengths`` for strings.

    Raises:
        SpecError: two arrays of the endpoint have the same name, so that no file can hold both.
    """
    names = ArrayNames(endpoint)
    if twice := clashing(names.all()):
        raise SpecError([finding("bad-example-file", (), f"the endpoint has two arrays called {shorten(twice)!r}")])
    arrays: dict[str, StoredArray] = {}
    leaves = (input_leaves(endpoint), output_leaves(endpoint))
    for side, bound, tensors in zip(SIDES, leaves, (inputs, outputs), strict=True):
        for component in (component for leaf in bound for component in leaf.components):
            if tensors is not None and component.wire_name in tensors:
                arrays |= to_arrays(names.of(side, component.wire_name), tensors[component.wire_name])
    return npz_content(arrays)
