"""Losses and metrics in the legacy exporter and in a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import legacy_exporter as legacy
import numpy as np
import pytest
import tensorflow as tf
from legacy_cases import FEW, SCALAR, Case, Head, to_data
from legacy_exporter import export_output, export_utils
from tagged_session import TaggedSession, meta_graphs

import specc
from specc.language.load import require_buildable
from specc.language.signatures import METHOD_NAMES

pytestmark = pytest.mark.tensorflow

RAGGED = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]}


@pytest.mark.parametrize(
    ("value", "json", "kind"),
    [
        (lambda: {"x": tf.constant(1.0)}, {"x": "float32[]"}, "dict"),
        (lambda: tf.ragged.constant([[1.0]]), RAGGED, "ragged"),
    ],
    ids=["dict", "ragged"],
)
def test_a_metric_has_tensors(value: Any, json: Any, kind: str) -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match="metrics/a output value must be a Tensor"):
        export_output.EvalOutput(metrics={"a": (value(), tf.constant(1.0))})
    case = Case("eval", -1, FEW, (), False, {"eval": Head("eval", {"loss": SCALAR})})
    data = to_data(case)
    data["endpoints"]["eval"]["outputs"] = {"metrics": {"a": {"value": json}}}
    with pytest.raises(specc.SpecError) as caught:
        require_buildable(specc.from_json(data))
    assert [str(each) for each in caught.value.diagnostics] == [
        f"endpoints.eval.outputs.metrics.a.value: bad-method: the 'value' of a metric must be one dense tensor, not {kind!r}"
    ]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of one step of evaluation of a compiled Keras model that counts what it predicts right."""
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", metrics=[keras.metrics.BinaryAccuracy(name="accuracy")])
    metric = {"value": "float32[]", "update_op": "float32[]"}
    step = {
        "function": "specc:eval_step",
        "arguments": ["x", "y"],
        "inputs": ["float32[batch, 2]", "float32[batch, 1]"],
        "outputs": {
            "loss": "float32[]",
            "predictions": "float32[batch, 1]",
            "metrics": {"accuracy": metric, "loss": metric},
        },
        "method": "eval",
    }
    data = {"specc": 1, "dims": {"batch": {}}, "mode": "eval", "endpoints": {"step": step}}
    path = tmp_path_factory.mktemp("evaluated") / "archive"
    specc.compile(specc.from_json(data)).export(model, path)
    return path


def test_an_update_is_a_number(evaluated: Path) -> None:
    with tf.Graph().as_default():
        features = {"user": tf.compat.v1.placeholder(tf.int64, [None])}
        op = tf.group(features["user"])
        outputs = export_utils.export_outputs_for_mode("test", metrics={"accuracy": (tf.constant(1.0), op)})
        made = legacy.build(features, outputs, serving_only=False).signatures["eval"]
    assert made.outputs["metrics/accuracy/update_op"] == ("float32", (0,))
    (graph,) = meta_graphs(evaluated)
    assert legacy.wire(graph.signature_def["eval"]).outputs["metrics/accuracy/update_op"] == SCALAR
    session = TaggedSession(evaluated, ["eval"])
    right, wrong = ({"x": np.ones([1, 2], np.float32), "y": np.full([1, 1], label, np.float32)} for label in (1, 0))
    updates = [session.ask("eval", **batch)["metrics/accuracy/update_op"] for batch in (right, wrong, wrong, right)]
    np.testing.assert_allclose(updates, [1, 1 / 2, 1 / 3, 1 / 2], rtol=1e-6)


def test_the_metrics_of_keras_3_are_exported(evaluated: Path) -> None:
    metric = keras.metrics.Mean(name="accuracy")
    metric.update_state(1.0)
    with pytest.raises(AttributeError, match="updates"):
        export_utils.export_outputs_for_mode("test", metrics={"accuracy": metric})
    (graph,) = meta_graphs(evaluated)
    written = legacy.wire(graph.signature_def["eval"])
    metrics = [f"metrics/{name}/{part}" for name in ("accuracy", "loss") for part in ("value", "update_op")]
    assert written.method_name == METHOD_NAMES["eval"]
    assert written.outputs == {"loss": SCALAR, "predictions": ("float32", (-1, 1)), **dict.fromkeys(metrics, SCALAR)}
