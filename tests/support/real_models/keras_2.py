"""Models of Keras 2, which live on in tf_keras."""

from typing import Any

import tensorflow as tf
import tf_keras


def functional() -> Any:
    """Two named inputs and two named outputs."""
    title = tf_keras.Input((None,), dtype="int32", name="title")
    tags = tf_keras.Input((12,), name="tags")
    features = tf_keras.layers.LSTM(4)(tf_keras.layers.Embedding(30, 4)(title))
    merged = tf_keras.layers.concatenate([features, tags])
    priority = tf_keras.layers.Dense(1, activation="sigmoid", name="priority")(merged)
    department = tf_keras.layers.Dense(4, name="department")(merged)
    return tf_keras.Model([title, tags], [priority, department], name="ticket_router")


def sequential() -> Any:
    return tf_keras.Sequential(
        [
            tf_keras.layers.Conv2D(4, 3, activation="relu", input_shape=(28, 28, 1)),
            tf_keras.layers.Flatten(),
            tf_keras.layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )


class Encoder(tf_keras.Model):
    """A model as transformers for TensorFlow writes them: a dict of inputs, optional ones, a dict of results."""

    def __init__(self) -> None:
        super().__init__(name="encoder")
        self.embedding = tf_keras.layers.Embedding(30, 4)
        self.pooler = tf_keras.layers.Dense(4, activation="tanh", name="pooler")

    def call(self, inputs: dict[str, tf.Tensor], training: bool = False) -> dict[str, tf.Tensor]:
        hidden = self.embedding(inputs["input_ids"]) * tf.cast(inputs["attention_mask"], tf.float32)[..., tf.newaxis]
        return {"last_hidden_state": hidden, "pooler_output": self.pooler(hidden[:, 0])}


def subclassed() -> Any:
    model = Encoder()
    model({"input_ids": tf.constant([[1, 2, 3]]), "attention_mask": tf.constant([[1, 1, 0]])})
    return model
