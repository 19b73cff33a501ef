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
from specc.reader.archive_reader import choose_graph
from specc.reader.reference_variables import REFERENCE_OPS
from specc.reader.saved_model import read_saved_model

_PATH: SpecPath = ("model",)


def load_model(target: str, directory: Path, *, seed: int) -> Any:
    """The model that ``module:attribute`` names, or a ``.keras`` file or an ``archive/`` relative to ``directory``.

    ``seed`` is set for Python, NumPy and Keras before anything is imported, and Keras counts its names from one again,
    so that building is repeatable, whatever was loaded before.

    Raises:
        SpecError: nothing can be imported or loaded there, or what a callable returned is no model.
        UnreadableError: there is no such file.
        ArchiveError: there is no SavedModel, or none that can be read.
    """
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    if target.endswith("/"):
        return _load_archive(directory / target, target)
    if target.endswith(".keras") and (":" not in target or "/" in target):
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


def _load_archive(path: Path, target: str) -> Any:
    """The object that the SavedModel revives as: of several MetaGraphs, the one that the reader describes."""
    graph, _ = choose_graph(read_saved_model(path))
    try:
        revived = tf.saved_model.load(str(path), tags=list(graph.tags) or None)
    except Exception as error:  # TensorFlow raises many types
        message = f"cannot load {target!r}: {summarize(error)}"
        raise SpecError([Diagnostic(rule="bad-model", path=_PATH, message=message)]) from error
    held = getattr(revived, "graph", None)
    if isinstance(held, tf.Graph) and any(operation.type in REFERENCE_OPS for operation in held.get_operations()):
        hint = "write it anew with resource variables, tf.compat.v1.enable_resource_variables()"
        message = f"{target!r} holds reference variables of TensorFlow 1, whose values would be lost"
        raise SpecError([Diagnostic(rule="bad-model", path=_PATH, message=message, hint=hint)])
    return revived


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
