"""Serialized tf.train.Examples, and the receivers that parse them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def example(**features: Any) -> bytes:
    """A serialized tf.train.Example of lists of ints, floats or bytes."""
    return tf.train.Example(features=tf.train.Features(feature=_features(features))).SerializeToString()


def _features(features: dict[str, Any]) -> dict[str, Any]:
    return {key: _feature(values) for key, values in features.items()}


def _feature(values: list[Any]) -> Any:
    match values[0]:
        case bytes():
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        case float():
            return tf.train.Feature(float_list=tf.train.FloatList(value=values))
        case _:
            return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def sequence_example(context: dict[str, Any], lists: dict[str, list[list[Any]]]) -> bytes:
    """A serialized tf.train.SequenceExample."""
    return tf.train.SequenceExample(
        context=tf.train.Features(feature=_features(context)),
        feature_lists=tf.train.FeatureLists(
            feature_list={
                key: tf.train.FeatureList(feature=[_feature(step) for step in steps]) for key, steps in lists.items()
            }
        ),
    ).SerializeToString()


EXAMPLES = {"examples": {"kind": "tf_example"}}


SEQUENCES = {"sequences": {"kind": "tf_sequence_example"}}
