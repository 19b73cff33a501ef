"""The steps of training and evaluation: Keras's own numbers, in the process, through an archive, and after reviving it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tagged_session import TaggedSession

import specc

pytestmark = pytest.mark.tensorflow

ROWS, BATCHES = 8, 4
CLASSES = 3
TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}


def classifier() -> keras.Model:
    """One output; dropout, a regularization loss, metrics with several variables, and weighted metrics."""
    inputs = keras.Input((4,))
    hidden = layers.Dense(6, activation="relu", kernel_regularizer="l2")(inputs)
    model = keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(layers.Dropout(0.3, seed=1)(hidden)))
    model.compile(
        "adam",
        "sparse_categorical_crossentropy",
        metrics=["accuracy", keras.metrics.MeanIoU(CLASSES, sparse_y_pred=False, name="overlap")],
        weighted_metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2, name="top_2")],
    )
    return model


def two_heads() -> keras.Model:
    """A dict of outputs, with a loss and metrics each."""
    inputs = keras.Input((4,))
    hidden = layers.Dense(6, activation="relu")(inputs)
    outputs = {
        "kind": layers.Dense(CLASSES, activation="softmax", name="kind")(hidden),
        "size": layers.Dense(1, name="size")(hidden),
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        "sgd",
        {"kind": "sparse_categorical_crossentropy", "size": "mse"},
        loss_weights={"kind": 1.0, "size": 0.5},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
        weighted_metrics={"size": ["mse"]},
    )
    return model


class Custom(keras.Model):
    """A step, a loss and a metric of its own, and layers that are built by the first batch."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(5, activation="tanh")
        self.scores = layers.Dense(CLASSES, activation="softmax")
        self.largest = keras.metrics.Mean(name="largest")

    def call(self, x: Any, training: bool = False) -> Any:
        return self.scores(self.hidden(x))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        return loss + 0.1 * keras.ops.mean(keras.ops.square(self.scores.kernel))

    def train_step(self, data: Any) -> Any:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self.largest.update_state(keras.ops.max(y_pred, axis=-1))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> Any:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        y_pred = self(x, training=False)
        self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False)
        self.largest.update_state(keras.ops.max(y_pred, axis=-1))
        return self.compute_metrics(x, y, y_pred, sample_weight)


def custom() -> keras.Model:
    model = Custom()
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def batches(heads: bool = False) -> list[tuple[Any, Any, Any]]:
    random = np.random.default_rng(3)
    made = []
    for _ in range(BATCHES):
        x = random.normal(size=(ROWS, 4)).astype(np.float32)
        kind = random.integers(0, CLASSES, ROWS)
        size = random.normal(size=(ROWS, 1)).astype(np.float32)
        weight = random.uniform(0.5, 2.0, ROWS).astype(np.float32)
        made.append((x, {"kind": kind, "size": size}, {"kind": weight, "size": weight}) if heads else (x, kind, weight))
    return made


KINDS: dict[str, tuple[Callable[[], keras.Model], bool]] = {
    "classifier": (classifier, False),
    "two heads": (two_heads, True),
    "custom": (custom, False),
}
every_kind = pytest.mark.parametrize("kind", list(KINDS))


def twins(kind: str) -> tuple[keras.Model, keras.Model, list[tuple[Any, Any, Any]]]:
    """Two equal models, and batches for them."""
    make, heads = KINDS[kind]
    data = batches(heads)
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(11)
        model = make()
        model(data[0][0])
        models.append(model)
    return models[0], models[1], data


def dataset(data: list[tuple[Any, Any, Any]]) -> tf.data.Dataset:
    """The batches in the form of ``fit`` and ``evaluate``."""
    stacked = tf.nest.map_structure(lambda *parts: np.stack(parts), *data)
    return tf.data.Dataset.from_tensor_slices(stacked)


def numbers(metrics: dict[str, Any]) -> dict[str, float]:
    return {name: float(each["value"]) for name, each in metrics.items()}


def assert_same(found: dict[str, float], expected: dict[str, float]) -> None:
    assert sorted(found) == sorted(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, **TOLERANCE, err_msg=name)


@every_kind
def test_train_steps_are_one_epoch_of_fit(kind: str) -> None:
    ours, theirs, data = twins(kind)
    history = theirs.fit(dataset(data), epochs=1, shuffle=False, verbose=0).history
    for x, y, weight in data:
        step = specc.train_step(ours, x, y, weight)
    assert_same(numbers(step["metrics"]), {name: values[0] for name, values in history.items()})
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), **TOLERANCE, err_msg=one.path)


@every_kind
def test_eval_steps_are_evaluate(kind: str) -> None:
    ours, theirs, data = twins(kind)
    expected = theirs.evaluate(dataset(data), return_dict=True, verbose=0)
    before = [weight.numpy() for weight in ours.trainable_variables]
    for x, y, weight in data:
        step = specc.eval_step(ours, x, y, weight)
    assert_same(numbers(step["metrics"]), expected)
    assert_same(numbers(specc.metric_values(ours)["metrics"]), expected)
    for weight, value in zip(ours.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@every_kind
def test_the_loss_and_the_predictions_are_those_of_the_batch(kind: str) -> None:
    ours, theirs, data = twins(kind)
    for x, y, weight in data[:2]:
        expected = theirs(x, training=False)
        loss = theirs.compute_loss(x=x, y=y, y_pred=expected, sample_weight=weight, training=False)
        step = specc.eval_step(ours, x, y, weight)
        np.testing.assert_allclose(step["loss"], loss, **TOLERANCE)
        tf.nest.map_structure(
            lambda one, other: np.testing.assert_allclose(one, other, **TOLERANCE), step["predictions"], expected
        )


@every_kind
def test_weights_may_be_left_out(kind: str) -> None:
    ours, theirs, data = twins(kind)
    expected = theirs.evaluate(dataset([(x, y) for x, y, _ in data]), return_dict=True, verbose=0)  # type: ignore[misc]
    for x, y, _ in data:
        step = specc.eval_step(ours, x, y)
    assert_same(numbers(step["metrics"]), expected)


@every_kind
def test_a_reset_begins_anew(kind: str) -> None:
    ours, theirs, data = twins(kind)
    expected = theirs.evaluate(dataset(data[2:]), return_dict=True, verbose=0)
    for x, y, weight in data[:2]:
        specc.eval_step(ours, x, y, weight)
    assert set(numbers(specc.reset_metrics(ours)["metrics"]).values()) == {0.0}
    for x, y, weight in data[2:]:
        specc.eval_step(ours, x, y, weight)
    assert_same(numbers(specc.metric_values(ours)["metrics"]), expected)


def test_reading_changes_nothing() -> None:
    ours, _, data = twins("classifier")
    specc.eval_step(ours, *data[0])
    before = [variable.numpy() for variable in ours.metrics_variables]
    specc.metric_values(ours)
    assert len(before) == 2 + 2 + 1 + 2 + 2  # loss, accuracy, the one matrix of MeanIoU, and the two weighted ones
    for variable, value in zip(ours.metrics_variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_the_model_is_left_as_it_was() -> None:
    ours, _, data = twins("classifier")
    specc.train_step(ours, *data[0])
    with pytest.raises(Exception):  # noqa: B017, PT011  # whatever Keras says of targets that do not fit
        specc.eval_step(ours, data[0][0], np.zeros((ROWS + 1,)))
    assert "compute_loss" not in vars(ours)


SCALAR = "float32[]"
X, KIND, WEIGHT = "float32[batch, 4]", "int64[batch]", "float32[batch]"


def supervised(names: list[str], inputs: list[Any], predictions: Any) -> dict[str, Any]:
    """Endpoints over one model: a step of training, one of evaluation, reading the metrics, and resetting them."""
    both = {name: {"value": SCALAR, "update_op": SCALAR} for name in names}
    values = {name: {"value": SCALAR} for name in names}
    step = {
        "arguments": ["x", "y", "weight"],
        "inputs": inputs,
        "outputs": {"loss": SCALAR, "predictions": predictions, "metrics": both},
        "method": "train",
    }
    read = {"inputs": [], "outputs": {"metrics": values}, "method": "train"}
    return {
        "learn": {**step, "function": "specc:train_step"},
        "evaluate": {**step, "function": "specc:eval_step"},
        "read": {**read, "function": "specc:metric_values"},
        "reset": {**read, "function": "specc:reset_metrics"},
    }


CLASSIFIER = supervised(
    ["accuracy", "loss", "overlap", "top_2", "weighted_accuracy"], [X, KIND, WEIGHT], f"float32[batch, {CLASSES}]"
)
TWO_HEADS = supervised(
    ["kind_accuracy", "kind_loss", "loss", "size_loss", "size_mae", "size_mse"],
    [
        X,
        {"kind": KIND, "size": "float32[batch, 1]"},
        {
            "kind": {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "name": "kind_weight"},
            "size": {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "name": "size_weight"},
        },
    ],
    {"kind": f"float32[batch, {CLASSES}]", "size": "float32[batch, 1]"},
)
CUSTOM = supervised(["accuracy", "largest", "loss"], [X, KIND, WEIGHT], f"float32[batch, {CLASSES}]")
ENDPOINTS = {"classifier": CLASSIFIER, "two heads": TWO_HEADS, "custom": CUSTOM}


@pytest.fixture
def archived(export: Any) -> Callable[[str], tuple[Path, keras.Model, Any]]:
    """Exports one of a pair of models, whose metrics have seen a batch; returns the path, the other and the batches."""

    def run(kind: str) -> tuple[Path, keras.Model, Any]:
        ours, theirs, data = twins(kind)
        for model in (ours, theirs):
            model.test_on_batch(*data[0])
            model.reset_metrics()
        _, report = export(ours, ENDPOINTS[kind], mode="train")
        return report.path, theirs, data

    return run


def flat(batch: tuple[Any, Any, Any]) -> dict[str, Any]:
    """A batch by wire names."""
    x, y, weight = batch
    if not isinstance(y, dict):
        return {"x": x, "y": y, "weight": weight}
    return {"x": x, **y, **{f"{name}_weight": each for name, each in weight.items()}}


def ask_attribute(path: Path) -> Callable[..., dict[str, float]]:
    revived = tf.saved_model.load(str(path))

    def ask(endpoint: str, batch: Any = ()) -> dict[str, float]:
        answer = getattr(revived, endpoint)(*tf.nest.map_structure(tf.constant, list(batch)))
        return numbers(answer["metrics"])

    return ask


def ask_signature(path: Path) -> Callable[..., dict[str, float]]:
    revived = tf.saved_model.load(str(path))

    def ask(endpoint: str, batch: Any = ()) -> dict[str, float]:
        inputs = flat(batch) if batch else {}
        return metrics_of(revived.signatures[endpoint](**{name: tf.constant(value) for name, value in inputs.items()}))

    return ask


def ask_session(path: Path) -> Callable[..., dict[str, float]]:
    session = TaggedSession(path)

    def ask(endpoint: str, batch: Any = ()) -> dict[str, float]:
        return metrics_of(session.ask(endpoint, **(flat(batch) if batch else {})))

    return ask


def metrics_of(answer: dict[str, Any]) -> dict[str, float]:
    """The metrics of a flat answer; both wire names of each agree."""
    for name, value in answer.items():
        if name.endswith("/update_op"):
            assert float(value) == float(answer[f"{name.removesuffix('update_op')}value"])
    ends = ("metrics/", "/value")
    return {
        name.removeprefix(ends[0]).removesuffix(ends[1]): float(value)
        for name, value in answer.items()
        if name.startswith(ends[0]) and name.endswith(ends[1])
    }


@every_kind
@pytest.mark.parametrize("surface", [ask_attribute, ask_signature, ask_session])
def test_an_archive_trains_and_evaluates_as_keras_does(archived: Any, kind: str, surface: Any) -> None:
    path, model, data = archived(kind)
    ask = surface(path)
    untrained = model.evaluate(dataset(data), return_dict=True, verbose=0)
    for batch in data:
        ask("evaluate", batch)
    assert_same(ask("read"), untrained)
    assert set(ask("reset").values()) == {0.0}
    history = model.fit(dataset(data), epochs=1, shuffle=False, verbose=0).history
    answers = [ask("learn", batch) for batch in data]
    assert_same(answers[-1], {name: values[0] for name, values in history.items()})
    ask("reset")
    trained = model.evaluate(dataset(data), return_dict=True, verbose=0)
    answers = [ask("evaluate", batch) for batch in data]
    assert_same(answers[-1], trained)
    assert trained != untrained


GO_ON = """
import json, sys
import numpy as np, tensorflow as tf
revived = tf.saved_model.load(sys.argv[1])
for batch in json.load(sys.stdin):
    x, y, weight = (np.array(part, dtype) for part, dtype in zip(batch, ("float32", "int64", "float32")))
    answer = revived.learn(tf.constant(x), tf.constant(y), tf.constant(weight))
print(json.dumps({name: float(each["value"]) for name, each in answer["metrics"].items()}))
assert not {"specc", "test_steps"} & sys.modules.keys()
"""


def test_a_fresh_process_without_the_models_code_trains_on(archived: Any) -> None:
    path, model, data = archived("classifier")
    history = model.fit(dataset(data), epochs=1, shuffle=False, verbose=0).history
    sent = json.dumps([[part.tolist() for part in batch] for batch in data])
    command = [sys.executable, "-c", GO_ON, str(path)]
    finished = subprocess.run(command, input=sent, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert_same(json.loads(finished.stdout), {name: values[0] for name, values in history.items()})


@every_kind
def test_every_variable_is_stored_once(export: Any, kind: str) -> None:
    model, _, data = twins(kind)
    model.test_on_batch(*data[0])
    revived, report = export(model, ENDPOINTS[kind], mode="train")
    checkpoint = tf.train.list_variables(str(report.path / "variables" / "variables"))
    stored = [name for name, _ in checkpoint if name != "_CHECKPOINTABLE_OBJECT_GRAPH"]
    everything = (*model.variables, *model.metrics_variables, *model.optimizer.variables)
    assert len(stored) == len(revived.variables) == len({id(variable) for variable in everything})


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


def test_the_names_load_on_first_use() -> None:
    code = (
        "import sys, specc; assert 'keras' not in sys.modules; "
        "from specc.compiler.user_code import import_object; "
        "print(import_object('specc:eval_step', ()).__module__)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == "specc.compiler.keras_steps\n"
