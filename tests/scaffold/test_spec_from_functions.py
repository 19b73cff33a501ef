"""First specs of modules with tf.functions, and of a function."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf
from inferred_models import named

import specc

pytestmark = pytest.mark.tensorflow


class Tool(tf.Module):
    """Functions with a signature, with a trace, with neither, and one that is private."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(2.0)
        self.late = tf.function(lambda x: x)
        self._hidden = tf.function(lambda x: x, input_signature=[tf.TensorSpec([])])

    @tf.function(input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([], name="K")])
    def scale(self, x: Any, k: Any) -> Any:
        return {"scaled": x * k * self.weight}

    @tf.function
    def shift(self, x: Any, training: bool = False) -> Any:
        return x + (1.0 if training else 2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None, None])])
    def product(self, x: Any, y: Any) -> Any:
        return tf.matmul(x, y)


def test_the_functions_of_a_module(built: Callable[..., Any]) -> None:
    tool = Tool()
    tool.shift(tf.ones([2]), training=True)
    inferred = specc.infer_spec(tool)
    data = inferred.document.to_json()
    assert data["endpoints"] == {
        "product": {
            "function": "product",
            "arguments": ["x", "y"],
            "inputs": ["float32[batch, time]", "float32[time, y_time]"],
            "outputs": "float32[batch, y_time]",
        },
        "scale": {
            "function": "scale",
            "arguments": ["x", "k"],
            "inputs": ["float32[batch, 3]", named("K", "float32[]")],
            "outputs": {"scaled": "float32[batch, 3]"},
        },
        "shift": {
            "function": "shift",
            "kwargs": {"training": True},
            "arguments": ["x"],
            "inputs": ["float32[2]"],
            "outputs": "float32[2]",
        },
    }
    assert data["default"] is None
    assert [str(guess) for guess in inferred.guesses if guess.path[0] != "dims"] == [
        "endpoints.late: left out: the tf.function was never called; give it an input_signature, or call it once where "
        "the model is created",
        "default: none; choose one of product, scale, shift",
    ]
    revived = built(inferred, tool)
    assert revived.shift(tf.ones([2])).numpy().tolist() == [2.0, 2.0]


def test_a_single_function(built: Callable[..., Any]) -> None:
    double = tf.function(lambda rows: rows * 2, input_signature=[tf.TensorSpec([None, 5])])
    inferred = specc.infer_spec(double)
    assert inferred.document.to_json()["endpoints"] == {
        "serve": {"arguments": ["rows"], "inputs": ["float32[batch, 5]"], "outputs": "float32[batch, 5]"}
    }
    assert built(inferred, double).serve(tf.ones([1, 5])).numpy().tolist() == [[2.0] * 5]
