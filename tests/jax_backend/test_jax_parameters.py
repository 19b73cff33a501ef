"""Arguments by the names of parameters, and traces that are never stale, where Keras runs on JAX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from jax_exports import ROWS, SERVE, assert_numbers, document, exported, mlp

import specc

pytestmark = pytest.mark.tensorflow


class Encoder(keras.layers.Layer):
    """Each parameter has a part of its own in the answer."""

    def call(self, x: Any, mask: Any = None, positions: Any = None) -> Any:
        x = x if mask is None else x * keras.ops.cast(mask, x.dtype)
        return x if positions is None else x + 100.0 * positions


VALUES = {"x": ROWS, "mask": ROWS > 0, "positions": ROWS * 2}
TREES = {"x": "float32[batch, 3]", "mask": "bool[batch, 3]", "positions": "float32[batch, 3]"}


@pytest.mark.parametrize("names", [["x", "positions"], ["mask", "x"], ["positions", "mask", "x"]], ids=",".join)
def test_a_value_reaches_the_parameter_of_its_name(names: list[str], tmp_path: Path) -> None:
    layer = Encoder()
    endpoint = {"arguments": names, "inputs": [TREES[name] for name in names], "outputs": "float32[batch, 3]"}
    given = {name: VALUES[name] for name in names}
    assert_numbers(exported(layer, tmp_path, {"serve": endpoint}), "serve", list(given.values()), layer(**given))


def test_leaves_with_the_names_of_other_layers_are_errors(tmp_path: Path) -> None:
    left, right = keras.Input([2], name="left"), keras.Input([2], name="right")
    leaves = [{"kind": "tensor", "dtype": "float32", "shape": ["batch", 2], "name": name} for name in ("right", "left")]
    program = specc.compile(document({"serve": {"inputs": [leaves], "outputs": "float32[batch, 2]"}}))
    with pytest.raises(specc.SpecError) as caught:
        program.export(keras.Model([left, right], left - right), tmp_path / "archive")
    assert {finding.rule for finding in caught.value.diagnostics} == {"name-of-another-layer"}


def test_each_endpoint_is_the_model_as_it_was_when_it_was_added(tmp_path: Path) -> None:
    model, archive = mlp(), specc.ExportArchive()
    archive.track(model)
    signature = [keras.InputSpec(shape=(None, 3), dtype="float32")]
    archive.add_endpoint("logits", model.call, signature)
    logits = np.asarray(model(ROWS))
    model.layers[-1].activation = keras.activations.softmax
    archive.add_endpoint("probabilities", model.call, signature)
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    np.testing.assert_allclose(revived.logits(ROWS), logits, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(revived.probabilities(ROWS), np.asarray(model(ROWS)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("track", [True, False])
def test_a_lookup_layer_of_the_drop_in_is_told_before_it_is_traced(track: bool) -> None:
    words = keras.Input([1], dtype="string")
    model = keras.Model(words, keras.layers.StringLookup(vocabulary=["a"], name="words")(words))
    archive = specc.ExportArchive()
    if track:
        archive.track(model)
    with pytest.raises(ValueError, match="not-in-jax"):
        archive.add_endpoint("serve", model.call, [tf.TensorSpec([None, 1], tf.string)])


def test_what_preprocessing_returns_must_fit(tmp_path: Path) -> None:
    endpoint = {**SERVE, "preprocess": f"{__name__}:pair"}
    with pytest.raises(specc.SpecError) as caught:
        specc.compile(document({"serve": endpoint})).export(mlp(), tmp_path / "archive")
    (found,) = caught.value.diagnostics
    assert (found.rule, found.path) == ("wrong-arity", ("endpoints", "serve", "preprocess"))


def pair(rows: Any) -> Any:
    return rows, rows
