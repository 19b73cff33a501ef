"""The signatures of receivers: they parse serialized messages into an endpoint's flat tensors, and call its own.

What is parsed is derived without TensorFlow, in :mod:`specc.language.features`; here it is only carried out. A cast to
a narrower integer wraps, as ``tf.cast`` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from specc.archive.compiled import CompiledEndpoint
from specc.archive.tensorspec import component_spec, default_tensor, dtype_of
from specc.language.features import ParsedFeature, parsed_features
from specc.language.names import Component
from specc.language.trees import Ragged, Sparse, Tensor
from specc.language.values import decode_value


def receiver_signature(compiled: CompiledEndpoint, receiver: str, serialized: Component, direct: Any) -> Any:
    """A signature of one string vector around ``direct``, the traced signature of the endpoint's own inputs."""
    declared = compiled.declared
    kind = declared.receivers[receiver].kind
    features = parsed_features(declared, declared.receivers[receiver])
    parse = _parse_examples if kind == "tf_example" else _parse_sequence_examples

    def received(inputs: Any) -> Any:
        flat: dict[str, Any] = {}
        parsed = parse([feature for feature in features if feature.parsed != "constant"], inputs)
        for index, feature in enumerate(features):
            flat.update(_components(feature, parsed.get(feature.leaf.name), inputs, compiled.inputs[index].components))
        return direct(**flat)

    return tf.function(received, autograph=False, input_signature=[component_spec(serialized)])


def _parse_examples(features: Iterable[ParsedFeature], serialized: Any) -> dict[str, Any]:
    spec = {feature.key: _PARSERS[feature.parsed](feature) for feature in features}
    parsed = tf.io.parse_example(serialized, spec)
    return {feature.leaf.name: parsed[feature.key] for feature in features}


def _parse_sequence_examples(features: Iterable[ParsedFeature], serialized: Any) -> dict[str, Any]:
    specs: dict[bool, dict[str, Any]] = {
        in_lists: {
            feature.key: _PARSERS[feature.parsed](feature) for feature in features if feature.in_lists == in_lists
        }
        for in_lists in (False, True)
    }
    context, lists, _ = tf.io.parse_sequence_example(serialized, specs[False] or None, specs[True] or None)
    return {feature.leaf.name: (lists if feature.in_lists else context)[feature.key] for feature in features}


def _fixed(feature: ParsedFeature) -> Any:
    default = None if feature.default is None else _default(feature, feature.shape)
    return tf.io.FixedLenFeature(feature.shape, dtype_of(feature.dtype), default)


def _sequence(feature: ParsedFeature) -> Any:
    padding = None if feature.default is None else _default(feature, ())
    return tf.io.FixedLenSequenceFeature(feature.shape, dtype_of(feature.dtype), True, padding)


def _ragged(feature: ParsedFeature) -> Any:
    leaf = feature.leaf.leaf
    assert isinstance(leaf, Ragged)
    partitions = [
        *(tf.io.RaggedFeature.RowSplits(key) for key in feature.splits),
        *(tf.io.RaggedFeature.UniformRowLength(size) for size in feature.shape),
    ]
    splits_dtype = dtype_of(leaf.row_splits_dtype)
    return tf.io.RaggedFeature(dtype_of(feature.dtype), feature.key, partitions, splits_dtype)


def _sparse(feature: ParsedFeature) -> Any:
    return tf.io.VarLenFeature(dtype_of(feature.dtype))


_PARSERS: dict[str, Callable[[ParsedFeature], Any]] = {
    "fixed": _fixed,
    "sequence": _sequence,
    "ragged": _ragged,
    "sparse": _sparse,
}


def _default(feature: ParsedFeature, shape: tuple[int, ...]) -> Any:
    """A default in the dtype that is parsed, before the cast."""
    value = decode_value(feature.default, feature.leaf.leaf.dtype)
    dtype = dtype_of(feature.dtype)
    return np.array(value, object if dtype == tf.string else dtype.as_numpy_dtype).reshape(shape)


def _components(
    feature: ParsedFeature, parsed: Any, serialized: Any, components: tuple[Component, ...]
) -> dict[str, Any]:
    """The flat tensors of a leaf by their wire names."""
    leaf = feature.leaf.leaf
    match leaf:
        case Tensor():
            value = default_tensor(leaf) if feature.parsed == "constant" else _cast(parsed, leaf.dtype)
            tensors = [value]
        case Ragged():
            tensors = _ragged_tensors(feature, leaf, parsed)
        case Sparse():
            tensors = _sparse_tensors(leaf, parsed, serialized)
    return {component.wire_name: tensor for component, tensor in zip(components, tensors, strict=True)}


def _cast(tensor: Any, dtype: str) -> Any:
    return tensor if tensor.dtype.name == dtype else tf.cast(tensor, dtype_of(dtype))


def _ragged_tensors(feature: ParsedFeature, leaf: Ragged, parsed: Any) -> list[Any]:
    splits = list(parsed.nested_row_splits)
    if feature.in_lists and leaf.ragged_rank == 1:  # the steps of a list, joined
        splits = [tf.gather(splits[1], splits[0])]
    flat = _cast(parsed.flat_values, leaf.dtype)
    if feature.shape:
        flat = tf.reshape(flat, [-1, *feature.shape])
    splits = [tf.cast(split, dtype_of(leaf.row_splits_dtype)) for split in splits]
    return [flat, *splits[: leaf.ragged_rank]]


def _sparse_tensors(leaf: Sparse, parsed: Any, serialized: Any) -> list[Any]:
    """Indices, values and dense shape; a declared size takes the place of the longest row's, which must fit into it."""
    declared = (leaf.shape or ())[1:]
    if any(isinstance(size, int) for size in declared):
        longest = tf.unstack(parsed.dense_shape)[1:]
        sizes = [size if isinstance(size, int) else found for size, found in zip(declared, longest, strict=True)]
        rows = tf.shape(serialized, tf.int64)[0]
        parsed = tf.sparse.reset_shape(parsed, tf.stack([rows, *(tf.cast(size, tf.int64) for size in sizes)]))
    return [parsed.indices, _cast(parsed.values, leaf.dtype), parsed.dense_shape]
