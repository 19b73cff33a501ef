"""Functions that return tensors in an object: the postprocess that extracts them is traced with the function."""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from exports import document
from three_ways import Archive, assert_agree, three_ways

import specc

pytestmark = pytest.mark.tensorflow

OUTPUTS = {"mean": "float32[batch]"}
X = np.array([1.0, 2.0], np.float32)


class Normal:
    """A distribution like those of TensorFlow Probability: its tensors are attributes."""

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc, self.scale = loc, scale

    def mean(self) -> Any:
        return self.loc

    def entropy(self) -> Any:
        return tf.math.log(self.scale * tf.ones_like(self.loc)) + 1.4189385


@dataclasses.dataclass
class Pair:
    left: Any
    right: Any


class Boxed(tf.experimental.ExtensionType):
    """An object that ``tf.nest`` can flatten."""

    value: tf.Tensor


def mean_of(result: Any) -> Any:
    return {"mean": result.mean()}


def entropy_of(result: Any) -> Any:
    return {"mean": result.entropy()}


@pytest.fixture(autouse=True)
def steps() -> Iterator[None]:
    module: Any = types.ModuleType("object_steps")
    module.mean, module.entropy = mean_of, entropy_of
    module.right = lambda pair: {"mean": pair.right}
    module.inner = lambda result: {"mean": result["d"][0].mean() + result["bias"]}
    module.called = lambda result: {"mean": result()}
    module.first = lambda result: {"mean": next(result)}
    module.stacked = lambda result: {"mean": tf.reduce_sum(result.stack(), 0)}
    module.value = lambda result: {"mean": result.value}
    module.chosen = lambda result: {"mean": result["x"] if result["none"] is None else result["k"]}
    module.wrong = lambda result: {"mean": result.men()}
    module.objects = lambda result: {"mean": result}
    module.branches = lambda result: {"mean": -result.loc if result.loc[0] > 1.0 else result.loc}
    sys.modules["object_steps"] = module
    yield
    del sys.modules["object_steps"]


class Model(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(3.0)

    def normal(self, x: Any) -> Any:
        return Normal(x * self.weight, 2.0)

    def pair(self, x: Any) -> Any:
        return Pair(x, x * self.weight)

    def inner(self, x: Any) -> Any:
        return {"d": [Normal(x, 1.0)], "bias": self.weight}

    def called(self, x: Any) -> Any:
        return lambda: x * self.weight

    def first(self, x: Any) -> Any:
        return iter([x * self.weight])

    def stacked(self, x: Any) -> Any:
        array = tf.TensorArray(tf.float32, 2, element_shape=[None])
        return array.write(0, x).write(1, x * self.weight)

    def value(self, x: Any) -> Any:
        return Boxed(x * self.weight)

    def chosen(self, x: Any) -> Any:
        return {"x": x * self.weight, "none": None, "k": 7}


def endpoint(function: str, postprocess: str | None = None, **more: Any) -> dict[str, Any]:
    said = {"postprocess": f"object_steps:{postprocess}"} if postprocess else {}
    return {"function": function, "inputs": ["float32[batch]"], "outputs": OUTPUTS, **said, **more}


@pytest.mark.parametrize(
    ("function", "postprocess", "expected"),
    [
        ("normal", "mean", X * 3),
        ("pair", "right", X * 3),
        ("inner", "inner", X + 3),
        ("called", "called", X * 3),
        ("first", "first", X * 3),
        ("stacked", "stacked", X * 4),
        ("value", "value", X * 3),
        ("chosen", "chosen", X * 3),
    ],
)
def test_every_surface_gives_what_is_in_the_object(
    function: str, postprocess: str, expected: Any, tmp_path: Any
) -> None:
    program = specc.compile(document({"e": endpoint(function, postprocess)}))
    program.export(Model(), tmp_path / "a")
    assert_agree(three_ways(Archive(program, tmp_path / "a"), "e", [tf.constant(X)]), {"mean": expected})


def test_nobody_shares_the_core_of_an_object(export: Callable[..., Any]) -> None:
    names = {"mean": "mean", "mean_too": "mean", "spread": "entropy"}
    revived, report = export(Model(), {name: endpoint("normal", step) for name, step in names.items()})
    assert report.cores == 3
    np.testing.assert_array_equal(revived.mean(tf.constant(X))["mean"], X * 3)
    np.testing.assert_array_equal(revived.mean_too(tf.constant(X))["mean"], X * 3)
    np.testing.assert_allclose(revived.spread(tf.constant(X))["mean"], np.log(2.0) + [1.4189385] * 2, rtol=1e-6)


def test_what_nest_looks_into_is_shared_as_before(export: Callable[..., Any]) -> None:
    _, report = export(Model(), {name: endpoint("value", "value") for name in ("a", "b")})
    assert report.cores == 1


def test_variables_updates_defaults_preprocessing_and_gradients_stand(export: Callable[..., Any]) -> None:
    class Counts(Model):
        def normal(self, x: Any, by: Any) -> Any:
            self.weight.assign_add(1.0)
            return Normal(x * self.weight * by, 1.0)

    default = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 2.0}
    inputs = {"arguments": ["x", "by"], "inputs": ["float32[batch]", default]}
    revived, _ = export(Counts(), {"e": endpoint("normal", "mean", **inputs)})
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        mean = revived.e(x)["mean"]
    np.testing.assert_array_equal(mean, X * 4 * 2)
    np.testing.assert_array_equal(tape.gradient(mean, x), [8.0, 8.0])


def test_a_keras_model_that_returns_a_distribution(export: Callable[..., Any]) -> None:
    class Uncertain(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2, kernel_initializer="ones")

        def call(self, x: Any) -> Any:
            out = self.dense(x)
            return Normal(out[:, 0], tf.nn.softplus(out[:, 1]))

    revived, _ = export(Uncertain(), {"e": endpoint("call", "mean", inputs=["float32[batch, 2]"])})
    np.testing.assert_array_equal(revived.e(tf.ones([3, 2]))["mean"], [2.0] * 3)


def test_autograph_converts_the_postprocess_too(export: Callable[..., Any]) -> None:
    revived, _ = export(Model(), {"e": endpoint("normal", "branches", autograph=True)})
    np.testing.assert_array_equal(revived.e(tf.constant(X))["mean"], X * -3)
    np.testing.assert_array_equal(revived.e(tf.constant(X / 9))["mean"], X / 9 * 3)


TAKE = '; return tensors in dicts, lists and tuples, or take them out of it with "postprocess"'


@pytest.mark.parametrize(
    ("function", "postprocess", "message"),
    [
        (
            "normal", None,
            "endpoints.e.outputs: output-conflict: declared a dict of mean, traced a Normal, which is not a tensor" + TAKE,
        ),
        (
            "value", None,
            "endpoints.e.outputs: output-conflict: declared a dict of mean, traced a Boxed, which is not a tensor" + TAKE,
        ),
        (
            "normal", "objects",
            "endpoints.e.outputs.mean: output-conflict: declared float32[?], traced a Normal, which is not a tensor" + TAKE,
        ),
        (
            "normal", "wrong",
            "endpoints.e.postprocess: trace-failed: tracing failed: AttributeError: 'Normal' object has no attribute 'men'; "
            "raised in test_objects.py, line LINE, in <lambda>",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_said(function: str, postprocess: str | None, message: str, refused: Any) -> None:
    (found,) = refused(Model(), {"e": endpoint(function, postprocess)})
    line = next(n for n, text in enumerate(Path(__file__).read_text().splitlines(), 1) if "module.wrong =" in text)
    assert found == message.replace("LINE", str(line))
