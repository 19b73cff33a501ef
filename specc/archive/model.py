"""Finds the model that a document names."""

from __future__ import annotations

import functools
import inspect
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from specc.archive.user_code import import_object, run_user_code, summarize
from specc.diagnostics import Diagnostic, SpecPath, kind_of
from specc.errors import SpecError, UnreadableError

_PATH: SpecPath = ("model",)


def load_model(target: str, directory: Path, *, seed: int) -> Any:
    """The model that ``module:attribute`` or a ``.keras`` file, relative to ``directory``, names.

    ``seed`` is set for Python, NumPy and Keras before anything is imported, and Keras counts its names from one again,
    so that building is repeatable, whatever was loaded before.

    Raises:
        SpecError: nothing can be imported or loaded there, or what a callable returned is no model.
        UnreadableError: there is no such file.
    """
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    if target.endswith(".keras") and ":" not in target:
        return _load_file(directory / target, target)
    found = import_object(target, _PATH)
    # A Keras model is callable too, so the type is looked at first.
    if not (isinstance(found, (type, functools.partial)) or inspect.isroutine(found)) or _is_model(found):
        return _require_model(found, target)
    return _require_model(run_user_code(found, "bad-model", _PATH, f"{target}() failed"), f"{target}()")


def _load_file(path: Path, target: str) -> Any:
    if not path.exists():
        raise UnreadableError(f"cannot read {path}: there is no such file")
    try:
        return keras.saving.load_model(path)
    except Exception as error:  # Keras raises many types
        hint = "a custom class must be registered; or name a module:attribute that returns the model"
        message = f"cannot load {target!r}: {summarize(error)}"
        raise SpecError([Diagnostic(rule="bad-model", path=_PATH, message=message, hint=hint)]) from error


def _is_model(found: Any) -> bool:
    if isinstance(found, type):
        return False
    types = (keras.Layer, tf.Module, tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)
    return isinstance(found, types) or hasattr(found, "variables")


def _require_model(found: Any, target: str) -> Any:
    if found is None or isinstance(found, (str, bytes, int, float, list, tuple, dict)):
        raise SpecError([_finding(f"{target} is {kind_of(found)}, which is no model")])
    return found


def _finding(message: str) -> Diagnostic:
    hint = "a model is a Keras model or layer, a tf.Module, a tf.function, or a callable that returns one"
    return Diagnostic(rule="bad-model", path=_PATH, message=message, hint=hint)
