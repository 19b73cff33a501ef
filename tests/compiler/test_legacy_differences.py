"""The intended differences between a document's signatures and those of the legacy exporter, each with both behaviours.

* A bare output of ``predict`` is ``output_0``, as ``tf.saved_model.save`` calls it, where legacy calls it ``output``.
* A receiver's input is ``inputs`` whatever the method, where legacy calls a bare one ``input`` and keeps a dict's key.
* The raw signature of ``classify`` and ``regress`` is published with the method ``predict``, where legacy leaves it
  out, or takes a feature that is one string for serialized examples.
* Where legacy leaves out a signature that cannot be valid, the document is refused.
* Any endpoint may be the default, or none, where legacy requires one called ``serving_default`` among several.
* ``serving_only`` may not drop the default signature, where legacy then exports nothing.
* A ragged or sparse tensor is several on the wire, where legacy writes one TensorInfo with an encoding; they may be
  predictions.
* Serialized examples are one vector, where legacy takes a string of any shape.
* A default of the method train or eval needs that mode, where legacy publishes a ``serving_default`` that is not valid.
* An unknown mode is a finding, and ``infer`` and ``test`` are spelled ``predict`` and ``eval``.

``test_legacy_metrics.py`` has one more: ``update_op`` is a number, where legacy exports an empty tensor for an op.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import legacy_exporter as legacy
import pytest
import tensorflow as tf
from legacy_cases import (
    BARE,
    FEW,
    SCALAR,
    SERVING_DEFAULT,
    VECTOR,
    Case,
    Head,
    build_graph,
    by_legacy,
    export_output_of,
    export_outputs,
    ours,
    refusals,
    tensor_text,
    to_data,
)
from legacy_exporter import export_output, export_utils

import specc
from specc.language.load import require_buildable
from specc.language.signatures import METHOD_NAMES

pytestmark = pytest.mark.tensorflow


def test_a_bare_prediction_has_the_name_that_saved_models_have() -> None:
    assert list(by_legacy(BARE).signatures["score"].outputs) == ["output"]
    assert list(ours(specc.from_json(to_data(BARE)))["score"].outputs) == ["output_0"]


def test_a_receivers_input_has_one_name_whatever_the_method() -> None:
    case = replace(BARE, receivers=("examples",), serialized=True)
    for given_as, name in ((lambda tensor: tensor, "input"), (lambda tensor: {"examples": tensor}, "examples")):
        with tf.Graph().as_default():
            graph = build_graph(case)
            made = legacy.build(given_as(graph.serialized["examples"]), export_outputs(case, graph))
        assert list(made.signatures["score"].inputs) == [name]
    assert list(ours(specc.from_json(to_data(case)))["score"].inputs) == ["inputs"]


@pytest.mark.parametrize(
    ("method", "outputs", "reason"),
    [
        (
            "classify",
            {"scores": VECTOR},
            "Classification signatures can only accept a single tensor input of type tf.string.",
        ),
        ("regress", VECTOR, "Regression signatures can only accept a single tensor input of type tf.string."),
    ],
)
def test_the_raw_signature_of_a_classification_has_the_method_predict(method: str, outputs: Any, reason: str) -> None:
    case = replace(BARE, receivers=("examples",), serialized=True, heads={"head": Head(method, outputs)})
    found = by_legacy(case)
    assert sorted(found.signatures) == ["head", SERVING_DEFAULT]
    assert {key: text.startswith(reason) for key, text in found.excluded.items()} == {
        "raw:head": True,
        "raw:serving_default": True,
    }
    published = ours(specc.from_json(to_data(case)))
    assert {key: signature.method_name.rpartition("/")[2] for key, signature in published.items()} == {
        "head": method,
        "raw:head": "predict",
        "raw:serving_default": "predict",
        SERVING_DEFAULT: method,
    }


def test_a_string_feature_is_not_taken_for_serialized_examples() -> None:
    case = replace(
        BARE,
        features={"word": ("string", (-1,))},
        receivers=("examples",),
        serialized=True,
        heads={"head": Head("regress", VECTOR)},
    )
    assert by_legacy(case).signatures["raw:head"] == by_legacy(case).signatures["head"]
    raw = ours(specc.from_json(to_data(case)))["raw:head"]
    assert (raw.method_name, raw.inputs) == (METHOD_NAMES["predict"], case.features)


@pytest.mark.parametrize(("method", "outputs"), [("classify", {"scores": VECTOR}), ("regress", VECTOR)])
def test_a_signature_that_cannot_be_valid_is_refused(method: str, outputs: Any) -> None:
    case = replace(BARE, heads={"head": Head(method, outputs)})
    found = by_legacy(case)
    assert (found.signatures, sorted(found.excluded)) == ({}, ["head", SERVING_DEFAULT])
    assert refusals(case) == [
        f"endpoints.head.inputs: bad-method: the method {method} takes one string vector called 'inputs', not "
        'user (int64[batch]); declare one of the kind "tf_example" in "receivers", and name it in "receiver"'
    ]


def test_any_of_several_may_be_the_default_or_none() -> None:
    case = replace(BARE, heads={"one": Head("predict", VECTOR), "two": Head("predict", VECTOR)})
    with pytest.raises(ValueError, match="none of them are specified as the default"):
        by_legacy(case)
    assert sorted(ours(specc.from_json({**to_data(case), "default": "two"}))) == ["one", SERVING_DEFAULT, "two"]
    assert sorted(ours(specc.from_json({**to_data(case), "default": None}))) == ["one", "two"]
    data = to_data(case)
    del data["default"]
    with pytest.raises(specc.SpecError, match="missing-default: there are several endpoints but no default"):
        specc.from_json(data)


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_serving_only_may_not_drop_the_default(mode: str) -> None:
    case = Case(mode, -1, FEW, (), False, {mode: Head(mode, {"loss": SCALAR})}, serving_only=True)
    assert by_legacy(case).signatures == {}
    assert refusals(case) == [
        f"default: optional-default: \"serving_only\" leaves out the default endpoint, whose method is '{mode}'; choose "
        "a default that a server can serve, or null"
    ]


@pytest.mark.parametrize("shape", [(), (-1, 2)])
def test_serialized_examples_of_any_shape_but_a_vector_are_refused(shape: tuple[int, ...]) -> None:
    with tf.Graph().as_default():
        receiver = tf.compat.v1.placeholder(tf.string, [None if size == -1 else size for size in shape])
        made = legacy.build(receiver, {"head": export_output.RegressionOutput(tf.strings.to_number(receiver))})
    assert made.signatures["head"].inputs == {"inputs": ("string", shape)}
    case = replace(BARE, features={"inputs": ("string", shape)}, heads={"head": Head("regress", VECTOR)})
    assert refusals(case) == [
        "endpoints.head.inputs: bad-method: the method regress takes one string vector called 'inputs', not "
        f'inputs ({tensor_text(case.features["inputs"])}); declare one of the kind "tf_example" in "receivers", and name it '
        'in "receiver"'
    ]


def test_a_default_that_trains_is_refused_where_servers_look_for_theirs() -> None:
    case = Case("predict", -1, FEW, (), False, {SERVING_DEFAULT: Head("train", {"loss": SCALAR})})
    assert by_legacy(case).signatures[SERVING_DEFAULT].method_name == METHOD_NAMES["train"]
    assert by_legacy(replace(case, serving_only=True)).signatures == {}
    assert refusals(case) == [
        "default: bad-method: the default is published as 'serving_default', which does not fit the method 'train'; write "
        '"mode": "train", or choose another default, or null'
    ]


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_the_default_of_any_mode_may_predict(mode: str) -> None:
    case = Case(mode, -1, FEW, (), False, {mode: Head("predict", {"p": VECTOR})})
    with tf.Graph().as_default():
        graph = build_graph(case)
        made = legacy.build(graph.features, {mode: export_output_of(case.heads[mode], graph)}, serving_only=False)
    assert made.signatures[mode].method_name == METHOD_NAMES["predict"]
    document = specc.from_json(to_data(case))
    require_buildable(document)
    assert ours(document) == {mode: made.signatures[mode]}
    other = replace(case, heads={mode: Head({"train": "eval", "eval": "train"}[mode], {"loss": SCALAR})})
    assert [line.partition(";")[0] for line in refusals(other)] == [
        f"default: bad-method: the default is published as {mode!r}, which does not fit the method "
        f"{other.heads[mode].method!r}"
    ]


RAGGED = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]}


def test_ragged_predictions_are_published(tmp_path: Path) -> None:
    with tf.Graph().as_default(), pytest.raises(ValueError, match="predictions output value must be a Tensor"):
        export_output.EvalOutput(predictions=tf.ragged.constant([[1.0]]))
    data = to_data(Case("eval", -1, FEW, (), False, {"eval": Head("eval", {"loss": SCALAR})}))
    data["endpoints"]["eval"]["outputs"] = {"predictions": RAGGED}
    functions = {"eval": lambda features: {"predictions": tf.RaggedTensor.from_tensor(features["price"])}}
    report = specc.compile(specc.from_json(data)).export(None, tmp_path / "archive", functions=functions)
    assert report.endpoints[0].outputs == ("predictions_values", "predictions_row_splits")


def test_a_name_keeps_the_prefix() -> None:
    with tf.Graph().as_default():
        assert list(export_output.EvalOutput(loss={"foo": tf.constant(1.0)}).loss) == ["loss/foo"]
    heads = {"eval": Head("eval", {"loss": {"a": SCALAR}}, {("loss", "a"): "foo"})}
    assert refusals(Case("eval", -1, FEW, (), False, heads)) == [
        "endpoints.eval.outputs.loss.a: bad-method: the wire name 'foo' of the output 'loss' must be 'loss' or "
        "start with 'loss/'; remove the \"name\""
    ]


def test_an_unknown_mode_is_a_finding() -> None:
    with pytest.raises(ValueError, match="Invalid mode key: serve"):
        export_utils.export_outputs_for_mode("serve", predictions=None)
    for mode in ("serve", "infer", "test"):
        with pytest.raises(specc.SpecError, match="mode: bad-choice"):
            specc.from_json({**to_data(BARE), "mode": mode})
