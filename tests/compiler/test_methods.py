"""Methods, modes and optional endpoints, in the archive and in the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession, meta_graphs
from tf_examples import EXAMPLES, example

import specc

pytestmark = pytest.mark.tensorflow

ROWS = "float32[batch, 2]"


def classify(features: Any) -> Any:
    scores = tf.nn.softmax(features)
    return {"scores": scores, "classes": tf.as_string(tf.argmax(scores, -1))[:, tf.newaxis]}


def step(features: Any) -> Any:
    loss = tf.reduce_mean(features)
    return {
        "loss": {"head": loss, "loss/tail": loss + 1},
        "predictions": features,
        "metrics": {"mean": {"value": loss, "update_op": loss}},
    }


STEP = {
    "function": None,
    "inputs": [ROWS],
    "outputs": {
        "loss": {"head": "float32[]", "loss/tail": "float32[]"},
        "predictions": ROWS,
        "metrics": {"mean": {"value": "float32[]", "update_op": "float32[]"}},
    },
}
LABEL = {
    "function": None,
    "inputs": [ROWS],
    "outputs": {"scores": ROWS, "classes": "string[batch, 1]"},
    "method": "classify",
    "receivers": EXAMPLES,
    "receiver": "examples",
}
PRICE = {"function": None, "inputs": ["string[batch]"], "outputs": "float32[batch]", "method": "regress"}


def definitions(report: Any) -> dict[str, Any]:
    (graph,) = meta_graphs(report.path)
    return dict(graph.signature_def)


def test_servable_signatures_are_valid_by_tensorflows_own_rule(export: Any) -> None:
    functions = {"label": classify, "price": tf.strings.to_number}
    archive, report = export(None, {"label": LABEL, "price": PRICE}, functions=functions)
    found = definitions(report)
    assert {key: found[key].method_name for key in found} == {
        "label": "tensorflow/serving/classify",
        "serving_default": "tensorflow/serving/classify",
        "raw:label": "tensorflow/serving/predict",
        "raw:serving_default": "tensorflow/serving/predict",
        "price": "tensorflow/serving/regress",
        "__saved_model_init_op": "",
    }
    for key, definition in found.items():
        if not key.startswith("_"):
            assert tf.compat.v1.saved_model.is_valid_signature(definition), key
    assert sorted(found["label"].outputs) == ["classes", "scores"]
    assert [*found["price"].inputs, *found["price"].outputs] == ["inputs", "outputs"]
    answer = archive.signatures["label"](tf.constant([example(inputs=[0.0, 5.0])]))
    assert answer["classes"].numpy().tolist() == [[b"1"]]
    assert specc.inspect(report.path).endpoints["label"].method == "classify"


@pytest.mark.parametrize(
    ("mode", "tag", "method"), [("train", "train", "supervised/training"), ("eval", "eval", "supervised/eval")]
)
def test_an_archive_of_another_mode(export: Any, mode: str, tag: str, method: str) -> None:
    options = {"extra_tags": ["gpu"]}
    archive, report = export(
        None, {"step": {**STEP, "method": mode}}, functions={"step": step}, mode=mode, save_options=options
    )
    (graph,) = meta_graphs(report.path)
    assert list(graph.meta_info_def.tags) == [tag, "gpu"]
    assert graph.signature_def[tag] == graph.signature_def["step"]
    assert graph.signature_def["step"].method_name == f"tensorflow/{method}"
    names = ["loss/head", "loss/tail", "metrics/mean/update_op", "metrics/mean/value", "predictions"]
    assert sorted(graph.signature_def["step"].outputs) == names
    rows = np.array([[1, 2]], np.float32)
    assert archive.step(rows)["metrics"]["mean"]["value"] == 1.5
    assert archive.signatures[tag](inputs=tf.constant(rows))["loss/tail"] == 2.5
    assert TaggedSession(report.path, [tag, "gpu"]).ask(tag, inputs=rows)["loss/head"] == 1.5
    assert tf.saved_model.load(str(report.path), tags=[tag, "gpu"]).step(rows)["predictions"].numpy().tolist() == [
        [1, 2]
    ]
    assert specc.inspect(report.path).mode == mode


def test_what_is_in_no_contract_comes_back_from_the_graph(export: Any) -> None:
    _, report = export(None, {"step": {**STEP, "method": "eval"}}, functions={"step": step}, mode="eval")
    (report.path / "assets.extra" / "specc.json").unlink()
    found = specc.inspect(report.path)
    assert (found.mode, found.default, found.endpoints["step"].method) == ("eval", "step", "eval")
    outputs = found.endpoints["step"].outputs.to_json()
    assert outputs == {**STEP["outputs"], "predictions": "float32[?, 2]"}


def fail(features: Any) -> Any:
    raise RuntimeError("no such head")


def test_an_optional_endpoint_is_left_out_with_the_reason(export: Any) -> None:
    ok = {"function": None, "inputs": [ROWS], "outputs": ROWS}
    endpoints = {
        "ok": ok,
        "fails": {**ok, "optional": True},
        "lies": {**ok, "outputs": "int32[batch, 2]", "optional": True, "receivers": EXAMPLES},
        "lost": {**ok, "function": "tower", "optional": True},
    }
    functions = {"ok": tf.identity, "fails": fail, "lies": tf.identity}
    archive, report = export(object(), endpoints, functions=functions)
    assert report.included == {"predict": ["ok", "serving_default"]}
    lies = "endpoints.lies.outputs: output-conflict: declared int32[?, 2], traced float32[?, 2]"
    fails = "endpoints.fails.function: trace-failed: tracing failed: RuntimeError: no such head; raised in test_methods.py, line"
    assert report.excluded["fails"].startswith(fails)
    assert report.excluded["lies"] == report.excluded["examples:lies"] == lies
    assert report.excluded["lost"].startswith("endpoints.lost.function: unknown-function")
    assert [hasattr(archive, name) for name in endpoints] == [True, False, False, False]
    assert sorted(archive.signatures) == ["ok", "serving_default"]
    text = report.signatures_text()
    assert text.startswith("INCLUDED for predict: ok, serving_default\nEXCLUDED fails: ")
    assert f"EXCLUDED examples:lies: {lies}\n" in text
    inspection = specc.inspect_archive(report.path)
    assert inspection.findings == ()
    assert inspection.left_out == {
        "fails": "trace-failed at endpoints.fails.function",
        "lies": "output-conflict at endpoints.lies.outputs",
        "lost": "unknown-function at endpoints.lost.function",
    }


def test_without_optional_it_is_an_error(refused: Any) -> None:
    ok = {"function": None, "inputs": [ROWS], "outputs": ROWS}
    findings = refused(None, {"ok": ok, "fails": ok}, functions={"ok": tf.identity, "fails": fail})
    assert len(findings) == 1
    assert "no such head" in findings[0]


def test_serving_only_drops_what_no_server_serves_before_the_report(export: Any) -> None:
    endpoints = {"ok": {"function": None, "inputs": [ROWS], "outputs": ROWS}, "step": {**STEP, "method": "train"}}
    archive, report = export(None, endpoints, functions={"ok": tf.identity, "step": step}, serving_only=True)
    assert report.included == {"predict": ["ok", "serving_default"]}
    assert report.excluded == {"step": "no server serves the method train, and the document is serving_only"}
    assert sorted(archive.signatures) == ["ok", "serving_default"]
    assert archive.step(tf.ones([1, 2]))["loss"]["head"] == 1
    assert specc.inspect_archive(report.path).findings == ()


def test_the_default_key_of_a_mode_may_be_the_endpoint_itself(export: Any) -> None:
    _, report = export(None, {"train": {**STEP, "method": "train"}}, functions={"train": step}, mode="train")
    assert sorted(key for key in definitions(report) if not key.startswith("_")) == ["train"]


def test_a_colon_is_in_no_name_of_an_op(export: Any, tmp_path: Path) -> None:
    _, report = export(
        keras.Sequential([keras.Input([2]), keras.layers.Dense(1)]),
        {"score": {"inputs": [ROWS], "outputs": "float32[batch, 1]", "receivers": EXAMPLES}},
    )
    (graph,) = meta_graphs(report.path)
    assert not [node.name for node in graph.graph_def.node if ":" in node.name]
    assert "examples.score" not in graph.signature_def
