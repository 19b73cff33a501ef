"""First specs of Keras models: each is valid, can be built, and the archive returns the model's results."""

from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf
from inferred_models import (
    BATCH,
    FIRST_CALL,
    NO_TRAINING,
    UNLIKE,
    UNNAMED,
    assert_same,
    example,
    layers,
    named,
    sequential,
    symbolically_called,
)

import specc

pytestmark = pytest.mark.tensorflow


def nested() -> keras.Model:
    user, events = keras.Input((3,), name="user"), keras.Input((None, 4))
    amount = keras.Input((), dtype="int32", name="user-id")
    hidden = layers.LSTM(3, return_sequences=True)(events)
    outputs = [layers.Dense(2, name="score")(user), hidden, hidden[:, ::2], layers.Dense(1)(user) + 1.0]
    return keras.Model({"user": user, "rest": [events, amount]}, outputs)


def two_lengths() -> keras.Model:
    query, value = keras.Input((None, 8), name="query"), keras.Input((None, 8), name="value")
    return keras.Model([query, value], {"attended": layers.MultiHeadAttention(2, 4)(query, value), "value": value * 2})


def one_length() -> keras.Model:
    left, right = keras.Input((None, 4), name="left"), keras.Input((None, 4), name="right")
    return keras.Model({"left": left, "right": right}, layers.Add(name="sum")([left, right]))


def words() -> keras.Model:
    vectorize = layers.TextVectorization(output_sequence_length=5, vocabulary=["a", "b"])
    pooled = [vectorize, layers.Embedding(10, 4), layers.GlobalAveragePooling1D(), layers.Dense(1, name="sentiment")]
    return keras.Sequential([keras.Input((), dtype="string", name="review"), *pooled])


def lookups() -> keras.Model:
    city = keras.Input((1,), dtype="string")
    return keras.Model(
        {"city": city}, layers.Dense(2)(layers.StringLookup(vocabulary=["a"], output_mode="one_hot")(city))
    )


def images() -> keras.Model:
    image = keras.Input((None, None, 1), name="image")
    small = layers.Conv2D(2, 3, strides=4, padding="same")(image)
    mask = layers.Concatenate(name="mask")([image, layers.UpSampling2D(4)(small)])
    return keras.Model(image, (mask, small, layers.GlobalAveragePooling2D()(small)))


def ragged_and_sparse() -> keras.Model:
    ids = keras.Input((None,), ragged=True, dtype="int64", name="ids")
    tags = keras.Input((10,), sparse=True, name="tags")
    return keras.Model([ids, tags], [layers.Dense(2)(tags), ids * 2])


def mixed() -> keras.Model:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return sequential()
    finally:
        keras.config.set_dtype_policy("float32")


def stateful() -> keras.Model:
    return keras.Sequential([keras.Input(batch_shape=(2, None, 4)), layers.LSTM(3, stateful=True)])


class Starred(keras.Model):
    """Any number of arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, *inputs: Any, scale: float = 1.0) -> Any:
        return self.dense(inputs[0]) * scale + self.dense(inputs[1])


def starred() -> keras.Model:
    model = Starred()
    model(keras.Input((3,)), keras.Input((3,)), scale=3.0)
    return model


class Tokens(keras.Model):
    """One argument, whose dtype Keras does not record, and a pair."""

    def __init__(self, first: keras.Layer) -> None:
        super().__init__()
        self.first = first

    def call(self, tokens: Any) -> Any:
        return self.first(tokens), tokens


def called_on_words() -> keras.Model:
    model = Tokens(layers.StringLookup(vocabulary=["a"]))
    model(tf.constant([["a", "b"]]))
    return model


def called_on_numbers() -> keras.Model:
    model = Tokens(layers.Embedding(9, 3))
    model(tf.constant([[1, 2]]))
    return model


def called_on_pairs() -> keras.Model:
    class Pairs(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs: Any, training: Any = None) -> Any:
            return self.dense(inputs[0]) + self.dense(inputs[1]["class"])

    model = Pairs()
    model((tf.ones([4, 3]), {"class": tf.ones([4, 3])}))
    return model


MODELS: list[tuple[Callable[[], Any], dict[str, Any], list[str]]] = [
    (
        nested,
        {
            **NO_TRAINING,
            "inputs": [{"rest": ["float32[rest_0_batch, time, 4]", named("user-id", "int32[user_id_batch]")], "user": "float32[user_batch, 3]"}],
            "outputs": [
                named("score", "float32[user_batch, 2]"),
                "float32[rest_0_batch, time, 3]",
                "float32[rest_0_batch, ?, 3]",
                "float32[user_batch, 1]",
            ],
        },
        [
            "dims.rest_0_batch: axis 0 of 'rest_0'; check its name; add bounds if there are any",
            "dims.time: axis 1 of 'rest_0'; check its name; add bounds if there are any",
            "dims.user_id_batch: axis 0 of 'user-id'; check its name; add bounds if there are any",
            "dims.user_batch: axis 0 of 'user'; check its name; add bounds if there are any",
            UNLIKE.format("rest_0_batch, user_id_batch and user_batch"),
            "endpoints.serve.outputs: 'output_1', 'output_2' and 'output_3' have no name of their own; add a \"name\"",
            "endpoints.serve.outputs: open, since no dimension of the inputs is equal to it: axis 1 of 'output_2'",
        ],
    ),
    (
        two_lengths,
        {
            **NO_TRAINING,
            "inputs": [[named("query", "float32[batch, query_time, 8]"), named("value", "float32[batch, value_time, 8]")]],
            "outputs": {"attended": "float32[batch, query_time, 8]", "value": "float32[batch, value_time, 8]"},
        },
        [
            BATCH.format("'query' and 'value'"),
            "dims.query_time: axis 1 of 'query'; check its name; add bounds if there are any",
            "dims.value_time: axis 1 of 'value'; check its name; add bounds if there are any",
        ],
    ),
    (
        one_length,
        {
            **NO_TRAINING,
            "inputs": [{"left": "float32[batch, time, 4]", "right": "float32[batch, time, 4]"}],
            "outputs": named("sum", "float32[batch, time, 4]"),
        },
        [
            BATCH.format("'left' and 'right'"),
            "dims.time: axis 1 of 'left' and 'right'; check its name, and that they are always equal; add bounds if there are any",
        ],
    ),
    (sequential, {**NO_TRAINING, "inputs": ["float32[batch, 7]"], "outputs": named("logits", "float32[batch, 2]")}, []),
    (
        words,
        {
            **NO_TRAINING,
            "arguments": ["review"],
            "inputs": ["string[batch]"],
            "outputs": named("sentiment", "float32[batch, 1]"),
        },
        [],
    ),
    (lookups, {**NO_TRAINING, "inputs": [{"city": "string[batch, 1]"}], "outputs": "float32[batch, 2]"}, [UNNAMED]),
    (
        images,
        {
            **NO_TRAINING,
            "arguments": ["image"],
            "inputs": ["float32[batch, height, width, 1]"],
            "outputs": {
                "kind": "tuple",
                "items": [named("mask", "float32[batch, height, width, 3]"), "float32[batch, ?, ?, 2]", "float32[batch, 2]"],
            },
        },
        [
            "dims.height: axis 1 of 'image'; check its name; it fails with some sizes, and works with multiples of 4, which a "
            "spec cannot say",
            "dims.width: axis 2 of 'image'; check its name; it fails with some sizes, and works with multiples of 4, which a "
            "spec cannot say",
            "endpoints.serve.outputs: 'output_1' and 'output_2' have no name of their own; add a \"name\"",
            "endpoints.serve.outputs: open, since no dimension of the inputs is equal to it: axis 1 of 'output_1', axis 2 of "
            "'output_1'",
        ],
    ),
    (
        ragged_and_sparse,
        {
            **NO_TRAINING,
            "inputs": [
                [
                    {"kind": "ragged", "dtype": "int64", "shape": ["ids_batch", "?"], "name": "ids"},
                    {"kind": "sparse", "dtype": "float32", "shape": ["tags_batch", 10], "name": "tags"},
                ]
            ],
            "outputs": ["float32[tags_batch, 2]", {"kind": "ragged", "dtype": "int64", "shape": ["ids_batch", "?"]}],
        },
        [
            "dims.ids_batch: axis 0 of 'ids'; check its name; add bounds if there are any",
            "dims.tags_batch: axis 0 of 'tags'; check its name; add bounds if there are any",
            UNLIKE.format("ids_batch and tags_batch"),
            "endpoints.serve.outputs: 'output_0' and 'output_1' have no name of their own; add a \"name\"",
        ],
    ),
    (mixed, {**NO_TRAINING, "inputs": ["float32[batch, 7]"], "outputs": named("logits", "float16[batch, 2]")}, []),
    (
        stateful,
        {**NO_TRAINING, "inputs": ["float32[2, time, 4]"], "outputs": "float32[2, 3]", "pure": False},
        [
            "dims.time: axis 1 of 'inputs'; check its name; add bounds if there are any",
            UNNAMED,
            "endpoints.serve.pure: false, since a call changes 1 variable",
        ],
    ),
    (
        symbolically_called,
        {
            **NO_TRAINING,
            "arguments": ["user", "terms"],
            "inputs": ["float32[user_batch, 3]", {"words": "string[words_batch, time]"}],
            "outputs": {"terms": "int64[words_batch, time]", "user": "float32[user_batch, 2]"},
        },
        [
            "dims.user_batch: axis 0 of 'user'; check its name; add bounds if there are any",
            "dims.words_batch: axis 0 of 'words'; check its name; add bounds if there are any",
            "dims.time: axis 1 of 'words'; check its name; add bounds if there are any",
            UNLIKE.format("user_batch and words_batch"),
        ],
    ),
    (
        starred,
        {
            "kwargs": {"scale": 3.0},
            "arguments": ["inputs_0", "inputs_1"],
            "inputs": ["float32[batch, 3]", "float32[batch, 3]"],
            "outputs": "float32[batch, 2]",
        },
        [BATCH.format("'inputs_0' and 'inputs_1'"), UNNAMED],
    ),
    (
        called_on_words,
        {
            "arguments": ["tokens"],
            "inputs": ["string[batch, 2]"],
            "outputs": {"kind": "tuple", "items": ["int64[batch, 2]", "string[batch, 2]"]},
        },
        [
            f"endpoints.serve.inputs: {FIRST_CALL}",
            "endpoints.serve.inputs[0]: the dtype string is a guess: Keras records only the shapes of the first call",
            "endpoints.serve.outputs: 'output_0' and 'output_1' have no name of their own; add a \"name\"",
        ],
    ),
    (
        called_on_numbers,
        {
            "arguments": ["tokens"],
            "inputs": ["int64[batch, 2]"],
            "outputs": {"kind": "tuple", "items": ["float32[batch, 2, 3]", "int64[batch, 2]"]},
        },
        [
            f"endpoints.serve.inputs: {FIRST_CALL}",
            "endpoints.serve.inputs[0]: the dtype int64 is a guess: Keras records only the shapes of the first call",
            "endpoints.serve.outputs: 'output_0' and 'output_1' have no name of their own; add a \"name\"",
        ],
    ),
    (
        called_on_pairs,
        {
            **NO_TRAINING,
            "inputs": [{"kind": "tuple", "items": ["float32[batch, 3]", {"class": "float32[batch, 3]"}]}],
            "outputs": "float32[batch, 2]",
        },
        [
            BATCH.format("'inputs_0' and 'inputs_1_class'"),
            f"endpoints.serve.inputs: {FIRST_CALL}",
            "endpoints.serve.inputs[0].items[0]: the dtype float32 is a guess: Keras records only the shapes of the first call",
            "endpoints.serve.inputs[0].items[1].class: the dtype float32 is a guess: Keras records only the shapes of the first call",
            UNNAMED,
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "endpoint", "guesses"), MODELS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_keras_model(make: Callable[[], Any], endpoint: Any, guesses: list[str], built: Callable[..., Any]) -> None:
    model = make()
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json()["endpoints"] == {"serve": endpoint}
    assert [str(guess) for guess in inferred.guesses] == guesses
    arguments = [example(tree) for tree in endpoint["inputs"]]
    revived = built(inferred, model)
    expected = model(*arguments, **endpoint.get("kwargs", {}))
    if model.name.startswith("sequential") and any(getattr(layer, "stateful", False) for layer in model.layers):
        return  # each call continues from the last
    assert_same(expected, revived.serve(*arguments))
