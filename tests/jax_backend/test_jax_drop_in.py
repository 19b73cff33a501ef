"""``specc.ExportArchive`` and ``specc.export`` where Keras runs on JAX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from jax_exports import ROWS, mlp
from tagged_session import meta_graphs

import specc

pytestmark = pytest.mark.tensorflow

SPEC = [keras.InputSpec(shape=(None, 3), dtype="float32")]


def wire(path: Path) -> dict[str, Any]:
    """The names, dtypes and shapes of every signature."""
    (graph,) = meta_graphs(path)
    return {
        key: [sorted((name, info.dtype, str(info.tensor_shape)) for name, info in side.items()) for side in sides]
        for key, sides in ((key, (each.inputs, each.outputs)) for key, each in graph.signature_def.items())
        if not key.startswith("__")
    }


def two_inputs() -> Any:
    left, right = keras.Input([2], name="left"), keras.Input([3], name="right")
    both = keras.layers.Concatenate()([left, right])
    return keras.Model({"left": left, "right": right}, {"sum": keras.layers.Dense(1)(both), "both": both})


def fill(archive: Any, model: Any, signature: Any) -> None:
    archive.track(model)
    archive.add_endpoint("call_inference", lambda x: model(x, training=False), signature)
    archive.add_endpoint("call_training", lambda x: model(x, training=True), signature)


MODELS = {
    "mlp": (mlp, SPEC, ROWS),
    "two inputs": (
        two_inputs,
        [{"left": tf.TensorSpec([None, 2]), "right": tf.TensorSpec([None, 3])}],
        {"left": ROWS[:, :2], "right": ROWS},
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_archive_is_what_keras_writes(name: str, tmp_path: Path) -> None:
    build, signature, given = MODELS[name]
    model = build()
    revived = {}
    for class_ in (specc.ExportArchive, keras.export.ExportArchive):
        archive, path = class_(), tmp_path / class_.__module__.partition(".")[0]
        fill(archive, model, signature)
        archive.write_out(str(path), verbose=False)
        revived[class_] = wire(path), tf.saved_model.load(str(path))
    (ours, mine), (theirs, other) = revived.values()
    assert ours == theirs
    for answer, expected in zip(
        tf.nest.flatten(mine.call_inference(given)), tf.nest.flatten(other.call_inference(given)), strict=True
    ):
        np.testing.assert_allclose(answer, expected, rtol=1e-6)
    assert len(mine.variables) == len(other.variables) == len(model.variables)


def test_the_order_of_track_makes_no_difference(tmp_path: Path) -> None:
    model = mlp()
    archive = specc.ExportArchive()
    archive.add_endpoint("serve", lambda x: model(x, training=True), SPEC)
    archive.track(model)
    archive.add_variable_collection("weights", model.variables)
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert [variable.name for variable in revived.variables] == [f"{each.name}:0" for each in model.variables]
    assert all(one is other for one, other in zip(revived.weights, revived.variables, strict=True))
    moving = [each.name for each in model.variables].index("moving_mean")
    before = revived.variables[moving].numpy()
    revived.serve(ROWS)
    assert np.abs(revived.variables[moving].numpy() - before).max() > 0


def test_the_values_are_those_of_the_moment_of_writing(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    archive = specc.ExportArchive()
    archive.track_and_add_endpoint("serve", model, SPEC)
    model.layers[0].kernel.assign(np.ones([3, 2]))
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    np.testing.assert_allclose(revived.serve(ROWS), model(ROWS), rtol=1e-6)


def test_an_endpoint_in_tensorflow_calls_one_in_jax(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["one", "two"], [1.0, 2.0]), 0.0)
    archive = specc.ExportArchive()
    model_fn = archive.track_and_add_endpoint("model_fn", model, SPEC)

    @tf.function
    def serve(words: Any) -> Any:
        return {"scores": model_fn(table.lookup(words))}

    words = tf.constant([["one", "two", "three"]])
    serve(words)
    archive.add_endpoint("serve", serve)
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    expected = model(np.array([[1, 2, 0]], np.float32))
    np.testing.assert_allclose(revived.serve(words)["scores"], expected, rtol=1e-6)
    np.testing.assert_allclose(revived.signatures["serve"](words=words)["scores"], expected, rtol=1e-6)


@pytest.mark.parametrize("by", [np.full(3, 2.0, "float32"), {"a": np.full(3, 2.0, "float32")}], ids=["array", "dict"])
def test_a_default_is_the_function_s_own(by: Any, tmp_path: Path) -> None:
    def scaled(x: Any, by: Any = by) -> Any:
        return x * (by["a"] if isinstance(by, dict) else by)

    for class_ in (specc.ExportArchive, keras.export.ExportArchive):
        archive, path = class_(), tmp_path / class_.__module__.partition(".")[0]
        archive.add_endpoint("serve", scaled, SPEC)
        archive.write_out(str(path), verbose=False)
        np.testing.assert_allclose(tf.saved_model.load(str(path)).serve(ROWS), ROWS * 2)
    assert wire(tmp_path / "specc") == wire(tmp_path / "keras")


def test_the_spec_builds_the_same_archive(tmp_path: Path) -> None:
    model = two_inputs()
    archive = specc.ExportArchive()
    archive.track_and_add_endpoint("serve", model, MODELS["two inputs"][1], platforms=["cpu"], is_static=True)
    archive.write_out(tmp_path / "code", verbose=False)
    document = archive.spec
    serve = document.endpoints["serve"]
    assert (serve.jax.platforms, serve.jax.is_static, list(document.dims)) == (("cpu",), True, ["batch"])
    specc.compile(specc.loads(specc.dump(document))).export(model, tmp_path / "spec")
    assert wire(tmp_path / "code") == wire(tmp_path / "spec")


def test_export_is_model_export(tmp_path: Path) -> None:
    model = mlp()
    specc.export(model, tmp_path / "archive", verbose=False, jax2tf_kwargs={"with_gradient": False})
    model.export(str(tmp_path / "theirs"), verbose=False)
    assert wire(tmp_path / "archive") == wire(tmp_path / "theirs")
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    np.testing.assert_allclose(revived.serve(ROWS), model(ROWS), rtol=1e-5, atol=1e-6)


ERRORS: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "an argument that jax2tf.convert does not have": ({"jax2tf_kwargs": {"with_gradeint": 1}}, TypeError),
    "no dict": ({"jax2tf_kwargs": 3}, TypeError),
    "no platform": ({"jax2tf_kwargs": {"native_serialization_platforms": ["abacus"]}}, ValueError),
    "a shape that does not fit": ({"jax2tf_kwargs": {"polymorphic_shapes": ["(b, 7)"]}}, ValueError),
    "no symbol": ({"jax2tf_kwargs": {"polymorphic_shapes": ["(b, 3)"], "polymorphic_constraints": ["!"]}}, ValueError),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_are_of_the_types_that_keras_raises(case: str, tmp_path: Path) -> None:
    arguments, kind = ERRORS[case]
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    for class_ in (keras.export.ExportArchive, specc.ExportArchive):
        with pytest.raises(kind):
            written(class_(), model, SPEC, tmp_path / "archive", **arguments)


def written(archive: Any, model: Any, signature: Any, path: Path, **arguments: Any) -> None:
    archive.track_and_add_endpoint("serve", model, signature, **arguments)
    archive.write_out(str(path), verbose=False)


def test_errors_of_what_keras_does_not_take() -> None:
    model = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match=r"platforms\.0: Input should be 'cpu', 'cuda' or 'tpu'"):
        specc.ExportArchive().add_endpoint("serve", model.call, SPEC, platforms=["gpu"])
    with pytest.raises(TypeError, match="add_endpoint\\(\\) has no argument 'statik'"):
        specc.ExportArchive().add_endpoint("serve", model.call, SPEC, statik=True)
    with pytest.raises(ValueError, match="JAX would narrow int64 to int32"):
        specc.ExportArchive().add_endpoint("serve", model.call, [tf.TensorSpec([None, 3], tf.int64)])
