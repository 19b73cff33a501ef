"""The open axes of a model's inputs, and their usual roles by the rank of a tensor and the position of the axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from specc.language.document import Endpoint
from specc.language.tensor_string import ANY, Dimension, Shape
from specc.language.tree_edits import leaves, with_leaves
from specc.language.trees import Leaf, Ragged
from specc.language.wire_names import input_leaves

BATCH = "batch"
_IMAGE = ("height", "width", "channels")
_LAST = "features"
_VOLUME = ("depth", *_IMAGE)


@dataclass(frozen=True, order=True)
class OpenDim:
    """An open axis of the input leaf at position ``leaf``, and the usual role of such an axis; ordered by its place."""

    leaf: int
    axis: int
    role: str
    wire_name: str


def open_dims(endpoint: Endpoint) -> tuple[OpenDim, ...]:
    """The axes of the inputs that can have a name and have none, in the order of the leaves."""
    return tuple(
        OpenDim(index, axis, _role(bound.leaf.shape, axis), bound.name)
        for index, bound in enumerate(input_leaves(endpoint))
        for axis, dim in enumerate(bound.leaf.shape or ())
        if dim == ANY and is_uniform(bound.leaf, axis)
    )


def is_uniform(leaf: Leaf, axis: int) -> bool:
    """Whether an axis of ``leaf`` has a single size, so that it can have a name."""
    return not (isinstance(leaf, Ragged) and 1 <= axis <= leaf.ragged_rank)


def _role(shape: Shape, axis: int) -> str:
    assert shape is not None
    if axis == 0:
        return BATCH
    open_axes = [place for place, dim in enumerate(shape) if dim == ANY and place > 0]
    if axis == 1 and (len(shape) <= 3 or open_axes == [1]):
        return "time"
    words = {4: _IMAGE, 5: _VOLUME}.get(len(shape), ())
    if words:
        channels_first = open_axes[0] == 2 and open_axes[-1] == len(shape) - 1
        return words[axis - 2 if channels_first else axis - 1]
    return _LAST if axis == len(shape) - 1 else f"size_{axis}"


def is_last_resort(role: str) -> bool:
    """Whether a role describes only the position of the axis."""
    return role == _LAST or role.startswith("size_")


def with_dims(endpoint: Endpoint, names: Mapping[OpenDim, Dimension]) -> Endpoint:
    """``endpoint`` with these names or sizes for the axes of its inputs."""
    by_place = {(dim.leaf, dim.axis): name for dim, name in names.items()}

    def dressed(index: int) -> Callable[[int, Dimension], Dimension]:
        return lambda axis, dim: by_place.get((index, axis), dim)

    flat = [leaf for tree in endpoint.inputs for leaf in leaves(tree)]
    return with_input_leaves(endpoint, [with_shape(leaf, dressed(index)) for index, leaf in enumerate(flat)])


def with_input_leaves(endpoint: Endpoint, replacements: Iterable[Leaf]) -> Endpoint:
    """``endpoint`` with other leaves of its inputs, all of which are computed before the first is replaced."""
    new = iter([*replacements])
    return endpoint.model_copy(update={"inputs": tuple(with_leaves(tree, new) for tree in endpoint.inputs)})


def with_shape(leaf: Leaf, change: Callable[[int, Dimension], Dimension]) -> Leaf:
    """``leaf`` with each dimension replaced by the result of ``change``."""
    if leaf.shape is None:
        return leaf
    return leaf.model_copy(update={"shape": tuple(change(axis, dim) for axis, dim in enumerate(leaf.shape))})
