"""Functions on trees: their leaves, copies with other leaves, and tensors made from values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from specc.language.tensor_string import Shape
from specc.language.trees import Dict, Leaf, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple, children


def leaves(node: Tree) -> Iterator[Leaf]:
    """The leaves in the order in which TensorFlow flattens them."""
    match node:
        case Tensor() | Ragged() | Sparse():
            yield node
        case _:
            for _, child in children(node):
                yield from leaves(child)


def with_leaves(node: Tree, replacements: Iterator[Leaf]) -> Tree:
    """A copy of ``node`` with other leaves, given in the order of :func:`leaves`; dict keys keep their order."""
    match node:
        case Tensor() | Ragged() | Sparse():
            return next(replacements)
        case List():
            return List(items=tuple(with_leaves(item, replacements) for item in node.items))
        case Tuple():
            return Tuple(items=tuple(with_leaves(item, replacements) for item in node.items))
        case NamedTuple():
            fields = tuple((name, with_leaves(item, replacements)) for name, item in node.fields)
            return NamedTuple(typename=node.typename, fields=fields)
        case Dict():
            changed = {str(key): with_leaves(item, replacements) for key, item in children(node)}
            return Dict(items={key: changed[key] for key in node.items})


def without_names(node: Tree) -> Tree:
    """``node`` without wire names."""
    return with_leaves(node, iter([_without_name(leaf) for leaf in leaves(node)]))


def _without_name(leaf: Leaf) -> Leaf:
    if isinstance(leaf, Tensor):
        fields = {"default": leaf.default, "minimum": leaf.minimum, "maximum": leaf.maximum}
        return leaf if leaf.name is None else dense(leaf.dtype, leaf.shape, **fields)
    return leaf.model_copy(update={"name": None, "names": None})


def dense(dtype: str, shape: Shape, **fields: Any) -> Tensor:
    """A Tensor with the fields ``fields`` that are not None."""
    filled = {field: value for field, value in fields.items() if value is not None}
    if not filled:
        return _plain_tensor(dtype, shape)
    return Tensor.model_validate({"dtype": dtype, "shape": shape_to_json(shape), **filled})


@lru_cache(maxsize=4096)
def _plain_tensor(dtype: str, shape: Shape) -> Tensor:
    """A Tensor without other fields; cached, since an archive repeats a few of them many times."""
    return Tensor.model_validate({"dtype": dtype, "shape": shape_to_json(shape)})


def shape_to_json(shape: Shape) -> Any:
    """The shape as the models accept it."""
    return "..." if shape is None else shape
