"""First specs of tf_keras models, which are Keras 2."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from inferred_models import FIRST_CALL, named

import specc

keras = pytest.importorskip("tf_keras")
layers = keras.layers

pytestmark = pytest.mark.tensorflow


def test_a_functional_model(built: Callable[..., Any]) -> None:
    user, tags = keras.Input((3,), name="user"), keras.Input((None,), dtype="int32")
    outputs = [layers.Dense(2, name="score")(user), layers.Embedding(4, 2)(tags)]
    model = keras.Model({"user": user, "tags": tags}, outputs, name="ranker")
    inferred = specc.infer_spec(model)
    data = inferred.document.to_json()
    assert data["name"] == "ranker"
    assert data["endpoints"] == {
        "serve": {
            "kwargs": {"training": False},
            "inputs": [{"user": "float32[user_batch, 3]", "tags": "int32[tags_batch, time]"}],
            "outputs": [named("score", "float32[user_batch, 2]"), "float32[tags_batch, time, 2]"],
        }
    }
    inputs = {"user": tf.ones([2, 3]), "tags": tf.constant([[1, 2], [0, 3]])}
    revived = built(inferred, model)
    for mine, theirs in zip(revived.serve(inputs), model(inputs), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5)


def test_the_names_of_inputs_in_a_list() -> None:
    user, tags = keras.Input((3,), name="user"), keras.Input((2,))
    document = specc.infer_spec(keras.Model([user, tags], layers.Concatenate()([user, tags]))).document
    assert document.to_json()["endpoints"]["serve"]["inputs"] == [
        [named("user", "float32[batch, 3]"), "float32[batch, 2]"]
    ]


def test_a_sequential_model_that_was_called_on_an_array(built: Callable[..., Any]) -> None:
    model = keras.Sequential([layers.Dense(3), layers.Dropout(0.5), layers.Dense(2, name="logits")])
    model(np.zeros([2, 4]))
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json()["endpoints"] == {
        "serve": {
            "kwargs": {"training": False},
            "inputs": ["float32[batch, 4]"],  # which the model casts the array to
            "outputs": named("logits", "float32[batch, 2]"),
        }
    }
    revived, x = built(inferred, model), tf.ones([1, 4])
    np.testing.assert_allclose(revived.serve(x), model(x), rtol=1e-5)


class Pair(keras.Model):
    """Two inputs with an option between them, a function, and a submodel."""

    def __init__(self) -> None:
        super().__init__()
        self.dense, self.encoder = layers.Dense(2), keras.Sequential([layers.Dense(2)])

    def call(self, x: Any, skip: Any = None, y: Any = None, training: bool = False) -> Any:
        return {"sum": self.dense(x) + self.encoder(y) if skip is None else x}

    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def score(self, x: Any) -> Any:
        return self.dense(x)


def test_a_subclassed_model_is_called_by_the_names_of_its_parameters(built: Callable[..., Any]) -> None:
    model, x, y = Pair(), tf.ones([2, 3]), 2 * tf.ones([2, 3])
    model(x, y=y)
    model.compile(loss="mse")
    model.predict_function = model.make_predict_function()  # as ``predict`` sets it
    inferred = specc.infer_spec(model)
    data = inferred.document.to_json()
    assert (sorted(data["endpoints"]), data["default"]) == (["score", "serve"], "serve")
    assert data["endpoints"]["serve"] == {
        "kwargs": {"training": False},
        "arguments": ["x", "y"],
        "inputs": ["float32[batch, 3]", "float32[batch, 3]"],
        "outputs": {"sum": "float32[batch, 2]"},
    }
    assert [str(guess) for guess in inferred.guesses if guess.path[0] == "endpoints"] == [
        f"endpoints.serve.inputs: {FIRST_CALL}",
        "endpoints.score.outputs: 'output_0' has no name of its own; add a \"name\", such as 'score'",
        'endpoints: submodels that are not exported: encoder; an endpoint with "function": "encoder" calls one',
    ]
    revived = built(inferred, model)
    np.testing.assert_allclose(revived.serve(x, y)["sum"], model(x, y=y)["sum"], rtol=1e-5)


class Towers(keras.Model):
    """A model as TFRS makes it, with a loss but no call."""

    def __init__(self) -> None:
        super().__init__()
        self.query = keras.Sequential([keras.Input((), dtype=tf.string), layers.StringLookup(vocabulary=["a"])])

    def compute_loss(self, *arguments: Any, **more: Any) -> Any:
        return 0.0


def test_the_submodels_of_a_model_without_a_call() -> None:
    endpoints = specc.infer_spec(Towers()).document.to_json()["endpoints"]
    assert endpoints == {
        "query": {
            "function": "query",
            "kwargs": {"training": False},
            "inputs": ["string[batch]"],
            "outputs": "int64[batch]",
        }
    }


def test_a_layer_and_a_stateful_model() -> None:
    layer = layers.Dense(3)
    layer(tf.zeros([2, 5]))
    stateful = keras.Sequential([layers.LSTM(2, stateful=True, batch_input_shape=(4, 3, 2))])
    assert [
        specc.infer_spec(each).document.to_json()["endpoints"]["serve"]["inputs"] for each in (layer, stateful)
    ] == [
        ["float32[batch, 5]"],
        ["float32[4, 3, 2]"],
    ]


def test_a_model_that_was_never_called() -> None:
    with pytest.raises(specc.SpecError) as caught:
        specc.infer_spec(keras.Sequential([layers.Dense(3)]))
    assert str(caught.value) == (
        "model: bad-model: the inputs of the model cannot be determined: it was never called; call it once where it is "
        "created, preferably on tf_keras.Input tensors"
    )


def test_a_model_with_a_part_that_is_not_built_is_a_finding_of_the_build(tmp_path: Path) -> None:
    endpoint = {"function": "score", "arguments": ["x"], "inputs": ["float32[?, 3]"], "outputs": "float32[?, 2]"}
    document = specc.from_json({"specc": 1, "endpoints": {"score": endpoint}})
    with pytest.raises(specc.SpecError) as caught:
        specc.compile(document).export(Pair(), tmp_path / "archive")
    (finding,) = caught.value.diagnostics
    assert (finding.rule, finding.path) == ("bad-model", ("model",))
    assert finding.message.startswith("reading its variables failed: ValueError: Weights for model 'sequential")


def test_tf_keras_is_never_imported() -> None:
    program = (
        "import sys, keras, specc; sys.modules['tf_keras'] = None;"
        "model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]);"
        "print(*specc.infer_spec(model).document.endpoints)"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout == "serve\n"
