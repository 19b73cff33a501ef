"""Converts parsed features to an endpoint's flat tensors, and checks each message against the declaration.

TensorFlow's own partitions of a ragged feature join the messages before they are checked: a value missing in one of
them is taken from the next one, and row splits are not checked. So only values are parsed, and partitioned here, where
a wrong message is an error of that call. A cast to a narrower integer wraps, as ``tf.cast`` does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from specc.compiler.tensorspec import component_spec, default_tensor, dtype_of
from specc.language.example_features import ParsedFeature
from specc.language.trees import Ragged, Sparse, Tensor
from specc.language.values import decode_value
from specc.language.wire_names import Component

_SHOWN = 12
"""How many numbers, one for each message, an error shows."""


@dataclass(frozen=True)
class ParsedValues:
    """The parsed values of one leaf: its feature, its inner row splits, and the number of steps of each message."""

    value: Any
    splits: tuple[Any, ...] = ()
    steps: Any = None


def flat_tensors(
    feature: ParsedFeature, received: ParsedValues, rows: Any, components: tuple[Component, ...]
) -> dict[str, Any]:
    """The flat tensors of a leaf by their wire names; ``rows`` is the number of messages."""
    leaf = feature.leaf.leaf
    match leaf:
        case Tensor():
            tensors = [_dense_tensor(feature, leaf, received, rows)]
        case Ragged():
            tensors = _ragged_tensors(feature, leaf, received)
        case Sparse():
            tensors = _sparse_tensors(leaf, received.value, rows)
    return {
        component.wire_name: tf.ensure_shape(tensor, component_spec(component).shape)
        for component, tensor in zip(components, tensors, strict=True)
    }


def parsed_default(feature: ParsedFeature) -> np.ndarray[Any, Any]:
    """The default in the parsed dtype; the cast restores the leaf's own, except for some of float64."""
    dtype = dtype_of(feature.dtype)
    with np.errstate(over="ignore"):  # then the default is inserted after the cast
        return _default_array(feature).astype(object if dtype == tf.string else dtype.as_numpy_dtype)


def is_default_inserted_after_cast(feature: ParsedFeature) -> bool:
    """Whether the default is inserted after the cast, because the parsed dtype, float32, cannot represent it."""
    if feature.default is None or feature.dtype == "string":
        return False
    own = _default_array(feature)
    back = parsed_default(feature).astype(own.dtype)
    return own.tobytes() != back.tobytes() and not np.array_equal(own, back, equal_nan=own.dtype.kind == "f")


def _default_array(feature: ParsedFeature) -> np.ndarray[Any, Any]:
    value, dtype = decode_value(feature.default, feature.leaf.leaf.dtype), dtype_of(feature.leaf.leaf.dtype)
    shape = feature.shape if feature.parsed == "fixed" else ()
    return np.array(value, object if dtype == tf.string else dtype.as_numpy_dtype).reshape(shape)


def _dense_tensor(feature: ParsedFeature, leaf: Tensor, received: ParsedValues, rows: Any) -> Any:
    if feature.parsed == "constant":
        return default_tensor(leaf)
    if is_default_inserted_after_cast(feature):
        return (_fill_missing if feature.parsed == "fixed" else _pad_sequences)(feature, leaf, received.value)
    value = _cast_values(received.value, leaf.dtype)
    if feature.steps is None:
        return value
    message = (
        f"the feature list {feature.key!r} must have {feature.steps} steps in each message; the numbers of steps are"
    )
    is_valid = tf.reduce_all(tf.equal(received.steps, feature.steps))
    (rows,) = _assert_counts(is_valid, message, received.steps, rows)
    return tf.reshape(value, [rows, feature.steps, *feature.shape])  # zero messages have zero steps


def _fill_missing(feature: ParsedFeature, leaf: Tensor, parsed: Any) -> Any:
    """A fixed number of values of each message, or the default for a message without any."""
    size, counts = math.prod(feature.shape), parsed.row_lengths()
    message = f"the feature {feature.key!r} must have {size} values or none in each message; the numbers of values are"
    is_valid = tf.reduce_all(tf.equal(counts, size) | tf.equal(counts, 0))
    (counts,) = _assert_counts(is_valid, message, counts, counts)
    present = tf.cast(counts > 0, tf.int64)
    total = tf.reduce_sum(present)
    values = tf.reshape(_cast_values(parsed.flat_values, leaf.dtype), [total, *feature.shape])
    default = tf.constant(_default_array(feature)[np.newaxis])
    index = tf.where(counts > 0, tf.cumsum(present, exclusive=True), total)
    return tf.gather(tf.concat([values, default], 0), index)


def _pad_sequences(feature: ParsedFeature, leaf: Tensor, parsed: Any) -> Any:
    """Sequences padded with the default to the length of the longest."""
    values, counts = _split_steps(feature, parsed)
    sequences = tf.RaggedTensor.from_row_lengths(_cast_values(values, leaf.dtype), counts, validate=False)
    return sequences.to_tensor(tf.constant(_default_array(feature)))


def _cast_values(tensor: Any, dtype: str) -> Any:
    return tensor if tensor.dtype.name == dtype else tf.cast(tensor, dtype_of(dtype))


def _ragged_tensors(feature: ParsedFeature, leaf: Ragged, received: ParsedValues) -> list[Any]:
    parsed, splits = received.value, []
    if feature.in_lists:  # the steps of a list are joined if the leaf has no dimension for them
        values, (outer, inner) = parsed.flat_values, parsed.nested_row_splits
        splits = [tf.gather(inner, outer)] if leaf.ragged_rank == 1 else [outer, inner]
    else:
        values, counts = _split_steps(feature, parsed)
        for key, own in reversed(list(zip(feature.splits, received.splits, strict=True))):
            joined, counts = _partition(key, own, counts)
            splits.insert(0, joined)
        splits.insert(0, tf.concat([[0], tf.cumsum(counts)], 0))
    return [_cast_values(values, leaf.dtype), *(tf.cast(split, dtype_of(leaf.row_splits_dtype)) for split in splits)]


def _split_steps(feature: ParsedFeature, parsed: Any) -> tuple[Any, Any]:
    """All values, reshaped to items of the feature's shape, and the number of items of each message."""
    values, counts = parsed.flat_values, parsed.row_lengths()
    if not feature.shape:
        return values, counts
    size = math.prod(feature.shape)
    message = (
        f"the feature {feature.key!r} must have a multiple of {size} values in each message; the numbers of values are"
    )
    is_valid = tf.reduce_all(tf.equal(counts % size, 0))
    (counts,) = _assert_counts(is_valid, message, counts, counts // size)
    return tf.reshape(values, [tf.reduce_sum(counts), *feature.shape]), counts


def _partition(key: str, parsed: Any, counts: Any) -> tuple[Any, Any]:
    """The row splits of all messages joined, and the number of rows of each message.

    ``counts`` is the number of items to split in each message.
    """
    splits, starts, message_of, lengths = (
        parsed.flat_values,
        parsed.row_splits,
        parsed.value_rowids(),
        parsed.row_lengths(),
    )
    position = tf.range(tf.size(splits, tf.int64))
    is_first = tf.equal(position, tf.gather(starts, message_of))
    is_last = tf.equal(position + 1, tf.gather(starts, message_of + 1))
    is_increasing = tf.where(is_first, tf.equal(splits, 0), splits >= tf.concat([splits[:1], splits[:-1]], 0))
    ends_at_count = tf.equal(splits, tf.gather(counts, message_of)) | ~is_last
    has_splits = (lengths > 0) | tf.equal(counts, 0)
    is_valid = tf.reduce_all(is_increasing & ends_at_count) & tf.reduce_all(has_splits)
    message = (
        f"the row splits in the feature {key!r} must start at 0, not decrease, and end at the number of items to "
        "split in each message, which is"
    )
    splits, counts = _assert_counts(is_valid, message, counts, splits, counts)
    shifted = splits + tf.gather(tf.cumsum(counts, exclusive=True), message_of)
    return tf.concat([[0], tf.boolean_mask(shifted, ~is_first)], 0), tf.maximum(lengths - 1, 0)


def _assert_counts(is_valid: Any, message: str, counts: Any, *numbers: Any) -> list[Any]:
    """``numbers``, whose use fails at run time unless ``is_valid`` is true; the error shows ``counts``."""
    with tf.control_dependencies([tf.debugging.Assert(is_valid, [f"{message}:", counts], summarize=_SHOWN)]):
        # The save option that strips debug ops removes the assertion. Converting a string that is not a number also
        # fails, and cannot be optimized away, since the result is added to the numbers.
        zero = tf.strings.to_number(tf.where(is_valid, "0", message), tf.int64)
    return [number + zero for number in numbers]


def _sparse_tensors(leaf: Sparse, parsed: Any, rows: Any) -> list[Any]:
    """Indices, values and dense shape; a declared size replaces that of the longest row, which must not exceed it."""
    declared = (leaf.shape or ())[1:]
    if any(isinstance(size, int) for size in declared):
        longest = tf.unstack(parsed.dense_shape)[1:]
        sizes = [size if isinstance(size, int) else found for size, found in zip(declared, longest, strict=True)]
        parsed = tf.sparse.reset_shape(parsed, tf.stack([rows, *(tf.cast(size, tf.int64) for size in sizes)]))
    return [parsed.indices, _cast_values(parsed.values, leaf.dtype), parsed.dense_shape]
