"""One tf.function, or one variable, that an archive has in several places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc

pytestmark = pytest.mark.tensorflow

X = tf.constant([[1.0, 2.0], [3.0, 4.0]])


def of_a_module() -> tuple[Any, Callable[..., Any]]:
    module = tf.Module()
    module.scale = tf.Variable(2.0)
    return module, tf.function(lambda x: x * module.scale, input_signature=[tf.TensorSpec([None, 2], name="z")])


def of_a_model() -> tuple[Any, Callable[..., Any]]:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    return model, tf.function(model)


@pytest.mark.parametrize("make", [of_a_module, of_a_model])
def test_a_function_that_was_called_is_several_endpoints(
    make: Callable[[], tuple[Any, Callable[..., Any]]], tmp_path: Path
) -> None:
    tracked, function = make()
    expected = function(X).numpy()
    archive = specc.ExportArchive()
    archive.track(tracked)
    names = ("serve", "serving_default", "again")
    for name in names:
        archive.add_endpoint(name, function)
    archive.write_out(tmp_path / "archive", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "archive"))
    for name in names:
        np.testing.assert_array_equal(getattr(loaded, name)(X).numpy(), expected)
        signature = loaded.signatures[name]
        (parameter,) = signature.structured_input_signature[1]
        np.testing.assert_array_equal(next(iter(signature(**{parameter: X}).values())).numpy(), expected)
    tf.saved_model.save(loaded, str(tmp_path / "saved again"))


def test_a_variable_that_is_cast_when_it_is_read_is_listed_once(tmp_path: Path) -> None:
    tf_keras = pytest.importorskip("tf_keras")
    layers = [tf_keras.layers.Input((2,)), tf_keras.layers.Dense(2, dtype="mixed_bfloat16")]
    model = tf_keras.Sequential(layers)
    archive = specc.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", model, [tf.TensorSpec([None, 2], tf.float32)])
    archive.write_out(tmp_path / "archive", verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "archive"))
    assert len(loaded.variables) == len(loaded.trainable_variables) == len(model.variables) == 2
    for one, other in zip(loaded.variables, model.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_a_variable_that_another_casts_is_selected_by_the_path_of_that_one() -> None:
    tf_keras = pytest.importorskip("tf_keras")
    model = tf_keras.Sequential([tf_keras.layers.Input((2,)), tf_keras.layers.Dense(2, dtype="mixed_bfloat16")])
    (layer,) = model.layers
    cast = [layer.kernel._variable, layer.bias._variable]
    archive = specc.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", model.call, [tf.TensorSpec([None, 2], tf.float32)])
    archive.add_variable_collection("kept", cast)
    (selection,) = archive.spec.variable_collections["kept"]
    assert selection.from_ == "variables"
