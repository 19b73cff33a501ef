"""A first spec is run: false shapes are corrected, differing numbers are a guess, and the state of the model is put back."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from inferred_models import UNNAMED, called, layers, named

import specc

pytestmark = pytest.mark.tensorflow


def other_guesses(inferred: specc.InferredSpec) -> list[str]:
    """The guesses that are not about dimensions, or that an output has no name."""
    return [str(guess) for guess in inferred.guesses if guess.path[0] != "dims" and str(guess) != UNNAMED]


def test_an_axis_that_is_wrong_in_a_graph_if_it_is_open_is_fixed() -> None:
    x = keras.Input((None, 4), name="x")
    inferred = specc.infer_spec(keras.Model(x, layers.TimeDistributed(layers.Dense(3))(x)))
    assert inferred.document.to_json()["endpoints"]["serve"]["outputs"] == "float32[batch, 4, 3]"
    assert inferred.document.to_json()["endpoints"]["serve"]["inputs"] == ["float32[batch, 4, 4]"]
    assert other_guesses(inferred) == [
        "endpoints.serve.inputs: axis 1 of 'x' is fixed at 4, which was tried; write the size that clients send. With an "
        "open size, as under Keras's TimeDistributed, an archive is wrong: with batch = 3, time = 4, an archive gives "
        "other answers than the model: the shape is [3, 3, 3] instead of [3, 4, 3]"
    ]


def test_a_time_distributed_layer_of_fixed_length_is_right() -> None:
    x = keras.Input((5, 4), name="x")
    inferred = specc.infer_spec(keras.Model(x, layers.TimeDistributed(layers.Dense(3))(x)))
    assert inferred.document.to_json()["endpoints"]["serve"]["outputs"] == "float32[batch, 5, 3]"
    assert other_guesses(inferred) == []


class Mean(layers.Layer):
    """Divides by the length, which it takes for 1 where the trace does not know it."""

    def call(self, x: Any) -> Any:
        return tf.reduce_sum(x, axis=1) / (x.shape[1] or 1)


def test_numbers_that_differ_in_a_graph_of_open_sizes_are_a_guess() -> None:
    x = keras.Input((None, 4), name="x")
    inferred = specc.infer_spec(keras.Model(x, Mean(name="mean_of_rows")(x)))
    assert inferred.document.to_json()["endpoints"]["serve"]["outputs"] == named("mean_of_rows", "float32[batch, 4]")
    (message,) = other_guesses(inferred)
    assert "an output differs in 12 of 12 elements" in message


def test_a_function_that_answers_otherwise_each_time_is_not_compared() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, 4])])
    def varying(x: Any) -> Any:
        return x + tf.cast(tf.math.mod(tf.timestamp() * 1000, 1.0), tf.float32)

    assert other_guesses(specc.infer_spec(varying)) == [
        "endpoints.serve.outputs: with batch = 3, two calls differ from each other: its numbers are not compared"
    ]


def test_a_function_is_compared_with_its_eager_run() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, 4])])
    def unlike(x: Any) -> Any:
        return x * (2.0 if tf.executing_eagerly() else 3.0)

    assert "an output differs in 12 of 12 elements" in other_guesses(specc.infer_spec(unlike))[0]


class Stateful(keras.Model):
    """Draws, counts, remembers words, and keeps statistics, in inference too."""

    def __init__(self, draws: bool = False) -> None:
        super().__init__()
        self.norm, self.seeds = layers.BatchNormalization(), keras.random.SeedGenerator(3)
        self.calls = tf.Variable(0, trainable=False)
        self.words = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
        self.draws = draws

    def call(self, x: Any, words: Any) -> Any:
        self.calls.assign_add(1)
        self.words.insert(words, tf.cast(tf.strings.length(words), tf.int64))
        noise = (
            tf.random.normal(tf.shape(x)) if self.draws else keras.random.normal(keras.ops.shape(x), seed=self.seeds)
        )
        return self.norm(x, training=True) + noise


@pytest.mark.parametrize("draws", [False, True])
def test_the_state_of_a_model_is_put_back(draws: bool) -> None:
    model = called(Stateful(draws), tf.ones([2, 4]), tf.constant(["a"]))
    before = [np.array(each) for each in [model.calls, *model.norm.variables, model.seeds.state]]
    inferred = specc.infer_spec(model, example=[tf.ones([2, 4]), tf.constant(["a"])])
    assert "an archive gives other answers" not in "".join(other_guesses(inferred))
    assert not [each for each in other_guesses(inferred) if "rejects generated inputs" in each]
    for now, then in zip([model.calls, *model.norm.variables, model.seeds.state], before, strict=True):
        np.testing.assert_array_equal(np.array(now), then)
    assert model.words.size().numpy() == 1


class OneWay(tf.Module):
    """Functions that fail eagerly, or as a trace."""

    @tf.function(input_signature=[tf.TensorSpec([None, 4])])
    def traced(self, x: Any) -> Any:
        return tf.reshape(x, [7]) if tf.executing_eagerly() else x + 1.0

    @tf.function(input_signature=[tf.TensorSpec([None, 4])])
    def eager(self, x: Any) -> Any:
        return x + 1.0 if tf.executing_eagerly() else tf.reshape(x, tf.concat([tf.shape(x)[:1] + 1, [4]], 0))


def test_a_function_that_runs_only_one_way_has_a_guess() -> None:
    messages = [message for message in other_guesses(specc.infer_spec(OneWay())) if "with batch = 3" in message]
    assert len(messages) == 2
    assert messages[0].startswith("endpoints.eager: with batch = 3, only the model answers, and no archive: ")
    assert messages[1].startswith("endpoints.traced: with batch = 3, only an archive answers: ")


def test_a_rank_that_is_wrong_in_a_graph_is_left_open() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, 4])])
    def ranked(x: Any) -> Any:
        return x if not tf.executing_eagerly() else x[0]

    inferred = specc.infer_spec(ranked)
    assert inferred.document.to_json()["endpoints"]["serve"]["outputs"] == "float32[...]"


def test_a_model_that_rejects_generated_inputs_has_a_guess() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def parse(rows: Any) -> Any:
        return tf.io.parse_example(rows, {"a": tf.io.FixedLenFeature([2], tf.float32)})["a"]

    inferred = specc.infer_spec(parse)
    assert inferred.document.to_json()["endpoints"]["serve"]["outputs"] == "float32[batch, 2]"
    (message,) = other_guesses(inferred)
    assert message.startswith(
        "endpoints.serve: its shapes are those of traces only, since it rejects generated inputs:"
    )


def test_names_of_layers_that_are_not_made_for_outputs() -> None:
    ids = keras.Input((None,), dtype="int32", name="ids")
    embedding = layers.Embedding(9, 4, name="token_embedding")
    hidden = embedding(ids)
    for index in range(2):
        hidden = layers.Dense(4, name=f"block_{index}")(hidden)
    series = specc.infer_spec(keras.Model(ids, hidden))
    assert series.document.to_json()["endpoints"]["serve"]["outputs"] == "float32[batch, time, 4]"
    assert other_guesses(series) == [
        "endpoints.serve.outputs: 'output_0' has no name of its own: the layer that returns it, 'block_1', is one of a "
        'series of layers; add a "name"'
    ]
    keyed = specc.infer_spec(keras.Model(ids, {"hidden": hidden}))
    assert keyed.document.to_json()["endpoints"]["serve"]["outputs"] == {"hidden": "float32[batch, time, 4]"}
    assert other_guesses(keyed) == []
    again = embedding(keras.ops.argmax(hidden, axis=-1))
    reused = specc.infer_spec(keras.Model(ids, [again, layers.Dense(2, name="head_1")(hidden)]))
    assert reused.document.to_json()["endpoints"]["serve"]["outputs"] == [
        "float32[batch, time, 4]",
        named("head_1", "float32[batch, time, 2]"),
    ]
    assert other_guesses(reused) == [
        "endpoints.serve.outputs: 'output_0' has no name of its own: the layer that returns it, 'token_embedding', is "
        'also called elsewhere in the model; add a "name"'
    ]
