"""Keras's error texts are part of its interface: specc's errors begin with them, then have a rule and a hint."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from wire_signatures import mlp

import specc

pytestmark = pytest.mark.tensorflow

SPEC = [tf.TensorSpec([None, 3])]
NEVER_CALLED = tf.function(lambda x: x)
HAS_FORMATS = "format" in inspect.signature(keras.export.ExportArchive.__new__).parameters


def _twice(archive: Any) -> None:
    for _ in range(2):
        archive.add_endpoint("serve", mlp().call, SPEC)


def _added(**options: Any) -> Callable[[Any], Any]:
    return lambda archive: archive.add_endpoint("serve", mlp().call, SPEC, **options)


def _asked(signature: Any) -> Callable[[Any], Any]:
    return lambda archive: archive.add_endpoint("serve", lambda x: x, signature)


# Misuses of an archive of either class, and specc's rule for each.
ARCHIVES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a layer without weights": (lambda archive: archive.track(keras.layers.Dense(2)), "bad-resource"),
    "tracked text": (lambda archive: archive.track("model"), "bad-resource"),
    "a tracked number": (lambda archive: archive.track(5), "bad-resource"),
    "an unbuilt model with its endpoint": (
        lambda archive: archive.track_and_add_endpoint("serve", keras.Sequential([keras.layers.Dense(2)]), SPEC),
        "bad-resource",
    ),
    "a name twice": (_twice, "name-clash"),
    "no signature": (lambda archive: archive.add_endpoint("serve", mlp().call), "bad-signature"),
    "a tf.function that was never called": (
        lambda archive: archive.add_endpoint("serve", NEVER_CALLED),
        "bad-signature",
    ),
    "is_static": (_added(is_static=True), "unknown-key"),
    "jax2tf_kwargs": (_added(jax2tf_kwargs={}), "unknown-key"),
    "a number for a spec": (_asked([123]), "bad-signature"),
    "text for a spec": (_asked(["float32"]), "bad-signature"),
    "text for a signature": (_asked("float32"), "bad-signature"),
    "a number in a dict": (_asked([{"a": 1}]), "bad-signature"),
    "None for a spec": (_asked([None]), "bad-signature"),
    "a spec without its dtype": (_asked([keras.InputSpec(shape=(None, 3))]), "bad-signature"),
    "a spec without its shape": (_asked([[keras.InputSpec(dtype="float32", ndim=2)]]), "bad-signature"),
    "a collection of a model": (lambda archive: archive.add_variable_collection("some", mlp()), "wrong-type"),
    "a collection of a generator": (
        lambda archive: archive.add_variable_collection("some", iter([])),
        "wrong-type",
    ),
    "a collection of numbers": (lambda archive: archive.add_variable_collection("some", [1]), "wrong-type"),
    "a collection of arrays and variables": (
        lambda archive: archive.add_variable_collection("some", (tf.Variable(1.0), tf.constant(1.0))),
        "wrong-type",
    ),
    "nothing to write": (lambda archive: archive.write_out("nowhere"), "missing-endpoint"),
}


class Dense(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def build(self, shape: Any) -> None:
        self.dense.build(shape)
        super().build(shape)

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs)


def _built() -> Any:
    model = Dense()
    model.build((None, 3))
    return model


def _odd() -> Any:
    model = Dense()
    model(tf.ones([1, 3]))
    model._build_shapes_dict = {"shape": "(None, 3)"}  # a container that Keras does not support
    return model


MODELS: dict[str, Callable[[], Any]] = {
    "not built": lambda: keras.Sequential([keras.layers.Dense(2)]),
    "subclassed, not built": Dense,
    "subclassed, built and never called": _built,
    "subclassed, of unknown shapes": _odd,
}


def _error(misuse: Callable[[], Any]) -> Exception:
    with pytest.raises((ValueError, TypeError)) as caught:
        misuse()
    return caught.value


def _require_words(ours: Exception, theirs: Exception, rule: str) -> None:
    assert isinstance(ours, specc.SpecError)
    assert isinstance(ours, type(theirs))
    assert str(theirs)
    assert str(ours) == f"{theirs}\n{ours.diagnostics[0]}"
    assert [diagnostic.rule for diagnostic in ours.diagnostics] == [rule]


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_says_what_keras_says(name: str) -> None:
    misuse, rule = ARCHIVES[name]
    ours = _error(lambda: misuse(specc.ExportArchive()))
    theirs = _error(lambda: misuse(keras.export.ExportArchive()))
    _require_words(ours, theirs, rule)


@pytest.mark.skipif(not HAS_FORMATS, reason="this Keras has one format")
def test_an_unknown_format_is_what_keras_says() -> None:
    ours = _error(lambda: specc.ExportArchive(format="tarball"))
    theirs = _error(lambda: keras.export.ExportArchive(format="tarball"))
    _require_words(ours, theirs, "bad-choice")


@pytest.mark.parametrize("name", MODELS)
def test_the_export_of_a_model_says_what_keras_says(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    ours = _error(lambda: specc.export(model, tmp_path / "specc"))
    theirs = _error(lambda: model.export(str(tmp_path / "keras")))
    _require_words(ours, theirs, "bad-model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("model", [5, None, keras.layers.Dense(2)], ids=["number", "None", "layer"])
def test_what_is_no_model_is_what_keras_says(model: Any, tmp_path: Path) -> None:
    ours = _error(lambda: specc.export(model, tmp_path / "specc"))
    theirs = _error(lambda: keras.Model.export(model, str(tmp_path / "keras")))
    _require_words(ours, theirs, "bad-model")
