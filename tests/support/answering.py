"""Functions that answer as a document declares: with the sizes of their inputs, and within bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
from computing import CASTABLE, fold

from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.compiler.tensorspec import dtype_of
from specc.language.document import Document
from specc.language.trees import Leaf, Ragged, Sparse, Tensor


def answering(compiled: CompiledEndpoint, document: Document) -> Callable[..., Any]:
    """A function with the arguments and outputs of an endpoint; each output depends on every input."""

    def function(*arguments: Any, **_: Any) -> Any:
        leaves = tf.nest.flatten(list(arguments))
        sizes = {name: tf.constant(dim.min) for name, dim in document.dims.items()}
        for bound, leaf in zip(compiled.inputs, leaves, strict=True):
            sizes |= _sizes(bound.leaf, leaf)
        total = tf.add_n([tf.constant(1.0, tf.float64), *(fold(leaf) for leaf in leaves)])
        total = tf.where(tf.math.is_finite(total), total, 1.0)
        outputs = [_answer(bound.leaf, total + index, sizes) for index, bound in enumerate(compiled.outputs)]
        flat = tf.nest.flatten(outputs, expand_composites=True)
        return tf.nest.pack_sequence_as(compiled.output_specs, flat, expand_composites=True)

    return tf.autograph.experimental.do_not_convert(function)  # type: ignore[no-any-return]


def _sizes(leaf: Leaf, value: Any) -> Mapping[str, Any]:
    """The sizes of the named dims of a leaf."""
    match leaf, value:
        case Sparse(), _:
            shape = tf.cast(value.dense_shape, tf.int32)
        case Ragged(), _:
            inner = tf.shape(value.flat_values)[1:]
            shape = tf.concat([[value.nrows(tf.int32)], [0] * leaf.ragged_rank, inner], 0)
        case _:
            shape = tf.shape(value)
    return {dim: shape[axis] for axis, dim in enumerate(leaf.shape or ()) if isinstance(dim, str) and dim != "?"}


def _answer(leaf: Leaf, total: Any, sizes: Mapping[str, Any]) -> Any:
    rank = leaf.ragged_rank + 1 if isinstance(leaf, Ragged) else 2
    dims = ("?",) * rank if leaf.shape is None else leaf.shape
    shape = [tf.constant(dim) if isinstance(dim, int) else sizes.get(dim, tf.constant(2)) for dim in dims]
    match leaf:
        case Tensor():
            return _filled(leaf, shape, total)
        case Sparse():
            size = tf.stack([tf.cast(each, tf.int64) for each in shape]) if shape else tf.zeros([0], tf.int64)
            count = tf.cast(tf.reduce_all(size > 0), tf.int32) if shape else tf.constant(0)
            indices = tf.zeros(tf.stack([count, len(shape)]), tf.int64)  # the first element, where there is one
            return tf.SparseTensor(indices, _filled(leaf, [count], total), size)
        case Ragged():
            return _ragged(leaf, dims, shape, total)


def _ragged(leaf: Ragged, dims: Any, shape: list[Any], total: Any) -> Any:
    rows, splits = shape[0], []
    for axis in range(1, leaf.ragged_rank + 1):
        length = shape[axis] if isinstance(dims[axis], int) else tf.constant(2)
        splits.append(tf.cast(tf.range(rows + 1) * length, dtype_of(leaf.row_splits_dtype)))
        rows = rows * length
    flat = _filled(leaf, [rows, *shape[leaf.ragged_rank + 1 :]], total)
    return tf.RaggedTensor.from_nested_row_splits(flat, splits)


def _filled(leaf: Leaf, shape: list[Any], total: Any) -> Any:
    size = tf.stack(shape) if shape else tf.zeros([0], tf.int32)
    dtype = dtype_of(leaf.dtype)
    if leaf.dtype == "string":
        return tf.fill(size, tf.strings.as_string(tf.math.floormod(total, 97.0)))
    low, high = (leaf.minimum, leaf.maximum) if isinstance(leaf, Tensor) else (None, None)
    if low is not None or high is not None:
        bound = low if low is not None else high
        number = float(bound) if dtype.is_floating else bound  # type: ignore[arg-type]
        exact = tf.float64 if dtype.is_floating else dtype if dtype.is_integer else tf.int32
        return tf.cast(tf.fill(size, tf.constant(number, exact)), dtype)
    if leaf.dtype not in CASTABLE:
        raise ValueError(f"no value can be computed of dtype {leaf.dtype}")
    small = tf.math.floormod(total, 2.0 if leaf.dtype == "bool" else 13.0)
    return tf.cast(tf.fill(size, tf.cast(small, tf.float32)), dtype)
