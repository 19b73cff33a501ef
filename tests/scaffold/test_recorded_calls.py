"""What Keras records of a model's first call, and what an example or a recorded call adds."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from inferred_models import FIRST_CALL, NO_TRAINING, UNLIKE, Ranker, called, layers, symbolically_called

import specc
from specc.scaffold.from_model.call_recorder import record_first_calls
from specc.scaffold.from_model.recorded_inputs import recorded_inputs

pytestmark = pytest.mark.tensorflow


def test_keras_still_keeps_no_public_record_of_the_arguments_of_a_call() -> None:
    """If it does, ``recorded_inputs`` need not read ``_inbound_nodes``."""
    model = symbolically_called()
    assert list(recorded_inputs(model).arguments) == ["user", "terms"]
    assert [tensor.dtype for tensor in model.input] == ["float32", "string"]  # flat, and without names
    assert not [name for name in dir(model) if "node" in name.lower() and not name.startswith("_")]


GUESSES_AFTER_ONE_CALL = [
    *(
        f"dims.{name}_batch: axis 0 of {name!r}; check its name; add bounds if there are any"
        for name in ("user", "words")
    ),
    UNLIKE.format("user_batch and words_batch"),
    f"endpoints.serve.inputs: {FIRST_CALL}",
]
RANKED = {
    **NO_TRAINING,
    "arguments": ["user", "terms"],
    "inputs": ["float32[user_batch, 3]", {"words": "string[words_batch, 1]"}],
    "outputs": {"terms": "int64[words_batch, 1]", "user": "float32[user_batch, 2]"},
}


def test_an_example_gives_the_arguments_that_keras_does_not_record(built: Callable[..., Any]) -> None:
    model, user = Ranker(), np.ones([4, 3])
    inferred = specc.infer_spec(model, example=[user, {"words": tf.constant([["a"]])}])
    assert inferred.document.to_json()["endpoints"] == {"serve": RANKED}
    assert [str(guess) for guess in inferred.guesses] == GUESSES_AFTER_ONE_CALL
    built(inferred, model)


class Optioned(keras.layers.Layer):
    """A layer that takes more than tensors."""

    def call(self, x: Any, options: Any = None) -> Any:
        return x


def test_the_call_that_builds_a_model_is_recorded() -> None:
    original = keras.Layer.__call__
    with record_first_calls() as call_of:
        model = called(Ranker(), np.ones([4, 3]), terms={"words": tf.constant([["a"]])}, training=True)
        called(Optioned(), tf.ones([1]), options={1: object(), "a": None})  # recording does not make a call fail
    assert keras.Layer.__call__ is original
    inferred = specc.infer_spec(model, example=call_of(model))
    assert inferred.document.to_json()["endpoints"] == {"serve": RANKED}
    assert call_of(Ranker()) is None


def test_a_sequential_model_that_a_call_built_takes_any_batch(built: Callable[..., Any]) -> None:
    model = called(keras.Sequential([layers.Dense(3)]), tf.ones([4, 5]))
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json()["endpoints"]["serve"]["inputs"] == ["float32[batch, 5]"]
    assert str(inferred.guesses[0]) == "endpoints.serve.inputs: any batch size is assumed, not only 4"
    assert built(inferred, model).serve(tf.ones([2, 5])).shape == [2, 3]
