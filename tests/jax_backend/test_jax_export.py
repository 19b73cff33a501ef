"""Specs on JAX: what a core is made of, which variables it holds, and what goes around it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from jax_exports import ROWS, SERVE, arrays, assert_numbers, document, exported, mlp
from three_ways import Archive

import specc

pytestmark = pytest.mark.tensorflow


def test_each_surface_gives_the_models_numbers(tmp_path: Path) -> None:
    model = mlp()
    archive = exported(model, tmp_path, {"serve": {**SERVE, "kwargs": {"training": False}}})
    assert_numbers(archive, "serve", [ROWS], model(ROWS, training=False))


def test_two_inputs_share_a_named_dimension(tmp_path: Path) -> None:
    left, right = keras.Input([None, 3]), keras.Input([None, 2])
    both = keras.layers.Concatenate()([left, right])
    model = keras.Model({"left": left, "right": right}, keras.layers.Dense(2)(both))
    inputs = {"left": "float32[batch, time, 3]", "right": "float32[batch, time, 2]"}
    archive = exported(model, tmp_path, {"serve": {"inputs": [inputs], "outputs": "float32[batch, time, 2]"}})
    given = {"left": np.ones([2, 5, 3], np.float32), "right": np.full([2, 5, 2], 0.5, np.float32)}
    assert_numbers(archive, "serve", [given], model(given))
    # Keras's own archive cannot trace it.
    theirs = keras.export.ExportArchive()
    specs = {
        name: keras.InputSpec(shape=(None, None, size), dtype="float32") for name, size in (("left", 3), ("right", 2))
    }
    with pytest.raises((TypeError, ValueError)):
        keras_archive(theirs, model, [specs], tmp_path / "theirs")


def keras_archive(archive: Any, model: Any, signature: Any, path: Path) -> None:
    archive.track_and_add_endpoint("serve", model, signature)
    archive.write_out(str(path), verbose=False)


def test_a_question_mark_is_a_size_of_its_own(tmp_path: Path) -> None:
    endpoints = {"f": {"function": None, "arguments": ["x", "y"], "inputs": ["float32[?]"] * 2, "outputs": "float32[]"}}
    archive = exported(None, tmp_path, endpoints, {"f": lambda x, y: x.sum() * y.sum()})
    assert_numbers(archive, "f", [np.ones(3, np.float32), np.ones(5, np.float32)], np.float32(15))
    with pytest.raises(specc.SpecError) as caught:
        exported(None, tmp_path / "sum", {"f": {**endpoints["f"], "outputs": "float32[?]"}}, {"f": lambda x, y: x + y})
    assert 'each "?" is a separate size; give equal sizes one name' in str(caught.value)


def test_words_of_jax_are_names_of_dimensions_too(tmp_path: Path) -> None:
    endpoints = {"f": {"function": None, "inputs": ["float32[max, any_0, ?]"], "outputs": "float32[max, any_0, ?]"}}
    archive = exported(None, tmp_path, endpoints, {"f": lambda x: x * 2}, dims={"max": {}, "any_0": {}})
    x = np.ones([2, 3, 4], np.float32)
    assert_numbers(archive, "f", [x], x * 2)


def test_state_moves_as_the_models_does(tmp_path: Path) -> None:
    model = mlp()
    archive = exported(model, tmp_path, {"train": {**SERVE, "kwargs": {"training": True}}})
    assert_numbers(archive, "train", [ROWS], model(ROWS, training=True), stateful=True)
    revived = archive.reloaded().revived
    revived.train(ROWS)
    for theirs, ours in zip(revived.variables, model.variables, strict=True):
        np.testing.assert_allclose(theirs, ours.value, rtol=1e-5, atol=1e-6, err_msg=ours.path)


def test_the_three_lists_are_the_models(tmp_path: Path) -> None:
    model = mlp()
    revived = exported(model, tmp_path, {"serve": SERVE}).revived
    ours = {
        "variables": model.variables,
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": [variable for variable in model.variables if not variable.trainable],  # seeds too
    }
    for name, variables in ours.items():
        theirs = getattr(revived, name)
        assert [variable.name for variable in theirs] == [f"{variable.name}:0" for variable in variables], name
        for one, other in zip(theirs, variables, strict=True):
            np.testing.assert_array_equal(one, other.value)
    assert all(any(variable is each for each in revived.variables) for variable in revived.trainable_variables)


class Trained(keras.Model):
    """A model with a training step of its own, in JAX."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.dense(x)

    def learn(self, x: Any, y: Any) -> Any:
        import jax

        variables = self.trainable_variables

        def loss_of(values: Any) -> Any:
            predicted, _ = self.stateless_call(values, [], x)
            return keras.ops.mean((predicted - y) ** 2)

        loss, gradients = jax.value_and_grad(loss_of)([variable.value for variable in variables])
        self.optimizer.apply(gradients, variables)
        return {"loss": loss, "step": self.optimizer.iterations}


def trained() -> Any:
    model = Trained()
    model(ROWS)
    model.compile(optimizer="adam")
    model.optimizer.build(model.trainable_variables)
    return model


LEARN = {
    "function": "learn",
    "arguments": ["x", "y"],
    "inputs": ["float32[batch, 3]", "float32[batch, 1]"],
    "outputs": {"loss": "float32[]", "step": "int32[]"},
}


def test_collections_hold_the_variables_that_the_core_uses(tmp_path: Path) -> None:
    model = trained()
    endpoints = {"learn": LEARN, "serve": {**SERVE, "outputs": "float32[batch, 1]"}}
    collections = {"optimizer_variables": "optimizer.variables", "kernels": {"from": "variables", "match": "**/kernel"}}
    revived = exported(model, tmp_path, endpoints, variable_collections=collections).revived
    optimizer = {variable.name: variable for variable in revived.optimizer_variables}
    kernel, target = revived.kernels[0].numpy(), np.ones([4, 1], np.float32)
    assert revived.kernels[0] is revived.variables[0]
    losses = []
    for step in (1, 2, 3):
        answer = revived.learn(ROWS, target)
        assert int(optimizer["iteration:0"]) == int(answer["step"]) == step
        losses.append(float(answer["loss"]))
    assert losses == sorted(losses, reverse=True)
    assert np.abs(revived.kernels[0].numpy() - kernel).max() > 0
    for _ in range(3):
        model.learn(ROWS, target)
    assert len(revived.optimizer_variables) == len(model.optimizer.variables)
    for theirs, ours in zip(revived.optimizer_variables, model.optimizer.variables, strict=True):
        np.testing.assert_allclose(theirs, ours.value, rtol=1e-4, atol=1e-6, err_msg=ours.path)
    np.testing.assert_allclose(revived.serve(ROWS), model(ROWS), rtol=1e-4)


def test_each_weight_is_stored_once(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input([256]), keras.layers.Dense(512)])
    endpoint = {"inputs": ["float32[batch, 256]"], "outputs": "float32[batch, 512]"}
    program = specc.compile(document({"a": endpoint, "b": endpoint}, variable_collections={"all": "variables"}))
    report = program.export(model, tmp_path / "archive")
    assert report.cores == 1
    weights = 4 * (256 * 512 + 512)
    assert weights <= report.variable_bytes < weights + 2_000
    assert report.bytes - report.variable_bytes < 100_000  # the weights are no constants of the code


def test_a_static_function_holds_its_weights_as_constants(tmp_path: Path) -> None:
    model = mlp()
    archive = exported(model, tmp_path, {"serve": {**SERVE, "jax": {"is_static": True}}})
    assert_numbers(archive, "serve", [ROWS], model(ROWS))
    revived = archive.revived
    before = revived.serve(ROWS).numpy()
    revived.variables[0].assign(tf.zeros_like(revived.variables[0]))
    np.testing.assert_array_equal(revived.serve(ROWS), before)


@pytest.mark.parametrize(("said", "platforms"), [(None, ["CPU", "CUDA", "TPU"]), (["cpu"], ["CPU"]), ([], ["CPU"])])
def test_the_platforms_are_in_the_archive(tmp_path: Path, said: list[str] | None, platforms: list[str]) -> None:
    jax_options = {} if said is None else {"jax": {"platforms": said}}
    archive = exported(mlp(), tmp_path, {"serve": {**SERVE, **jax_options}})
    assert {tuple(node.attr["platforms"].list.s) for node in calls(archive)} == {
        tuple(name.encode() for name in platforms)
    }


def calls(archive: Archive) -> list[Any]:
    """The nodes that call StableHLO."""
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString((Path(archive.path) / "saved_model.pb").read_bytes())
    graph = saved.meta_graphs[0].graph_def
    every = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    return [node for node in every if node.op == "XlaCallModule"]


def test_arguments_of_jax2tf_stand_in_place_of_what_is_declared(tmp_path: Path) -> None:
    said = {"jax2tf_kwargs": {"polymorphic_shapes": ["(b, 3)", "(b, 3)"], "with_gradient": False}}
    endpoint = {
        "function": None,
        "arguments": ["x", "y"],
        "inputs": ["float32[?, 3]", "float32[?, 3]"],
        "outputs": "float32[?, 3]",
        "jax": said,
    }
    archive = exported(None, tmp_path, {"f": endpoint}, {"f": lambda x, y: x + y})
    assert_numbers(archive, "f", [ROWS, ROWS], ROWS + ROWS)


def test_gradients_go_through_the_revived_endpoint_unless_said(tmp_path: Path) -> None:
    model = mlp()
    revived = exported(model, tmp_path, {"serve": SERVE}).revived
    x = tf.constant(ROWS)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(revived.serve(x) ** 2)
    found = tape.gradient(loss, [x, *revived.trainable_variables])
    import jax

    trainable = [variable.value for variable in model.trainable_variables]
    others = [variable.value for variable in model.non_trainable_variables]
    expected = jax.grad(lambda x, values: (model.stateless_call(values, others, x)[0] ** 2).sum(), (0, 1))(
        ROWS, trainable
    )
    for theirs, ours in zip(found, [expected[0], *expected[1]], strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-4, atol=1e-5)
    small = exported(model, tmp_path / "small", {"serve": {**SERVE, "gradients": False}})
    assert len(calls(small)) < 2 <= len(calls(Archive(small.program, tmp_path / "archive")))


def test_each_function_is_traced_once(tmp_path: Path) -> None:
    model, runs = mlp(), []

    def counted(x: Any) -> Any:
        runs.append(x.shape)
        return model(x)

    endpoint = {**SERVE, "function": None, "gradients": False}
    exported(model, tmp_path, {"a": endpoint, "b": endpoint}, {"a": counted, "b": counted})
    assert len(runs) == 1


def test_strings_go_through_steps_in_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jax_steps.py").write_text(STEPS)
    monkeypatch.syspath_prepend(str(tmp_path))
    model = keras.Sequential([keras.Input([2]), keras.layers.Dense(3, activation="softmax")])
    endpoints = {
        "serve": {
            "preprocess": "jax_steps:lengths",
            "postprocess": "jax_steps:label",
            "inputs": ["string[batch]"],
            "outputs": {"label": "string[batch]", "score": "float32[batch]"},
            "receivers": {"examples": {"kind": "tf_example"}},
        }
    }
    archive = exported(model, tmp_path, endpoints)
    words = np.array(["a", "two words", "no"])
    lengths = np.array([[1, 1], [9, 2], [2, 1]], np.float32)
    scores = np.asarray(model(lengths))
    labels = np.array(["low", "middle", "high"])[scores.argmax(-1)]
    assert_numbers(archive, "serve", [words], {"label": labels.astype(bytes), "score": scores.max(-1)})
    examples = [
        tf.train.Example(
            features=tf.train.Features(
                feature={"inputs": tf.train.Feature(bytes_list=tf.train.BytesList(value=[word.encode()]))}
            )
        ).SerializeToString()
        for word in words
    ]
    received = archive.revived.signatures["examples:serve"](inputs=tf.constant(examples))
    np.testing.assert_allclose(received["score"], scores.max(-1), rtol=1e-5)
    sys.modules.pop("jax_steps")


STEPS = """
import tensorflow as tf

def lengths(text):
    words = tf.strings.split(text).row_lengths()
    return tf.cast(tf.stack([tf.cast(tf.strings.length(text), tf.int64), words], -1), tf.float32)

def label(scores):
    best = tf.gather(tf.constant(["low", "middle", "high"]), tf.argmax(scores, -1))
    return {"label": best, "score": tf.reduce_max(scores, -1)}
"""


class Upper(tf.Module):
    """TensorFlow's own, beside Keras on JAX."""

    def upper(self, text: Any) -> Any:
        return tf.strings.upper(text)


def test_what_is_written_in_tensorflow_stays_so(tmp_path: Path) -> None:
    endpoint = {"function": "upper", "inputs": ["string[batch]"], "outputs": "string[batch]"}
    archive = exported(Upper(), tmp_path, {"upper": endpoint})
    assert_numbers(archive, "upper", [np.array(["a", "b"])], np.array([b"A", b"B"]))


def test_trained_on_between_exports(tmp_path: Path) -> None:
    model = mlp()
    program = specc.compile(document({"serve": {**SERVE, "kwargs": {"training": False}}}))
    program.export(model, tmp_path / "one")
    model.layers[0].kernel.assign(np.zeros([3, 4]))
    archive = Archive(program, program.export(model, tmp_path / "two").path)
    assert_numbers(archive, "serve", [ROWS], model(ROWS, training=False))


def test_no_path_of_this_machine_is_in_an_archive(tmp_path: Path) -> None:
    archive = exported(mlp(), tmp_path, {"serve": {**SERVE, "kwargs": {"training": True}}})
    content = b"".join(file.read_bytes() for file in Path(archive.path).rglob("*") if file.is_file())
    assert [
        part for part in (str(Path(__file__).parent), sys.prefix, "site-packages", ".py") if part.encode() in content
    ] == []


def test_an_empty_batch_is_refused_at_run_time(tmp_path: Path) -> None:
    """A difference to TensorFlow: a symbol of JAX is at least 1."""
    revived = exported(mlp(), tmp_path, {"serve": SERVE}).revived
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected value >= 1 for dimension variable 'batch'"):
        revived.serve(arrays(ROWS[:0]))
