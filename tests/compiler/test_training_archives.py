"""Archives that train and evaluate: the same numbers as Keras, on each surface and in another process."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from tagged_session import TaggedSession
from training_models import CLASSES, KIND, WEIGHT, X, assert_same, dataset, every_kind, numbers, supervised, twins

pytestmark = pytest.mark.tensorflow

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
assert not {"specc", "training_models"} & sys.modules.keys()
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
