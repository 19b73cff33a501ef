"""Defaults of a function's parameters: which of them an archive can hold, and in what form.

TensorFlow makes inputs of the tensors and arrays in the default of a parameter that no ``input_signature`` speaks of,
and fixes Python's values in it. What no archive holds, such as a variable or a function, the function keeps to itself.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from specc.keras_export.input_specs import Slot, map_structure, prune
from specc.language.validation.buildable import is_argument_name

BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
NONE = inspect.Parameter.empty
"""Stands for no default, since None is one."""
_FLEXIBLE = inspect.Parameter.POSITIONAL_OR_KEYWORD
_ARRAYS = (tf.Tensor, np.ndarray)
_INT64 = range(-(2**63), 2**63)


def held_default(default: Any) -> Any:
    """``default`` as an archive holds it, NumPy's numbers as arrays; NONE where no archive can."""
    return NONE if default is NONE or not _is_held(default) else _with_arrays(default)


def offered(signature: inspect.Signature, given: int, *, tensors: bool) -> tuple[inspect.Parameter, ...]:
    """The parameters that an archive offers after the first ``given``, which a signature speaks of.

    A parameter is left to the function where no archive can hold its default, or name its tensors, or where the
    function takes no ``tensors``, as one in JAX. Those that can be given by keyword alone can be given by position too,
    since TensorFlow knows no others. Of a default that has both, Python's values are left to the function.
    """
    is_variadic = any(item.kind is inspect.Parameter.VAR_POSITIONAL for item in signature.parameters.values())
    found: list[inspect.Parameter] = []
    for index, item in enumerate(signature.parameters.values()):
        default = held_default(item.default)
        if (index < given and item.kind in BY_POSITION) or (default is NONE and item.default is not NONE):
            continue
        if any(isinstance(leaf, float) and math.isnan(leaf) for leaf in tf.nest.flatten(default)):
            continue  # the revived function would look for a trace with an equal value, and find none
        is_input = bool(_tensors(default))
        if is_input and not (tensors and is_argument_name(item.name)):
            continue
        kind = _FLEXIBLE if is_input and not is_variadic else item.kind
        default = _tensors_alone(default) if is_mixed(default) else default
        found.append(item.replace(kind=kind, default=default, annotation=NONE))
    return tuple(sorted(found, key=lambda item: item.kind))


def is_mixed(default: Any) -> bool:
    """Whether a held default has more than tensors, as a number or an empty list, which no contract can say."""
    slots = slots_of_default(default)
    return bool(_tensors(default)) and _structure(prune(slots)) != _structure(slots)


def _structure(nested: Any) -> Any:
    return map_structure(nested, lambda _: None)


def slots_of_default(default: Any) -> Any:
    """A held default with a Slot for each tensor or array in it, which holds just this."""
    return map_structure(default, lambda leaf: Slot(leaf) if isinstance(leaf, _ARRAYS) else leaf)


def _tensors_alone(default: Any) -> Any:
    """A held default without Python's values beside its tensors; as it is, where a namedtuple would lose a field."""
    alone = map_structure(prune(slots_of_default(default)), lambda slot: slot and slot.spec)
    return alone if len(_tensors(alone)) == len(_tensors(default)) else default


def _tensors(default: Any) -> list[Any]:
    return [leaf for leaf in tf.nest.flatten(default) if isinstance(leaf, _ARRAYS)]


def fitting_default(default: Any, spec: Any) -> Any:
    """The default of an argument of the nested ``spec``, as an archive holds it; NONE where it is no such argument.

    TensorFlow makes a tensor of Python's and NumPy's values when the argument is left out, and casts no tensor.
    """
    held = held_default(default)
    return held if held is not NONE and _fits(held, spec) else NONE


def _is_held(value: Any) -> bool:
    match value:
        case np.generic() | np.ndarray():
            return bool(value.dtype.kind in "biufcSU")
        case None | bool() | str() | tf.DType():
            return True
        case int():
            return value in _INT64
        case float():
            return True
        case tf.Tensor():
            return value.dtype not in (tf.resource, tf.variant) and not tf.is_symbolic_tensor(value)
        case Mapping():
            return all(isinstance(key, str) and _is_held(item) for key, item in value.items())
        case list() | tuple():
            return all(map(_is_held, value))
        case _:
            return False


def _with_arrays(value: Any) -> Any:
    return map_structure(value, lambda leaf: np.asarray(leaf) if isinstance(leaf, np.generic) else leaf)


def _fits(default: Any, spec: Any) -> bool:
    if isinstance(spec, tf.TensorSpec):
        try:
            return bool(spec.is_compatible_with(tf.convert_to_tensor(default, spec.dtype)))
        except (TypeError, ValueError):
            return False
    try:
        tf.nest.assert_same_structure(spec, default, check_types=False)
    except (TypeError, ValueError):
        return False
    pairs = zip(tf.nest.flatten(default), tf.nest.flatten(spec), strict=True)
    return all(isinstance(leaf_spec, tf.TensorSpec) and _fits(leaf, leaf_spec) for leaf, leaf_spec in pairs)
