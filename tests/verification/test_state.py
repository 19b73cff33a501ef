"""Every call starts from the stored state, whatever was called before, and what it moved is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from called_archives import WAYS, CalledArchive, tensor
from exports import document
from training_models import KIND, WEIGHT, X, supervised, twins

import specc
from specc.verification.child.state import Effects, effects_of

pytestmark = pytest.mark.tensorflow


class Counter(tf.Module):
    """Counts the words that it has seen, in a variable and a table, with a vocabulary in an asset."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        file = directory / "words.txt"
        file.write_text("red\nblue\n")
        initializer = tf.lookup.TextFileInitializer(
            str(file), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
        )
        self.vocabulary = tf.lookup.StaticVocabularyTable(initializer, 1)
        self.total = tf.Variable(5, dtype=tf.int64, name="total")
        self.names = tf.Variable(["none"], name="names")
        self.seen = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1, name="seen")
        self.seen.insert(tf.constant(["red", "blue"]), tf.constant([1, 2], tf.int64))

    def adapt(self, words: Any) -> Any:
        self.seen.insert(words, self.vocabulary.lookup(words))
        self.names.assign(words[:1])
        return {"total": self.total.assign_add(tf.size(words, tf.int64)), "size": self.seen.size()}

    def failing(self, words: Any) -> Any:
        with tf.control_dependencies([self.total.assign_add(100), self.seen.remove(words)]):
            return tf.debugging.check_numerics(tf.cast(self.total, tf.float32) * float("nan"), "never")

    def look_up(self, words: Any) -> Any:
        return {"index": self.vocabulary.lookup(words), "count": self.seen.lookup(words), "total": self.total + 0}


LOOKED_UP = {"index": "int64[batch]", "count": "int64[batch]", "total": "int64[]"}
COUNTER = {
    "adapt": {"function": "adapt", "inputs": ["string[batch]"], "outputs": {"total": "int64[]", "size": "int64[]"}},
    "failing": {"function": "failing", "inputs": ["string[batch]"], "outputs": "float32[]"},
    "look_up": {"function": "look_up", "inputs": ["string[batch]"], "outputs": LOOKED_UP},
}
WORDS = {"inputs": tensor("string", [2], b"green", b"blue")}
LOOKED = {
    "index": tensor("int64", [2], 2, 1),
    "count": tensor("int64", [2], -1, 2),
    "total": tensor("int64", [], 5),
}
ADAPTED = {"total": tensor("int64", [], 7), "size": tensor("int64", [], 3)}


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> CalledArchive:
    directory = tmp_path_factory.mktemp("counter")
    spec = document(COUNTER)
    specc.compile(spec).export(Counter(directory), directory / "archive")
    (directory / "words.txt").unlink()
    return CalledArchive(directory / "archive", spec)


@pytest.mark.parametrize("way", WAYS)
def test_variables_and_tables_are_put_back(counter: CalledArchive, way: Any) -> None:
    moved = ("names", "total") if way == "session" else ("names", "table", "total")
    for _ in range(2):
        looked, answer = counter.call(way, "look_up", WORDS), counter.call(way, "adapt", WORDS)
        assert (looked.outputs, looked.is_varying) == (LOOKED, False)
        assert (answer.outputs, answer.is_varying) == (ADAPTED, True)
        assert tuple(name.partition("_")[0] for name in answer.moved) == moved
    for other in WAYS:
        assert counter.call(other, "look_up", WORDS).outputs == LOOKED, other


@pytest.mark.parametrize("way", WAYS)
def test_they_are_put_back_after_a_refusal(counter: CalledArchive, way: Any) -> None:
    assert "NaN" in counter.refusal(way, "failing", WORDS).message
    assert counter.call(way, "look_up", WORDS).outputs == LOOKED


def test_steps_of_training(tmp_path: Path) -> None:
    model, _, data = twins("classifier")
    step = supervised(["accuracy"], [X, KIND, WEIGHT], "float32[batch, 3]")["learn"]
    outputs = {name: step["outputs"][name] for name in ("loss", "predictions")}
    learning = {**step, "function": None, "outputs": outputs}
    spec = document({"learn": learning}, mode="train")
    path = tmp_path / "archive"

    def learn(x: Any, y: Any, weight: Any) -> Any:
        result = specc.train_step(model, x, y, weight)
        return {"loss": result["loss"], "predictions": result["predictions"]}

    specc.compile(spec).export(model, path, functions={"learn": learn})
    archive = CalledArchive(path, spec)
    x, y, weight = data[0]
    inputs = {
        "x": tensor("float32", x.shape, *x.ravel().tolist()),
        "y": tensor("int64", y.shape, *y.tolist()),
        "weight": tensor("float32", weight.shape, *weight.tolist()),
    }
    for way in WAYS:
        first, second = (archive.call(way, "learn", inputs) for _ in range(2))
        assert first.outputs["loss"] == second.outputs["loss"], way
        assert any("kernel" in name for name in first.moved), first.moved


def test_variables_of_tensorflow_1_are_put_back(tmp_path: Path) -> None:
    v1 = tf.compat.v1
    path = tmp_path / "archive"
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [], name="x")
        reference = v1.get_variable("reference", initializer=1.0, use_resource=False)
        resource = v1.get_variable("resource", initializer=10.0, use_resource=True)
        v1.get_variable("local", initializer=100.0, collections=[v1.GraphKeys.LOCAL_VARIABLES], use_resource=True)
        (local,) = v1.local_variables()
        session.run([v1.global_variables_initializer(), v1.local_variables_initializer()])
        signature = v1.saved_model.signature_def_utils.predict_signature_def
        step = v1.assign_add(reference, x) + resource.assign_add(x) + local.assign_add(x)
        read = signature({"x": x}, {"y": reference + resource + local + x})
        builder = v1.saved_model.Builder(str(path))
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            {"read": read, "step": signature({"x": x}, {"stepped": step})},
            main_op=v1.local_variables_initializer(),
        )
        builder.save()
    archive = CalledArchive(path, specc.inspect(path), ("session",))
    inputs = {"x": tensor("float32", [], 1)}
    for _ in range(2):
        assert archive.call("session", "read", inputs).outputs == {"y": tensor("float32", [], 112)}
        answer = archive.call("session", "step", inputs)
        assert answer.outputs == {"stepped": tensor("float32", [], 114)}
        assert answer.moved == ("local", "reference", "resource")


def test_only_what_may_write_is_compared() -> None:
    variable, table = tf.Variable(1.0), tf.lookup.experimental.MutableHashTable(tf.int64, tf.int64, 0)

    def traced(function: Any) -> Any:
        def traced(x: Any) -> Any:
            result = function(x)
            return None if isinstance(result, tf.Operation) else result

        return tf.function(traced).get_concrete_function(tf.TensorSpec([None], tf.int64)).graph.as_graph_def()

    inner = tf.function(lambda x: variable.assign_add(1.0) + tf.cast(x, tf.float32))
    reading = [
        lambda x: tf.cast(x, tf.float32) + variable,
        lambda x: table.lookup(x) + table.size(),
        lambda x: tf.gather(variable * tf.ones([3]), x),
        lambda x: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [tf.size(x)]),
    ]
    writing = [
        lambda x: variable.assign_add(1.0),
        lambda x: table.insert(x, x),
        inner,
        lambda x: tf.cond(tf.size(x) > 1, lambda: variable.assign(2.0) + 0, lambda: variable + 0),
        lambda x: tf.io.write_file("x", "y"),
    ]
    drawing = [lambda x: tf.random.uniform(tf.shape(x)), tf.random.shuffle, lambda x: tf.random.gamma([2], 1.0)]
    for functions, expected in (
        (reading, Effects(writes=False, draws=False)),
        (writing, Effects(writes=True, draws=False)),
        (drawing, Effects(writes=False, draws=True)),
    ):
        assert [effects_of(traced(function)) for function in functions] == [expected] * len(functions)


def test_batch_statistics_in_training_move(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization(name="norm")])
    endpoint = {"inputs": ["float32[batch, 2]"], "outputs": "float32[batch, 2]"}
    spec = document({"plain": endpoint, "training": {**endpoint, "kwargs": {"training": True}}})
    specc.compile(spec).export(model, tmp_path / "archive")
    archive = CalledArchive(tmp_path / "archive", spec)
    inputs = {"inputs": tensor("float32", [2, 2], 1, 2, 5, 7)}
    for way in WAYS:
        before = archive.call(way, "plain", inputs)
        moved = archive.call(way, "training", inputs).moved
        assert [name.rpartition("/")[2] for name in moved] == ["moving_mean", "moving_variance"], way
        assert archive.call(way, "plain", inputs).outputs == before.outputs
        assert before.moved == ()
    assert np.isfinite(before.outputs["output_0"].elements()).all()
