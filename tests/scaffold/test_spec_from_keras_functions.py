"""First specs of Keras models with tf.functions of their own, submodels and a ``generate``."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from inferred_models import called, layers

import specc

pytestmark = pytest.mark.tensorflow

ROWS = [tf.TensorSpec([None, 3])]
NOT_BUILT = (
    "endpoints.serve: left out: the inputs of the model cannot be determined: it is not built; call it once where it is "
    "created, preferably on keras.Input tensors"
)


class Towers(keras.Model):
    """Two submodels, a function with a signature, one that was never called, and a method that generates."""

    def __init__(self) -> None:
        super().__init__()
        self.user_tower = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        self.item_tower = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        self.scale = layers.Rescaling(2.0)

    def call(self, x: Any, training: bool = False) -> Any:
        return self.scale(self.user_tower(x)) + self.item_tower(x)

    @tf.function(input_signature=ROWS)
    def embed(self, x: Any) -> Any:
        return self.user_tower(x)

    @tf.function
    def late(self, x: Any) -> Any:
        return x

    def generate(self, x: Any) -> Any:
        return x


PARTS = [
    'endpoints: submodels that are not exported: item_tower and user_tower; an endpoint with "function": "item_tower" calls one',
    "endpoints: generate is not exported, since it is a Python loop; to export it, wrap it in a tf.function with an "
    "input_signature",
]


def test_the_call_is_the_default_beside_the_functions(built: Callable[..., Any]) -> None:
    model = Towers()
    model(keras.Input((3,)))
    inferred = specc.infer_spec(model)
    data = inferred.document.to_json()
    assert data["endpoints"] == {
        "embed": {
            "function": "embed",
            "arguments": ["x"],
            "inputs": ["float32[batch, 3]"],
            "outputs": "float32[batch, 2]",
        },
        "serve": {
            "kwargs": {"training": False},
            "arguments": ["x"],
            "inputs": ["float32[batch, 3]"],
            "outputs": "float32[batch, 2]",
        },
    }
    assert data["default"] == "serve"
    assert [str(guess) for guess in inferred.guesses if "no name" not in guess.message] == [
        "endpoints.late: left out: the tf.function was never called; give it an input_signature, or call it once where "
        "the model is created",
        *PARTS,
        "default: 'serve', chosen by its name; check that it suits clients that name no signature",
    ]
    revived, x = built(inferred, model), tf.ones([1, 3])
    np.testing.assert_allclose(revived.serve(x), model(x), rtol=1e-5)
    np.testing.assert_allclose(revived.embed(x), model.user_tower(x), rtol=1e-5)


def test_the_functions_of_a_model_that_was_never_called() -> None:
    inferred = specc.infer_spec(Towers())
    assert list(inferred.document.endpoints) == ["embed"]
    assert NOT_BUILT in map(str, inferred.guesses)


def test_what_keras_compiles_for_itself_is_not_an_endpoint() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile(loss="mse")
    model.fit(np.ones([2, 3]), np.ones([2, 1]), verbose=0)
    model.predict(np.ones([2, 3]), verbose=0)
    model.evaluate(np.ones([2, 3]), np.ones([2, 1]), verbose=0)
    inferred = specc.infer_spec(model)
    assert list(inferred.document.endpoints) == ["serve"]
    assert [guess.path for guess in inferred.guesses] == [("endpoints", "serve", "outputs")]


class Serving(keras.Model):
    """A model whose ``call`` and ``serve`` are tf.functions."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    @tf.function
    def call(self, x: Any) -> Any:
        return self.dense(x)

    @tf.function(input_signature=ROWS)
    def serve(self, x: Any) -> Any:
        return {"score": self.dense(x)}


def test_a_function_called_serve_keeps_its_name() -> None:
    document = specc.infer_spec(called(Serving(), keras.Input((3,)))).document
    assert {name: endpoint.function for name, endpoint in document.endpoints.items()} == {
        "call": "__call__",
        "serve": "serve",
    }
    assert document.default == "serve"


def test_a_call_that_cannot_be_traced_costs_only_itself() -> None:
    model = called(Towers(), keras.Input((3,)))
    model.scale = None
    inferred = specc.infer_spec(model)
    assert list(inferred.document.endpoints) == ["embed"]
    left_out = {guess.path[1] for guess in inferred.guesses if guess.message.startswith("left out: tracing failed")}
    assert left_out == {"serve"}


class OnlyTrains(keras.Model):
    """Two submodels, which only training joins."""

    def __init__(self) -> None:
        super().__init__()
        self.user_tower = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        self.item_tower = keras.Sequential([keras.Input((5,)), layers.Dense(2, name="item")])
        self.unbuilt = keras.Sequential([layers.Dense(2)])


def test_the_submodels_of_a_model_without_a_call(built: Callable[..., Any]) -> None:
    model = OnlyTrains()
    inferred = specc.infer_spec(model)
    assert {name: endpoint.function for name, endpoint in inferred.document.endpoints.items()} == {
        "item_tower": "item_tower",
        "user_tower": "user_tower",
    }
    assert [str(guess) for guess in inferred.guesses if "no name" not in guess.message] == [
        "endpoints.unbuilt: left out: the inputs of the model cannot be determined: it is not built; call it once where it "
        "is created, preferably on keras.Input tensors",
        "default: none; choose one of item_tower, user_tower",
    ]
    revived, x = built(inferred, model), tf.ones([1, 3])
    np.testing.assert_allclose(revived.user_tower(x), model.user_tower(x), rtol=1e-5)


def test_submodels_that_are_layers_of_a_functional_model() -> None:
    encoder = keras.Sequential([keras.Input((3,)), layers.Dense(2)], name="encoder")
    decoder = keras.Sequential([keras.Input((2,)), layers.Dense(3)], name="decoder")
    x = keras.Input((3,))
    inferred = specc.infer_spec(keras.Model(x, decoder(encoder(x))))
    assert [str(guess) for guess in inferred.guesses if guess.path == ("endpoints",)] == [
        "endpoints: submodels that are not exported: decoder and encoder; to export one, name a function(model, inputs) of "
        'your own that calls model.get_layer("decoder")'
    ]
