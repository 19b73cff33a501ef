"""On JAX a function sees sorted keys, as in ``fit``, ``predict`` and Keras's own export; kwargs keep their order."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from jax_exports import assert_numbers, exported

import specc

COLUMN = "float32[batch, 1]"
FEATURES = {"user": np.full((1, 1), 2, np.float32), "item": np.full((1, 1), 1, np.float32)}
ENDPOINT = {"inputs": [{"user": COLUMN, "item": COLUMN}], "outputs": COLUMN}
HERE = __name__


class Walking(keras.Model):
    def call(self, features: Any) -> Any:
        first, second = features.values()
        return first * 100.0 + second

    def joined(self, x: Any, **weights: Any) -> Any:
        first, second = weights.values()
        return x * first + second

    def item_last(self, x: Any) -> Any:
        return {"user": x, "item": x * 2.0}


def in_letters(features: Any) -> Any:
    """Under keys whose sorted order is the one that was written."""
    return dict(zip("ab", features.values(), strict=True))


def walk(values: Any) -> Any:
    first, second = values.values()
    return first * 10.0 + second


def test_the_archive_gives_what_predict_gives(tmp_path: Path) -> None:
    model = Walking()
    assert model.predict(FEATURES, verbose=0).item() == 102.0
    assert_numbers(exported(model, tmp_path, {"score": ENDPOINT}), "score", [FEATURES], np.float32([[102]]))


def test_so_does_the_drop_in_as_keras_does(tmp_path: Path) -> None:
    model = Walking()
    model(FEATURES)
    for kind in (keras.export.ExportArchive, specc.ExportArchive):
        archive, path = kind(), str(tmp_path / kind.__module__.partition(".")[0])
        archive.track(model)
        spec = keras.InputSpec(shape=(None, 1), dtype="float32")
        archive.add_endpoint("score", model.call, [{"user": spec, "item": spec}])
        archive.write_out(path, verbose=False)
        assert tf.saved_model.load(path).score(FEATURES).numpy().item() == 102.0


def test_preprocess_runs_in_tensorflow_and_sees_the_written_order(tmp_path: Path) -> None:
    archive = exported(Walking(), tmp_path, {"score": {**ENDPOINT, "preprocess": f"{HERE}:in_letters"}})
    assert_numbers(archive, "score", [FEATURES], np.float32([[201]]))


def test_postprocess_gets_the_result_of_the_function_in_its_own_order(tmp_path: Path) -> None:
    endpoint = {"function": "item_last", "postprocess": f"{HERE}:walk", "inputs": [COLUMN], "outputs": COLUMN}
    archive = exported(Walking(), tmp_path, {"score": endpoint})
    assert_numbers(archive, "score", [FEATURES["item"]], np.float32([[12]]))


def test_kwargs_keep_their_order(tmp_path: Path) -> None:
    endpoint = {"function": "joined", "arguments": ["x"], "inputs": [COLUMN], "outputs": COLUMN}
    endpoints = {"one": {**endpoint, "kwargs": {"a": 10, "b": 2}}, "other": {**endpoint, "kwargs": {"b": 2, "a": 10}}}
    archive = exported(Walking(), tmp_path, endpoints)
    three = np.full((1, 1), 3, np.float32)
    assert_numbers(archive, "one", [three], np.float32([[32]]))
    assert_numbers(archive, "other", [three], np.float32([[16]]))


@pytest.mark.parametrize("container", [OrderedDict, dict])
def test_a_functional_model_gets_its_own_containers(tmp_path: Path, container: Any) -> None:
    inputs = container((name, keras.Input((1,), name=name)) for name in FEATURES)
    model = keras.Model(inputs, inputs["user"] - 100.0 * inputs["item"])
    assert_numbers(exported(model, tmp_path, {"score": ENDPOINT}), "score", [FEATURES], np.float32([[-98]]))
