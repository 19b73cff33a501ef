"""First specs of models where Keras runs on JAX: dimensions, the run under jax.jit, and the state that is put back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from jax_exports import mlp

import specc

pytestmark = pytest.mark.tensorflow

layers = keras.layers


def square_mask() -> keras.Model:
    x, mask = keras.Input((None, 4), name="x"), keras.Input((None, None), dtype="bool", name="mask")
    return keras.Model([x, mask], layers.MultiHeadAttention(2, 2)(x, x, attention_mask=mask))


def two_lengths() -> keras.Model:
    x, y = keras.Input((None, 4), name="x"), keras.Input((None, 4), name="y")
    return keras.Model([x, y], layers.Attention()([x, y]))


MODELS = [
    (square_mask, [["batch", "time", 4], ["batch", "time", "time"]], "float32[batch, time, 4]"),
    (two_lengths, [["batch", "x_time", 4], ["batch", "y_time", 4]], "float32[batch, x_time, 4]"),
]


@pytest.mark.parametrize(("make", "inputs", "outputs"), MODELS, ids=lambda value: getattr(value, "__name__", ""))
def test_only_axes_that_a_trace_compares_have_one_name(
    make: Callable[[], Any], inputs: list[Any], outputs: str, tmp_path: Path
) -> None:
    model = make()
    document = specc.infer_spec(model).document
    endpoint = document.to_json()["endpoints"]["serve"]
    assert [leaf["shape"] for leaf in endpoint["inputs"][0]] == inputs
    assert endpoint["outputs"] == outputs
    specc.compile(document).export(model, tmp_path / "archive")


class Mean(layers.Layer):
    """Divides by the length, except where the trace does not know it."""

    def call(self, x: Any) -> Any:
        return keras.ops.sum(x, axis=1) / (x.shape[1] if isinstance(x.shape[1], int) else 1)


def test_numbers_that_differ_from_those_under_jit_are_said() -> None:
    x = keras.Input((None, 4), name="x")
    guesses = [str(guess) for guess in specc.infer_spec(keras.Model(x, Mean()(x))).guesses]
    assert [each for each in guesses if "an output differs in 12 of 12 elements" in each]


def test_the_state_of_a_model_is_put_back() -> None:
    model = mlp()
    before = [np.array(each) for each in model.variables]
    inferred = specc.infer_spec(model)
    assert [str(guess.path) for guess in inferred.guesses] == ["('endpoints', 'serve', 'outputs')"]
    for now, then in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(np.array(now), then)
