"""A build compares every variable that it wrote with the one in memory, and publishes nothing where one differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from exports import document

import specc
from specc.compiler import export as exporting
from specc.compiler.write.contents import Contents
from specc.compiler.write.stored_values import are_equal
from specc.compiler.write.writers import Written, write

pytestmark = pytest.mark.tensorflow

SERVE = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]"}


class Scaled(tf.Module):
    def __init__(self) -> None:
        self.scale = tf.Variable([1.0, 2.0, 3.0], name="scale")
        self.words = tf.Variable(["a", "b"], name="words", trainable=False)
        self.half = tf.Variable(tf.constant([1.5], tf.bfloat16), name="half")
        self.history = [tf.Variable(0, name="history", dtype=tf.int64)]

    @property
    def variables(self) -> list[Any]:
        return [self.scale, self.words, self.half]

    def __call__(self, x: Any) -> Any:
        return x * self.scale + tf.cast(self.half, tf.float32)


def after_writing(monkeypatch: pytest.MonkeyPatch, change: Callable[[Contents, Path], object]) -> None:
    def written(contents: Contents, published: Any, directory: Path, early: Any) -> Written:
        done = write(contents, published, directory, early)
        change(contents, directory)
        return done

    monkeypatch.setattr(exporting, "write", written)


def test_variables_that_are_equal_are_published(tmp_path: Path) -> None:
    model = Scaled()
    described = document({"serve": SERVE}, variable_collections={"past": {"from": "history"}})
    specc.compile(described).export(model, tmp_path / "archive")
    assert tf.saved_model.load(str(tmp_path / "archive")).past[0].numpy() == 0


@pytest.mark.parametrize("name", ["scale", "words", "half", "history"])
def test_a_variable_that_changes_while_it_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Scaled()
    variable = model.history[0] if name == "history" else getattr(model, name)
    other = tf.constant(["a", "c"]) if name == "words" else variable + tf.ones_like(variable)
    after_writing(monkeypatch, lambda contents, directory: variable.assign(other))
    described = document({"serve": SERVE}, variable_collections={"past": {"from": "history"}})
    with pytest.raises(specc.SpecError) as caught:
        specc.compile(described).export(model, tmp_path / "archive")
    (finding,) = caught.value.diagnostics
    assert finding.rule == "weights-differ"
    assert finding.message == f"1 of 4 stored variables are not the model's: {name!r} has other values"
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_with_a_byte_that_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damage(contents: Contents, directory: Path) -> None:
        path = directory / "variables" / "variables.data-00000-of-00001"
        data = bytearray(path.read_bytes())
        data[data.index(np.float32(3).tobytes())] ^= 1
        path.write_bytes(bytes(data))

    after_writing(monkeypatch, damage)
    with pytest.raises(specc.SpecError, match=r"1 of 3 stored variables are not the model's: 'scale' "):
        specc.compile(document({"serve": SERVE})).export(Scaled(), tmp_path / "archive")
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    after_writing(monkeypatch, lambda _, directory: (directory / "variables" / "variables.index").unlink())
    with pytest.raises(specc.SpecError, match="the checkpoint cannot be read"):
        specc.compile(document({"serve": SERVE})).export(Scaled(), tmp_path / "archive")


def test_a_merged_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Scaled()
    serving = document({"serve": SERVE})
    with pytest.raises(specc.SpecError):
        specc.merge([serving, serving], model, tmp_path / "archive")
    after_writing(monkeypatch, lambda contents, directory: model.scale.assign_add([0.0, 0.0, 1.0]))
    with pytest.raises(specc.SpecError, match="weights-differ: 1 of 3 stored variables"):
        specc.merge([serving, document({"serve": SERVE}, mode="train")], model, tmp_path / "archive")
    assert list(tmp_path.iterdir()) == []


def test_before_publish_gets_the_whole_archive(tmp_path: Path) -> None:
    seen: list[bool] = []

    def look(directory: Path) -> None:
        seen.append(specc.inspect(directory) == document({"serve": SERVE}))
        assert not (tmp_path / "archive").exists()
        (directory / "assets.extra" / "note.txt").write_text("written before it is published")

    report = specc.compile(document({"serve": SERVE})).export(Scaled(), tmp_path / "archive", before_publish=look)
    assert seen == [True]
    assert report.files["assets.extra/note.txt"] == 30


def test_nothing_is_published_if_before_publish_raises(tmp_path: Path) -> None:
    def refuse(directory: Path) -> None:
        raise specc.SpecError([specc.Diagnostic(rule="answer-differs", message="it differs")])

    with pytest.raises(specc.SpecError, match="it differs"):
        specc.compile(document({"serve": SERVE})).export(Scaled(), tmp_path / "archive", before_publish=refuse)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (np.float32(0.0), np.float32(-0.0), False),
        (np.float32(np.nan), np.float32(np.nan), True),
        (np.zeros([2, 0]), np.zeros([0, 2]), False),
        (np.int32([1]), np.uint32([1]), False),
        (np.array([b"a"], object), np.array([b"a"], object), True),
        (np.asfortranarray([[1, 2], [3, 4]]), np.array([[1, 2], [3, 4]]), True),
    ],
)
def test_bits(one: Any, other: Any, equal: bool) -> None:
    assert are_equal(one, other) is equal


@pytest.mark.parametrize("writer", ["specc", "tensorflow"])
def test_a_variable_without_a_value_is_refused(writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specc.compile(document({"serve": SERVE})).export(Scaled(), tmp_path / "first")
    options = tf.saved_model.LoadOptions(experimental_skip_checkpoint=True)
    loaded = tf.saved_model.load(str(tmp_path / "first"), options=options)
    monkeypatch.setenv("SPECC_WRITER", writer)
    with pytest.raises(specc.SpecError) as caught:
        specc.compile(document({"serve": SERVE})).export(loaded, tmp_path / "second", functions={"serve": loaded.serve})
    assert str(caught.value) == (
        "model: bad-model: the variable 'scale' has no value: it was never initialized; assign it, or restore a "
        "checkpoint, before the export"
    )
    assert not (tmp_path / "second").exists()


def test_a_tracked_variable_without_a_value_is_refused(tmp_path: Path) -> None:
    data = {**document({"serve": SERVE}).to_json(), "track": ["history"]}
    specc.compile(document({"serve": SERVE})).export(Scaled(), tmp_path / "first")
    options = tf.saved_model.LoadOptions(experimental_skip_checkpoint=True)
    loaded = tf.saved_model.load(str(tmp_path / "first"), options=options)
    model = tf.Module()
    model.history = loaded.variables[0]
    with pytest.raises(specc.SpecError, match="bad-model: the variable 'scale' has no value"):
        specc.compile(specc.from_json(data)).export(model, tmp_path / "second", functions={"serve": lambda x: x})
    assert not (tmp_path / "second").exists()


def test_a_tracked_variable_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {**document({"serve": SERVE}).to_json(), "track": ["kept"]}
    model = tf.Module()
    model.kept = tf.Variable(1.0, name="kept")
    monkeypatch.setattr(tf.Module, "variables", (), raising=False)
    after_writing(monkeypatch, lambda *_: model.kept.assign(2.0))
    with pytest.raises(specc.SpecError, match="weights-differ: 1 of 1 stored variable are not the model's: 'kept'"):
        specc.compile(specc.from_json(data)).export(model, tmp_path / "archive", functions={"serve": lambda x: x})


@pytest.mark.parametrize("text", ["txt", b"", b"a\0", b"\0"])
def test_a_scalar_string_is_stored(text: Any, tmp_path: Path) -> None:
    model = Scaled()
    model.words = tf.Variable(text, name="words", trainable=False)
    specc.compile(document({"serve": SERVE})).export(model, tmp_path / "archive")
    stored = tf.saved_model.load(str(tmp_path / "archive")).variables[1]
    assert stored.numpy() == tf.constant(text).numpy()


def test_a_variable_without_elements_has_a_value(tmp_path: Path) -> None:
    model = Scaled()
    model.history = [tf.Variable(tf.zeros([0, 3]), name="nothing", shape=[None, 3])]
    model.__class__ = type("Full", (Scaled,), {"variables": property(lambda self: [self.scale, *self.history])})
    specc.compile(document({"serve": SERVE})).export(model, tmp_path / "archive")
    _, nothing, *_ = tf.saved_model.load(str(tmp_path / "archive")).variables
    assert nothing.numpy().shape == (0, 3)
