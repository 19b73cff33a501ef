"""A compiled Keras model and the documents of its modes: predict, train and eval."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import specc

WORDS = ["oak", "ash", "elm"]
BATCH, VECTOR, SCALAR = "string[batch]", "float32[batch, 3]", "float32[]"
X = np.array([b"ash", b"oak", b"fir", b"elm"])
Y = np.array([0, 1, 2, 0])


def trees(vocabulary: Any = WORDS) -> keras.Model:
    """A lookup, an embedding and a head, compiled, whose metrics have seen a batch."""
    keras.utils.set_random_seed(5)
    inputs = keras.Input((), dtype="string")
    hidden = layers.Embedding(len(WORDS) + 1, 4)(layers.StringLookup(vocabulary=vocabulary)(inputs))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.test_on_batch(tf.constant(X), Y)
    model.reset_metrics()
    return model


STEP = {
    "arguments": ["x", "y"],
    "inputs": [BATCH, "int64[batch]"],
    "outputs": {
        "loss": SCALAR,
        "metrics": {name: {"value": SCALAR, "update_op": SCALAR} for name in ("accuracy", "loss")},
    },
    "postprocess": "merged_modes:without_predictions",
}


def without_predictions(step: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in step.items() if key != "predictions"}


ENDPOINTS: dict[str, dict[str, Any]] = {
    "predict": {"score": {"arguments": ["x"], "inputs": [BATCH], "outputs": VECTOR, "kwargs": {"training": False}}},
    "train": {"learn": {**STEP, "function": "specc:train_step", "method": "train"}},
    "eval": {"check": {**STEP, "function": "specc:eval_step", "method": "eval"}},
}


def mode(mode: str, **more: Any) -> specc.Document:
    data = {"specc": 1, "name": mode, "dims": {"batch": {}}, "endpoints": ENDPOINTS[mode], "mode": mode}
    return specc.from_json({**data, **more})


def modes() -> list[specc.Document]:
    """The modes, with the one for serving last, and a collection that only one of them has."""
    return [
        mode("train", variable_collections={"optimizer_variables": "optimizer.variables"}),
        mode("eval"),
        mode("predict"),
    ]
