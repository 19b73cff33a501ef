"""Gradients of a revived archive do not depend on which of its functions was differentiated before."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hard_cases import VECTOR, case
from tensorflow.core.protobuf import meta_graph_pb2

import specc
from specc.compiler.write.library import Library, name_of
from specc.compiler.write.meta_graph import MetaGraph

pytestmark = pytest.mark.tensorflow

ENDPOINT = {"arguments": ["x", "y"], "inputs": [VECTOR, VECTOR], "outputs": VECTOR}
X, Y = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
WAYS = ("endpoint", "signature")


class Scaled(tf.Module):
    """A module with functions whose inner functions keep what their gradients need."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(2.0, name="scale")
        self.unconnected = tf.Variable(3.0, name="unconnected")
        self.cell = keras.layers.GRU(1)
        self.cell.build((None, None, 1))

    def loop(self, x: Any, y: Any) -> Any:
        count = tf.constant(2)
        return tf.while_loop(lambda at, _: at < count, lambda at, z: (at + 1, z * self.scale), (0, x * y))[1]

    def branch(self, x: Any, y: Any) -> Any:
        return tf.cond(tf.reduce_sum(x) > 0, lambda: self.loop(x, y), lambda: y)

    def mapped(self, x: Any, y: Any) -> Any:
        return tf.map_fn(lambda each: each * self.scale, x) * y

    def recurrent(self, x: Any, y: Any) -> Any:
        return self.cell(x[None, :, None])[0, :1] * y

    def rounded(self, x: Any, y: Any) -> Any:
        """Some of what it reads has no gradient."""
        return x * self.scale + tf.round(y) * tf.cast(tf.cast(self.unconnected, tf.int32), tf.float32)

    def custom(self, x: Any, y: Any) -> Any:
        """The gradient captures what has none."""

        @tf.custom_gradient
        def twice(z: Any) -> Any:
            return z * 2.0, lambda upstream: upstream * x

        return twice(y)


FUNCTIONS = ("loop", "branch", "mapped", "recurrent", "rounded", "custom")


def gradients(function: Callable[[Any, Any], Any], variables: Any) -> list[Any]:
    with tf.GradientTape() as tape:
        tape.watch([X, Y])
        answer = function(X, Y)
    found = tape.gradient(answer, [X, Y, *variables])
    return [None if each is None else tf.convert_to_tensor(each).numpy() for each in found]


def differentiated(loaded: Any, way: str, variables: int) -> list[Any]:
    signature = loaded.signatures["serve"]
    ways = {"endpoint": loaded.serve, "signature": lambda x, y: next(iter(signature(x=x, y=y).values()))}
    return gradients(ways[way], loaded.variables[:variables])


def assert_equal(found: list[Any], expected: list[Any]) -> None:
    assert [each is None for each in found] == [each is None for each in expected]
    for one, other in zip(found, expected, strict=True):
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize("is_nested", [False, True], ids=["itself", "in another function"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_order_gives_the_gradients_of_the_function(name: str, is_nested: bool, tmp_path: Path) -> None:
    module = Scaled()
    method = getattr(module, name)
    inner = tf.function(method, autograph=False)
    function = (lambda x, y: inner(x, y) + 0.0) if is_nested else method
    case({"serve": ENDPOINT}, {"serve": function}, module).export(tmp_path / "archive")
    own = [module.scale, module.unconnected]
    places = [[each.name for each in module.variables].index(variable.name) for variable in own]
    assert places == [0, 1]
    expected = gradients(tf.function(function, autograph=False), own)
    for order in product(WAYS, WAYS):
        loaded = tf.saved_model.load(str(tmp_path / "archive"))
        for way in order:
            assert_equal(differentiated(loaded, way, len(own)), expected)


def test_an_archive_that_is_exported_again_has_the_same_gradients(tmp_path: Path) -> None:
    module = Scaled()
    first = case({"serve": ENDPOINT}, {"serve": module.mapped}, module)
    first.export(tmp_path / "first")
    loaded = tf.saved_model.load(str(tmp_path / "first"))
    case({"serve": ENDPOINT}, {"serve": loaded.serve}, loaded).export(tmp_path / "second")
    expected = gradients(tf.function(module.mapped, autograph=False), [module.scale])
    for order in product(WAYS, WAYS):
        again = tf.saved_model.load(str(tmp_path / "second"))
        for way in order:
            assert_equal(differentiated(again, way, 1), expected)


def test_a_function_that_calls_python_in_its_gradient_is_refused(tmp_path: Path) -> None:
    @tf.custom_gradient
    def doubled(x: Any) -> Any:
        return x * 2.0, lambda upstream: tf.numpy_function(lambda each: each * 2, [upstream], tf.float32)

    endpoint = {"arguments": ["x"], "inputs": [VECTOR], "outputs": VECTOR}
    with pytest.raises(specc.SpecError) as caught:
        case({"serve": endpoint}, {"serve": doubled}).export(tmp_path / "archive")
    assert str(caught.value) == (
        "endpoints: python-op: a custom gradient calls Python code through tf.py_function or tf.numpy_function, which "
        'cannot be saved; write it with TensorFlow ops, or set "gradients": false in each endpoint if no caller needs them'
    )
    assert list(tmp_path.iterdir()) == []
    case({"serve": {**endpoint, "gradients": False}}, {"serve": doubled}).export(tmp_path / "archive")
    np.testing.assert_array_equal(tf.saved_model.load(str(tmp_path / "archive")).serve(X).numpy(), [2.0, 4.0])


def test_a_new_function_never_has_the_name_of_a_trace() -> None:
    """Of one that only a gradient calls, which is added last."""
    trace = tf.function(lambda x: x * 7.0).get_concrete_function(X)
    stem, _, number = name_of(trace).removeprefix("__inference_").rpartition("_")
    library = Library(MetaGraph(meta_graph_pb2.MetaGraphDef()))
    library.definitions = dict.fromkeys(map(str, range(int(number))))
    assert library.unique_name(stem) != name_of(trace)
