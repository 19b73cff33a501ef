"""The models of ``consumer_matrix``: one or two layers, or functions without weights."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import keras
import tensorflow as tf


def a_dict() -> Any:
    inputs = {"a": keras.Input((3,), name="a"), "b": keras.Input((2,), name="b")}
    sums = keras.layers.Dense(2)(inputs["a"]) + inputs["b"]
    return keras.Model(inputs, {"sum": sums, "wide": keras.layers.Concatenate()([inputs["a"], sums])})


def a_list() -> Any:
    inputs = [keras.Input((3,)), keras.Input((2,))]
    sums = keras.layers.Dense(2)(inputs[0]) + inputs[1]
    return keras.Model(inputs, [sums, keras.layers.Dense(3)(sums)])


class Nested(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.items = keras.layers.Embedding(9, 2)
        self.head = keras.layers.Dense(1)
        self.items.build()  # JAX makes no variables while it traces
        self.head.build((None, 9))

    def call(self, features: Any, context: Any) -> Any:
        user = features["user"]
        pooled = keras.ops.mean(self.items(user["history"]), axis=1)
        score = self.head(keras.ops.concatenate([pooled, features["price"], *context], axis=1))
        return {"parts": [pooled, user["id"] + 1], "score": score}


class Functions(tf.Module):
    """Functions without weights."""

    def greet(self, first: Any, last: Any) -> Any:
        return {"greeting": tf.strings.join([first, last], " "), "size": tf.strings.length(last)}

    def count(self, words: Any) -> Any:
        return {"lengths": words.row_lengths(), "upper": tf.ragged.map_flat_values(tf.strings.upper, words)}

    def total(self, weights: Any) -> Any:
        doubled = tf.SparseTensor(weights.indices, weights.values * 2.0, weights.dense_shape)
        return {"rows": tf.sparse.reduce_sum(weights, axis=1), "doubled": doubled}

    def step(self, x: Any, count: Any) -> Any:
        return {"half": x / 2.0, "next": count + 1}

    def scaled(self, x: Any, scale: Any) -> Any:
        return {"y": x * scale}

    def moved(self, point: Any) -> Any:
        return Point(point.y * 2.0, point.x + 1.0)

    def pixels(self, jpegs: Any) -> Any:
        def mean(jpeg: Any) -> Any:
            return tf.reduce_mean(tf.cast(tf.io.decode_jpeg(jpeg, channels=3), tf.float32), axis=(0, 1))

        return {"mean": tf.map_fn(mean, jpegs, fn_output_signature=tf.TensorSpec([3], tf.float32))}

    def computed(self, x: Any) -> Any:
        if x.dtype.is_complex:  # LiteRT cannot add complex numbers, and TensorFlow.js cannot read them as weights
            return {"y": x * tf.constant(2, x.dtype) + tf.constant(1, x.dtype)}
        return {"y": tf.logical_not(x) if x.dtype == tf.bool else x + x}

    def passed(self, id: Any, x: Any) -> Any:
        return {"same": id, "y": x + 1.0}

    def same_name(self, x: Any) -> Any:
        return {"x": x * 3.0}


Point = namedtuple("Point", ["x", "y"])


class Lookup(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.words = keras.layers.StringLookup(vocabulary=["ant", "bee", "cat"])
        self.vectors = keras.layers.Embedding(4, 2)

    def call(self, words: Any) -> Any:
        ids = self.words(words)
        return {"ids": ids, "vectors": self.vectors(ids)}


def a_stateful_rnn() -> Any:
    layers = [keras.Input(batch_shape=(2, None, 3)), keras.layers.GRU(4, stateful=True), keras.layers.Dense(2)]
    return keras.Sequential(layers)


def normalized() -> Any:
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization(momentum=0.5)])


class Labels(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def classify(self, x: Any) -> Any:
        scores = keras.ops.softmax(self.dense(x))
        labels = tf.broadcast_to(tf.constant(["no", "yes"]), tf.shape(scores))
        return {"scores": scores, "classes": labels}

    def regress(self, x: Any) -> Any:
        return {"outputs": self.dense(x)[:, 0]}


class Pooled(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.vectors = keras.layers.Embedding(9, 4)
        self.vectors.build()  # JAX makes no variables while it traces

    def call(self, inputs: Any) -> Any:
        mask = keras.ops.cast(inputs["attention-mask"], "float32")[:, :, None]
        return {"pooled-output": keras.ops.sum(self.vectors(inputs["input-ids"]) * mask, axis=1)}
