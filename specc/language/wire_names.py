"""Wire names: a SignatureDef is flat, so each component of each leaf has a unique name.

A leaf's name is the one that it declares, else the keys and positions on its path joined with ``_``. Ragged and sparse
leaves are several tensors, each with a suffix. A name depends only on the leaf's own path, so that adding an
argument or an output never renames another.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count as count_from
from itertools import islice

from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.tensor_string import ANY, Dimension, Shape
from specc.language.trees import (
    LEAVES,
    Dict,
    Leaf,
    List,
    NamedTuple,
    Ragged,
    Sparse,
    Tensor,
    Tree,
    Tuple,
    children,
)

SUPERVISED_SEPARATOR = "/"
"""Joins the words of an output's name where the method is train or eval: ``metrics/accuracy/value``."""


class Component(typing.NamedTuple):
    """One flat tensor of a leaf, as a signature has it. ``part`` is its role in a composite, else empty."""

    wire_name: str
    dtype: str
    shape: Shape
    part: str = ""


class BoundLeaf(typing.NamedTuple):
    """A leaf at its place in an endpoint, with its path in the document and its components in order.

    ``name`` is its wire name, or the prefix of a composite leaf's components.
    """

    leaf: Leaf
    path: SpecPath
    components: tuple[Component, ...]
    name: str = ""


class BoundContainer(typing.NamedTuple):
    """A container at its place in an endpoint. ``depth`` counts from 1, which is an argument or the result itself."""

    tree: List | Tuple | NamedTuple | Dict
    path: SpecPath
    depth: int


class EndpointNodes(typing.NamedTuple):
    """All nodes of an endpoint, from one walk over its trees: leaves in TensorFlow's order, containers from outside."""

    inputs: tuple[BoundLeaf, ...]
    outputs: tuple[BoundLeaf, ...]
    containers: tuple[BoundContainer, ...]


class _EndpointKey:
    """An endpoint as a cache key, by identity. It is frozen: the same object always has the same nodes."""

    __slots__ = ("endpoint",)

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    def __hash__(self) -> int:
        return id(self.endpoint)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _EndpointKey) and other.endpoint is self.endpoint


def input_leaves(endpoint: Endpoint, at: SpecPath = ()) -> tuple[BoundLeaf, ...]:
    """The leaves of all arguments, in the order in which TensorFlow flattens them. ``at`` is the endpoint's path."""
    return endpoint_nodes(endpoint, at).inputs


def output_leaves(endpoint: Endpoint, at: SpecPath = ()) -> tuple[BoundLeaf, ...]:
    """The leaves of the result, in the order in which TensorFlow flattens them. ``at`` is the endpoint's path."""
    return endpoint_nodes(endpoint, at).outputs


def endpoint_nodes(endpoint: Endpoint, at: SpecPath = ()) -> EndpointNodes:
    """All nodes of an endpoint, whose path in its document is ``at``."""
    return _endpoint_nodes(_EndpointKey(endpoint), at)


@lru_cache(maxsize=16)  # every rule and every check uses the nodes of the current endpoint
def _endpoint_nodes(key: _EndpointKey, at: SpecPath) -> EndpointNodes:
    endpoint = key.endpoint
    inputs: list[BoundLeaf] = []
    containers: list[BoundContainer] = []
    for index, tree in enumerate(endpoint.inputs):
        argument = endpoint.arguments[index] if index < len(endpoint.arguments) else f"argument_{index}"
        words = () if isinstance(tree, (Dict, NamedTuple)) else (argument,)
        _Walk(inputs, containers).visit(tree, words, (*at, "inputs", index))
    outputs: list[BoundLeaf] = []
    separator = SUPERVISED_SEPARATOR if endpoint.method in ("train", "eval") else "_"
    _Walk(outputs, containers, separator).visit(endpoint.outputs, _output_words(endpoint), (*at, "outputs"))
    return EndpointNodes(tuple(inputs), tuple(outputs), tuple(containers))


def _output_words(endpoint: Endpoint) -> tuple[str, ...]:
    """The prefix of the outputs' wire names."""
    match endpoint.outputs:
        case Dict() | NamedTuple():
            return ()
        case List() | Tuple():
            return ("output",)
        case Tensor() | Ragged() | Sparse():
            return ("outputs",) if endpoint.method == "regress" else ("output", "0")


@dataclass(frozen=True)
class _Walk:
    """Gathers the nodes of a tree."""

    leaves: list[BoundLeaf]
    containers: list[BoundContainer]
    separator: str = "_"

    def visit(self, tree: Tree, words: tuple[str, ...], path: SpecPath, depth: int = 1) -> None:
        if isinstance(tree, LEAVES):
            name = tree.name or self.separator.join(words)
            self.leaves.append(BoundLeaf(tree, path, components(tree, name), name))
            return
        self.containers.append(BoundContainer(tree, path, depth))
        for key, child, place in placed_children(tree, path):
            self.visit(child, self._words(words, str(key)), place, depth + 1)

    def _words(self, words: tuple[str, ...], word: str) -> tuple[str, ...]:
        # A supervised output may already have its full name as its key: {"loss": {"loss/regularization": ...}}.
        whole = self.separator == SUPERVISED_SEPARATOR and f"{word}/".startswith(f"{self.separator.join(words)}/")
        return (word,) if whole else (*words, word)


def placed_children(tree: Tree, path: SpecPath) -> Iterator[tuple[str | int, Tree, SpecPath]]:
    """The children of the node at ``path``, each with its key and its path in the canonical document."""
    match tree:
        case NamedTuple():
            for index, (name, child) in enumerate(tree.fields):
                yield name, child, (*path, "fields", index, 1)
        case Tuple():
            for index, child in enumerate(tree.items):
                yield index, child, (*path, "items", index)
        case _:
            for key, child in children(tree):
                yield key, child, (*path, key)


def components(leaf: Leaf, name: str) -> tuple[Component, ...]:
    """The flat tensors of a leaf called ``name``, in TensorFlow's own order of components."""
    match leaf:
        case Tensor():
            return (Component(name, leaf.dtype, leaf.shape),)
        case Ragged():
            return _ragged_components(leaf, name)
        case Sparse():
            return _sparse_components(leaf, name)


class Extent(typing.NamedTuple):
    """How large a tree is: ``characters`` counts those of the path and the wire name of every leaf.

    Names are longer than what they are made of: a key is part of the name of each leaf below it.
    """

    leaves: int
    characters: int
    dimensions: int = 0


def extent_of(arguments: Sequence[str], inputs: Sequence[Tree], outputs: Tree) -> Extent:
    """The Extent of an endpoint with these trees, computed without making a name."""
    names = (*arguments, *[""] * (len(inputs) - len(arguments)))
    total = [0, 0, 0]
    for name, tree in zip(names, inputs, strict=False):
        _add_extent(tree, len(name), total)
    _add_extent(outputs, 0, total)
    return Extent(*total)


def _add_extent(tree: Tree, prefix: int, total: list[int]) -> None:
    """Adds the leaves and the characters of ``tree``, whose path has ``prefix`` characters."""
    if isinstance(tree, LEAVES):
        count = 1 if isinstance(tree, Tensor) else 3 if isinstance(tree, Sparse) else 1 + tree.ragged_rank
        total[0] += count
        total[1] += count * (prefix + 8 + len(tree.name or ""))
        total[2] += len(tree.shape or ())
        return
    for key, child in tree.fields if isinstance(tree, NamedTuple) else children(tree):
        _add_extent(child, prefix + 1 + len(str(key)), total)


def numbered_result_names(counts: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """The names of the flat tensors of each result; ``counts`` has the number of tensors by wire name.

    One tensor has the result's own name. Those of an ExtensionType, which has one wire name for them all, are numbered
    as TensorFlow numbers the tensors of an argument: ``e``, ``e_1``.
    """
    found: dict[str, tuple[str, ...]] = {name: (name,) for name in counts}
    taken = set(counts)
    for name in sorted(counts):
        free = (f"{name}_{number}" for number in count_from(1) if f"{name}_{number}" not in taken)
        found[name] = (name, *islice(free, max(counts[name] - 1, 0)))[: counts[name]]
        taken.update(found[name])
    return found


def parameter_name(wire_name: str) -> str:
    """What TensorFlow calls the parameter of a loaded signature for ``wire_name``: ``input_ids`` for ``input-ids``."""
    if wire_name.isascii() and wire_name.isidentifier() and wire_name[0] != "_":
        return wire_name  # the usual case
    word = "".join(letter if letter.isalnum() else "_" for letter in wire_name)
    return word if word[:1].isalpha() else f"arg_{word}"


def _ragged_components(leaf: Ragged, name: str) -> tuple[Component, ...]:
    declared = leaf.names
    values = (declared and declared.values) or f"{name}_values"
    numbered = [f"{name}_row_splits"] if leaf.ragged_rank == 1 else []
    numbered = numbered or [f"{name}_row_splits_{index}" for index in range(leaf.ragged_rank)]
    splits = (declared and declared.row_splits) or tuple(numbered)
    flat: Shape = None if leaf.shape is None else (ANY, *leaf.shape[leaf.ragged_rank + 1 :])
    rows: Dimension = leaf.shape[0] + 1 if leaf.shape and isinstance(leaf.shape[0], int) else ANY
    return (
        Component(values, leaf.dtype, flat, "values"),
        *(
            Component(split, leaf.row_splits_dtype, (rows if index == 0 else ANY,), "row_splits")
            for index, split in enumerate(splits)
        ),
    )


def _sparse_components(leaf: Sparse, name: str) -> tuple[Component, ...]:
    declared = leaf.names
    rank: Dimension = ANY if leaf.shape is None else len(leaf.shape)
    return (
        Component((declared and declared.indices) or f"{name}_indices", "int64", (ANY, rank), "indices"),
        Component((declared and declared.values) or f"{name}_values", leaf.dtype, (ANY,), "values"),
        Component((declared and declared.dense_shape) or f"{name}_dense_shape", "int64", (rank,), "dense_shape"),
    )
