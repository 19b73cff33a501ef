"""Guesses about the parts of a model that are not in its inferred spec, though clients may want them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

import tensorflow as tf

from specc.compiler.trace.layer_types import is_layer, is_model
from specc.reader.custom_ops import listed
from specc.reader.graph_document import is_public
from specc.scaffold.from_model.traced_functions import public_functions
from specc.scaffold.inferred_spec import Guess

_ABSTRACT = ("Layer.call", "Model.call")
"""The ``call`` of Keras's base classes, which only raises."""


def unexported_parts(model: Any, exported: Collection[str | None]) -> Iterator[Guess]:
    """A guess each about the submodels of ``model``, the tf.functions of its parts, and its ``generate``.

    ``exported`` are the paths of functions that endpoints call.
    """
    by_path, by_layer_name = submodels(model)
    by_path = [path for path in by_path if path not in exported]
    if by_path:
        message = f'submodels that are not exported: {listed(by_path)}; an endpoint with "function": "{by_path[0]}"'
        yield Guess(("endpoints",), f"{message} calls one")
    if by_layer_name:
        message = f"submodels that are not exported: {listed(by_layer_name)}"
        hint = f'name a function(model, inputs) of your own that calls model.get_layer("{by_layer_name[0]}")'
        yield Guess(("endpoints",), f"{message}; to export one, {hint}")
    functions = [path for path in _functions_of_parts(model) if path not in exported]
    if functions:
        message = f'tf.functions of parts that are not exported: {listed(functions)}; an endpoint with "function": '
        yield Guess(("endpoints",), f'{message}"{functions[0]}" calls one')
    if _is_python_method(model, "generate"):
        message = "generate is not exported, since it is a Python loop"
        yield Guess(("endpoints",), f"{message}; to export it, wrap it in a tf.function with an input_signature")


def has_call(layer: Any) -> bool:
    """Whether a layer or model of Keras or tf_keras has a call, unlike a model that only trains its submodels."""
    return getattr(layer.call, "__qualname__", "") not in _ABSTRACT


def submodels(model: Any, *, unbuilt: bool = False) -> tuple[list[str], list[str]]:
    """The submodels of ``model``: the public attributes that hold one, and the layer names of all others.

    Those that are not built are among them only with ``unbuilt``.
    """
    found = {name: value for name, value in _attributes(model) if value is not model and _is_submodel(value, unbuilt)}
    held = {id(model), *map(id, found.values())}
    layers = model.layers if is_model(model) else []
    others = {each.name for each in layers if id(each) not in held and _is_submodel(each, unbuilt)}
    return sorted(found), sorted(others)


def _attributes(model: Any) -> Iterator[tuple[str, Any]]:
    """The public attributes of ``model``, with the properties that return a private one, as keras-hub has them."""
    for name, value in list(getattr(model, "__dict__", {}).items()):
        public = name.removeprefix("_")
        with suppress(Exception):  # a property may raise anything
            if is_public(public) and public.isidentifier() and (name == public or getattr(model, public) is value):
                yield public, value


def _functions_of_parts(model: Any) -> list[str]:
    """The paths of the public tf.functions of the layers and modules that are public attributes of ``model``."""
    parts = [
        (name, value)
        for name, value in sorted(getattr(model, "__dict__", {}).items())
        if is_public(name) and name.isidentifier() and (is_layer(value) or isinstance(value, tf.Module))
    ]
    return [f"{name}.{attribute}" for name, value in parts for attribute, _ in public_functions(value)]


def _is_submodel(value: Any, unbuilt: bool) -> bool:
    return is_model(value) and (unbuilt or value.built)


def _is_python_method(model: Any, name: str) -> bool:
    method = getattr(type(model), name, None)
    return callable(method) and not isinstance(method, tf.types.experimental.PolymorphicFunction)
