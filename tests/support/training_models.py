"""Compiled Keras models in equal pairs, with batches for them, and endpoints for their steps."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

ROWS, BATCHES = 8, 4
CLASSES = 3
TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}


def classifier() -> keras.Model:
    """One output; dropout, a regularization loss, metrics with several variables, and weighted metrics."""
    inputs = keras.Input((4,))
    hidden = layers.Dense(6, activation="relu", kernel_regularizer="l2")(inputs)
    model = keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(layers.Dropout(0.3, seed=1)(hidden)))
    model.compile(
        "adam",
        "sparse_categorical_crossentropy",
        metrics=["accuracy", keras.metrics.MeanIoU(CLASSES, sparse_y_pred=False, name="overlap")],
        weighted_metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top_2")],
    )
    return model


def two_heads() -> keras.Model:
    """A dict of outputs, with a loss and metrics each."""
    inputs = keras.Input((4,))
    hidden = layers.Dense(6, activation="relu")(inputs)
    outputs = {
        "kind": layers.Dense(CLASSES, activation="softmax", name="kind")(hidden),
        "size": layers.Dense(1, name="size")(hidden),
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        "sgd",
        {"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.5},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
        weighted_metrics={"size": ["mse"]},
    )
    return model


class Custom(keras.Model):
    """A step, a loss and a metric of its own, and layers that are built by the first batch."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(5, activation="tanh")
        self.scores = layers.Dense(CLASSES, activation="softmax")
        self.largest = keras.metrics.Mean(name="largest")

    def call(self, x: Any, training: bool = False) -> Any:
        return self.scores(self.hidden(x))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        return loss + 0.1 * keras.ops.mean(keras.ops.square(self.scores.kernel))

    def train_step(self, data: Any) -> Any:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self.largest.update_state(keras.ops.max(y_pred, axis=-1))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> Any:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
        self.largest.update_state(keras.ops.max(y_pred, axis=-1))
        return self.compute_metrics(x, y, y_pred, sample_weight)


def custom() -> keras.Model:
    model = Custom()
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def batches(heads: bool = False) -> list[tuple[Any, Any, Any]]:
    random = np.random.default_rng(3)
    made = []
    for _ in range(BATCHES):
        x = random.normal(size=(ROWS, 4)).astype(np.float32)
        kind = random.integers(0, CLASSES, ROWS)
        size = random.normal(size=(ROWS, 1)).astype(np.float32)
        weight = random.uniform(0.5, 2.0, ROWS).astype(np.float32)
        made.append((x, {"kind": kind, "size": size}, {"kind": weight, "size": weight}) if heads else (x, kind, weight))
    return made


KINDS: dict[str, tuple[Callable[[], keras.Model], bool]] = {
    "classifier": (classifier, False),
    "two heads": (two_heads, True),
    "custom": (custom, False),
}


every_kind = pytest.mark.parametrize("kind", list(KINDS))


def twins(kind: str) -> tuple[keras.Model, keras.Model, list[tuple[Any, Any, Any]]]:
    """Two equal models, and batches for them."""
    make, heads = KINDS[kind]
    data = batches(heads)
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(11)
        model = make()
        model(data[0][0])
        models.append(model)
    return models[0], models[1], data


def dataset(data: list[tuple[Any, Any, Any]]) -> tf.data.Dataset:
    """The batches in the form of ``fit`` and ``evaluate``."""
    stacked = tf.nest.map_structure(lambda *parts: np.stack(parts), *data)
    return tf.data.Dataset.from_tensor_slices(stacked)


def numbers(metrics: dict[str, Any]) -> dict[str, float]:
    return {name: float(each["value"]) for name, each in metrics.items()}


def assert_same(found: dict[str, float], expected: dict[str, float]) -> None:
    assert sorted(found) == sorted(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, **TOLERANCE, err_msg=name)


SCALAR = "float32[]"
X, KIND, WEIGHT = "float32[batch, 4]", "int64[batch]", "float32[batch]"


def supervised(names: list[str], inputs: list[Any], predictions: Any) -> dict[str, Any]:
    """Endpoints over one model: a step of training, one of evaluation, reading the metrics, and resetting them."""
    both = {name: {"value": SCALAR, "update_op": SCALAR} for name in names}
    values = {name: {"value": SCALAR} for name in names}
    step = {
        "arguments": ["x", "y", "weight"],
        "inputs": inputs,
        "outputs": {"loss": SCALAR, "predictions": predictions, "metrics": both},
        "method": "train",
    }
    read = {"inputs": [], "outputs": {"metrics": values}, "method": "train"}
    return {
        "learn": {**step, "function": "specc:train_step"},
        "evaluate": {**step, "function": "specc:eval_step"},
        "read": {**read, "function": "specc:metric_values"},
        "reset": {**read, "function": "specc:reset_metrics"},
    }
