"""Models that are a tf.Module, or a Keras model with tf.functions of its own."""

from typing import Any

import keras
import tensorflow as tf


class TextEncoder(tf.Module):
    """As on TensorFlow Hub: several functions, of which one trains, and one has a default."""

    def __init__(self) -> None:
        super().__init__(name="text_encoder")
        self.embeddings = tf.Variable(tf.random.stateless_normal([16, 4], (1, 2)), name="embeddings")

    @tf.function
    def __call__(self, sentences: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        hashed = tf.strings.to_hash_bucket_fast(sentences, 16)
        pooled = tf.gather(self.embeddings, hashed)
        return {"default": tf.nn.dropout(pooled, 0.1) if training else pooled}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="question")])
    def question_encoder(self, question: tf.Tensor) -> dict[str, tf.Tensor]:
        return self(question)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="response"), tf.TensorSpec([None], tf.string, name="context")
        ]
    )  # fmt: skip
    def response_encoder(self, response: tf.Tensor, context: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"outputs": self(response)["default"] + self(context)["default"]}


def text_encoder() -> tf.Module:
    module = TextEncoder()
    strings = tf.TensorSpec([None], tf.string)
    module.__call__.get_concrete_function(strings, training=True)
    module.__call__.get_concrete_function(strings, training=False)
    return module


class Detector(tf.Module):
    """Functions that are ready for serving: bytes, tensors, and one that was never called."""

    def __init__(self) -> None:
        super().__init__(name="anomaly_detector")
        self.mean, self.threshold = tf.Variable(tf.zeros([3])), tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="readings")])
    def score(self, readings: tf.Tensor) -> tf.Tensor:
        return tf.norm(readings - self.mean, axis=-1)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="readings")])
    def detect(self, readings: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        scores = self.score(readings)
        return scores, scores > self.threshold

    @tf.function
    def calibrate(self, threshold: tf.Tensor) -> None:
        self.threshold.assign(threshold)


def anomaly_detector() -> tf.Module:
    return Detector()


class ServingClassifier(keras.Model):
    """A Keras model with functions for serving beside its call."""

    def __init__(self) -> None:
        super().__init__(name="serving_classifier")
        self.head = keras.layers.Dense(3, activation="softmax", name="head")
        self.labels = tf.constant(["cat", "dog", "fox"])

    def call(self, image: Any) -> Any:
        return self.head(keras.ops.mean(image, axis=(1, 2)))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="encoded")])
    def predict_bytes(self, encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        decode = lambda each: tf.ensure_shape(tf.io.decode_raw(each, tf.uint8), [48])  # noqa: E731
        pixels = tf.map_fn(decode, encoded, fn_output_signature=tf.TensorSpec([48], tf.uint8))
        probabilities = self(tf.reshape(tf.cast(pixels, tf.float32) / 255.0, [-1, 4, 4, 3]))
        best = tf.argmax(probabilities, axis=-1)
        return {"label": tf.gather(self.labels, best), "probabilities": probabilities}


def serving_classifier() -> keras.Model:
    model = ServingClassifier()
    model(keras.Input((4, 4, 3)))
    return model
