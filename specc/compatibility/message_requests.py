"""Requests to receivers: one vector of messages, each of which is a row of every leaf."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from specc.compatibility.dims import Bounds, Dims
from specc.compatibility.halves import Half
from specc.language.receivers import RECEIVER_INPUT
from specc.language.tensor_string import Dimension


def message_counts(half: Half) -> Bounds:
    """How many messages a request to a receiver of an endpoint may have: the first axes of its leaves are tied."""
    counts = Bounds()
    for leaf in half.nodes.inputs:
        if leaf.leaf.shape:
            counts = counts.meet(axis_bounds(leaf.leaf.shape[0], half.dims))
    return counts


@lru_cache(maxsize=4)  # all changes of a receiver show the same request
def message_request(half: Half, at_least: int = 1) -> Mapping[str, Mapping[str, Any]]:
    """The smallest request to a receiver of an endpoint, of ``at_least`` so many messages if it may have them."""
    counts = message_counts(half)
    size = max(counts.smallest, at_least)
    return {RECEIVER_INPUT: {"dtype": "string", "shape": [size if counts.high is None else min(size, counts.high)]}}


def axis_bounds(dim: Dimension, dims: Dims) -> Bounds:
    """The sizes that one axis may have."""
    return Bounds(dim, dim) if isinstance(dim, int) else dims.get(dim, Bounds())
