"""How the traces of a revived archive are called: each endpoint's own, and those of signatures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from varied_exports import document

import specc

pytestmark = pytest.mark.tensorflow

NESTED = {
    "arguments": ["features", "scale"],
    "inputs": [{"Size": "float32[batch]", "more": ["float32[batch]"]}, "float32[]"],
    "outputs": "float32[batch]",
}
X, Y, FACTOR = tf.constant([1.0, 2.0]), tf.constant([10.0, 20.0]), tf.constant(3.0)


def nested(features: Any, scale: Any) -> Any:
    return features["Size"] + features["more"][0] * scale


def write(endpoint: dict[str, Any], function: Any, path: Path, model: Any = None) -> Any:
    specc.compile(document({"serve": endpoint})).export(model, path, functions={"serve": function})
    return tf.saved_model.load(str(path))


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
