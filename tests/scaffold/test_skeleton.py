"""Skeletons of specs, for models from which nothing can be inferred."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from inferred_models import Ranker, Returns, called, layers

import specc
from specc.language.load import load_spec
from specc.scaffold.from_model.infer_spec import infer_spec
from specc.scaffold.from_model.skeleton import BLANK, Skeleton, skeleton_of

pytestmark = pytest.mark.tensorflow


def skeleton_for(model: Any) -> Skeleton | None:
    with pytest.raises(specc.SpecError) as caught:
        infer_spec(model)
    return skeleton_of(model, caught.value.diagnostics)


class Plain(tf.Module):
    """Methods of Python, of which two take arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(2.0)

    def double(self, x: Any) -> Any:
        return x * self.weight

    def add(self, x: Any, y: Any, scale: float = 1.0) -> Any:
        return (x + y) * scale

    def describe(self) -> str:
        return "plain"

    def _hidden(self, x: Any) -> Any:
        return x


class Late(tf.Module):
    """A function that was never called, and one that no inputs can mend."""

    @tf.function
    def late(self, a: Any, _b: Any, c: Any = 2, *, training: bool = False) -> Any:
        return a

    @tf.function(input_signature=[tf.TensorSpec([])])
    def none(self, x: Any) -> Any:
        return None

    def python(self, x: Any) -> Any:
        return x


class Called:
    """An object that is called."""

    variables = ()

    def __call__(self, rows: Any) -> Any:
        return rows

    def other(self, rows: Any) -> Any:
        return rows


class Failing(layers.Layer):
    """A layer that can be built but not traced."""

    def compute_output_shape(self, shape: Any) -> Any:
        return shape

    def call(self, x: Any) -> Any:
        if not isinstance(x, keras.KerasTensor):
            raise ValueError("not yet")
        return x


class WithoutCall(keras.Model):
    """A model of submodels that has no call of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.user_tower = keras.Sequential([keras.Input((3,)), Failing()])


@pytest.mark.parametrize(
    ("make", "endpoints"),
    [
        (Ranker, {"serve": {"kwargs": {"training": False}, "arguments": ["user", "terms"]}}),
        (lambda: keras.Sequential([layers.Dense(3)]), {"serve": {"kwargs": {"training": False}}}),
        (lambda: tf.function(lambda rows: rows), {"serve": {"arguments": ["rows"]}}),
        (
            Plain,
            {
                "double": {"function": "double", "arguments": ["x"]},
                "add": {"function": "add", "arguments": ["x", "y"]},
            },
        ),
        (
            Late,
            {"late": {"function": "late", "kwargs": {"training": False}, "arguments": ["a", "arg__b"]}},
        ),
        (Called, {"serve": {"arguments": ["rows"]}}),
        (WithoutCall, {"user_tower": {"function": "user_tower", "kwargs": {"training": False}}}),
    ],
)
def test_the_endpoints_of_a_skeleton(make: Callable[[], Any], endpoints: Any) -> None:
    skeleton = skeleton_for(make())
    assert skeleton is not None
    expected = {
        name: {**fields, "inputs": [BLANK] * len(fields.get("arguments", [0])), "outputs": BLANK}
        for name, fields in endpoints.items()
    }
    assert skeleton.endpoints == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: 3,
        tf.Module,
        keras.Model,
        lambda: called(Returns(lambda y: {"a": y, "b": None}), tf.ones([1, 3])),
        lambda: tf.function(lambda x: None, input_signature=[tf.TensorSpec([])]),
    ],
)
def test_no_skeleton_where_declared_inputs_would_not_help(make: Callable[[], Any]) -> None:
    assert skeleton_for(make()) is None


MODELS = """
import keras, tensorflow as tf

class Ranker(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, user, terms, training=False):
        return self.dense(user)
"""


def test_a_skeleton_validates_and_builds_once_its_blanks_are_filled(tmp_path: Path) -> None:
    (tmp_path / "tides.py").write_text(MODELS)

    def init(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "specc", "init", "tides:Ranker", *more]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    finished = init("--out", "first.specc.json")
    reason = "tides:Ranker: model: error: bad-model: the inputs of the model cannot be determined: it is not built"
    assert (finished.returncode, finished.stdout.splitlines()[0]) == (1, reason)
    assert finished.stderr.splitlines()[-2:] == [
        "fill in: endpoints.serve: the dtype and sizes of user, terms and of the result",
        "wrote first.specc.json, a skeleton: replace each DTYPE and SIZES, then check it with: specc validate first.specc.json",
    ]
    file = tmp_path / "first.specc.json"
    data = json.loads(file.read_text())
    assert (data["name"], data["model"], data["dims"]) == ("Ranker", "tides:Ranker", {"batch": {}})
    with pytest.raises(specc.SpecError) as caught:
        load_spec(file)
    assert [(each.rule, each.path) for each in caught.value.diagnostics] == [
        ("bad-dtype", ("endpoints", "serve", "inputs", 0)),
        ("bad-dtype", ("endpoints", "serve", "inputs", 1)),
        ("bad-dtype", ("endpoints", "serve", "outputs")),
    ]
    file.write_text(file.read_text().replace("DTYPE", "float32").replace("SIZES", "2"))
    document = load_spec(file).document
    assert specc.dump(document) == file.read_text()
    scope: dict[str, Any] = {}
    exec(MODELS, scope)
    specc.compile(document).export(scope["Ranker"](), tmp_path / "archive")
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert revived.serve(tf.ones([3, 2]), tf.ones([3, 2])).shape == (3, 2)

    to_a_stream = init()
    assert (to_a_stream.returncode, to_a_stream.stdout.splitlines()[0]) == (1, reason)
    assert to_a_stream.stderr.splitlines()[-1] == (
        "nothing can be inferred; with --out FILE, init writes a skeleton with blanks to fill in"
    )
