"""A function that calls TensorFlow or NumPy on a JAX array hears that, where, and what to use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from jax_exports import document

import specc

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.tensorflow

HERE = Path(__file__).name
STEPS = "do it in a preprocess or postprocess function, which runs in TensorFlow"


@tf.function
def doubled(x: Any) -> Any:
    return x * 2.0


class Sine(keras.Layer):
    def call(self, x: Any) -> Any:
        return tf.math.sin(x)


sine = Sine()

TENSORFLOW: dict[str, Callable[[Any], Any]] = {
    "an op": lambda x: tf.add(x, 1.0),
    "an operator": lambda x: x + tf.ones([4]),
    "an operator of the tensor": lambda x: tf.ones([4]) + x,
    "a conversion": lambda x: tf.convert_to_tensor(x),  # noqa: PLW0108  # a line of this file
    "a reshape": lambda x: tf.reshape(x, [-1, 4]),
    "a condition": lambda x: tf.where(x > 0, x, -x),
    "a list": lambda x: tf.concat([x, x], 1),
    "a branch": lambda x: tf.cond(tf.constant(True), lambda: x, lambda: x),
    "strings": lambda x: tf.strings.as_string(x),  # noqa: PLW0108
    "a tf.function": lambda x: doubled(x),  # noqa: PLW0108
    "inside jax.jit": lambda x: jax.jit(lambda y: tf.add(y, y))(x),  # noqa: PLW0108
}


def findings(where: Path, function: Callable[[Any], Any] | None, model: Any = None) -> list[str]:
    endpoint = {"inputs": ["float32[batch, 4]"], "outputs": "float32[batch, 4]"}
    endpoint |= {} if function is None else {"function": None}
    functions = None if function is None else {"f": function}
    with pytest.raises(specc.SpecError) as caught:
        specc.compile(document({"f": endpoint})).export(model, where / "archive", functions=functions)
    assert list(where.iterdir()) == []
    return [str(finding) for finding in caught.value.diagnostics]


@pytest.mark.parametrize("case", TENSORFLOW)
def test_tensorflow_on_a_jax_array(case: str, tmp_path: Path) -> None:
    line = TENSORFLOW[case].__code__.co_firstlineno
    assert findings(tmp_path, TENSORFLOW[case]) == [
        f"endpoints.f.function: not-in-jax: the function calls TensorFlow on a JAX array; raised in {HERE}, line {line}, "
        f"in <lambda>; use keras.ops or jax.numpy, or {STEPS}"
    ]


def test_tensorflow_in_a_layer(tmp_path: Path) -> None:
    line = Sine.call.__code__.co_firstlineno + 1
    model = keras.Sequential([keras.layers.Dense(4), sine])
    model.layers[0].build((None, 4))
    assert findings(tmp_path, lambda x: model.layers[1](model.layers[0](x))) == [
        f"endpoints.f.function: not-in-jax: the function calls TensorFlow on a JAX array; raised in {HERE}, line {line}, "
        f"in call; use keras.ops or jax.numpy, or {STEPS}"
    ]


@pytest.mark.parametrize("function", [lambda x: np.sin(x), lambda x: np.asarray(x) + 1])  # noqa: PLW0108
def test_numpy_on_a_jax_array(function: Callable[[Any], Any], tmp_path: Path) -> None:
    (found,) = findings(tmp_path, function)
    assert found.startswith(
        "endpoints.f.function: not-in-jax: the function passes a JAX array to NumPy, or to other code"
    )
    assert found.endswith(
        f"raised in {HERE}, line {function.__code__.co_firstlineno}, in <lambda>; use keras.ops or jax.numpy"
    )


def raises_on_its_own(_: Any) -> Any:
    raise ValueError("the Tracer is mine")


OTHER: dict[str, tuple[Callable[[Any], Any], str]] = {
    "an error of the user": (raises_on_its_own, "ValueError: the Tracer is mine"),
    "an error of JAX": (lambda x: x @ jax.numpy.ones([7, 7]), "TypeError: dot_general requires contracting dimensions"),
    "an error of TensorFlow on its own": (
        lambda x: x + tf.matmul(tf.ones([2, 3]), tf.ones([2, 3])).shape[0],
        "ValueError: Dimensions must be equal, but are 3 and 2 for ",
    ),
    "a condition in Python": (
        lambda x: x if x.sum() > 0 else -x,
        "TracerBoolConversionError: Attempted boolean conversion of traced array with shape bool[]. See https://",
    ),
}


@pytest.mark.parametrize("case", OTHER)
def test_other_errors_keep_their_own_words(case: str, tmp_path: Path) -> None:
    function, expected = OTHER[case]
    (found,) = findings(tmp_path, function)
    assert found.startswith(f"endpoints.f.function: trace-failed: tracing failed: {expected}")
    assert f"raised in {HERE}, line " in found
    assert "specc/" not in found


def test_constants_of_tensorflow_beside_a_jax_array_are_fine(tmp_path: Path) -> None:
    endpoint = {
        "function": None,
        "inputs": ["float32[batch, 4]"],
        "outputs": {"x": "float32[batch, 4]", "n": "int32[]"},
    }
    program = specc.compile(document({"f": endpoint}))
    program.export(
        None, tmp_path / "archive", functions={"f": lambda x: {"x": x + tf.TensorShape([4]).rank, "n": tf.constant(3)}}
    )
