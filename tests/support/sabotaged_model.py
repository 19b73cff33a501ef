"""A small ranker with embeddings, statistics and a vocabulary in a file, and rankers with one defect each."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

WORDS = ("ant", "bee", "cat")
_FILES = tempfile.TemporaryDirectory(prefix="specc-ranker-")
VOCABULARY = Path(_FILES.name, "words.txt")
VOCABULARY.write_text("".join(f"{word}\n" for word in WORDS), encoding="utf-8")


class Ranker(keras.Model):
    """What every defect is a change of."""

    def __init__(self) -> None:
        super().__init__(name="ranker")
        self.embed = keras.layers.Embedding(50, 4, name="items")
        self.norm = keras.layers.BatchNormalization(name="norm")
        self.head = keras.layers.Dense(1, name="head")
        self.words = keras.layers.StringLookup(vocabulary=str(VOCABULARY))
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, user: Any) -> Any:
        """The probability of a click, and the vectors that it was computed from."""
        item, past = self.vectors(user)
        hidden = self.norm(tf.concat([item * past, user["price"]], 1))
        return {"click": tf.nn.sigmoid(self.head(hidden))[:, 0], "parts": [item, past]}

    def vectors(self, user: Any) -> tuple[Any, Any]:
        """The vectors of the item, less half that of the shop, and of the history."""
        item = self.embed(user["id"]) - 0.5 * self.embed(user["shop"])
        return item, tf.reduce_mean(self.embed(user["history"]), 1)

    def look_up(self, words: Any) -> Any:
        """The numbers of words."""
        return {"ids": self.words(words)}

    def scaled(self, x: Any, scale: Any) -> Any:
        """A product."""
        return {"y": x * scale}


def make(kind: type[Ranker] = Ranker) -> Ranker:
    """A ranker whose statistics are those of some training."""
    model = kind()
    ids = tf.zeros([1], tf.int32)
    model({"id": ids, "shop": ids, "history": tf.zeros([1, 1], tf.int32), "price": tf.zeros([1, 3])})
    model.norm.moving_mean.assign(tf.linspace(-0.5, 0.5, 7))
    model.head.kernel.assign(tf.reshape(tf.linspace(-2.0, 2.0, 7), [7, 1]))
    model.embed.embeddings.assign(tf.reshape(tf.sin(tf.range(200.0)), [50, 4]))
    return model


def mixed_precision() -> keras.Model:
    """A network that computes in bfloat16 and returns float32, as Keras advises."""
    inputs = hidden = keras.Input((16, 16, 3))
    policy = keras.DTypePolicy("mixed_bfloat16")
    for _ in range(3):
        hidden = keras.layers.Conv2D(16, 3, padding="same", dtype=policy)(hidden)
        hidden = keras.layers.BatchNormalization(dtype=policy)(hidden)
        hidden = keras.layers.Activation("swish", dtype=policy)(hidden)
    pooled = keras.layers.GlobalAveragePooling2D(dtype=policy)(hidden)
    return keras.Model(inputs, {"y": keras.layers.Dense(5, dtype="float32")(pooled)})


class SwappedOutputs(Ranker):
    """Returns one vector for the other."""

    def call(self, user: Any) -> Any:
        answer = super().call(user)
        return {**answer, "parts": answer["parts"][::-1]}


class SwappedInputs(Ranker):
    """Takes one input for the other."""

    def call(self, user: Any) -> Any:
        return super().call({**user, "id": user["shop"], "shop": user["id"]})


class Reversed(Ranker):
    """Returns the rows in the wrong order."""

    def call(self, user: Any) -> Any:
        answer = super().call(user)
        return {**answer, "click": answer["click"][::-1]}


class Mixed(Ranker):
    """Normalises over the request."""

    def call(self, user: Any) -> Any:
        answer = super().call(user)
        click = answer["click"] - tf.reduce_min(answer["click"])
        return {**answer, "click": tf.where(tf.shape(click)[0] > 1, click, answer["click"])}


class NotANumber(Ranker):
    """Returns NaN for the last of several rows."""

    def call(self, user: Any) -> Any:
        answer = super().call(user)
        count = tf.shape(answer["click"])[0]
        is_bad = (tf.range(count) == count - 1) & (count > 1)
        return {**answer, "click": tf.where(is_bad, float("nan"), answer["click"])}


class Cut(Ranker):
    """Looks at the first four items of a history."""

    def call(self, user: Any) -> Any:
        return super().call({**user, "history": user["history"][:, :4]})


class Coarse(Ranker):
    """Computes with eight bits of precision."""

    def call(self, user: Any) -> Any:
        answer = super().call(user)
        return {**answer, "click": tf.cast(tf.cast(answer["click"], tf.bfloat16), tf.float32)}


class OutOfBounds(Ranker):
    """Returns more than a probability."""

    def call(self, user: Any) -> Any:
        answer = super().call(user)
        return {**answer, "click": answer["click"] + 0.75}


class Random(Ranker):
    """Adds noise."""

    def call(self, user: Any) -> Any:
        answer = super().call(user)
        return {**answer, "parts": [answer["parts"][0] + tf.random.normal([4]), answer["parts"][1]]}


class Moving(Ranker):
    """Counts its calls."""

    def call(self, user: Any) -> Any:
        answer = super().call(user)
        return {**answer, "parts": [answer["parts"][0] + 0 * self.count.assign_add(1.0), answer["parts"][1]]}


class Refusing(Ranker):
    """Refuses a legal item."""

    def call(self, user: Any) -> Any:
        with tf.control_dependencies([tf.debugging.assert_less(user["id"], 49)]):
            return super().call(user)


class AnySize(Ranker):
    """Takes prices of any size."""

    def call(self, user: Any) -> Any:
        return super().call({**user, "price": user["price"][:, :3]})
