"""Finds the model that a document names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from specc.archive.binding import import_object, summarize
from specc.diagnostics import Diagnostic, SpecPath, kind_of
from specc.errors import SpecError

_PATH: SpecPath = ("model",)


def load_model(target: str, directory: Path, *, seed: int) -> Any:
    """The model that ``module:attribute`` or a ``.keras`` file, relative to ``directory``, names.

    ``seed`` is set for Python, NumPy and Keras before anything is imported, so that building is repeatable.

    Raises:
        SpecError: nothing can be imported or loaded there, or what a callable returned is no model.
    """
    keras.utils.set_random_seed(seed)
    if target.endswith(".keras") and ":" not in target:
        return _load_file(directory / target, target)
    found = import_object(target, _PATH)
    # A Keras model is callable too, so the type is looked at first.
    if not isinstance(found, type) and (_is_model(found) or not callable(found)):
        return _require_model(found, target)
    try:
        model = found()
    except Exception as error:  # a model's code may raise anything
        raise SpecError([_finding(f"{target}() failed: {summarize(error)}")]) from error
    return _require_model(model, f"{target}()")


def _load_file(path: Path, target: str) -> Any:
    try:
        return keras.saving.load_model(path)
    except Exception as error:  # Keras raises many types
        raise SpecError([_finding(f"cannot load {target!r}: {summarize(error)}")]) from error


def _is_model(found: Any) -> bool:
    types = (keras.Layer, tf.Module, tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)
    return isinstance(found, types) or hasattr(found, "variables")


def _require_model(found: Any, target: str) -> Any:
    if found is None or isinstance(found, (str, bytes, int, float, list, tuple, dict)):
        raise SpecError([_finding(f"{target} is {kind_of(found)}, which is no model")])
    return found


def _finding(message: str) -> Diagnostic:
    hint = "a model is a Keras model or layer, a tf.Module, a tf.function, or a callable that returns one"
    return Diagnostic(rule="bad-model", path=_PATH, message=message, hint=hint)
