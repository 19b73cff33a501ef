"""Converts the arguments of ``add_endpoint`` for the JAX backend, as Keras defines them, to JaxOptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from pydantic import ValidationError

from specc.diagnostics import SpecPath, kind_of
from specc.keras_export import keras_words as words
from specc.keras_export.keras_errors import type_error, value_error
from specc.language.jax_options import JaxOptions

NAMES = ("jax2tf_kwargs", "is_static", "platforms")


def read_options(arguments: Mapping[str, Any], path: SpecPath) -> JaxOptions:
    """The JaxOptions in ``arguments``.

    Raises:
        SpecTypeError: an argument has an unknown name or a wrong type.
        SpecValueError: Keras runs on another backend, or a value is not supported by JAX or in a spec.
    """
    for name in arguments:
        if name not in NAMES:
            raise type_error("unknown-key", path, f"add_endpoint() has no argument {name!r}")
        if keras.config.backend() != "jax":
            message = f"{name!r} is only for the JAX backend; the current backend is {keras.config.backend()}"
            as_keras = "" if name == "platforms" else words.only_for_jax(keras.config.backend())
            raise value_error("unknown-key", path, message, words=as_keras)
    given = arguments.get("jax2tf_kwargs") or {}
    if not isinstance(given, Mapping):
        raise type_error("wrong-type", path, f"'jax2tf_kwargs' must be a dict, not {kind_of(given)}")
    fields: dict[str, Any] = {"is_static": bool(arguments.get("is_static", False))}
    fields["jax2tf_kwargs"] = {key: _to_spec_json(value, (*path, key)) for key, value in given.items()}
    if "platforms" in arguments:
        fields["platforms"] = arguments["platforms"]
    try:
        return JaxOptions.model_validate(fields)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise value_error("bad-choice", path, f"{place}: {error.errors()[0]['msg']}") from error


def _to_spec_json(value: Any, path: SpecPath) -> Any:
    """A value as it is written in a spec, where shapes and safety checks are strings."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {key: _to_spec_json(item, path) for key, item in value.items()}
        case list() | tuple() if type(value) in (list, tuple):
            return [_to_spec_json(item, path) for item in value]
        case tuple():  # PolyShape
            return str(value)
        case _ if type(value).__name__ == "DisabledSafetyCheck":
            target = value.is_custom_call()
            return "platform" if target is None else f"custom_call:{target}"
        case _:
            raise value_error("bad-value", path, f"{kind_of(value)} cannot be written in a spec")
