"""Takes the result of a call apart into flat tensors, and finds where its structure is not as declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.trace.output_check import describe
from specc.diagnostics import SpecPath
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Endpoint
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple
from specc.language.wire_names import BoundLeaf, output_leaves, placed_children, undivided_names
from specc.verification.child.tensors import from_tensor
from specc.verification.protocol import Mismatch


@dataclass
class Result:
    """The flat tensors of a result by wire name, and the places where it is not as declared.

    Dtypes and shapes are not compared here: the flat tensors have them.
    """

    outputs: dict[str, FlatTensor] = field(default_factory=dict)
    mismatches: list[Mismatch] = field(default_factory=list)


def flatten_result(endpoint: Endpoint, value: Any, at: SpecPath) -> Result:
    """The Result of the nested ``value`` that the endpoint at ``at`` gave."""
    result = Result()
    leaves = {leaf.path: leaf for leaf in output_leaves(endpoint, at)}
    for path, found in _visit(endpoint.outputs, value, (*at, "outputs"), result):
        _flatten_leaf(leaves[path], found, result)
    return result


def compare_names(endpoint: Endpoint, outputs: Mapping[str, FlatTensor], at: SpecPath) -> Result:
    """The Result of the tensors that a signature of the endpoint gave by wire name."""
    leaves = {component.wire_name: leaf for leaf in output_leaves(endpoint, at) for component in leaf.components}
    found = ", ".join(sorted(outputs)) or "none"
    result = Result({name: tensor for name, tensor in outputs.items() if name in leaves})
    for name, leaf in leaves.items():
        if name not in outputs:
            result.mismatches.append(Mismatch(leaf.path, f"there is no output {name!r}; the outputs are {found}"))
    for name in sorted(outputs):
        if name not in leaves:
            result.mismatches.append(Mismatch((*at, "outputs"), f"the output {name!r} is not declared"))
    return result


def name_parts(whole: Mapping[str, list[Any]], leaves: Iterable[BoundLeaf]) -> dict[str, Any]:
    """The flat tensors of a signature by wire name, where one name may stand for all tensors of a composite.

    They get the names of the declared components, or numbers where no leaf has that name.
    """
    declared = {leaf.name: [component.wire_name for component in leaf.components] for leaf in leaves}
    names = undivided_names({name: len(parts) for name, parts in whole.items()})
    chosen = {
        name: declared[name] if len(parts) > 1 and len(declared.get(name, ())) == len(parts) else names[name]
        for name, parts in whole.items()
    }
    return {each: part for name, parts in whole.items() for each, part in zip(chosen[name], parts, strict=True)}


def _visit(tree: Tree, value: Any, path: SpecPath, result: Result) -> Iterator[tuple[SpecPath, Any]]:
    """The paths of the declared leaves with the values that are there."""
    match tree:
        case Tensor() | Ragged() | Sparse():
            yield path, value
            return
        case Dict():
            fits, expected = isinstance(value, Mapping), f"a dict of {', '.join(sorted(tree.items))}"
            found = value
        case NamedTuple():
            names = tuple(name for name, _ in tree.fields)
            fits, expected = getattr(value, "_fields", None) == names, f"a namedtuple of {', '.join(names)}"
            found = dict(zip(names, value, strict=True)) if fits else {}
        case List() | Tuple():
            # The outermost container of a signature's function is a tuple, whatever the function returned.
            fits = isinstance(value, (list, tuple)) and not hasattr(value, "_fields")
            fits = fits and len(value) == len(tree.items)
            expected, found = f"a {tree.kind} of {len(tree.items)}", dict(enumerate(value)) if fits else {}
    if not fits:
        result.mismatches.append(Mismatch(path, f"expected {expected}, found {describe(value)}"))
        return
    declared = {key for key, _, _ in placed_children(tree, path)}
    for key in sorted(found, key=str):  # TensorFlow restores a dict with its keys in any order
        if key not in declared:
            message = f"the result has {key!r} ({describe(found[key])}), which is not declared"
            result.mismatches.append(Mismatch(path, message))
    for key, child, place in placed_children(tree, path):
        if key in found:
            yield from _visit(child, found[key], place, result)
        else:
            there = ", ".join(sorted(map(repr, found))) or "nothing"
            result.mismatches.append(Mismatch(place, f"the result has no {key!r}; it has {there}"))


def _flatten_leaf(leaf: BoundLeaf, value: Any, result: Result) -> None:
    match leaf.leaf, value:
        case Tensor(), keras.Variable():
            parts = [value.value]
        case Tensor(), tf.Tensor() | tf.Variable():
            parts = [value]
        case Ragged(), tf.RaggedTensor() if value.ragged_rank == leaf.leaf.ragged_rank:
            parts = [value.flat_values, *value.nested_row_splits]
        case Sparse(), tf.SparseTensor():
            parts = [value.indices, value.values, value.dense_shape]
        case _:
            kind = {"tensor": "a dense tensor", "ragged": "a ragged tensor", "sparse": "a sparse tensor"}
            rank = f" of ragged rank {leaf.leaf.ragged_rank}" if isinstance(leaf.leaf, Ragged) else ""
            message = f"expected {kind[leaf.leaf.kind]}{rank}, found {describe(value)}"
            result.mismatches.append(Mismatch(leaf.path, message))
            return
    names = [component.wire_name for component in leaf.components]
    result.outputs |= {name: from_tensor(part) for name, part in zip(names, parts, strict=True)}
