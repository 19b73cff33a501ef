"""Bounds of the dimensions of a first spec: the sizes that were tried."""

from typing import Any

import keras
import pytest
import tensorflow as tf
from inferred_models import layers

import specc

pytestmark = pytest.mark.tensorflow


def dims_of(model: Any) -> dict[str, Any]:
    dims: dict[str, Any] = specc.infer_spec(model).document.to_json()["dims"]
    return dims


def functional(shape: tuple[int | None, ...], *body: Any) -> keras.Model:
    x = hidden = keras.Input(shape, name="x")
    for layer in body:
        hidden = layer(hidden)
    return keras.Model(x, hidden)


def test_a_size_below_that_of_the_filters_is_excluded() -> None:
    model = functional((None, 1), layers.Conv1D(2, 16, strides=8), layers.Conv1D(2, 8), layers.GlobalMaxPooling1D())
    assert dims_of(model) == {"batch": {}, "time": {"min": 72}}


def test_a_size_that_only_a_run_refuses_is_excluded() -> None:
    table = tf.Variable(tf.random.stateless_normal([20, 4], (1, 2)))
    limited = tf.function(
        lambda x: x + table[tf.newaxis, : tf.shape(x)[1]], input_signature=[tf.TensorSpec([None, None, 4])]
    )
    assert dims_of(limited) == {"batch": {}, "time": {"max": 20}}


def test_a_length_without_a_limit_has_no_bounds() -> None:
    assert dims_of(functional((None, 4), layers.LSTM(3))) == {"batch": {}, "time": {}}


def test_sizes_that_have_to_be_multiples_are_a_guess() -> None:
    x = keras.Input((None, 2), name="x")
    halved = layers.UpSampling1D(2)(layers.MaxPooling1D(2)(x))
    inferred = specc.infer_spec(keras.Model(x, layers.Add(name="sum")([x, halved])))
    assert inferred.document.to_json()["dims"] == {"batch": {}, "time": {}}
    assert [str(guess) for guess in inferred.guesses] == [
        "dims.time: axis 1 of 'x'; check its name; it fails with some sizes, and works with multiples of 2, which a spec "
        "cannot say"
    ]


class Lookup(keras.Model):
    """Fails where a value is the number of a row that is not there, whatever the sizes are."""

    def call(self, rows: Any, ids: Any) -> Any:
        return tf.gather(rows, ids)


def test_values_that_fail_are_not_bounds() -> None:
    model = Lookup()
    model(keras.Input((4,), name="rows"), keras.Input((), dtype="int32", name="ids"))
    assert set(map(str, dims_of(model).values())) == {"{}"}


def test_a_function_of_thousands_of_outputs_is_refused() -> None:
    many = tf.function(lambda x: [x] * 2_001, input_signature=[tf.TensorSpec([None])])
    with pytest.raises(specc.SpecError, match="returns 2,001 tensors"):
        specc.infer_spec(many)
