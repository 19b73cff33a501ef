"""Guesses about the parts of a model that are not in its inferred spec, though clients may want them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.trace.layer_types import is_layer, is_model
from specc.reader.graph_document import is_public
from specc.scaffold.inferred_spec import Guess

_MAX_SHOWN = 8


def unexported_parts(model: Any) -> Iterator[Guess]:
    """A guess that lists the submodels of ``model``, and one about its ``generate``; both only where there are any."""
    by_path, by_layer_name = _submodels(model)
    if by_path:
        message = f'submodels that are not exported: {_listed(by_path)}; an endpoint with "function": "{by_path[0]}"'
        yield Guess(("endpoints",), f"{message} calls one")
    if by_layer_name:
        message = f"submodels that are not exported: {_listed(by_layer_name)}"
        hint = f'name a function(model, inputs) of your own that calls model.get_layer("{by_layer_name[0]}")'
        yield Guess(("endpoints",), f"{message}; to export one, {hint}")
    if _is_python_method(model, "generate"):
        message = "generate is not exported, since it is a Python loop"
        yield Guess(("endpoints",), f"{message}; to export it, wrap it in a tf.function with an input_signature")


def _submodels(model: Any) -> tuple[list[str], list[str]]:
    """The built submodels of ``model``: the public attributes that hold one, and the layer names of all others."""
    found = [
        (name, value)
        for name, value in getattr(model, "__dict__", {}).items()
        if is_public(name) and name.isidentifier() and value is not model and _is_submodel(value)
    ]
    held = {id(value) for _, value in found}
    layers = [each for each in _layers_of(model) if id(each) not in held and each is not model and _is_submodel(each)]
    return sorted(dict(found)), sorted({each.name for each in layers})


def _is_submodel(value: Any) -> bool:
    """Whether ``value`` is a built model, or a built layer with layers inside."""
    if not is_layer(value) or not getattr(value, "built", False):
        return False
    if is_model(value):
        return True
    return isinstance(value, keras.Layer) and bool(value._layers) and type(value).__module__.split(".")[0] != "keras"


def _layers_of(model: Any) -> list[Any]:
    """The layers of a Keras model, by whose names it returns them."""
    return list(model.layers) if is_model(model) else []


def _is_python_method(model: Any, name: str) -> bool:
    method = getattr(type(model), name, None)
    return callable(method) and not isinstance(method, tf.types.experimental.PolymorphicFunction)


def _listed(names: list[str]) -> str:
    more = len(names) - _MAX_SHOWN
    return ", ".join(names[:_MAX_SHOWN]) + (f" and {more} more" if more > 0 else "")
