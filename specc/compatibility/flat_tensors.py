"""Flat tensors of requests and answers: those of each leaf, by the names that a surface has for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from specc.change import Surface
from specc.compatibility.dims import UNLIMITED, fixed
from specc.compatibility.value_ranges import Range, value_range
from specc.language.trees import Leaf, Ragged, Sparse, Tensor
from specc.language.wire_names import BoundLeaf

if TYPE_CHECKING:
    from specc.compatibility.halves import Half

Tensors: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Flat tensors by name, each as ``{"dtype", "shape"}``, with ``"value"`` where it matters."""


def smallest_request(half: Half, surface: Surface) -> Tensors:
    """The smallest request to an endpoint on ``surface``, with all inputs and sizes of 1."""
    return {
        name: tensor
        for leaf in half.nodes.inputs
        for name, tensor in tensors(half, leaf, surface, own_shape(half, leaf), value_of(leaf, None)).items()
    }


def least_rank(leaf: Leaf) -> int:
    """The smallest rank of a leaf of unknown rank."""
    match leaf:
        case Ragged():
            return leaf.ragged_rank + 1
        case Sparse():
            return 1
        case Tensor():
            return 0


def other_rank(leaf: Leaf, partner: Leaf) -> list[int]:
    """The smallest shape for ``leaf``, whose rank is unknown, that has not the rank of ``partner``."""
    least = least_rank(leaf)
    return [1] * (least + 1 if partner.shape is not None and len(partner.shape) == least else least)


def own_shape(half: Half, leaf: BoundLeaf) -> list[int]:
    """The smallest shape of a leaf in its own document."""
    own = fixed(leaf.leaf.shape, half.dims)
    if own is None:
        return [1] * least_rank(leaf.leaf)
    return [dim if isinstance(dim, int) else half.dims.get(dim, UNLIMITED).smallest for dim in own]


def value_of(leaf: BoundLeaf, partner: BoundLeaf | None) -> Any:
    """One value that both contracts allow, if one of them has bounds."""
    own = value_range(leaf.leaf)
    both = own if partner is None else own.meet(value_range(partner.leaf))
    if both == Range():
        return None
    return own.example if both.is_empty else both.example


def tensors(half: Half, leaf: BoundLeaf, surface: Surface, shape: list[int], value: Any) -> dict[str, dict[str, Any]]:
    """The flat tensors of a leaf, by the names that ``surface`` has for them."""
    if surface == "python":
        return {half.words[leaf.path]: _tensor(leaf.leaf.dtype, shape, value)}
    match leaf.leaf:
        case Ragged() as ragged:
            return _ragged(leaf, ragged, shape)
        case Sparse():
            return _sparse(leaf, shape)
        case Tensor():
            return {leaf.name: _tensor(leaf.leaf.dtype, shape, value)}


def _tensor(dtype: str, shape: list[int], value: Any = None) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape} | ({} if value is None else {"value": value})


def _ragged(leaf: BoundLeaf, ragged: Ragged, shape: list[int]) -> dict[str, dict[str, Any]]:
    """The components of a ragged tensor whose ragged axes all have the length 1."""
    rows, inner = shape[0], shape[ragged.ragged_rank + 1 :]
    return {
        part.wire_name: _tensor(part.dtype, [rows + 1] if part.part == "row_splits" else [rows, *inner])
        for part in leaf.components
    }


def _sparse(leaf: BoundLeaf, shape: list[int]) -> dict[str, dict[str, Any]]:
    """The components of a sparse tensor with one element, or none where it cannot have one."""
    count, rank = int(0 not in shape), len(shape)
    same = shape[0] if len(set(shape)) == 1 else None
    parts = {
        "indices": _tensor("int64", [count, rank]),
        "values": _tensor(leaf.leaf.dtype, [count]),
        "dense_shape": _tensor("int64", [rank], same),
    }
    return {part.wire_name: parts[part.part] for part in leaf.components}
