"""Functions and inputs for any endpoint, such that every output depends on every input and on where it stands.

Each leaf of the inputs is folded into one number with weights of its own, so that two leaves that change places, or two
elements of one, change the outputs. The outputs are made of that number, in the declared structure.
"""

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.compiler.tensorspec import component_spec, dtype_of
from specc.language.document import Document
from specc.language.trees import Leaf, Ragged, Sparse, Tensor

CASTABLE = frozenset(
    {"bool", "bfloat16", "float16", "float32", "float64", "float8_e4m3fn", "float8_e5m2", "complex64", "complex128"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
    | {"qint8", "qint16", "qint32", "quint8", "quint16"}
)
"""The dtypes of which tf.cast makes values, and which it makes of values; the others can only be handed on."""


def inputs_for(compiled: CompiledEndpoint, document: Document, seed: int) -> list[Any]:
    """Nested arguments that the endpoint accepts: one size for each named dim, within its bounds."""
    random = np.random.default_rng(seed)
    sizes = {name: _size(dim.min, dim.max, random) for name, dim in document.dims.items()}
    leaves = [_value(bound.leaf, sizes, random) for bound in compiled.inputs]
    return tf.nest.pack_sequence_as(compiled.input_signature, leaves)  # type: ignore[no-any-return]


def function_for(compiled: CompiledEndpoint, document: Document) -> Callable[..., Any]:
    """A function with the endpoint's arguments and outputs."""

    def function(*arguments: Any, **kwargs: Any) -> Any:
        total = tf.constant(zlib.crc32(compiled.name.encode()) % 97, tf.float64)
        for index, leaf in enumerate(tf.nest.flatten(list(arguments))):
            total += fold(leaf) * (2 * index + 3)
        random = np.random.default_rng(0)
        sizes = {name: _size(dim.min, dim.max, random) for name, dim in document.dims.items()}
        outputs = [_computed(bound.leaf, total + index, sizes) for index, bound in enumerate(compiled.outputs)]
        flat = tf.nest.flatten(outputs, expand_composites=True)
        specs = [component_spec(component) for component in compiled.output_components]
        known = [_known_as(tensor, spec.shape) for tensor, spec in zip(flat, specs, strict=True)]
        return tf.nest.pack_sequence_as(compiled.output_specs, known, expand_composites=True)

    return tf.autograph.experimental.do_not_convert(function)  # type: ignore[no-any-return]


def _known_as(tensor: Any, shape: Any) -> Any:
    """``tensor``, of whose static shape tracing knows no more than is declared."""
    return tensor if tf.executing_eagerly() else tf.compat.v1.placeholder_with_default(tensor, shape)


def _size(low: int, high: int | None, random: Any) -> int:
    return int(random.integers(low, min(low + 2, low + 2 if high is None else high) + 1))


def _shape(leaf: Leaf, sizes: dict[str, int]) -> list[int]:
    rank = leaf.ragged_rank + 1 if isinstance(leaf, Ragged) else 2
    dims = ("?",) * rank if leaf.shape is None else leaf.shape
    return [dim if isinstance(dim, int) else sizes.get(dim, 2) for dim in dims]


def _value(leaf: Leaf, sizes: dict[str, int], random: Any) -> Any:
    shape = _shape(leaf, sizes)
    match leaf:
        case Tensor():
            return _dense(leaf.dtype, shape, random)
        case Sparse():
            return _sparse(leaf, shape, lambda count: _dense(leaf.dtype, [count], random))
        case Ragged():
            return _ragged(leaf, shape, random.integers, lambda shape: _dense(leaf.dtype, shape, random))


def _sparse(leaf: Sparse, shape: list[int], values: Callable[[int], Any]) -> Any:
    count = min(2, int(np.prod(shape)))
    indices = [list(np.unravel_index(index, shape)) for index in range(count)]
    return tf.SparseTensor(np.reshape(indices, [count, len(shape)]).astype(np.int64), values(count), shape)


def _ragged(leaf: Ragged, shape: list[int], integers: Callable[..., Any], values: Callable[[list[int]], Any]) -> Any:
    rows, splits = shape[0], []
    fixed = leaf.shape or ("?",) * len(shape)
    for axis in range(1, leaf.ragged_rank + 1):
        size = fixed[axis]
        lengths = [size] * rows if isinstance(size, int) else integers(0, 3, rows)
        splits.append(tf.constant(np.concatenate([[0], np.cumsum(lengths)]), dtype_of(leaf.row_splits_dtype)))
        rows = int(np.sum(lengths))
    return tf.RaggedTensor.from_nested_row_splits(values([rows, *shape[leaf.ragged_rank + 1 :]]), splits)


def _dense(dtype: str, shape: list[int], random: Any) -> Any:
    numbers = random.integers(0, 2 if dtype in ("bool", "uint2", "int2") else 4, shape)
    return _tensor(dtype, numbers)


def _tensor(dtype: str, numbers: Any) -> Any:
    if dtype == "string":
        return tf.reshape(
            tf.constant([b"word \xff%d" % number for number in np.ravel(numbers)], tf.string), np.shape(numbers)
        )
    if dtype in CASTABLE:
        return tf.cast(tf.constant(numbers, tf.float32), dtype_of(dtype))
    return tf.constant(np.asarray(numbers).astype(dtype_of(dtype).as_numpy_dtype), dtype_of(dtype))


def fold(value: Any) -> Any:
    """A leaf as one number; the places of its elements count."""
    match value:
        case tf.RaggedTensor():
            parts = [value.flat_values, *value.nested_row_splits]
        case tf.SparseTensor():
            parts = [value.values, value.indices, value.dense_shape]
        case _:
            parts = [value]
    return tf.add_n([_weighted(part) * (index + 1) for index, part in enumerate(parts)])


def _weighted(tensor: Any) -> Any:
    tensor = tf.convert_to_tensor(tensor)
    if tensor.dtype == tf.string:
        tensor = tf.strings.to_hash_bucket_fast(tensor, 97)
    if tensor.dtype.name not in CASTABLE:
        tensor = tf.shape(tensor)
    if tensor.dtype.is_complex:
        tensor = tf.math.real(tensor) + 2 * tf.math.imag(tensor)
    flat = tf.cast(tf.reshape(tensor, [-1]), tf.float64)
    return tf.reduce_sum(flat * tf.cast(tf.range(1, tf.size(flat) + 1), tf.float64)) + 1.0


def _computed(leaf: Leaf, total: Any, sizes: dict[str, int]) -> Any:
    """A value for an output: ``total`` in every element, or, where no value can be computed, ones."""
    shape = _shape(leaf, sizes)
    match leaf:
        case Tensor():
            return _filled(leaf.dtype, shape, total)
        case Sparse():
            return _sparse(leaf, shape, lambda count: _filled(leaf.dtype, [count], total))
        case Ragged():
            return _ragged(
                leaf, shape, lambda low, high, count: [1] * count, lambda shape: _filled(leaf.dtype, shape, total)
            )


def _filled(dtype: str, shape: list[int], total: Any) -> Any:
    if dtype == "string":
        return tf.fill(shape, tf.strings.as_string(total))
    if dtype not in CASTABLE:
        return _tensor(dtype, np.ones(shape, np.int32))
    # Small enough for every dtype to hold it exactly, and prime, so that it hides little.
    small = tf.math.floormod(total, 2.0 if dtype == "bool" else 13.0)
    return tf.cast(tf.fill(shape, tf.cast(small, tf.float32)), dtype_of(dtype))
