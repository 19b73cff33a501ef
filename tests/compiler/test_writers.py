"""Which archives specc writes itself, and which only TensorFlow can: those are whole as well, and the report says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from varied_exports import document

import specc
from specc.compiler.write import tensorflow_saver

pytestmark = pytest.mark.tensorflow

SERVE = {"serve": {"inputs": ["float32[batch]"], "outputs": "float32[batch]"}}
X = tf.constant([1.0, 2.0])


class Scaled(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(3.0, name="scale")

    def __call__(self, x: Any) -> Any:
        return x * self.scale


class Counter(tf.saved_model.experimental.TrackableResource):  # type: ignore[misc]  # TensorFlow has no types
    """A resource that overrides only the documented methods."""

    def _create_resource(self) -> Any:
        return tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], shared_name="counter")

    def _initialize(self) -> None:
        tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=5.0)

    def read(self) -> Any:
        return tf.raw_ops.ReadVariableOp(resource=self.resource_handle, dtype=tf.float32)


class OwnCounter(Counter):
    """One that says itself which functions an archive holds of it."""

    def _trackable_children(self, *arguments: Any, **options: Any) -> Any:
        return super()._trackable_children(*arguments, **options)


class Counting(tf.Module):
    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter = counter
        counter._initialize()

    def __call__(self, x: Any) -> Any:
        return x + self.counter.read()


@pytest.fixture
def saves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories that TensorFlow saved in."""
    saved, save = [], tensorflow_saver.tf.saved_model.save

    def recorded(root: Any, directory: str, **options: Any) -> None:
        saved.append(directory)
        save(root, directory, **options)

    monkeypatch.setattr(tf.saved_model, "save", recorded)
    return saved


def answers(path: Path | str) -> list[Any]:
    """What the attribute and the signature return, and a Session."""
    revived = tf.saved_model.load(str(path))
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(path))
        signature = loaded.signature_def["serve"]
        fed = {signature.inputs["inputs"].name: X.numpy()}
        ran = session.run(signature.outputs["output_0"].name, fed)
    return [revived.serve(X).numpy(), revived.signatures["serve"](X)["output_0"].numpy(), ran]


def test_specc_writes_an_archive_without_tensorflows_saver(saves: list[str], tmp_path: Path) -> None:
    report = specc.compile(document(SERVE)).export(Scaled(), tmp_path / "archive")
    assert saves == []
    assert report.notes == ()
    np.testing.assert_array_equal(answers(report.path), [[3.0, 6.0]] * 3)


def test_a_resource_with_the_documented_methods_is_written(saves: list[str], tmp_path: Path) -> None:
    report = specc.compile(document(SERVE)).export(Counting(Counter()), tmp_path / "archive")
    assert saves == []
    np.testing.assert_array_equal(answers(report.path), [[6.0, 7.0]] * 3)


def test_a_resource_with_a_way_of_saving_of_its_own_is_saved_by_tensorflow(saves: list[str], tmp_path: Path) -> None:
    report = specc.compile(document(SERVE)).export(Counting(OwnCounter()), tmp_path / "archive")
    assert len(saves) == 1
    (note,) = report.notes
    assert note == ("written with tf.saved_model.save, which takes longer: 'OwnCounter' has a way of saving of its own")
    np.testing.assert_array_equal(answers(report.path), [[6.0, 7.0]] * 3)


@pytest.mark.parametrize("option", ["save_debug_info", "experimental_debug_stripper"])
def test_an_option_for_what_only_tensorflow_writes(option: str, saves: list[str], tmp_path: Path) -> None:
    described = document(SERVE, save_options={option: True})
    report = specc.compile(described).export(Scaled(), tmp_path / "archive")
    assert len(saves) == 1
    assert report.notes == (f"written with tf.saved_model.save, which takes longer: the option {option} is set",)
    np.testing.assert_array_equal(answers(report.path), [[3.0, 6.0]] * 3)


def test_the_environment_chooses_tensorflows_saver(
    saves: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECC_WRITER", "tensorflow")
    report = specc.compile(document(SERVE)).export(Scaled(), tmp_path / "archive")
    assert len(saves) == 1
    assert report.notes == ("written with tf.saved_model.save, since SPECC_WRITER is set to tensorflow",)
    np.testing.assert_array_equal(answers(report.path), [[3.0, 6.0]] * 3)


@pytest.mark.parametrize("value", ["", "Tensorflow", "specc2"])
def test_another_value_of_the_environment_is_refused(
    value: str, saves: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECC_WRITER", value)
    if value:
        with pytest.raises(specc.SpecError, match=f"SPECC_WRITER is {value!r}, which is not a writer"):
            specc.compile(document(SERVE)).export(Scaled(), tmp_path / "archive")
        assert list(tmp_path.iterdir()) == []
    else:
        specc.compile(document(SERVE)).export(Scaled(), tmp_path / "archive")
    assert saves == []
