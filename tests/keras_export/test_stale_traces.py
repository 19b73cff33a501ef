"""A model that changes between two calls of add_endpoint is traced in its current state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc

pytestmark = pytest.mark.tensorflow

SIGNATURE = [keras.InputSpec(shape=(None, 4), dtype="float32")]


def activate(model: Any) -> None:
    model.layers[-1].activation = keras.activations.softmax


def quantize(model: Any) -> None:
    model.quantize("int8")


def adapt(model: Any) -> None:
    model.layers[-1].enable_lora(2)
    model.layers[-1].lora_kernel_b.assign(tf.ones_like(model.layers[-1].lora_kernel_b))


@pytest.mark.parametrize("change", [activate, quantize, adapt])
def test_each_endpoint_is_the_model_as_it_was_when_it_was_added(change: Callable[[Any], None], tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(3)])
    x = tf.random.stateless_normal([2, 4], (1, 2))
    archive = specc.ExportArchive()
    archive.track(model)
    archive.add_endpoint("logits", model.call, SIGNATURE)
    logits = model(x).numpy()
    change(model)
    archive.add_endpoint("changed", model.call, SIGNATURE)
    changed = model(x).numpy()
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert not np.allclose(logits, changed)
    np.testing.assert_allclose(revived.changed(x), changed, rtol=1e-6)
    np.testing.assert_allclose(revived.logits(x), logits, rtol=1e-6)


def test_an_attribute_that_a_function_reads_counts(tmp_path: Path) -> None:
    class Scaling(tf.Module):
        factor = 2.0

        def scaled(self, x: Any) -> Any:
            return x * self.factor

    module, x = Scaling(), tf.constant([1.0])
    archive = specc.ExportArchive()
    archive.add_endpoint("double", module.scaled, [tf.TensorSpec([1])])
    module.factor = 3.0
    archive.add_endpoint("triple", module.scaled, [tf.TensorSpec([1])])
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert [float(revived.double(x)[0]), float(revived.triple(x)[0])] == [2.0, 3.0]


def test_each_call_of_add_endpoint_traces_once(tmp_path: Path) -> None:
    traced: list[int] = []

    def counting(x: Any) -> Any:
        traced.append(1)
        return x

    archive = specc.ExportArchive()
    archive.add_endpoint("one", counting, [tf.TensorSpec([1])])
    archive.add_endpoint("two", counting, [tf.TensorSpec([1])])
    archive.write_out(tmp_path / "archive", verbose=False)
    assert len(traced) == 2


@dataclass(frozen=True)
class Times:
    """Equal to any other object, although it may behave differently."""

    factor: float = field(compare=False)

    def __call__(self, x: Any) -> Any:
        return x * self.factor


def test_functions_that_are_equal_are_not_the_same(tmp_path: Path) -> None:
    endpoint = {"function": None, "inputs": ["float32[1]"], "outputs": "float32[1]"}
    data = {"specc": 1, "endpoints": {"double": endpoint, "triple": endpoint}, "default": None}
    functions = {"double": Times(2.0), "triple": Times(3.0)}
    report = specc.compile(specc.from_json(data)).export(None, tmp_path / "archive", functions=functions)
    revived, x = tf.saved_model.load(str(report.path)), tf.constant([1.0])
    assert report.cores == 2
    assert [float(revived.double(x)[0]), float(revived.triple(x)[0])] == [2.0, 3.0]


def test_one_function_is_traced_once_whoever_names_it(tmp_path: Path) -> None:
    module = Counted()
    endpoint = {"inputs": ["float32[1]"], "outputs": "float32[1]"}
    endpoints = {"named": {**endpoint, "function": "double"}, "given": {**endpoint, "function": None}}
    program = specc.compile(specc.from_json({"specc": 1, "endpoints": endpoints, "default": None}))
    report = program.export(module, tmp_path / "archive", functions={"given": module.double})
    assert (report.cores, module.calls) == (1, 1)


def test_the_modes_of_one_archive_share_their_traces(tmp_path: Path) -> None:
    module = Counted()
    endpoint = {"function": "double", "inputs": ["float32[1]"], "outputs": "float32[1]"}
    documents = [
        specc.from_json({"specc": 1, "mode": mode, "endpoints": {"double": endpoint}, "default": None})
        for mode in ("predict", "eval")
    ]
    specc.merge(documents, module, tmp_path / "archive")
    assert module.calls == 1


class Counted(tf.Module):
    """Counts how often it is traced."""

    calls = 0

    def double(self, x: Any) -> Any:
        self.calls += 1
        return x * 2.0


def test_within_one_export_a_method_is_one_function(tmp_path: Path) -> None:
    class Twice(tf.Module):
        calls = 0

        def double(self, x: Any) -> Any:
            type(self).calls += 1
            return x * 2.0

    endpoints = {name: {"function": "double", "inputs": ["float32[1]"], "outputs": "float32[1]"} for name in ("a", "b")}
    program = specc.compile(specc.from_json({"specc": 1, "endpoints": endpoints, "default": "a"}))
    report = program.export(Twice(), tmp_path / "one")
    assert (report.cores, Twice.calls) == (1, 1)
    program.export(Twice(), tmp_path / "two")
    assert Twice.calls == 2
