"""Reads an ``input_signature`` in any form that Keras accepts: the tensors of each positional argument."""

from __future__ import annotations

import copy
import inspect
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.trace.call_arguments import positional_names
from specc.compiler.trace.functional_models import functional_inputs
from specc.compiler.trace.output_check import spec_of
from specc.diagnostics import SpecPath, kind_of
from specc.keras_export import keras_words as words
from specc.keras_export.keras_errors import type_error, value_error
from specc.rules.table import RuleId

RULE: RuleId = "bad-signature"
_NOT_INPUTS = ("training", "mask")
"""Parameters of a Functional model's call that are not inputs, although they can be passed by position."""
_PRESERVED_DICTS = (OrderedDict, defaultdict)
"""Subclasses of dict that TensorFlow preserves, so a function can distinguish them from plain dicts."""
_SUPPORTED = "keras.InputSpec, tf.TensorSpec, tf.RaggedTensorSpec, tf.SparseTensorSpec, keras.KerasTensor and tensors"


@dataclass(frozen=True)
class Slot:
    """The position of one tensor in an argument: its spec, and the name that its author gave."""

    spec: Any
    name: str | None = None

    @property
    def dense(self) -> tf.TensorSpec:
        """The spec of a dense tensor in the same position, since TensorFlow does not name composite ones."""
        return tf.TensorSpec(self.spec.shape, self.spec.dtype, self.name)


def read_signature(function: Callable[..., Any], input_signature: Any, path: SpecPath) -> list[Any]:
    """The positional arguments in ``input_signature``, each a nested structure of Slots and, inside it, None.

    A bare spec or dict is the only argument.

    Raises:
        SpecTypeError: an entry is not a spec.
        SpecValueError: a spec lacks its shape or dtype, or an argument would be one of Keras's own options.
    """
    if isinstance(input_signature, (list, tuple)) and not hasattr(input_signature, "_fields"):
        arguments = [_to_slots(item, path) for item in input_signature]
        if None in arguments:
            hint = "leave it out: the function then uses its own default"
            raise type_error(RULE, path, f"argument {arguments.index(None)} is None", hint, words=words.no_spec(None))
        return _join_functional_inputs(function, arguments, path)
    argument = _to_slots(input_signature, path)
    names = _positional_parameters(function)
    if isinstance(argument, dict) and len(names) > 1 and set(names[:2]) <= set(argument):
        hint = f"give a list with the specs of {', '.join(name for name in names if name in argument)} in this order"
        raise type_error(
            RULE, path, "expected a list of positional specs, found a dict with a spec for each parameter", hint
        )
    return [argument]


def _to_slots(value: Any, path: SpecPath) -> Any:
    """``value`` with a Slot for each spec; containers become plain ones, except OrderedDict and defaultdict."""
    match value:
        case None:
            return None
        case tf.TensorSpec():
            return Slot(value, value.name or None)
        case tf.RaggedTensorSpec() | tf.SparseTensorSpec():
            return Slot(value)
        case keras.InputSpec():
            if value.shape is None or value.dtype is None:
                raise value_error(
                    RULE, path, f"{value} needs both a shape and a dtype", words=words.incomplete_spec(value)
                )
            return Slot(tf.TensorSpec(value.shape, value.dtype), value.name or None)
        case keras.KerasTensor():
            return Slot(_symbolic_spec(value), value.name or None)
        case Mapping():
            odd = [key for key in value if not isinstance(key, str)]
            if odd:
                raise type_error(RULE, path, f"the key {odd[0]!r} of a dict is not a string")
            kept: Any = copy.copy(value) if type(value) in _PRESERVED_DICTS else {}
            kept.update((key, _to_slots(item, path)) for key, item in value.items())
            return kept
        case tuple() if hasattr(value, "_fields"):
            return type(value)(*(_to_slots(item, path) for item in value))
        case list() | tuple():
            return type_of(value)(_to_slots(item, path) for item in value)
        case _ if not isinstance(value, tf.TypeSpec) and spec_of(value) is not None:
            return Slot(of_any_batch(spec_of(value)))
        case _:
            message, hint = f"{kind_of(value)} is not a spec", f"specs are {_SUPPORTED}"
            raise type_error(RULE, path, message, hint, words=words.no_spec(value))


def type_of(value: list[Any] | tuple[Any, ...]) -> type[list[Any]] | type[tuple[Any, ...]]:
    """The plain class of a list or tuple, since Keras and TensorFlow wrap those that are attributes."""
    return tuple if isinstance(value, tuple) else list


def _symbolic_spec(tensor: Any) -> Any:
    """The spec of a KerasTensor, for any batch size."""
    return symbolic_spec(tensor, _with_any_batch(tensor.shape))


def symbolic_spec(tensor: Any, shape: Any) -> Any:
    """The spec of a KerasTensor, with ``shape`` for its shape."""
    if getattr(tensor, "sparse", False):
        return tf.SparseTensorSpec(shape, tensor.dtype)
    if getattr(tensor, "ragged", False):  # not in Keras 3.8
        splits = tensor.row_splits_dtype or "int64"
        return tf.RaggedTensorSpec(shape, tensor.dtype, tensor.ragged_rank or 1, tf.dtypes.as_dtype(splits))
    return tf.TensorSpec(shape, tensor.dtype)


def of_any_batch(spec: Any) -> Any:
    """The spec of an example tensor, whose first dimension is the batch, as in Keras."""
    shape = _with_any_batch(spec.shape)
    match spec:
        case tf.RaggedTensorSpec():
            return tf.RaggedTensorSpec(shape, spec.dtype, spec.ragged_rank, spec.row_splits_dtype)
        case tf.SparseTensorSpec():
            return tf.SparseTensorSpec(shape, spec.dtype)
        case _:
            return tf.TensorSpec(shape, spec.dtype)


def _with_any_batch(shape: Any) -> Any:
    sizes = tf.TensorShape(shape)
    return sizes if not sizes.rank else tf.TensorShape([None, *sizes.as_list()[1:]])


def _join_functional_inputs(function: Callable[..., Any], arguments: list[Any], path: SpecPath) -> list[Any]:
    """``arguments``, where a flat list of specs for a Functional model becomes its one list argument.

    Keras would pass the second spec as an option.
    """
    layer = function if isinstance(function, keras.Layer) else getattr(function, "__self__", None)
    if not isinstance(layer, keras.Layer) or getattr(function, "__name__", "call") not in ("call", "__call__"):
        return arguments
    names = _positional_parameters(layer.call)[: len(arguments)]
    if len(names) < 2 or names[1] not in _NOT_INPUTS:
        return arguments
    structure = functional_inputs(layer)
    if structure is None:  # any other layer may take a tensor there
        return arguments
    if isinstance(structure, (list, tuple)) and len(structure) == len(arguments):
        return [type_of(structure)(arguments)]
    hint = "an input_signature is a list of positional arguments: make the inputs one dict or list in it"
    message = f"argument 1 would be {names[1]!r} of {type(layer).__name__}.call"
    raise value_error(RULE, path, message, hint)


def _positional_parameters(function: Callable[..., Any]) -> list[str]:
    """The names of the parameters that can be passed by position; empty if they cannot be determined."""
    try:
        return positional_names(inspect.signature(function))
    except (TypeError, ValueError):
        return []


def prune(structure: Any) -> Any:
    """``structure`` with only its Slots and the containers that have any; None if there are no Slots."""
    match structure:
        case Slot():
            return structure
        case Mapping():
            kept = {
                key: item for key, item in ((key, prune(item)) for key, item in structure.items()) if item is not None
            }
            return kept or None
        case tuple() if hasattr(structure, "_fields"):
            items = [prune(item) for item in structure]
            return type(structure)(*items) if all(item is not None for item in items) else None
        case list() | tuple():
            items = [item for item in map(prune, structure) if item is not None]
            return type_of(structure)(items) or None
        case _:
            return None


def has_plain_containers(structure: Any) -> bool:
    """Whether no container is an OrderedDict or a defaultdict, which cannot be written in a spec."""
    match structure:
        case Mapping():
            return type(structure) not in _PRESERVED_DICTS and all(map(has_plain_containers, structure.values()))
        case list() | tuple():
            return all(map(has_plain_containers, structure))
        case _:
            return True


def map_structure(structure: Any, change: Callable[[Any], Any]) -> Any:
    """``structure`` with each of its leaves changed; containers become plain ones, except namedtuples."""
    match structure:
        case Mapping():
            return {key: map_structure(item, change) for key, item in structure.items()}
        case tuple() if hasattr(structure, "_fields"):
            return type(structure)(*(map_structure(item, change) for item in structure))
        case list() | tuple():
            return type_of(structure)(map_structure(item, change) for item in structure)
        case _:
            return change(structure)


def describe_unsupported(*structures: Any) -> str | None:
    """The first container in nested values or specs that a signature cannot have, as text, or None."""
    for value in structures:
        items: Iterable[Any] = ()
        match value:
            case Mapping():
                odd = [key for key in value if not isinstance(key, str)]
                if odd or "" in value:
                    return f"a dict with the key {odd[0] if odd else ''!r}"
                items = value.values()
            case list() | tuple():
                items = value
            case _:
                continue
        if not items:
            return f"an empty {_container_kind(value)}"
        if found := describe_unsupported(*items):
            return found
    return None


def _container_kind(container: Any) -> str:
    return (
        "namedtuple"
        if hasattr(container, "_fields")
        else "dict"
        if isinstance(container, Mapping)
        else type_of(container).__name__
    )
