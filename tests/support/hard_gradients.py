"""Models with custom gradients of every kind: with closures, in nested functions, in loops, and nearly equal ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from hard_cases import MATRIX, VECTOR, Case, case

ENDPOINT = {"arguments": ["x"], "inputs": [VECTOR], "outputs": VECTOR}
FACTOR = [5.0]
"""What a gradient reads while it is traced."""


def times(factor: Any) -> Callable[[Any], Any]:
    """The identity with a gradient of ``factor`` times that of its result."""

    @tf.custom_gradient
    def identity(x: Any) -> Any:
        return tf.identity(x), lambda upstream: upstream * factor

    return identity


def of(function: Callable[..., Any], model: Any = None, autograph: bool = False, **more: Any) -> Case:
    return case({"serve": {**ENDPOINT, "autograph": autograph}}, {"serve": function}, model, **more)


def plain() -> Case:
    return of(times(7.0))


def of_tensors() -> Case:
    """Gradients that capture a constant, the input, an inner tensor, and a tensor of another function."""
    held = tf.constant([3.0])

    def function(x: Any) -> Any:
        inner = tf.sin(x) * 2.0

        @tf.custom_gradient
        def twice(y: Any) -> Any:
            return y * 2.0, lambda upstream: upstream * inner * held + x

        nested = tf.function(lambda y: twice(y) + times(tf.reduce_sum(inner))(y), autograph=False)
        return nested(x) + twice(inner)

    return of(function)


class Scaled(tf.Module):
    """A module with a variable."""

    def __init__(self, value: Any = 2.0) -> None:
        super().__init__()
        self.scale = tf.Variable(value, name="scale")


def of_variables() -> Case:
    model = Scaled()

    @tf.custom_gradient
    def scaled(x: Any) -> Any:
        def gradient(upstream: Any, variables: Any = None) -> Any:
            return upstream * model.scale * 3.0, [tf.reduce_sum(upstream) * 11.0 for _ in variables]

        return x * model.scale, gradient

    return of(scaled, model)


def of_a_variable_that_only_it_reads() -> Case:
    model, other = Scaled(), Scaled(13.0)
    model.other = other

    @tf.custom_gradient
    def identity(x: Any) -> Any:
        return tf.identity(x), lambda upstream: upstream * other.scale

    return of(lambda x: identity(x) * model.scale, model)


def in_control_flow() -> Case:
    model = Scaled()

    def function(x: Any) -> Any:
        def body(number: Any, y: Any) -> Any:
            return number + 1, times(2.0)(y) * model.scale + times(tf.cast(number, tf.float32))(y)

        _, y = tf.while_loop(lambda number, y: number < 3, body, (0, x))
        y = tf.cond(tf.reduce_sum(y) > 0.0, lambda: times(3.0)(y), lambda: times(model.scale)(y))
        return tf.function(lambda z: tf.function(times(4.0))(z) * y)(y)

    return of(function, model, calls=[{"serve": [tf.constant([1.0, 2.0])]}, {"serve": [tf.constant([-1.0, -2.0])]}])


def by_a_python_constant() -> Case:
    """Constants that are equal in Python and differ in a gradient among them."""
    return of(
        lambda x: (
            times(2.0)(x)
            + times(3.0)(x) * 10.0
            + times(-0.0)(x) * 50.0
            + times(0.0)(x) * 60.0
            + times(1)(x)
            + times(1.0)(x)
        )
    )


def by_a_captured_value() -> Case:
    one, other = tf.constant([2.0]), tf.constant([3.0])
    return of(lambda x: times(one)(x) + times(other)(x) * 10.0)


def by_a_captured_variable() -> Case:
    model = tf.Module()
    model.one, model.other = tf.Variable(2.0), tf.Variable(3.0)
    return of(lambda x: times(model.one)(x) + times(model.other)(x) * 10.0, model)


def by_shape_and_dtype() -> Case:
    @tf.custom_gradient
    def sized(x: Any) -> Any:
        return tf.identity(x), lambda upstream: upstream * (x.shape.rank or 7) * (x.shape[-1] or 100) * x.dtype.size

    def function(x: Any) -> Any:
        wide = tf.reshape(tf.tile(x[:1], [3]), [3])
        deep = tf.reshape(wide, [1, 3])
        double = sized(tf.cast(x, tf.float64))
        return sized(x) + tf.reduce_sum(sized(wide)) + tf.reduce_sum(sized(deep)) + tf.cast(double, tf.float32)

    return of(function)


def of_a_global() -> Case:
    """A gradient that reads a global; it is traced when the archive is written."""

    @tf.custom_gradient
    def identity(x: Any) -> Any:
        return tf.identity(x), lambda upstream: upstream * FACTOR[0]

    return of(identity)


def several_results() -> Case:
    @tf.custom_gradient
    def both(x: Any, y: Any) -> Any:
        return (x * y, x + y), lambda one, other: (one * 3.0 + other, other * 5.0 - one)

    endpoint = {"arguments": ["x", "y"], "inputs": [VECTOR, VECTOR], "outputs": {"a": VECTOR, "b": VECTOR}}
    return case({"serve": endpoint}, {"serve": lambda x, y: dict(zip("ba", both(x, y), strict=True))})


def recompute() -> Case:
    dense = keras.layers.Dense(4, activation="gelu")
    dense.build((None, 4))
    endpoint = {"arguments": ["x"], "inputs": [MATRIX], "outputs": MATRIX}
    return case({"serve": endpoint}, {"serve": tf.recompute_grad(lambda x: dense(x) * 2.0)}, dense)


def activations() -> Case:
    inputs = keras.Input((4,), name="x")
    hidden = inputs
    for name in ("swish", "silu", "hard_silu", "gelu", "relu6", "log_softmax", "softmax", "mish", "celu", "squareplus"):
        hidden = keras.layers.Dense(4, activation=name, name=name)(hidden)
    return case(
        {"serve": {"arguments": ["x"], "inputs": [MATRIX], "outputs": MATRIX}}, None, keras.Model(inputs, hidden)
    )


def swish_with_beta() -> Case:
    return of(lambda x: tf.nn.silu(x, beta=1.5) + tf.nn.silu(x, beta=0.5) * 3.0 + tf.nn.silu(x) * 7.0)


def gradient_in_the_graph() -> Case:
    """A function that differentiates itself, custom gradients of custom gradients."""

    @tf.custom_gradient
    def outer(x: Any) -> Any:
        return x * x, lambda upstream: upstream * times(3.0)(x) * 2.0

    def function(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = outer(x) * times(2.0)(x)
        return tape.gradient(y, x)

    return of(function)


def nested_custom_gradients() -> Case:
    @tf.custom_gradient
    def outer(x: Any) -> Any:
        def gradient(upstream: Any) -> Any:
            @tf.custom_gradient
            def inner(y: Any) -> Any:
                return y * 2.0, lambda up: up * x * 5.0

            return inner(upstream * x)

        return x * x * 0.5, gradient

    return of(outer)


def two_endpoints() -> Case:
    """Gradients that two endpoints share, one of which captures a tensor of each."""
    model = Scaled()
    one = lambda x: times(2.0)(x) * model.scale  # noqa: E731
    other = lambda x: times(tf.reduce_sum(x))(x) * times(2.0)(x)  # noqa: E731
    return case(
        {"one": ENDPOINT, "other": ENDPOINT, "again": ENDPOINT}, {"one": one, "other": other, "again": one}, model
    )


def switched_off() -> Case:
    return case({"serve": {**ENDPOINT, "gradients": False}}, {"serve": times(7.0)})


GRADIENTS: dict[str, Callable[[], Case]] = {
    made.__name__: made
    for made in (
        plain, of_tensors, of_variables, of_a_variable_that_only_it_reads, in_control_flow, by_a_python_constant,
        by_a_captured_value, by_a_captured_variable, by_shape_and_dtype, of_a_global, several_results, recompute,
        activations, swish_with_beta, gradient_in_the_graph, nested_custom_gradients, two_endpoints, switched_off,
    )
}  # fmt: skip
