"""The endpoint ``__call__``, the revived object itself: declared, built, read back, and inferred by init."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from exports import document
from hub_modules import Scaler, called_both_ways, hub_layer_call
from three_ways import Archive, three_ways

import specc
from specc.checks import Settings, run_checks
from specc.cli import main
from specc.compiler.load_model import load_model
from specc.reader import inspect_archive
from specc.reader.projection import project

pytestmark = pytest.mark.tensorflow

ROWS, CALL = np.arange(6, dtype=np.float32).reshape(2, 3), "__call__"
WHOLE = {"kwargs": {"training": False}, "inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 1]"}
INFERRED = ROWS @ [[1.0], [2.0], [3.0]] + 0.5


def without_contract(path: Path) -> Path:
    (path / "assets.extra" / "specc.json").unlink()
    return path


def test_as_the_default_it_is_a_signature_under_two_keys(tmp_path: Path) -> None:
    program = specc.compile(document({CALL: WHOLE}))
    program.export(Scaler(), tmp_path / "a")
    archive = Archive(program, tmp_path / "a")
    assert sorted(archive.revived.signatures) == [CALL, "serving_default"]
    answers = three_ways(archive, CALL, [tf.constant(ROWS)])
    assert sorted(answers) == [
        "revived", f"session {CALL}", "session serving_default", f"signatures[{CALL}]", "signatures[serving_default]",
    ]  # fmt: skip
    for answer in answers.values():
        np.testing.assert_allclose(answer["output_0"], INFERRED)
    np.testing.assert_allclose(archive.revived(tf.constant(ROWS)), INFERRED)
    assert specc.inspect(tmp_path / "a") == program.document
    assert specc.inspect(without_contract(tmp_path / "a")) == project(program.document)


@pytest.mark.parametrize("default", ["score", None])
def test_beside_another_default_it_has_no_signature(default: str | None, tmp_path: Path, capsys: Any) -> None:
    program = specc.compile(document({"score": {**WHOLE, "function": None}, CALL: WHOLE}, default=default))
    report = program.export(
        Scaler(), tmp_path / "a", functions={"score": lambda x, training: tf.reduce_sum(x, 1, True)}
    )
    revived = tf.saved_model.load(str(report.path))
    assert sorted(revived.signatures) == (["score", "serving_default"] if default else ["score"])
    np.testing.assert_allclose(hub_layer_call(revived, tf.constant(ROWS)), INFERRED)
    np.testing.assert_allclose(revived.score(tf.constant(ROWS)), ROWS.sum(1, keepdims=True))
    assert specc.inspect(tmp_path / "a") == program.document
    assert specc.inspect(without_contract(tmp_path / "a")) == project(program.document)
    assert main(["inspect", str(tmp_path / "a")]) == 0
    assert "__call__  no signature, since it is the revived object itself\n" in capsys.readouterr().out


def test_gradients_go_through_the_object(export: Callable[..., Any]) -> None:
    revived, _ = export(Scaler(), {CALL: WHOLE})
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(revived(tf.constant(ROWS)))
    (gradient,) = tape.gradient(loss, [revived.trainable_variables[0]])
    np.testing.assert_allclose(gradient, ROWS.sum(0)[:, None])


def test_nested_arguments_a_receiver_and_a_mode_of_the_default(export: Callable[..., Any], tmp_path: Path) -> None:
    endpoint = {
        "function": None,
        "inputs": [{"b": "float32[batch]", "a": "float32[batch]"}],
        "outputs": {"y": "float32[batch]"},
        "receivers": {"examples": {"kind": "tf_example"}},
        "receiver": "examples",
    }
    functions = {CALL: lambda features: {"y": features["a"] - features["b"]}}
    revived, _ = export(tf.Module(), {CALL: endpoint}, functions, mode="eval")
    assert sorted(revived.signatures) == [CALL, "eval", "raw:__call__", "raw:eval"]
    features = {name: tf.train.Feature(float_list=tf.train.FloatList(value=[v])) for name, v in (("a", 5), ("b", 2))}
    message = tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
    assert revived.signatures["eval"](inputs=tf.constant([message]))["y"].numpy() == [3]
    assert revived({"a": tf.constant([5.0]), "b": tf.constant([2.0])})["y"].numpy() == [3]


def test_every_check_knows_that_it_has_no_signature() -> None:
    endpoint = {"inputs": [], "outputs": ["complex64[?]", "qint8[2]"]}
    score = {"inputs": ["float32[batch, 3]"], "outputs": {"y": "float32[batch]"}}
    written = document({"score": score, CALL: endpoint}, dims={"batch": {}})
    targets = Settings(targets=frozenset(("tf-serving", "triton", "litert", "onnx", "openvino")))
    assert list(run_checks(written, targets)) == []
    swapped = document({"score": score, CALL: endpoint}, dims={"batch": {}}, default=CALL)
    assert {finding.rule for finding in run_checks(swapped, targets)} >= {
        "no-inputs",
        "onnx-dtype",
        "unnamed-output",
    }
    same = document({"score": {**score, "function": CALL}, CALL: score}, dims={"batch": {}})
    assert list(run_checks(same, Settings())) == []


def taken_over(old: Path, tmp_path: Path) -> tuple[dict[str, Any], list[str], Any]:
    """The spec that init writes for an archive, its guesses, and the archive that is built from it."""
    inferred = specc.infer_archive_spec(old, model=f"{old.name}/")
    model = load_model(f"{old.name}/", tmp_path, seed=0)
    specc.compile(specc.loads(specc.dump(inferred.document))).export(model, tmp_path / "new")
    assert specc.inspect(tmp_path / "new") == inferred.document
    return (
        inferred.document.to_json(),
        [str(guess) for guess in inferred.guesses],
        tf.saved_model.load(str(tmp_path / "new")),
    )


def test_init_keeps_the_inference_trace_and_names_what_is_lost(tmp_path: Path) -> None:
    tf.saved_model.save(called_both_ways(), str(tmp_path / "old"), signatures={})
    assert inspect_archive(tmp_path / "old").document.default is None
    data, guesses, revived = taken_over(tmp_path / "old", tmp_path)
    assert data["endpoints"] == {CALL: WHOLE}
    assert data["default"] is None
    assert guesses == [
        "model: the archive itself; name the code that makes the model if there is any",
        "default: null, since the archive has no signature; set it to '__call__' if a server needs one",
        "__call__: one of its 2 traces is described: the one with training=False, not the one with training=True",
        "regularization_losses: a list of 1 function, which cannot be declared in a spec",
    ]
    np.testing.assert_allclose(hub_layer_call(revived, tf.constant(ROWS)), INFERRED)
    assert [variable.shape for variable in revived.trainable_variables] == [[3, 1]]


def test_a_plain_module_keeps_its_signature_too(tmp_path: Path) -> None:
    class Plain(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], name="rows")])
        def __call__(self, rows: Any) -> Any:
            return rows * 2

    tf.saved_model.save(Plain(), str(tmp_path / "old"))
    data, _, revived = taken_over(tmp_path / "old", tmp_path)
    assert sorted(data["endpoints"]) == [CALL, "serve"]
    assert data["default"] == "serve"
    np.testing.assert_array_equal(revived(tf.constant(ROWS)), ROWS * 2)
    np.testing.assert_array_equal(revived.signatures["serving_default"](rows=tf.constant(ROWS))["output_0"], ROWS * 2)


def test_what_keras_called_so_keeps_its_keys(tmp_path: Path) -> None:
    archive = keras.export.ExportArchive()
    archive.add_endpoint(CALL, lambda rows: rows * 2, [tf.TensorSpec([None, 3])])
    archive.write_out(str(tmp_path / "old"), verbose=False)
    data, _, revived = taken_over(tmp_path / "old", tmp_path)
    assert list(data["endpoints"]) == [CALL]
    assert sorted(revived.signatures) == [CALL, "serving_default"]
    np.testing.assert_array_equal(revived(tf.constant(ROWS)), ROWS * 2)


def test_the_signature_of_a_second_endpoint_that_keras_called_so_is_named_as_lost(tmp_path: Path) -> None:
    archive = keras.export.ExportArchive()
    for width, name in enumerate(("serve", CALL)):
        archive.add_endpoint(name, lambda rows: rows * 2, [tf.TensorSpec([None, width])])
    archive.write_out(str(tmp_path / "old"), verbose=False)
    inspection = inspect_archive(tmp_path / "old")
    assert sorted(inspection.document.endpoints) == [CALL, "serve"]
    lost = "__call__: its signature is left out: the call of the revived object has one only as the default"
    assert lost in inspection.notes


def test_traces_of_other_shapes_are_named(tmp_path: Path) -> None:
    class Free(tf.Module):
        @tf.function
        def __call__(self, x: Any) -> Any:
            return x + 1

    module = Free()
    module(tf.ones([2, 3]))
    module(tf.ones([4]))
    tf.saved_model.save(module, str(tmp_path / "old"))
    data, guesses, revived = taken_over(tmp_path / "old", tmp_path)
    assert data["endpoints"][CALL]["inputs"] == ["float32[2, 3]"]
    assert "__call__: described as the first of its 2 different traces, since it has no signature" in guesses
    assert revived(tf.ones([2, 3])).numpy().tolist() == [[2.0] * 3] * 2


def test_a_signature_of_one_of_two_traces_keeps_its_numbers(tmp_path: Path) -> None:
    """The traces differ in a value that they fix, and it is unknown which of them is the signature."""

    class Modes(tf.Module):
        @tf.function
        def serve(self, x: Any, mode: str = "plus") -> Any:
            return {"y": x + 1.0 if mode == "plus" else x - 1.0}

    module, rows = Modes(), tf.TensorSpec([None])
    module.serve.get_concrete_function(rows, mode="plus")
    minus = module.serve.get_concrete_function(rows, mode="minus")
    tf.saved_model.save(module, str(tmp_path / "old"), signatures={"serve": minus})
    data, _, revived = taken_over(tmp_path / "old", tmp_path)
    assert data["endpoints"]["serve"]["function"] == "specc:call_signature"
    assert revived.signatures["serve"](x=tf.constant([5.0]))["y"].numpy() == [4.0]


def test_a_first_spec_of_a_module_in_code(tmp_path: Path) -> None:
    module = called_both_ways()
    inferred = specc.infer_spec(module)
    assert inferred.document.to_json()["endpoints"] == {CALL: WHOLE}
    assert [str(guess) for guess in inferred.guesses if guess.path[:1] != ("dims",)] == [
        "endpoints.__call__.inputs: the first of 2 traces (for inference; the trace with training=True is left "
        "out); add an input_signature to choose another",
        "endpoints.__call__.outputs: 'output_0' has no name of its own; add a \"name\"",
        "regularization_losses: a list of 1 function, which cannot be declared in a spec",
    ]
    specc.compile(inferred.document).export(module, tmp_path / "a")
    revived = tf.saved_model.load(str(tmp_path / "a"))
    np.testing.assert_allclose(revived(tf.constant(ROWS)), INFERRED)
    assert sorted(revived.signatures) == [CALL, "serving_default"]


def test_the_drop_in_offers_it(tmp_path: Path) -> None:
    archive = specc.ExportArchive()
    archive.add_endpoint(CALL, lambda rows: rows * 2, [tf.TensorSpec([None, 3])])
    archive.write_out(tmp_path / "a", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "a"))
    assert sorted(revived.signatures) == [CALL, "serving_default"]
    np.testing.assert_array_equal(revived(tf.constant(ROWS)), ROWS * 2)


@pytest.mark.parametrize("name", ["_call", "__init__", "__call"])
def test_no_other_name_with_an_underscore_is_legal(name: str) -> None:
    with pytest.raises(specc.SpecError, match="starts with an underscore"):
        specc.compile(document({name: WHOLE}))
    with pytest.raises(specc.SpecError, match="starts with an underscore"):
        specc.compile(document({"score": WHOLE}, variable_collections={CALL: "variables"}))
