"""Steps of models of the user's own: which are refused, and what the others return."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from training_models import CLASSES, KIND, SCALAR, WEIGHT, X, batches, numbers, supervised

pytestmark = pytest.mark.tensorflow


def compiled_late(**options: Any) -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(CLASSES, activation="softmax")])
    if options:
        model.compile(**options)
    return model


READ = {"inputs": [], "outputs": {"metrics": {"loss": {"value": SCALAR}}}, "method": "eval"}
EVALUATE = {
    "arguments": ["x", "y"],
    "inputs": [X, KIND],
    "outputs": {"loss": SCALAR},
    "method": "eval",
}

LEARN = {**EVALUATE, "method": "train"}


class Silent(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(CLASSES)

    def call(self, x: Any) -> Any:
        return self.dense(x)

    def test_step(self, data: Any) -> Any:
        return {"loss": keras.ops.mean(self(data[0]))}


def silent() -> keras.Model:
    model = Silent()
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(
    ("make", "function", "endpoint", "message"),
    [
        (
            compiled_late,
            "eval_step",
            EVALUATE,
            "the model is not compiled; call model.compile(...) where it is created",
        ),
        (tf.Module, "eval_step", EVALUATE, "expected a compiled Keras model, got a Module"),
        (
            lambda: compiled_late(optimizer=None, loss="mse"),
            "train_step",
            LEARN,
            "the model is compiled without an optimizer, so it cannot be trained",
        ),
        (
            lambda: compiled_late(loss="mse", metrics=["mae"]),
            "metric_values",
            READ,
            "the model's metrics have no variables before its first batch; call model.test_on_batch(x, y) and "
            "model.reset_metrics() where it is created",
        ),
        (
            lambda: compiled_late(loss="mse", metrics=["mae"]),
            "reset_metrics",
            READ,
            "the model's metrics have no variables before its first batch; call model.test_on_batch(x, y) and "
            "model.reset_metrics() where it is created",
        ),
    ],
)
def test_a_model_that_cannot_make_the_step_is_refused(
    refused: Any, make: Any, function: str, endpoint: dict[str, Any], message: str
) -> None:
    found = refused(make(), {"run": {**endpoint, "function": f"specc:{function}"}}, mode=endpoint["method"])
    assert found == [f"endpoints.run.function: trace-failed: tracing failed: ValueError: {message}"]


def test_a_step_that_never_computes_a_loss_gives_its_metrics_only(export: Any, refused: Any) -> None:
    declared = {**EVALUATE, "function": "specc:eval_step"}
    conflicts = refused(silent(), {"run": declared}, mode="eval")
    assert conflicts[0] == (
        "endpoints.run.outputs.loss: output-conflict: declared, but the function returns no 'loss'; it returns 'metrics'; "
        "the model's own step never calls compute_loss, from which they are taken: declare only its metrics, or name "
        "your own function that returns them"
    )
    outputs = {"metrics": {"loss": {"value": SCALAR, "update_op": SCALAR}}}
    revived, _ = export(silent(), {"run": {**declared, "outputs": outputs}}, mode="eval")
    x, y, _ = (tf.constant(part) for part in batches()[0])
    assert sorted(revived.run(x, y)["metrics"]) == ["loss"]


class Odd(Silent):
    def test_step(self, data: Any) -> Any:
        return keras.ops.mean(self(data[0]))


def test_a_step_returns_a_dict_of_logs(refused: Any) -> None:
    model = Odd()
    model.compile("sgd", "mse")
    (found,) = refused(model, {"run": {**EVALUATE, "function": "specc:eval_step"}}, mode="eval")
    assert found.endswith("ValueError: Odd.test_step returned a SymbolicTensor, but Keras expects a dict of logs")


@pytest.mark.parametrize("names", [[], ["x", "y", "weight", "more"]])
def test_a_batch_has_one_to_three_parts(names: list[str], refused: Any) -> None:
    endpoint = {**EVALUATE, "function": "specc:eval_step", "arguments": names, "inputs": [X] * len(names)}
    (found,) = refused(silent(), {"run": endpoint}, mode="eval")
    assert found.endswith(f"a batch is x, the targets and the sample weights: 1 to 3 arguments, not {len(names)}")


class Unpacking(keras.Model):
    """A custom step that takes exactly what fit was given: x and y."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(CLASSES)

    def call(self, x: Any) -> Any:
        return self.dense(x)

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}


class Autoencoder(keras.Model):
    """A model that is trained only on its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x: Any) -> Any:
        return self.dense(x)

    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *args: Any, **kwargs: Any) -> Any:
        return keras.ops.mean(keras.ops.square(x - y_pred))


@pytest.mark.parametrize(("make", "names"), [(Unpacking, ["x", "y"]), (Autoencoder, ["x"])])
def test_a_step_gets_the_batch_that_fit_was_given(make: Any, names: list[str], export: Any) -> None:
    x, y, _ = batches()[0]
    batch = [x[:, :3] if make is Autoencoder else x, y][: len(names)]
    ours, theirs = make(), make()
    for model in (ours, theirs):
        model(tf.constant(batch[0]))
        model.compile("sgd", "sparse_categorical_crossentropy")
    theirs.set_weights(ours.get_weights())
    outputs = {"loss": SCALAR, "metrics": {"loss": {"value": SCALAR, "update_op": SCALAR}}}
    width = batch[0].shape[1]
    endpoint = {
        "function": "specc:train_step",
        "arguments": names,
        "inputs": [f"float32[batch, {width}]", KIND][: len(names)],
        "outputs": {**outputs, "predictions": f"float32[batch, {3 if make is Autoencoder else CLASSES}]"},
        "method": "train",
    }
    revived, _ = export(ours, {"learn": endpoint}, mode="train")
    answer = revived.learn(*map(tf.constant, batch))
    loss = theirs.compute_loss(*map(tf.constant, (*batch, y)[:2]), theirs(tf.constant(batch[0])))
    assert float(answer["loss"]) == pytest.approx(float(loss), rel=1e-6)
    theirs.fit(*batch, batch_size=len(x), verbose=0)
    for got, wanted in zip(revived.variables, theirs.variables, strict=False):
        np.testing.assert_allclose(got.numpy(), wanted.numpy(), rtol=1e-6)


def test_metrics_that_the_step_makes_can_be_read_and_reset(export: Any) -> None:
    # The model has seen no batch: its metrics get their variables while the step is traced.
    endpoints = supervised(["accuracy", "loss"], [X, KIND, WEIGHT], f"float32[batch, {CLASSES}]")
    del endpoints["learn"]
    endpoints = {name: {**endpoint, "method": "eval"} for name, endpoint in endpoints.items()}
    model = compiled_late(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    revived, _ = export(model, endpoints, mode="eval", default="evaluate")
    x, y, weight = (tf.constant(part) for part in batches()[0])
    answer = revived.evaluate(x, y, weight)
    assert float(answer["metrics"]["loss"]["value"]) > 0
    assert numbers(revived.read()["metrics"]) == numbers(answer["metrics"])
    assert set(numbers(revived.reset()["metrics"]).values()) == {0.0}
    assert set(numbers(revived.read()["metrics"]).values()) == {0.0}
