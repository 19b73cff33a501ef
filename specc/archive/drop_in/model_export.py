"""The drop-in for ``keras.Model.export``."""

from __future__ import annotations

import os
from typing import Any

import keras

from specc.archive.drop_in.export_archive import ExportArchive
from specc.archive.drop_in.input_specs import functional_inputs, type_of
from specc.archive.drop_in.keras_errors import type_error, value_error
from specc.archive.report import ExportReport

_ENDPOINT = "serve"
"""What ``Model.export`` calls its one endpoint."""


def export(
    model: Any,
    filepath: str | os.PathLike[str],
    format: str = "tf_saved_model",
    verbose: bool | None = None,
    input_signature: Any = None,
    **kwargs: Any,
) -> ExportReport:
    """Exports the forward pass of a Keras model as the endpoint ``serve``, as ``Model.export`` does.

    Args:
        model: a built model: Functional, Sequential, or subclassed and called once.
        filepath: a directory that is absent, empty or a SavedModel, which is replaced whole.
        format: ``tf_saved_model``; Keras writes the others.
        verbose: whether to print what the archive offers; yes, unless said.
        input_signature: as :meth:`ExportArchive.add_endpoint` takes it; without it, what the model recorded. A
            subclassed model records shapes and no dtypes: as in Keras they are its ``input_dtype``.
        kwargs: those of :meth:`ExportArchive.add_endpoint`.

    Raises:
        SpecTypeError: ``model`` is no Keras model.
        SpecValueError: the model is not built, or was never called; or ``format`` is another one.
    """
    if not isinstance(model, keras.Model):
        raise type_error("bad-model", (), f"the model must be a keras.Model, found {type(model).__name__}")
    if format != "tf_saved_model":
        raise value_error("bad-choice", (), "specc writes SavedModels alone", "model.export writes other formats")
    archive = ExportArchive()
    signature = _signature_of(model) if input_signature is None else input_signature
    archive.track_and_add_endpoint(_ENDPOINT, model, signature, **kwargs)
    return archive.write_out(filepath, verbose=verbose is None or verbose)


def _signature_of(model: Any) -> Any:
    if not model.built:
        message = "the model provided has not yet been built"
        raise value_error("bad-model", (), message, "build it, or call it once, before it is exported")
    if isinstance(model, keras.Sequential):
        return list(model.inputs)
    structure = functional_inputs(model)
    if structure is not None:
        return [structure]
    recorded = model.get_build_config() or {}
    shapes = recorded.get("shapes_dict", recorded)
    if not shapes:
        message = "the model provided was never called, so the shapes of its inputs are not known"
        raise value_error("bad-model", (), message, "call it once, or give an input_signature")
    return [_specs(shape, model.input_dtype) for shape in shapes.values()]


def _specs(shapes: Any, dtype: Any) -> Any:
    if isinstance(shapes, dict):
        return {key: _specs(shape, dtype) for key, shape in shapes.items()}
    if all(size is None or isinstance(size, int) for size in shapes):
        return keras.InputSpec(shape=(None, *shapes[1:]), dtype=dtype)
    return type_of(shapes)(_specs(shape, dtype) for shape in shapes)
