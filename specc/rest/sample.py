"""A request that works: the first declared example of an endpoint, or else the smallest legal values.

Documentation, the page of a contract and the mock all show this one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from specc.errors import SpecError
from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.calls.read import read_example
from specc.language.document import Document
from specc.language.dtypes import DTYPES, Family
from specc.language.floats import nearest
from specc.language.tensor_string import Dimension
from specc.language.trees import Leaf, Ragged, Sparse, Tensor
from specc.language.wire_names import BoundLeaf, input_leaves
from specc.rest.signatures import sizes_of

MAX_ELEMENTS = 10_000
"""Of one tensor; a request of more is not an example that a person reads."""
_MAX_PARTS = 10 * MAX_ELEMENTS
"""Of all tensors: their elements and dimensions."""
_TEXT = b"text"


def sample_inputs(document: Document, endpoint: str) -> dict[str, FlatTensor] | None:
    """The tensors of a request that works, by wire name; None if they are too large to be shown.

    An example that must be refused, or whose file cannot be read, is not taken.
    """
    for name, example in sorted(document.endpoints[endpoint].examples.items()):
        if example.error is not None:
            continue
        try:
            call = read_example(document, endpoint, example, ("endpoints", endpoint, "examples", name))
        except SpecError:  # its file is elsewhere, or nobody has checked the document
            continue
        if all(tensor.size <= MAX_ELEMENTS for tensor in call.inputs.values()):
            return dict(call.inputs)
    return smallest_inputs(document, endpoint)


def smallest_inputs(document: Document, endpoint: str) -> dict[str, FlatTensor] | None:
    """The smallest legal values: each dim has its least size, at least 1, and each number is as near to 0 as it may be.

    A tensor of unknown rank is a scalar. None if a tensor is too large to be shown.
    """
    found: dict[str, FlatTensor] = {}
    left = _MAX_PARTS
    for bound in input_leaves(document.endpoints[endpoint]):
        leaf = bound.leaf
        shape = [_size(dim, document) for dim in leaf.shape or ()]
        left -= prod(shape) + len(shape)
        if prod(shape) > MAX_ELEMENTS or left < 0:
            return None
        parts = _parts(bound, shape)
        found |= {component.wire_name: part for component, part in zip(bound.components, parts, strict=True)}
    return found


def _size(dim: Dimension, document: Document) -> int:
    sizes = sizes_of(dim, document)
    least = max(sizes.min, 1)
    return least if sizes.max is None else min(least, sizes.max)


def _parts(bound: BoundLeaf, shape: Sequence[int]) -> Iterator[FlatTensor]:
    leaf = bound.leaf
    match leaf:
        case Ragged():
            rows = shape[0] if shape else 1  # each ragged row has one item
            items = rows * prod(shape[1 : leaf.ragged_rank + 1])
            yield _filled(leaf, (items, *shape[leaf.ragged_rank + 1 :]))
            for axis in range(1, leaf.ragged_rank + 1):
                ends = range(0, rows * (shape[axis] if shape else 1) + 1, shape[axis] if shape else 1)
                rows = ends[-1]
                yield tensor_of(leaf.row_splits_dtype, (len(ends),), ends)
        case Sparse():
            count = 1 if all(shape) else 0
            yield tensor_of("int64", (count, len(shape)), [0] * (count * len(shape)))
            yield _filled(leaf, (count,))
            yield tensor_of("int64", (len(shape),), shape)
        case Tensor():
            yield _filled(leaf, tuple(shape))


def _filled(leaf: Leaf, shape: tuple[int, ...]) -> FlatTensor:
    return tensor_of(leaf.dtype, shape, [_value(leaf)] * prod(shape))


def _value(leaf: Leaf) -> Any:
    """The legal value that is nearest to 0."""
    family = DTYPES[leaf.dtype].family
    low, high = (leaf.minimum, leaf.maximum) if isinstance(leaf, Tensor) else (None, None)
    match family:
        case Family.STRING:
            return _TEXT
        case Family.BOOLEAN:
            return False
        case Family.COMPLEX:
            return 0j
        case Family.INTEGER:
            value = 0 if low is None or not math.isfinite(float(low)) else max(0, math.ceil(low))
            return value if high is None or not math.isfinite(float(high)) else min(value, math.floor(high))
        case Family.FLOAT:
            number = 0.0 if low is None else max(0.0, nearest(float(low), leaf.dtype))
            return number if high is None else min(number, nearest(float(high), leaf.dtype))
