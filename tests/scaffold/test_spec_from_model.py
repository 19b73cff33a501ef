"""Sizes, names and text of a first spec, and models of which none can be inferred."""

import collections
import json
from collections.abc import Callable
from typing import Any

import keras
import pytest
import tensorflow as tf
from inferred_models import (
    NO_TRAINING,
    UNLIKE,
    UNNAMED,
    Ranker,
    Returns,
    assert_same,
    called,
    layers,
    named,
    sequential,
    values,
)

import specc

pytestmark = pytest.mark.tensorflow


def test_efficientnet(built: Callable[..., Any]) -> None:
    model = keras.applications.EfficientNetB0(weights=None)
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json() == {
        "specc": 1,
        "name": "efficientnetb0",
        "dims": {"batch": {}},
        "endpoints": {
            "serve": {
                **NO_TRAINING,
                "inputs": ["float32[batch, 224, 224, 3]"],
                "outputs": named("predictions", "float32[batch, 1000]"),
            }
        },
    }
    image = values("float32", [1, 224, 224, 3])
    signature = built(inferred, model).signatures["serving_default"]
    assert_same(model(image, training=False), signature(inputs=image)["predictions"])


def test_a_model_with_a_maximum_length_is_traced_with_short_inputs() -> None:
    class Positions(layers.Layer):
        def build(self, shape: Any) -> None:
            self.positions = self.add_weight(shape=(30, 4))

        def call(self, x: Any) -> Any:
            return x + self.positions[: x.shape[1] or tf.shape(x)[1]]

    tokens = keras.Input((None, 4))
    document = specc.infer_spec(keras.Model(tokens, Positions()(tokens))).document
    assert document.to_json()["endpoints"]["serve"]["outputs"] == "float32[batch, time, 4]"


def test_an_axis_that_is_cut_to_a_maximum_length_has_no_size() -> None:
    class Cut(layers.Layer):
        def call(self, x: Any) -> Any:
            return x[:, :100]

    tokens = keras.Input((None, 4))
    document = specc.infer_spec(keras.Model(tokens, Cut()(tokens))).document
    assert document.to_json()["endpoints"]["serve"]["outputs"] == "float32[batch, ?, 4]"


def test_keys_that_cannot_be_wire_names_and_an_optional_input(built: Callable[..., Any]) -> None:
    first, second = keras.Input((2,), name="class"), keras.Input((2,), name="other")
    third = keras.Input((2,), name="x", optional=True)
    model = keras.Model({"class": first, "X": second, "x": third}, first + second)
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json()["endpoints"]["serve"]["inputs"] == [
        {
            "X": "float32[X_batch, 2]",
            "class": named("class_", "float32[X_batch, 2]"),
            "x": named("x_2", "float32[x_2_batch, 2]"),
        }
    ]
    assert [str(guess) for guess in inferred.guesses if guess.path[0] != "dims"] == [
        "endpoints.serve.inputs[0].X: wire name 'X', from its key; its keras.Input is named 'other'",
        "endpoints.serve.inputs: 'x' is optional in Keras; an archive always requires it",
        "endpoints.serve.inputs[0].class: wire name 'class_', since 'class' is not legal or is already taken",
        "endpoints.serve.inputs[0].x: wire name 'x_2', since 'x' is not legal or is already taken",
        UNNAMED,
    ]
    assert UNLIKE.format("X_batch and x_2_batch") in map(str, inferred.guesses)
    built(inferred, model)


def test_an_input_has_one_guess_about_its_wire_name() -> None:
    first, second = keras.Input((2,), name="first"), keras.Input((2,), name="second")
    inferred = specc.infer_spec(keras.Model({"class": first, "b": second}, first + second))
    assert [str(guess) for guess in inferred.guesses if guess.path[0] == "endpoints"] == [
        "endpoints.serve.inputs[0].b: wire name 'b', from its key; its keras.Input is named 'second'",
        "endpoints.serve.inputs[0].class: wire name 'class_', since 'class' is not legal or is already taken",
        UNNAMED,
    ]


def test_functions_have_no_batch_in_common() -> None:
    module = tf.Module()
    matrix = tf.TensorSpec([None, None])
    module.one = tf.function(lambda x: x, input_signature=[tf.TensorSpec([None, 2])])  # type: ignore[attr-defined]
    module.two = tf.function(tf.matmul, input_signature=[matrix, matrix])  # type: ignore[attr-defined]
    inferred = specc.infer_spec(module)
    second = inferred.document.to_json()["endpoints"]["two"]["inputs"][1]
    assert not second.startswith("float32[batch")
    assert ("dims", "batch") not in [guess.path for guess in inferred.guesses]


class Keywords(keras.Model):
    """Inputs that cannot all be given by position."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, a: Any, b: Any = None, c: Any = None) -> Any:
        return self.dense(a) if c is None else self.dense(a) + c


UNKNOWN = "model: bad-model: the inputs of the model cannot be determined: "
WRITE = 'write a function that returns tensors, and name it in "function"'


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Ranker, UNKNOWN + "it is not built; call it once where it is created, preferably on keras.Input tensors"),
        (
            lambda: called(Ranker(), tf.ones([1, 3]), {"words": tf.constant([["a"]])}),
            UNKNOWN + "it recorded the shape of user but not of terms; call it once on keras.Input tensors, or define "
            "build(self, user_shape, terms_shape)",
        ),
        (
            lambda: called(layers.StringLookup(vocabulary=["a"]), tf.constant(["a"])),
            UNKNOWN + "the shapes of its inputs are not recorded; call it once on keras.Input tensors, or put it into a "
            "keras.Sequential after a keras.Input",
        ),
        (
            lambda: called(Returns(lambda y: {"a": y, "b": None}), tf.ones([1, 3])),
            "endpoints.serve.outputs: output-conflict: the function returns None; a signature returns tensors, in lists, "
            f"tuples and dicts; {WRITE}",
        ),
        (
            lambda: called(Returns(lambda y: {1: y}), tf.ones([1, 3])),
            "endpoints.serve.outputs: output-conflict: the function returns an empty container, or a dict with a key that "
            f"is not a string; {WRITE}",
        ),
        (
            lambda: 3,
            "model: bad-model: an int has nothing that an endpoint can call; pass a built Keras model or layer, or an "
            "object with tf.functions that have an input_signature or a trace",
        ),
    ],
)  # fmt: skip
def test_models_whose_inputs_or_outputs_cannot_be_described(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(specc.SpecError) as caught:
        specc.infer_spec(make())
    assert [str(finding) for finding in caught.value.diagnostics] == [message]


def test_a_trace_that_fails_is_one_line() -> None:
    def fails(y: Any) -> Any:
        raise RuntimeError("not\nnow")

    model = called(Returns(lambda y: y), tf.ones([1, 3]))
    model.make = fails
    with pytest.raises(specc.SpecError) as caught:
        specc.infer_spec(model)
    (finding,) = caught.value.diagnostics
    assert (finding.rule, finding.path, finding.message) == (
        "trace-failed",
        ("endpoints", "serve", "function"),
        "tracing failed: RuntimeError: not; now",
    )


def test_the_inferred_text_is_canonical() -> None:
    text = specc.dump(specc.infer_spec(sequential()).document)
    assert specc.dump(specc.loads(text)) == text
    assert json.loads(text)["dims"] == {"batch": {}}


def test_a_namedtuple_and_a_clash_of_names(built: Callable[..., Any]) -> None:
    point = collections.namedtuple("Point", ["x", "y"])
    model = called(Returns(lambda y: {"a": {"b": y}, "a_b": point(y, [y])}), tf.ones([1, 3]))
    inferred = specc.infer_spec(model)
    revived = built(inferred, model)
    assert sorted(revived.signatures["serve"].structured_outputs) == ["a_b", "a_b_x", "a_b_y_0"]
