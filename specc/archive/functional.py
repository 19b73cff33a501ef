"""What Keras's Functional models take: their inputs, and the containers that these stand in.

Keras flattens an ``OrderedDict`` by insertion and a plain dict by sorted key, and a Functional model pairs what comes
out with its inputs by position. Of the same keys in other containers it makes another number, without a word.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping
from typing import Any

import keras

_ABSENT = object()


class _MismatchError(Exception):
    """A structure is not the one that the model takes."""


def functional_inputs(layer: Any) -> Any:
    """The nested KerasTensors that a Functional model takes, or None for any other layer."""
    if not isinstance(layer, keras.Model) or isinstance(layer, keras.Sequential):
        return None
    tensors = getattr(layer, "inputs", None)
    symbolic = isinstance(tensors, list) and all(isinstance(tensor, keras.KerasTensor) for tensor in tensors)
    return layer.input if symbolic and tensors else None


def optional_inputs(layer: Any) -> tuple[str, ...]:
    """The names of the inputs that may be None."""
    found = (each for each in getattr(layer, "operations", ()) if isinstance(each, keras.layers.InputLayer))
    return tuple(each.name for each in found if getattr(each, "optional", False))


def with_own_containers(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, which puts its inputs into the containers of the model where it is a Functional model's own call.

    That is the model itself, or its bound ``call`` or ``__call__``, as long as Keras wrote them; any other function is
    given back as it is.
    """
    layer = _functional_model(function)
    if layer is None:
        return function

    def repacking(inputs: Any, *arguments: Any, **kwargs: Any) -> Any:
        return function(in_own_containers(layer, inputs), *arguments, **kwargs)

    return repacking


def in_own_containers(layer: Any, inputs: Any) -> Any:
    """``inputs`` by key in the containers of ``layer.input``, None for each optional input that is left out.

    As they are where ``layer`` is not Functional, and where the keys, or the numbers of items, are not those of
    ``layer.input``: Keras then has its own rules.
    """
    own = functional_inputs(layer)
    try:
        return inputs if own is None else _repacked(own, inputs, optional_inputs(layer))
    except _MismatchError:
        return inputs


def _functional_model(function: Any) -> Any:
    """The Functional model whose forward pass ``function`` is, all of it written by Keras; else None."""
    layer: Any = function if isinstance(function, keras.Layer) else getattr(function, "__self__", None)
    if functional_inputs(layer) is None or not (_is_of_keras(layer.call) and _is_of_keras(type(layer).__call__)):
        return None
    return layer if function is layer or function in (layer.call, layer.__call__) else None


def _is_of_keras(method: Any) -> bool:
    """Whether Keras wrote a method: the class of its Functional models has no public name."""
    return str(getattr(method, "__module__", "")).partition(".")[0] == "keras"


def _repacked(own: Any, given: Any, optional: Collection[str]) -> Any:
    match own:
        case dict():
            given = {} if given is _ABSENT else given
            if not isinstance(given, Mapping) or not given.keys() <= own.keys():
                raise _MismatchError
            filled = copy.copy(own)  # which keeps the class, and what a defaultdict makes
            for key, inner in own.items():
                filled[key] = _repacked(inner, given.get(key, _ABSENT), optional)
            return filled
        case list() | tuple():
            given = [_ABSENT] * len(own) if given is _ABSENT else given
            if not isinstance(given, (list, tuple)) or len(given) != len(own):
                raise _MismatchError
            items = [_repacked(inner, item, optional) for inner, item in zip(own, given, strict=True)]
            return type(own)(*items) if hasattr(own, "_fields") else type(own)(items)
        case _:
            if isinstance(given, (Mapping, list, tuple)):
                raise _MismatchError
            if given is _ABSENT and getattr(own, "name", None) not in optional:
                raise _MismatchError
            return None if given is _ABSENT else given
