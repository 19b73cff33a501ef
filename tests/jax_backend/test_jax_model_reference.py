"""The model in memory answers verify's calls where Keras runs on JAX."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
from called_archives import WAYS, CalledArchive, tensor
from exports import document

import specc
from specc.verification.child.model import ModelReference
from specc.verification.protocol import Call, ListVariables

pytestmark = pytest.mark.tensorflow


def test_the_model_answers_as_its_archive_does(tmp_path: Path) -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    joined = keras.layers.concatenate([keras.layers.BatchNormalization()(b), a])
    model = keras.Model({"b": b, "a": a}, keras.layers.Dense(2, kernel_initializer="ones")(joined))
    inputs = [{"b": "float32[batch, 1]", "a": "float32[batch, 2]"}]
    spec = document({"infer": {"inputs": inputs, "outputs": "float32[batch, 2]"}})
    reference = ModelReference(spec, model)
    specc.compile(spec).export(model, tmp_path / "archive")
    archive = CalledArchive(tmp_path / "archive", spec)
    values = {"a": tensor("float32", [2, 2], 1, 2, 3, 4), "b": tensor("float32", [2, 1], 0, 0)}
    expected = {"output_0": tensor("float32", [2, 2], 3, 3, 7, 7)}
    assert reference.call(Call("model", "infer", "infer", values)).outputs == expected
    for way in WAYS:
        assert archive.call(way, "infer", values).outputs == expected
    stored = archive.requests.answer(ListVariables("listed")).variables  # type: ignore[union-attr]
    assert [each[1:] for each in reference.variables.variables] == [each[1:] for each in stored]


def test_statistics_that_training_moves_are_put_back() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.BatchNormalization(name="norm")])
    endpoint = {"inputs": ["float32[batch, 1]"], "outputs": "float32[batch, 1]"}
    reference = ModelReference(
        document({"plain": endpoint, "learn": {**endpoint, "kwargs": {"training": True}}}), model
    )
    values = {"inputs": tensor("float32", [2, 1], 1, 5)}
    before = reference.call(Call("model", "plain", "plain", values))
    learned = reference.call(Call("model", "learn", "learn", values))
    assert learned.outputs != before.outputs
    assert len(learned.moved) == 2
    assert reference.call(Call("model", "plain", "plain", values)).outputs == before.outputs
