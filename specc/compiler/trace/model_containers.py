"""Converts inputs to the containers of a Functional model's inputs.

Keras flattens an ``OrderedDict`` by insertion and a plain dict by sorted key, and a Functional model pairs the result
with its inputs by position. With the same keys in another container it silently computes another result.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from typing import Any

from specc.compiler.trace.functional_models import functional_inputs, functional_model, optional_inputs

_ABSENT = object()


class _MismatchError(Exception):
    """A structure does not match the model's inputs."""


def with_model_containers(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with its inputs converted to the model's containers, if it is a Functional model's own call.

    That is the model itself, or its bound ``call`` or ``__call__``, unless they are overridden; any other function is
    returned unchanged.
    """
    layer = functional_model(function)
    if layer is None or functional_inputs(layer) is None:
        return function

    def repacking(inputs: Any, *arguments: Any, **kwargs: Any) -> Any:
        return function(in_model_containers(layer, inputs), *arguments, **kwargs)

    repacking._specc_calls = function  # type: ignore[attr-defined]  # see backends.unwrap_function
    return repacking


def in_model_containers(layer: Any, inputs: Any) -> Any:
    """``inputs`` by key in the containers of ``layer.input``, with None for each optional input that is left out.

    They are unchanged if ``layer`` is not Functional, or if the keys or the numbers of items differ from those of
    ``layer.input``: Keras then applies its own rules.
    """
    own = functional_inputs(layer)
    try:
        return inputs if own is None else _repack(own, inputs, optional_inputs(layer))
    except _MismatchError:
        return inputs


def _repack(own: Any, given: Any, optional: Collection[str]) -> Any:
    match own:
        case dict():
            given = {} if given is _ABSENT else given
            if not isinstance(given, Mapping) or not given.keys() <= own.keys():
                raise _MismatchError
            filled = copy.copy(own)  # keeps the class, and the factory of a defaultdict
            for key, inner in own.items():
                filled[key] = _repack(inner, given.get(key, _ABSENT), optional)
            return filled
        case list() | tuple():
            given = [_ABSENT] * len(own) if given is _ABSENT else given
            if not isinstance(given, (list, tuple)) or len(given) != len(own):
                raise _MismatchError
            items = [_repack(inner, item, optional) for inner, item in zip(own, given, strict=True)]
            return type(own)(*items) if hasattr(own, "_fields") else type(own)(items)
        case _:
            if isinstance(given, (Mapping, list, tuple)):
                raise _MismatchError
            if given is _ABSENT and getattr(own, "name", None) not in optional:
                raise _MismatchError
            return None if given is _ABSENT else given
