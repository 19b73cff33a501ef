"""A drop-in replacement for ``keras.Model.export``."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import keras

from specc.compiler.trace.functional_models import functional_inputs
from specc.diagnostics import kind_of
from specc.keras_export import keras_words as words
from specc.keras_export.export_archive import ExportArchive
from specc.keras_export.input_specs import type_of
from specc.keras_export.keras_errors import type_error, value_error

_KERAS_EXPORT = keras.Model.export  # kept, since ``export`` would call itself after it replaces this
_SAVED_MODEL = "tf_saved_model"
_ENDPOINT = "serve"
"""The name that ``Model.export`` gives its endpoint."""


def export(
    model: Any,
    filepath: str | os.PathLike[str],
    format: str = _SAVED_MODEL,
    verbose: bool | None = None,
    input_signature: Any = None,
    **kwargs: Any,
) -> Any:
    """Exports the forward pass of a Keras model as the endpoint ``serve``, as ``Model.export`` does.

    Args:
        model: a built model: Functional, Sequential, or subclassed and called once.
        filepath: a directory that is missing, empty or a SavedModel, which is replaced as a whole.
        format: ``tf_saved_model``; any other is passed to the model's own ``export`` with all arguments unchanged, so
            that Keras writes it or raises its error.
        verbose: whether to print the endpoints of the archive; by default it does.
        input_signature: as :meth:`ExportArchive.add_endpoint` takes it; by default, what the model recorded. A
            subclassed model records shapes but no dtypes: as in Keras they are its ``input_dtype``.
        kwargs: those of :meth:`ExportArchive.add_endpoint`.

    Returns:
        The :class:`ExportReport` of the archive; for another format, the result of Keras.

    Raises:
        SpecTypeError: ``model`` is not a Keras model.
        SpecValueError: the model is not built, or was never called.
    """
    if not isinstance(model, keras.Model):
        message = f"{kind_of(model)} is not a keras.Model"
        raise type_error("bad-model", (), message, words=words.no_model(model))
    if format != _SAVED_MODEL:
        write = partial(_KERAS_EXPORT, model) if type(model).export is export else model.export
        return write(filepath, format=format, verbose=verbose, input_signature=input_signature, **kwargs)
    archive = ExportArchive()
    signature = _signature_of(model) if input_signature is None else input_signature
    archive.track_and_add_endpoint(_ENDPOINT, model, signature, **kwargs)
    return archive.write_out(filepath, verbose=verbose is None or verbose)


def _signature_of(model: Any) -> Any:
    if not model.built:
        message, hint = "the model has no weights yet", "build it, or call it once, before it is exported"
        raise value_error("bad-model", (), message, hint, words=words.MODEL_NOT_BUILT)
    if isinstance(model, keras.Sequential):
        return list(model.inputs)
    structure = functional_inputs(model)
    if structure is not None:
        return [structure]
    recorded = model.get_build_config() or {}
    shapes = recorded.get("shapes_dict", recorded)
    # Keras rejects a model that was built and never called, and has no public record of calls.
    if not shapes or not getattr(model, "_called", True):
        message, hint = "the shapes of the model's inputs are not known", "call it once, or give an input_signature"
        raise value_error("bad-model", (), message, hint, words=words.MODEL_NOT_CALLED)
    return [_specs_of_shapes(shape, model.input_dtype) for shape in shapes.values()]


def _specs_of_shapes(shapes: Any, dtype: Any) -> Any:
    if isinstance(shapes, dict):
        return {key: _specs_of_shapes(shape, dtype) for key, shape in shapes.items()}
    if not isinstance(shapes, (list, tuple)):
        message = f"the model recorded {kind_of(shapes)} instead of the shape of an input"
        raise value_error("bad-model", (), message, "give an input_signature", words=words.no_shapes(shapes))
    if all(size is None or isinstance(size, int) for size in shapes):
        return keras.InputSpec(shape=(None, *shapes[1:]), dtype=dtype)
    return type_of(shapes)(_specs_of_shapes(shape, dtype) for shape in shapes)
