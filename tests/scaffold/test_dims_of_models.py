"""Which open axes of a model's inputs have one name in a first spec: only those that a trace compares."""

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf
from inferred_models import UNNAMED, layers

import specc
from specc.language.wire_names import input_leaves, output_leaves

pytestmark = pytest.mark.tensorflow


def shapes_of(model: Any) -> tuple[dict[str, Any], Any]:
    """The shapes of the inputs by wire name, and those of the outputs in their order."""
    endpoint = specc.infer_spec(model).document.endpoints["serve"]
    inputs = {bound.name: bound.leaf.shape for bound in input_leaves(endpoint)}
    return inputs, [bound.leaf.shape for bound in output_leaves(endpoint)]


def tokens(name: str) -> keras.KerasTensor:
    return keras.Input((None,), dtype="int32", name=name)


def encoder_and_decoder() -> keras.Model:
    encoder, decoder = tokens("encoder_ids"), tokens("decoder_ids")
    encoder_mask, decoder_mask = tokens("encoder_mask"), tokens("decoder_mask")
    embed = layers.Embedding(9, 4)
    memory = embed(encoder) * keras.ops.cast(encoder_mask, "float32")[..., None]
    state = embed(decoder) * keras.ops.cast(decoder_mask, "float32")[..., None]
    return keras.Model([encoder, decoder, encoder_mask, decoder_mask], layers.Attention()([state, memory]))


def masked_positions() -> keras.Model:
    ids, padding, positions = tokens("token_ids"), tokens("padding_mask"), tokens("mask_positions")
    hidden = layers.Embedding(9, 4)(ids) * keras.ops.cast(padding, "float32")[..., None]
    picked = keras.ops.take_along_axis(hidden, positions[..., None], axis=1)
    return keras.Model([ids, padding, positions], layers.Dense(9)(picked))


class Messages(layers.Layer):
    """Sends the features of each sender to its receiver."""

    def call(self, nodes: Any, senders: Any, receivers: Any) -> Any:
        return tf.math.unsorted_segment_sum(tf.gather(nodes, senders), receivers, tf.shape(nodes)[0])


def graph() -> keras.Model:
    nodes = keras.Input((4,), name="nodes")
    senders, receivers = (keras.Input((), dtype="int32", name=name) for name in ("edge_senders", "edge_receivers"))
    return keras.Model([nodes, senders, receivers], Messages()(nodes, senders, receivers) + nodes)


def square_mask() -> keras.Model:
    x, mask = keras.Input((None, 4), name="x"), keras.Input((None, None), dtype="bool", name="mask")
    return keras.Model([x, mask], layers.MultiHeadAttention(2, 2)(x, x, attention_mask=mask))


def adjacency() -> keras.Model:
    x, near = keras.Input((4,), name="x"), keras.Input((None,), name="near")
    return keras.Model([near, x], keras.ops.matmul(near, x))


def towers() -> keras.Model:
    user, item = keras.Input((3,), name="user"), keras.Input((5,), name="item")
    return keras.Model([user, item], [layers.Dense(2)(user), layers.Dense(2)(item)])


class Positions(layers.Layer):
    """Adds a learned vector for each of 16 positions."""

    def build(self, shape: Any) -> None:
        self.positions = self.add_weight(shape=(16, 4))

    def call(self, x: Any) -> Any:
        return x + self.positions[: x.shape[1] or tf.shape(x)[1]]


def limited() -> keras.Model:
    left, right = keras.Input((None, 4), name="left"), keras.Input((None, 4), name="right")
    place = Positions()
    return keras.Model([left, right], layers.Attention()([place(left), place(right)]))


def halves() -> keras.Model:
    whole, half = keras.Input((None, 4), name="whole"), keras.Input((None, 4), name="half")
    return keras.Model([whole, half], whole[:, ::2] + half)


BATCHES = {"encoder_ids": ("batch", "encoder_time"), "decoder_ids": ("batch", "decoder_time")}
MODELS: list[tuple[Callable[[], Any], dict[str, Any], list[Any]]] = [
    (
        encoder_and_decoder,
        {**BATCHES, "encoder_mask": ("batch", "encoder_time"), "decoder_mask": ("batch", "decoder_time")},
        [("batch", "decoder_time", 4)],
    ),
    (
        masked_positions,
        {
            "token_ids": ("batch", "time"),
            "padding_mask": ("batch", "time"),
            "mask_positions": ("batch", "mask_positions"),
        },
        [("batch", "mask_positions", 9)],
    ),
    (
        graph,
        {"nodes": ("nodes_batch", 4), "edge_senders": ("edge_batch",), "edge_receivers": ("edge_batch",)},
        [("nodes_batch", 4)],
    ),
    (square_mask, {"x": ("batch", "time", 4), "mask": ("batch", "time", "time")}, [("batch", "time", 4)]),
    (adjacency, {"near": ("batch", "time"), "x": ("time", 4)}, [("batch", 4)]),
    (towers, {"user": ("user_batch", 3), "item": ("item_batch", 5)}, [("user_batch", 2), ("item_batch", 2)]),
    (limited, {"left": ("batch", "left_time", 4), "right": ("batch", "right_time", 4)}, [("batch", "left_time", 4)]),
    (halves, {"whole": ("batch", "whole_time", 4), "half": ("batch", "half_time", 4)}, [("?", "?", 4)]),
]


@pytest.mark.parametrize(("make", "inputs", "outputs"), MODELS, ids=lambda value: getattr(value, "__name__", ""))
def test_only_axes_that_a_trace_compares_have_one_name(
    make: Callable[[], Any], inputs: dict[str, Any], outputs: list[Any]
) -> None:
    assert shapes_of(make()) == (inputs, outputs)


class Late(keras.Model):
    """Compares the sizes of its inputs only when it runs: a trace does not know how many rows are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = self.add_weight(shape=())

    def call(self, x: Any, y: Any) -> Any:
        kept = tf.boolean_mask(x, x[:, 0] > -1e9)
        return {"sum": kept + y, "x": x * self.scale}


def test_sizes_that_are_compared_only_when_it_runs_have_one_name() -> None:
    model = Late()
    model(keras.Input((3,)), keras.Input((3,)))
    inputs, _ = shapes_of(model)
    assert inputs == {"x": ("batch", 3), "y": ("batch", 3)}


def test_a_first_spec_of_many_inputs_takes_a_bounded_number_of_traces() -> None:
    traces = 0

    class Joined(layers.Layer):
        def call(self, values: Any) -> Any:
            nonlocal traces
            traces += 1
            return tf.concat(values, axis=-1)

    inputs = [keras.Input((1,), name=f"cat_{index}") for index in range(80)]
    inferred = specc.infer_spec(keras.Model(inputs, Joined()(inputs)))
    assert set(inferred.document.dims) == {"batch"}
    assert traces < 80
    assert [str(guess) for guess in inferred.guesses if guess.path[0] != "dims"] == [
        "endpoints.serve.inputs: some dimensions may be separate: not all ways were tried in 64 traces",
        UNNAMED,
    ]


def test_a_dimension_has_one_guess_that_names_all_of_its_axes() -> None:
    assert [str(guess) for guess in specc.infer_spec(adjacency()).guesses if guess.path[0] == "dims"] == [
        "dims.time: axis 1 of 'near', axis 0 of 'x'; check its name, and that they are always equal; add bounds if there "
        "are any"
    ]
