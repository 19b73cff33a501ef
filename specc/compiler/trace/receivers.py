"""The signatures of receivers, which parse serialized messages to an endpoint's flat tensors and call its signature.

The features are derived without TensorFlow in :mod:`specc.language.example_features`, and parsed here. Messages that
can be parsed but do not fit the declaration are detected in :mod:`specc.compiler.trace.parsed_features`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tensorflow as tf

from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.compiler.tensorspec import component_spec, dtype_of
from specc.compiler.trace.parsed_features import (
    ParsedValues,
    flat_tensors,
    is_default_inserted_after_cast,
    parsed_default,
)
from specc.language.example_features import ParsedFeature, parsed_features
from specc.language.wire_names import Component


def receiver_signature(
    compiled: CompiledEndpoint,
    receiver: str,
    serialized: Component,
    direct: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> Any:
    """A signature with one string vector as input; ``direct`` calls the endpoint's own with tensors by wire name."""
    declared = compiled.declared
    kind = declared.receivers[receiver].kind
    features = parsed_features(declared, declared.receivers[receiver])
    parse = _parse_examples if kind == "tf_example" else _parse_sequence_examples

    def received(inputs: Any) -> Any:
        flat: dict[str, Any] = {}
        rows = tf.shape(inputs, tf.int64)[0]
        parsed = parse([feature for feature in features if feature.parsed != "constant"], inputs)
        for index, feature in enumerate(features):
            found = parsed.get(feature.leaf.name, ParsedValues(None))
            flat.update(flat_tensors(feature, found, rows, compiled.inputs[index].components))
        return direct(flat)

    return tf.function(received, autograph=False, input_signature=[component_spec(serialized)])


def _parse_examples(features: Iterable[ParsedFeature], serialized: Any) -> dict[str, ParsedValues]:
    parsed = tf.io.parse_example(serialized, _feature_specs(features))
    return {feature.leaf.name: _parsed_values(feature, parsed) for feature in features}


def _parse_sequence_examples(features: Iterable[ParsedFeature], serialized: Any) -> dict[str, ParsedValues]:
    specs = {
        in_lists: _feature_specs(feature for feature in features if feature.in_lists == in_lists)
        for in_lists in (False, True)
    }
    context, lists, lengths = tf.io.parse_sequence_example(serialized, specs[False] or None, specs[True] or None)
    return {
        feature.leaf.name: _parsed_values(feature, lists if feature.in_lists else context, lengths)
        for feature in features
    }


def _parsed_values(
    feature: ParsedFeature, parsed: Mapping[str, Any], lengths: Mapping[str, Any] | None = None
) -> ParsedValues:
    steps = (lengths or {}).get(feature.key) if feature.in_lists else None
    return ParsedValues(parsed[feature.key], tuple(parsed[key] for key in feature.splits), steps)


def _feature_specs(features: Iterable[ParsedFeature]) -> dict[str, Any]:
    specs: dict[str, Any] = {}
    for feature in features:
        late = is_default_inserted_after_cast(feature)
        specs[feature.key] = _values_feature(feature) if late else _PARSERS[feature.parsed](feature)
        specs |= {key: tf.io.RaggedFeature(tf.int64, key, row_splits_dtype=tf.int64) for key in feature.splits}
    return specs


def _fixed_feature(feature: ParsedFeature) -> Any:
    default = None if feature.default is None else parsed_default(feature)
    return tf.io.FixedLenFeature(feature.shape, dtype_of(feature.dtype), default)


def _sequence_feature(feature: ParsedFeature) -> Any:
    padding = None if feature.default is None else parsed_default(feature)
    return tf.io.FixedLenSequenceFeature(feature.shape, dtype_of(feature.dtype), True, padding)


def _values_feature(feature: ParsedFeature) -> Any:
    """The feature for the values of each message, which are partitioned or padded later."""
    return tf.io.RaggedFeature(dtype_of(feature.dtype), feature.key, row_splits_dtype=tf.int64)


def _sparse_feature(feature: ParsedFeature) -> Any:
    return tf.io.VarLenFeature(dtype_of(feature.dtype))


_PARSERS: dict[str, Callable[[ParsedFeature], Any]] = {
    "fixed": _fixed_feature,
    "sequence": _sequence_feature,
    "ragged": _values_feature,
    "sparse": _sparse_feature,
}
