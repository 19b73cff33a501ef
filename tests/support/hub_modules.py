"""Modules that are called themselves, as TF-Hub's are, and what ``hub.KerasLayer`` does with a loaded one."""

from __future__ import annotations

import inspect
from typing import Any

import tensorflow as tf


class Scaler(tf.Module):
    """Infers with its moving average, and moves it while training, each in a trace of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable([[1.0], [2.0], [3.0]], name="weight")
        self.average = tf.Variable(0.5, trainable=False, name="average")
        self.regularization_losses = [tf.function(lambda: tf.reduce_sum(self.weight), input_signature=[])]

    @tf.function
    def __call__(self, inputs: Any, training: bool = False) -> Any:
        if training:
            self.average.assign_add(1.0)
            return -tf.matmul(inputs, self.weight)
        return tf.matmul(inputs, self.weight) + self.average


def called_both_ways() -> Scaler:
    """A Scaler that was trained before it inferred, so that its first trace is not the one to keep."""
    module = Scaler()
    rows = tf.TensorSpec([None, 3])
    module.__call__.get_concrete_function(rows, training=True)
    module.__call__.get_concrete_function(rows, training=False)
    return module


def hub_layer_call(loaded: Any, inputs: Any) -> Any:
    """What ``tensorflow_hub.KerasLayer(loaded)(inputs)`` does of version 0.16, without the layer around it."""
    if not callable(loaded):
        raise ValueError("A non-callable result from hub.load() cannot be used for hub.KerasLayer()")
    for variable in getattr(loaded, "trainable_variables", ()):
        assert isinstance(variable, tf.Variable)
    assert all(callable(loss) for loss in getattr(loaded, "regularization_losses", ()))
    parameters = inspect.signature(loaded.__call__).parameters
    return loaded(inputs, training=False) if "training" in parameters else loaded(inputs)
