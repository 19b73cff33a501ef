"""The sizes of a call's leaves, and of the named dims in them."""

from __future__ import annotations

from collections.abc import Mapping

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.wire_names import BoundLeaf


def leaf_shape(bound: BoundLeaf, tensors: Mapping[str, FlatTensor]) -> tuple[int | None, ...]:
    """The shape of a leaf, from its components in ``tensors``; None for an axis of a ragged leaf that is not uniform."""
    raise NotImplementedError
