"""Converts the defaults of a function's parameters to the form in which an archive can store them.

For a parameter without an entry in the ``input_signature``, TensorFlow turns the tensors and arrays in its default into
inputs, and fixes the Python values. Values that an archive cannot store, such as variables and functions, stay in the
function.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from specc.compiler.trace.call_arguments import POSITIONAL_KINDS
from specc.keras_export.input_specs import Slot, map_structure, prune
from specc.language.validation.buildable import is_argument_name

NONE = inspect.Parameter.empty
"""The marker for no default, since None is a default."""
_FLEXIBLE = inspect.Parameter.POSITIONAL_OR_KEYWORD
_ARRAYS = (tf.Tensor, np.ndarray)
_INT64 = range(-(2**63), 2**63)


def storable_default(default: Any) -> Any:
    """``default`` as an archive stores it, with NumPy scalars as arrays; NONE if an archive cannot store it."""
    return NONE if default is NONE or not _is_storable(default) else _numpy_scalars_to_arrays(default)


def stored_parameters(signature: inspect.Signature, given: int, *, tensors: bool) -> tuple[inspect.Parameter, ...]:
    """The parameters that an archive has in addition to the first ``given``, which are in the input_signature.

    A parameter is left out if an archive cannot store its default or name its tensors, or if the function takes no
    ``tensors``, as in JAX. Keyword-only parameters can also be passed by position, since TensorFlow has no others. From
    a default with tensors and Python values, the Python values are left out.
    """
    is_variadic = any(item.kind is inspect.Parameter.VAR_POSITIONAL for item in signature.parameters.values())
    found: list[inspect.Parameter] = []
    for index, item in enumerate(signature.parameters.values()):
        default = storable_default(item.default)
        if (index < given and item.kind in POSITIONAL_KINDS) or (default is NONE and item.default is not NONE):
            continue
        if any(isinstance(leaf, float) and math.isnan(leaf) for leaf in tf.nest.flatten(default)):
            continue  # NaN is unequal to itself, so the revived function would find no trace for it
        is_input = bool(_tensors_in_default(default))
        if is_input and not (tensors and is_argument_name(item.name)):
            continue
        kind = _FLEXIBLE if is_input and not is_variadic else item.kind
        default = _without_python_values(default) if is_mixed(default) else default
        found.append(item.replace(kind=kind, default=default, annotation=NONE))
    return tuple(sorted(found, key=lambda item: item.kind))


def is_mixed(default: Any) -> bool:
    """Whether a stored default has more than tensors, such as a number, which a contract cannot describe."""
    slots = slots_of_default(default)
    return bool(_tensors_in_default(default)) and _containers_of(prune(slots)) != _containers_of(slots)


def _containers_of(nested: Any) -> Any:
    return map_structure(nested, lambda _: None)


def slots_of_default(default: Any) -> Any:
    """A stored default with a Slot in place of each tensor or array, whose spec is that value."""
    return map_structure(default, lambda leaf: Slot(leaf) if isinstance(leaf, _ARRAYS) else leaf)


def _without_python_values(default: Any) -> Any:
    """A stored default without the Python values beside its tensors; unchanged if a namedtuple would lose a field."""
    tensors_only = map_structure(prune(slots_of_default(default)), lambda slot: slot and slot.spec)
    return tensors_only if len(_tensors_in_default(tensors_only)) == len(_tensors_in_default(default)) else default


def _tensors_in_default(default: Any) -> list[Any]:
    return [leaf for leaf in tf.nest.flatten(default) if isinstance(leaf, _ARRAYS)]


def fitting_default(default: Any, spec: Any) -> Any:
    """The default of an argument of the nested ``spec``, as an archive stores it; NONE if it does not fit the spec.

    If the argument is left out, TensorFlow converts Python and NumPy values to tensors; it does not cast tensors.
    """
    stored = storable_default(default)
    return stored if stored is not NONE and _default_fits_spec(stored, spec) else NONE


def _is_storable(value: Any) -> bool:
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
            return all(isinstance(key, str) and _is_storable(item) for key, item in value.items())
        case list() | tuple():
            return all(map(_is_storable, value))
        case _:
            return False


def _numpy_scalars_to_arrays(value: Any) -> Any:
    return map_structure(value, lambda leaf: np.asarray(leaf) if isinstance(leaf, np.generic) else leaf)


def _default_fits_spec(default: Any, spec: Any) -> bool:
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
    return all(
        isinstance(leaf_spec, tf.TensorSpec) and _default_fits_spec(leaf, leaf_spec) for leaf, leaf_spec in pairs
    )
