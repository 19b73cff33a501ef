"""How the traces of a revived archive are called: each endpoint's own, and those of signatures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tagged_session import meta_graphs
from varied_exports import document

import specc

pytestmark = pytest.mark.tensorflow

NESTED = {
    "arguments": ["features", "scale"],
    "inputs": [{"Size": "float32[batch]", "more": ["float32[batch]"]}, "float32[]"],
    "outputs": "float32[batch]",
}
FLAT = {"inputs": ["float32[batch]"], "outputs": "float32[batch]"}
X, Y, FACTOR = tf.constant([1.0, 2.0]), tf.constant([10.0, 20.0]), tf.constant(3.0)


def nested(features: Any, scale: Any) -> Any:
    return features["Size"] + features["more"][0] * scale


class Scaled(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(3.0)

    def straight(self, x: Any) -> Any:
        return x * x * self.scale

    def looping(self, x: Any) -> Any:
        return tf.map_fn(lambda each: each * each * self.scale, x)

    def branching(self, x: Any) -> Any:
        return tf.cond(tf.reduce_sum(x) > 0, lambda: x * self.scale, lambda: -x)


def write(endpoint: dict[str, Any], function: Any, path: Path, model: Any = None) -> Any:
    specc.compile(document({"serve": endpoint})).export(model, path, functions={"serve": function})
    return tf.saved_model.load(str(path))


def gradients(answer: Callable[[], Any], variable: Any) -> Any:
    """Those of an answer by its input and the variable; a tape that persists finds none of TensorFlow's own archives."""
    with tf.GradientTape() as tape:
        tape.watch(X)
        answered = answer()
    return np.concatenate([np.ravel(each) for each in tape.gradient(answered, [X, variable])])


def test_a_trace_takes_flat_tensors_by_position_and_by_name(tmp_path: Path) -> None:
    (trace,) = write(NESTED, nested, tmp_path / "archive").serve.concrete_functions
    expected = nested({"Size": X, "more": [Y]}, FACTOR).numpy()
    np.testing.assert_array_equal(trace(X, Y, FACTOR).numpy(), expected)
    np.testing.assert_array_equal(trace(features=X, features_1=Y, scale=FACTOR).numpy(), expected)


def test_a_revived_trace_is_saved_as_a_signature(tmp_path: Path) -> None:
    loaded = write(NESTED, nested, tmp_path / "archive")
    (trace,) = loaded.serve.concrete_functions
    tf.saved_model.save(loaded, str(tmp_path / "again"), signatures=trace)
    signature = tf.saved_model.load(str(tmp_path / "again")).signatures["serving_default"]
    (answer,) = signature(features=X, features_1=Y, scale=FACTOR).values()
    np.testing.assert_array_equal(answer.numpy(), nested({"Size": X, "more": [Y]}, FACTOR).numpy())


@pytest.mark.parametrize(("method", "functions"), [("straight", 2), ("looping", 3), ("branching", 3)])
def test_a_signature_is_the_trace_unless_a_loop_would_lose_its_gradient(
    method: str, functions: int, tmp_path: Path
) -> None:
    model = Scaled()
    function = getattr(model, method)
    loaded = write(FLAT, function, tmp_path / "archive", model)
    (graph,) = meta_graphs(tmp_path / "archive")
    written = [each.signature.name for each in graph.graph_def.library.function]
    assert len([name for name in written if "serve" in name or "signature" in name or "core" in name]) == functions
    (scale,) = loaded.variables
    expected = gradients(lambda: function(X), model.scale)
    for revived in (lambda: loaded.serve(X), lambda: loaded.signatures["serve"](inputs=X)["output_0"]):
        np.testing.assert_allclose(gradients(revived, scale), expected)
