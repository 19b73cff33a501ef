"""Variables are written while the functions are traced, and an archive is the same as if they were written afterwards."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import varied_exports
from varied_exports import document

import specc
from specc.compiler import export as exporting
from specc.compiler.write import bundles, checkpoint, early_weights
from specc.reader.checkpoint import OBJECT_GRAPH
from specc.reader.digest import archive_digest

pytestmark = pytest.mark.tensorflow

SERVE = {"serve": {"inputs": ["float32[batch]"], "outputs": "float32[batch]"}}
X = tf.constant([1.0, 2.0])
MIN_BYTES = early_weights._MIN_BYTES
EARLY = "specc-weights_0"


class Scaled(tf.Module):
    """A model that calls ``traced`` when it is traced."""

    def __init__(self, traced: Callable[[Any], object] = lambda _: None) -> None:
        super().__init__()
        self.scale = tf.Variable(3.0, name="scale")
        self.words = tf.Variable(["a", "b"], name="words", trainable=False)
        self.half = tf.Variable(tf.constant([1.5], tf.bfloat16), name="half")
        self.traced = traced

    def __call__(self, x: Any) -> Any:
        with tf.init_scope():
            self.traced(self)
        return x * self.scale


@pytest.fixture(autouse=True)
def of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_weights, "_MIN_BYTES", 1)


Writes = list[tuple[str, list[str]]]
SAVED = threading.Event()
"""Set after the variables are written early."""


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> Writes:
    """The bundles that are written: by which thread, and the names of their tensors."""
    written: Writes = []

    def recorded(prefix: Path, tensors: Mapping[str, Any], device: str | None) -> None:
        bundles.save_bundle(prefix, tensors, device)
        written.append((threading.current_thread().name, list(tensors)))
        if threading.current_thread().name == EARLY:
            SAVED.set()

    SAVED.clear()
    for module in (early_weights, checkpoint):
        monkeypatch.setattr(module, "save_bundle", recorded)
    return written


def key(path: str) -> str:
    return f"{path}/.ATTRIBUTES/VARIABLE_VALUE"


def export(model: Any, path: Path, **fields: Any) -> Any:
    report = specc.compile(document(SERVE, **fields)).export(model, path)
    assert sorted(each.name for each in (path / "variables").iterdir()) == [
        "variables.data-00000-of-00001", "variables.index",
    ]  # fmt: skip
    assert early_threads() == []
    assert sum(report.files.values()) == sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return tf.saved_model.load(str(path))


def early_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == EARLY]


def until_written(_: Any) -> None:
    """Waits in a trace until the variables are written."""
    assert SAVED.wait(10)


def test_the_variables_of_a_model_are_written_while_it_is_traced(writes: Writes, tmp_path: Path) -> None:
    seen: list[int] = []

    def look(model: Any) -> None:
        until_written(model)
        data = list(tmp_path.glob(".archive*/variables/early/variables.data-00000-of-00001"))
        seen.append(sum(each.stat().st_size for each in data))

    loaded = export(Scaled(look), tmp_path / "archive")
    assert seen[0] > 10
    keys = [key(f"variables/{position}") for position in range(3)]
    assert writes == [(EARLY, keys)]
    assert [variable.numpy().tolist() for variable in loaded.variables] == [[1.5], 3.0, [b"a", b"b"]]
    np.testing.assert_array_equal(loaded.serve(X), [3.0, 6.0])


@pytest.mark.parametrize(("missing", "threads"), [(1, ["MainThread"]), (0, [EARLY])])
def test_small_variables_are_written_afterwards(
    missing: int, threads: list[str], writes: Writes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(early_weights, "_MIN_BYTES", MIN_BYTES)
    model = Scaled()
    own = sum(variable.dtype.size * variable.shape.num_elements() for variable in model.variables)
    model.large = tf.Variable(tf.zeros([MIN_BYTES - own - missing], tf.int8), name="large")
    export(model, tmp_path / "archive")
    assert [thread for thread, _ in writes] == threads


def test_a_variable_that_was_sparsely_updated(writes: Writes, tmp_path: Path) -> None:
    """TensorFlow copies it from then on whenever it is read."""
    model = Scaled()
    model.rows = tf.Variable(tf.zeros([4, 2]), name="rows")
    model.rows.scatter_update(tf.IndexedSlices(tf.ones([1, 2]), tf.constant([2])))
    loaded = export(model, tmp_path / "archive")
    assert [thread for thread, _ in writes] == [EARLY]
    np.testing.assert_array_equal(loaded.variables[1], model.rows)


def test_collections_are_written_early_too(writes: Writes, tmp_path: Path) -> None:
    class Trained(Scaled):
        @property
        def variables(self) -> list[Any]:
            return [self.scale]

    chosen = {"kept": [{"from": "words"}], "all": [{"from": "half"}, {"from": "scale"}]}
    loaded = export(Trained(), tmp_path / "archive", variable_collections=chosen)
    assert writes == [(EARLY, [key("variables/0"), key("all/0"), key("kept/0")])]
    assert [each.numpy().tolist() for each in (*loaded.all, *loaded.kept)] == [[1.5], 3.0, [b"a", b"b"]]


def test_what_a_trace_adds_is_written_after_it(writes: Writes, tmp_path: Path) -> None:
    shift = tf.Variable(1.0, name="shift")
    table = tf.lookup.experimental.MutableHashTable(tf.string, tf.float32, 0.0)
    table.insert(["a"], [5.0])

    class Shifted(Scaled):
        def __call__(self, x: Any) -> Any:
            return super().__call__(x) + shift + table.lookup(tf.constant("a"))

    loaded = export(Shifted(), tmp_path / "archive")
    (_, early), (_, rest) = writes
    assert early == [key(f"variables/{position}") for position in range(3)]
    stored = [f"_resources/0/.ATTRIBUTES/table-{part}" for part in ("keys", "values")]
    assert rest == [key("variables/3"), *stored]
    np.testing.assert_array_equal(loaded.serve(X), [9.0, 12.0])


@pytest.mark.parametrize("name", ["scale", "words", "half"])
def test_a_variable_that_a_trace_assigns_is_written_again(name: str, writes: Writes, tmp_path: Path) -> None:
    new = {"scale": 5.0, "words": ["a", "c"], "half": tf.constant([2.5], tf.bfloat16)}[name]

    def assign(model: Any) -> None:
        until_written(model)
        getattr(model, name).assign(new)

    loaded = export(Scaled(assign), tmp_path / "archive")
    assert [thread for thread, _ in writes] == [EARLY, threading.main_thread().name]
    assert writes[1][1] == [*writes[0][1], OBJECT_GRAPH]
    stored = dict(zip(("half", "scale", "words"), loaded.variables, strict=True))[name]
    np.testing.assert_array_equal(stored.numpy(), tf.constant(new).numpy())


def test_a_variable_that_is_assigned_while_it_is_written(tmp_path: Path) -> None:
    """What is being written keeps its memory: the archive has one value or the other, and never a part of both."""

    def assign(model: Any) -> None:
        for _ in range(50):
            model.large.assign_add(tf.ones_like(model.large))

    model = Scaled(assign)
    model.large = tf.Variable(tf.zeros([2**22]), name="large")
    loaded = export(model, tmp_path / "archive")
    np.testing.assert_array_equal(loaded.variables[1], model.large)
    assert np.unique(model.large.numpy()).size == 1


def test_a_model_that_its_trace_builds(writes: Writes, tmp_path: Path) -> None:
    class Lazy(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    model = Lazy()
    endpoint = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 2]"}
    specc.compile(document({"serve": endpoint})).export(model, tmp_path / "archive")
    assert writes == [(threading.main_thread().name, [key("variables/0"), key("variables/1"), OBJECT_GRAPH])]
    loaded = tf.saved_model.load(str(tmp_path / "archive"))
    np.testing.assert_array_equal(loaded.serve(tf.ones([1, 3])), model(tf.ones([1, 3])))


def test_a_list_that_a_trace_changes(writes: Writes, tmp_path: Path) -> None:
    """The keys of variables are their positions."""

    def insert(model: Any) -> None:
        until_written(model)
        model.first = model.__dict__.get("first") or tf.Variable(7.0, name="first")

    loaded = export(Scaled(insert), tmp_path / "archive")
    assert [variable.numpy().tolist() for variable in loaded.variables] == [7.0, [1.5], 3.0, [b"a", b"b"]]
    assert [len(names) for _, names in writes] == [3, 5]


def test_a_write_that_fails_is_done_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(prefix: Path, *_: Any) -> None:
        prefix.with_name("part").write_text("half")
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(early_weights, "save_bundle", full)
    loaded = export(Scaled(), tmp_path / "archive")
    np.testing.assert_array_equal(loaded.serve(X), [3.0, 6.0])


@pytest.mark.parametrize("name", ["save_bundle", "join_bundles"])
def test_a_full_disk(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: Any) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "x/variables; No space left on device")

    for module in (early_weights, checkpoint):
        monkeypatch.setattr(module, name, full, raising=False)
    with pytest.raises(specc.TargetError, match=r"^cannot write .*archive: No space left on device$"):
        specc.compile(document(SERVE)).export(Scaled(), tmp_path / "archive")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lost", [False, True])
def test_what_is_written_is_flushed_meanwhile(
    lost: bool, writes: Writes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The disk may report a failure to that flush only, and not to the one of the whole archive."""
    flushed, flush = threading.Event(), os.fsync

    def recording(descriptor: int) -> None:
        flush(descriptor)
        if threading.current_thread().name == EARLY:
            flushed.set()
            if lost:
                raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", recording)
    model = Scaled(lambda _: flushed.wait(10))
    if lost:
        with pytest.raises(specc.TargetError, match=f"archive: {os.strerror(errno.EIO)}$"):
            specc.compile(document(SERVE)).export(model, tmp_path / "archive")
        assert list(tmp_path.iterdir()) == []
    else:
        export(model, tmp_path / "archive")
    assert flushed.is_set()


def test_what_a_failing_trace_leaves_is_not_flushed(
    writes: Writes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its error is not held up by a slow disk."""
    flushed, failing, save = [], threading.Event(), early_weights.save_bundle

    def waiting(prefix: Path, tensors: Mapping[str, Any], device: str | None) -> None:
        assert failing.wait(10)
        save(prefix, tensors, device)

    def fail(_: Any) -> None:
        threading.Timer(0.2, failing.set).start()  # after the error is raised
        raise ValueError("wrong")

    monkeypatch.setattr(early_weights, "save_bundle", waiting)
    monkeypatch.setattr(os, "fsync", flushed.append)
    with pytest.raises(specc.SpecError, match="trace-failed"):
        specc.compile(document(SERVE)).export(Scaled(fail), tmp_path / "archive")
    assert [thread for thread, _ in writes] == [EARLY]
    assert flushed == []
    assert list(tmp_path.iterdir()) == []


def test_a_defect_in_the_thread_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def defective(*_: Any) -> None:
        raise TypeError("of specc's own")

    monkeypatch.setattr(early_weights, "save_bundle", defective)
    with pytest.raises(specc.SpecError, match=r"save-failed: TensorFlow cannot save the archive: .*of specc's own"):
        specc.compile(document(SERVE)).export(Scaled(), tmp_path / "archive")


def test_a_trace_that_changes_the_working_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The archive is published where it was staged."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "one")
    specc.compile(document(SERVE)).export(Scaled(lambda _: os.chdir(tmp_path / "other")), "archive")
    assert (tmp_path / "one" / "archive" / "saved_model.pb").is_file()
    assert list((tmp_path / "other").iterdir()) == []


def test_what_is_uploaded_is_not_flushed(writes: Writes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    specc.compile(document(SERVE)).export(Scaled(until_written), "memory://early/archive")
    assert [thread for thread, _ in writes] == [EARLY]
    assert flushed == []


@pytest.mark.parametrize("error", [ValueError("wrong"), FileNotFoundError(2, "No such file"), KeyboardInterrupt()])
def test_a_trace_that_fails_leaves_nothing(error: BaseException, tmp_path: Path) -> None:
    def fail(model: Any) -> None:
        raise error

    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else specc.SpecError
    with pytest.raises(expected) as caught:
        specc.compile(document(SERVE)).export(Scaled(fail), tmp_path / "some" / "where" / "archive")
    if isinstance(caught.value, specc.SpecError):
        assert [each.rule for each in caught.value.diagnostics] == ["trace-failed"]
    assert list(tmp_path.iterdir()) == []
    assert early_threads() == []


def test_an_archive_that_only_tensorflow_can_save(writes: Writes, tmp_path: Path) -> None:
    """Nothing is written early, since the options tell."""
    report = specc.compile(document(SERVE, save_options={"save_debug_info": True})).export(Scaled(), tmp_path / "a")
    assert "save_debug_info" in report.notes[0]
    assert writes == []


class OwnWay(tf.saved_model.experimental.TrackableResource):  # type: ignore[misc]  # TensorFlow has no types
    """A resource that says itself which functions an archive holds of it."""

    def _create_resource(self) -> Any:
        return tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], shared_name="own_way")

    def _initialize(self) -> None:
        tf.raw_ops.AssignVariableOp(resource=self.resource_handle, value=5.0)

    def _trackable_children(self, *arguments: Any, **options: Any) -> Any:
        return super()._trackable_children(*arguments, **options)


@pytest.mark.parametrize("reason", ["a resource", "the environment"])
def test_what_is_written_is_removed_where_tensorflow_saves(
    reason: str, writes: Writes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Adding(Scaled):
        def __init__(self) -> None:
            super().__init__(until_written)
            self.own = OwnWay()
            self.own._initialize()

        def __call__(self, x: Any) -> Any:
            return super().__call__(x) + tf.raw_ops.ReadVariableOp(resource=self.own.resource_handle, dtype=tf.float32)

    if reason == "the environment":
        monkeypatch.setenv("SPECC_WRITER", "tensorflow")
    loaded = export(Adding() if reason == "a resource" else Scaled(until_written), tmp_path / "archive")
    assert [thread for thread, _ in writes] == [EARLY]
    np.testing.assert_array_equal(loaded.serve(X), [8.0, 11.0] if reason == "a resource" else [3.0, 6.0])


def test_a_variable_without_a_value_is_not_written_early(writes: Writes, tmp_path: Path) -> None:
    specc.compile(document(SERVE)).export(Scaled(), tmp_path / "first")
    writes.clear()
    options = tf.saved_model.LoadOptions(experimental_skip_checkpoint=True)
    loaded = tf.saved_model.load(str(tmp_path / "first"), options=options)
    with pytest.raises(specc.SpecError, match="bad-model: the variable 'half' has no value"):
        specc.compile(document(SERVE)).export(loaded, tmp_path / "second", functions={"serve": loaded.serve})
    assert writes == []


@contextlib.contextmanager
def afterwards(*_: Any) -> Iterator[None]:
    yield None


@pytest.mark.parametrize("name", varied_exports.EXPORTS)
def test_the_bytes_are_those_of_variables_written_afterwards(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    export = varied_exports.make(name, tmp_path)
    export(tmp_path / "early")
    monkeypatch.setattr(exporting, "weights_written_early", afterwards)
    export(tmp_path / "afterwards")
    assert archive_digest(tmp_path / "early") == archive_digest(tmp_path / "afterwards")
