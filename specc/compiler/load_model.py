"""Loads the model that a document names."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.keras_file import load_model_file
from specc.compiler.op_registry import registered_ops, unregistered_op_finding
from specc.compiler.user_code import import_module, import_object, run_user_code, summarize
from specc.diagnostics import Diagnostic, SpecPath, kind_of
from specc.errors import SpecError
from specc.language.scalars import names_model_file
from specc.reader.archive_files import require_regular_files
from specc.reader.graph_ops import REFERENCE_OPS
from specc.reader.inspection import choose_graph
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_model import damaged_error, read_saved_model

_MODEL_PATH: SpecPath = ("model",)


def load_model(target: str, directory: Path, *, seed: int, imports: Sequence[str] = ()) -> Any:
    """The model that ``module:attribute`` names, or a Keras file or an ``archive/`` relative to ``directory``.

    ``seed`` is set for Python, NumPy and Keras before anything is imported, and Keras's name counters are reset, so
    that a build is repeatable, whatever was loaded before. ``imports`` are the modules to import before the model.

    Raises:
        SpecError: the target cannot be imported or loaded, or a callable did not return a model.
        UnreadableError: the file does not exist.
        ArchiveError: there is no SavedModel, or it cannot be read.
    """
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    for index, module in enumerate(imports):
        import_module(module, ("imports", index))
    if target.endswith("/"):
        return _load_archive(directory / target, target)
    if names_model_file(target):
        return load_model_file(directory / target, target)
    found = import_object(target, _MODEL_PATH)
    # A Keras model is also callable, so the type is checked first.
    if not (isinstance(found, (type, functools.partial)) or inspect.isroutine(found)) or _is_model(found):
        return _require_model(found, target)
    return _require_model(run_user_code(found, "bad-model", _MODEL_PATH, f"{target}() failed"), f"{target}()")


def _load_archive(path: Path, target: str) -> Any:
    """The object that the SavedModel revives as; of several MetaGraphs, the one that ``choose_graph`` selects."""
    graph, _ = choose_graph(read_saved_model(path))
    require_regular_files(path)
    try:
        ops = graph.ops
    except DamagedError as error:
        raise damaged_error(path, error) from None
    if ops & REFERENCE_OPS:
        hint = "export it again with resource variables, tf.compat.v1.enable_resource_variables()"
        message = f"{target!r} holds reference variables of TensorFlow 1, whose values would be lost"
        raise SpecError([Diagnostic(rule="bad-model", path=_MODEL_PATH, message=message, hint=hint)])
    try:
        return tf.saved_model.load(str(path), tags=list(graph.tags) or None)
    except Exception as error:  # TensorFlow raises many types
        unregistered = ops - registered_ops()
        if unregistered:
            raise SpecError([unregistered_op_finding(unregistered, _MODEL_PATH, f"{target!r} uses")]) from error
        message = f"cannot load {target!r}: {summarize(error)}"
        raise SpecError([Diagnostic(rule="bad-model", path=_MODEL_PATH, message=message)]) from error


def _is_model(found: Any) -> bool:
    if isinstance(found, type):
        return False
    types = (keras.Layer, tf.Module, tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)
    return isinstance(found, types) or hasattr(found, "variables")


def _require_model(found: Any, target: str) -> Any:
    if found is None or isinstance(found, (str, bytes, int, float, list, tuple, dict)):
        raise SpecError([_not_a_model_finding(f"{target} is {kind_of(found)}, which is not a model")])
    return found


def _not_a_model_finding(message: str) -> Diagnostic:
    hint = "a model is a Keras model or layer, a tf.Module, a tf.function, or a callable that returns one"
    return Diagnostic(rule="bad-model", path=_MODEL_PATH, message=message, hint=hint)
