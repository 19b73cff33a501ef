"""Compares declared trees and shapes with those that a graph or another document has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from specc.diagnostics import SpecPath
from specc.language.tensor_string import Shape, format_tensor
from specc.language.trees import LEAVES, Leaf, NamedTuple, Ragged, Sparse, Tensor, Tree, children
from specc.language.wire_names import placed_children
from specc.reader.linking import shapes_agree

Side = Literal["input", "output"]


def holds(side: Side, declared: Shape, found: Shape) -> bool:
    """Whether a graph's shape conforms to a declared one: an output may be more precise, an input may not."""
    return shapes_agree(declared, found) and (side == "output" or not _is_narrower(found, declared))


def _is_narrower(found: Shape, declared: Shape) -> bool:
    if found is None or declared is None:
        return found is not None
    return any(isinstance(size, int) and isinstance(dim, str) for size, dim in zip(found, declared, strict=True))


def is_wider(found: Shape, declared: Shape) -> bool:
    """Whether a size is fixed in a declared shape and open in one that a graph has."""
    if found is None or declared is None:
        return any(isinstance(dim, int) for dim in declared or ())
    return any(isinstance(dim, int) and isinstance(size, str) for size, dim in zip(found, declared, strict=True))


def paired_nodes(declared: Tree, found: Tree, path: SpecPath) -> Iterator[tuple[SpecPath, Tree, Tree]]:
    """Every declared leaf with the node at its place in ``found``, and every container that ``found`` lacks."""
    if isinstance(declared, LEAVES) or _shape_of_container(declared) != _shape_of_container(found):
        yield path, declared, found
        return
    for (_, child, place), (_, other) in zip(placed_children(declared, path), children(found), strict=True):
        yield from paired_nodes(child, other, place)


def shape_of(tree: Tree) -> Shape:
    """The shape of a leaf; None for a container."""
    return tree.shape if isinstance(tree, LEAVES) else None


def listed(names: tuple[str, ...]) -> str:
    """Names as Python shows the parameters of a function."""
    return f"({', '.join(names)})"


def same_leaf(side: Side, declared: Leaf, found: Tree) -> bool:
    """Whether a node of a graph is a leaf that conforms to a declared one."""
    match found:
        case Tensor() | Ragged() | Sparse():
            same = _kind(declared) == _kind(found) and declared.dtype == found.dtype
            return same and holds(side, declared.shape, found.shape)
        case _:
            return False


def _kind(leaf: Leaf) -> tuple[object, ...]:
    return (leaf.kind, leaf.ragged_rank, leaf.row_splits_dtype) if isinstance(leaf, Ragged) else (leaf.kind,)


def _shape_of_container(tree: Tree) -> tuple[object, ...]:
    """The kind, type name and keys of a container, to compare two of them."""
    typename = tree.typename if isinstance(tree, NamedTuple) else ""
    return tree.kind, typename, tuple(key for key, _ in children(tree))


def shown_tree(tree: Tree) -> str:
    """A node of a tree in a message: a leaf's dtype and shape, or a container's kind and keys."""
    match tree:
        case Tensor():
            return format_tensor(tree.dtype, tree.shape)
        case Ragged() | Sparse():
            return f"a {tree.kind} {format_tensor(tree.dtype, tree.shape)}"
        case _:
            return f"a {tree.kind} with {listed(tuple(str(key) for key, _ in children(tree)))}"
