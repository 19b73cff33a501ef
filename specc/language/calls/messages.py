"""The serialized messages that a receiver parses into the inputs of a call, without TensorFlow.

A value that would not come back as it is makes no message: a receiver is then not called, instead of being blamed.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any

from specc.language.calls.example_reader import default_of
from specc.language.calls.feature_encoding import feature as encoded
from specc.language.calls.feature_encoding import field, map_entry
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Endpoint
from specc.language.example_features import ParsedFeature, parsed_features

_LARGEST = (1 << 63) - 1
_MAX_STEPS = 1_000_000
"""Of one leaf, in all messages: a sparse tensor without values may declare any number of rows."""


class _LostError(Exception):
    """A value cannot be in a message, or would be another one once it is parsed."""


def to_messages(endpoint: Endpoint, receiver: str, inputs: Mapping[str, FlatTensor]) -> FlatTensor | None:
    """The one input of the receiver called ``receiver``: a string vector of one tf.Example (or SequenceExample) a row.

    None if no messages parse into exactly these ``inputs``: the leaves have different numbers of rows, a float64 is not
    a float32, a constant is not its default, or a sparse tensor is not what a feature of variable length parses into.
    """
    said = endpoint.receivers[receiver]
    is_sequence = said.kind == "tf_sequence_example"
    context: list[list[bytes]] = []
    lists: list[list[bytes]] = []
    try:
        for feature in parsed_features(endpoint, said):
            tensors = [inputs[component.wire_name] for component in feature.leaf.components]
            if feature.parsed == "constant":
                if tensors[0] != default_of(feature.leaf, ()):
                    raise _LostError
            elif feature.in_lists:
                steps = [
                    b"".join(field(1, encoded(step, feature.dtype)) for step in row) for row in _steps(feature, tensors)
                ]
                lists.append([map_entry(feature.key, row) for row in steps])
            else:
                for key, dtype, rows in _features(feature, tensors):
                    context.append([map_entry(key, encoded(row, dtype)) for row in rows])
    except _LostError:
        return None
    counts = {len(rows) for rows in (*context, *lists)}
    if len(counts) != 1:
        return None
    count = counts.pop()
    if is_sequence and count == 0:
        return None  # TensorFlow cannot parse an empty vector of these
    messages = []
    for row in range(count):
        message = field(1, b"".join(entries[row] for entries in context))
        if is_sequence:
            message += field(2, b"".join(entries[row] for entries in lists))
        messages.append(message)
    return FlatTensor("string", (count,), tuple(messages))


Rows = list[Sequence[Any]]
"""The values of one feature in each message."""


def _features(feature: ParsedFeature, tensors: Sequence[FlatTensor]) -> Iterable[tuple[str, str, Rows]]:
    """The key, dtype and rows of each feature that a leaf is parsed from: one, and one for each inner row splits."""
    values = _native(tensors[0 if feature.parsed != "sparse" else 1], feature.dtype)
    match feature.parsed:
        case "fixed" | "sequence":
            yield feature.key, feature.dtype, _dense_rows(feature, tensors[0], values)
        case "ragged":
            yield from _ragged_rows(feature, tensors, values)
        case "sparse":
            steps = _sparse_steps(feature, tensors, values)
            yield feature.key, feature.dtype, [row[0] for row in steps]


def _native(tensor: FlatTensor, dtype: str) -> list[Any]:
    """The elements of a tensor in the dtype of a feature, from which a cast restores them."""
    values = tensor.elements()
    if dtype == "int64":
        if any(value > _LARGEST for value in values):
            raise _LostError
    elif tensor.dtype == "float64":
        try:
            singles = struct.unpack(f"<{len(values)}f", struct.pack(f"<{len(values)}f", *values))
        except OverflowError:
            raise _LostError from None
        if any(single != value and not math.isnan(value) for single, value in zip(singles, values, strict=True)):
            raise _LostError
    return values


def _dense_rows(feature: ParsedFeature, tensor: FlatTensor, values: list[Any]) -> Rows:
    rows, size = tensor.shape[0], prod(tensor.shape[1:])
    lost_steps = rows == 0 and feature.parsed == "sequence" and tensor.shape[1] != 0
    if lost_steps or (feature.parsed == "fixed" and size == 0):
        raise _LostError
    return [values[row * size : (row + 1) * size] for row in range(rows)]


def _ragged_rows(
    feature: ParsedFeature, tensors: Sequence[FlatTensor], values: list[Any]
) -> Iterable[tuple[str, str, Rows]]:
    size = prod(feature.shape)
    ranges = list(pairwise(tensors[1].elements()))
    for key, tensor in zip(feature.splits, tensors[2:], strict=True):
        splits = tensor.elements()
        yield key, "int64", [[split - splits[start] for split in splits[start : end + 1]] for start, end in ranges]
        ranges = [(splits[start], splits[end]) for start, end in ranges]
    yield feature.key, feature.dtype, [values[start * size : end * size] for start, end in ranges]


def _steps(feature: ParsedFeature, tensors: Sequence[FlatTensor]) -> list[list[Sequence[Any]]]:
    """The values of each step of each message, for a feature in the lists of a SequenceExample."""
    values = _native(tensors[0 if feature.parsed != "sparse" else 1], feature.dtype)
    if feature.parsed == "sparse":
        return [list(row) for row in _sparse_steps(feature, tensors, values)]
    if feature.parsed == "ragged":
        inner = list(pairwise(tensors[-1].elements()))
        if len(tensors) == 2:
            return [[values[start:end]] for start, end in inner]
        return [
            [values[start:end] for start, end in inner[first:last]] for first, last in pairwise(tensors[1].elements())
        ]
    size, steps = prod(feature.shape), tensors[0].shape[1]
    if tensors[0].shape[0] == 0 and steps != 0 and feature.steps is None:
        raise _LostError
    starts = [row * steps for row in range(tensors[0].shape[0])]
    return [[values[step * size : (step + 1) * size] for step in range(start, start + steps)] for start in starts]


def _sparse_steps(feature: ParsedFeature, tensors: Sequence[FlatTensor], values: list[Any]) -> list[list[list[Any]]]:
    """The values of each step of each message, of which the context has one, if the tensor is what they parse into."""
    shape: list[int] = tensors[2].elements()
    rank, indices = len(shape), tensors[0].elements()
    if shape[0] > _MAX_STEPS:
        raise _LostError
    found: list[list[list[Any]]] = [[] if rank == 3 else [[]] for _ in range(shape[0])]
    previous, left = list[int](), _MAX_STEPS
    for position, value in enumerate(values):
        index = indices[position * rank : (position + 1) * rank]
        row = found[index[0]]
        step = index[1] if rank == 3 else 0
        left -= max(0, step + 1 - len(row))
        if left < 0:
            raise _LostError
        row += [[] for _ in range(len(row), step + 1)]
        if index < previous or len(row[step]) != index[-1]:
            raise _LostError
        row[step].append(value)
        previous = index
    steps, longest = max(map(len, found), default=0), max((len(step) for row in found for step in row), default=0)
    declared = feature.leaf.leaf.shape or ()
    for size, dim, seen in zip(shape[1:], declared[1:], (steps, longest)[3 - rank :], strict=True):
        if not isinstance(dim, int) and size != seen:
            raise _LostError
    return found
