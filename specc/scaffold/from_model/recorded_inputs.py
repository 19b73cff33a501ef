"""Reads the inputs that a Keras model or layer has recorded: symbolic tensors, or the shapes of its first call."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.trace.call_arguments import TRAINING, positional_names
from specc.compiler.trace.functional_models import GENERATED_INPUT_NAME, functional_inputs, optional_inputs
from specc.compiler.trace.layer_types import is_tf_keras_layer
from specc.diagnostics import SpecPath, finding
from specc.errors import SpecError
from specc.keras_export.input_specs import Slot, has_plain_containers, map_structure, symbolic_spec, type_of
from specc.scaffold.from_model.candidates import split_arguments
from specc.scaffold.from_model.tf_keras_calls import has_symbolic_inputs, tf_keras_call

_MODEL_PATH: SpecPath = ("model",)
_FIRST_CALL = "the sizes, except the batch size, are those of the first call; check which of them may vary"
_CALL_IT = "call it once where it is created, preferably on keras.Input tensors"
_STRING_LAYERS = (keras.layers.StringLookup, keras.layers.TextVectorization)
_INTEGER_LAYERS = (keras.layers.Embedding, keras.layers.IntegerLookup)


@dataclass(frozen=True)
class RecordedInputs:
    """The positional arguments by name, each a nested structure of Slots, and the keyword arguments to fix.

    ``guessed_dtypes`` is true if only shapes are known; ``sizes`` is a note on sizes that may vary, or empty;
    ``optional`` are the names of inputs that may be None; ``is_plain`` is false if it was called with containers that
    cannot be written in a spec.
    """

    arguments: dict[str, Any]
    kwargs: dict[str, Any]
    guessed_dtypes: bool = False
    sizes: str = ""
    optional: tuple[str, ...] = ()
    is_plain: bool = True


def recorded_inputs(layer: Any) -> RecordedInputs:
    """The inputs that ``layer``, of Keras or tf_keras, was created for, or was called with.

    Raises:
        SpecError: it is not built, or it has not recorded enough to call it.
    """
    if is_tf_keras_layer(layer):
        return _inputs_of_tf_keras(layer)
    kwargs = _training_option(layer)
    if not layer.built:
        raise _unknown_inputs("it is not built", _CALL_IT)
    functional = functional_inputs(layer)
    if functional is not None:
        arguments = {"inputs": map_structure(functional, lambda tensor: symbolic_slot(tensor, tensor.shape))}
        return RecordedInputs(arguments, kwargs, optional=optional_inputs(layer))
    if isinstance(layer, keras.Sequential):
        return _inputs_of_sequential(layer, kwargs) or _inputs_from_shapes(layer, kwargs)
    call = _symbolic_call(layer)
    if call is None:
        return _inputs_from_shapes(layer, kwargs)
    return replace(of_call(layer, *map(_symbolic_slots, call)), is_plain=has_plain_containers(list(call)))


def _inputs_of_tf_keras(layer: Any) -> RecordedInputs:
    call = tf_keras_call(layer, any_batch=not _is_stateful(layer))
    if call is None:
        raise _unknown_inputs("it was never called", _CALL_IT.replace("keras.Input", "tf_keras.Input"))
    return of_call(layer, *call, sizes=not has_symbolic_inputs(layer))


def _inputs_of_sequential(layer: keras.Sequential, kwargs: dict[str, Any]) -> RecordedInputs | None:
    """The input of a Sequential model; the batch size of its first call is kept only for stateful layers."""
    try:
        (tensor,) = layer.inputs
    except (AttributeError, ValueError):  # its layers cannot be called on symbolic tensors, or take several
        return None
    first = tensor.shape[:1] if _is_stateful(layer) else tensor.shape[:1] and (None,)
    other = first != tensor.shape[:1]
    sizes = f"any batch size is assumed, not only {tensor.shape[0]}" if other else ""
    return RecordedInputs({"inputs": symbolic_slot(tensor, (*first, *tensor.shape[1:]))}, kwargs, sizes=sizes)


def _symbolic_call(layer: keras.Layer) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """The call on ``keras.Input`` tensors, if there was one; Keras has no public record of its nested arguments."""
    nodes = getattr(layer, "_inbound_nodes", ())
    if not nodes:
        return None
    return tuple(nodes[-1].arguments.args), dict(nodes[-1].arguments.kwargs)


def _symbolic_slots(value: Any) -> Any:
    return map_structure(
        value, lambda leaf: symbolic_slot(leaf, leaf.shape) if isinstance(leaf, keras.KerasTensor) else leaf
    )


def of_call(layer: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, sizes: bool = False) -> RecordedInputs:
    """The inputs of a call with Slots in place of tensors; with ``sizes``, a note that their sizes may vary.

    Raises:
        SpecError: an endpoint cannot call the layer with these arguments.
    """
    signature = inspect.signature(layer.call)
    takes_all = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in signature.parameters.values())
    accepted = {name: value for name, value in kwargs.items() if takes_all or name in signature.parameters}
    given = _without_variadics(signature.bind_partial(*args, **accepted).arguments, signature)
    if not _holds_slots(given.get(TRAINING)):
        given |= _training_option(layer)
    inputs, fixed = split_arguments(signature, given, _holds_slots, _MODEL_PATH)
    return RecordedInputs(inputs, fixed, sizes=_FIRST_CALL if sizes else "")


def _training_option(layer: Any) -> dict[str, Any]:
    return {TRAINING: False} if TRAINING in inspect.signature(layer.call).parameters else {}


def _without_variadics(given: Mapping[str, Any], signature: inspect.Signature) -> dict[str, Any]:
    """Arguments by name, those of a ``*inputs`` and a ``**others`` one by one."""
    spread: dict[str, Any] = {}
    for name, value in given.items():
        match signature.parameters[name].kind:
            case inspect.Parameter.VAR_POSITIONAL:
                spread |= {f"{name}_{index}": item for index, item in enumerate(value)}
            case inspect.Parameter.VAR_KEYWORD:
                spread |= value
            case _:
                spread[name] = value
    return spread


def _holds_slots(value: Any) -> bool:
    flat = tf.nest.flatten(value)
    return bool(flat) and all(isinstance(item, Slot) for item in flat)


def _inputs_from_shapes(layer: keras.Layer, kwargs: dict[str, Any]) -> RecordedInputs:
    recorded = layer.get_build_config() or {}
    shapes = recorded.get("shapes_dict", recorded)
    if not shapes:
        hint = "call it once on keras.Input tensors, or put it into a keras.Sequential after a keras.Input"
        raise _unknown_inputs("the shapes of its inputs are not recorded", hint)
    signature = inspect.signature(layer.call)
    names = positional_names(signature)
    if any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in signature.parameters.values()):
        raise _unknown_inputs("it takes any number of them", "call it once on keras.Input tensors")
    if len(shapes) == 1 and names:
        (shape,) = shapes.values()
        shapes = {names[0]: shape}
    else:
        given = {name.removesuffix("_shape"): shape for name, shape in shapes.items()}
        shapes = {name: given[name] for name in (*names, *given) if name in given}
    required = {name for name in names if signature.parameters[name].default is inspect.Parameter.empty}
    needed = [name for name in names if name in required and name != TRAINING]
    missing = [name for name in needed if name not in shapes]
    if missing:
        build = f"build(self, {', '.join(f'{name}_shape' for name in needed)})"
        hint = f"call it once on keras.Input tensors, or define {build}"
        raise _unknown_inputs(f"it recorded the shape of {', '.join(shapes)} but not of {', '.join(missing)}", hint)
    inputs, _ = split_arguments(
        signature, {**kwargs, **dict.fromkeys(shapes, True)}, lambda value: value is True, _MODEL_PATH
    )
    shapes = dict(zip(inputs, shapes.values(), strict=True))

    def slots(dtype: str) -> dict[str, Any]:
        return {name: _slots_of_shapes(shape, dtype, not _is_stateful(layer)) for name, shape in shapes.items()}

    arguments = slots(_input_dtype(layer))
    if len(tf.nest.flatten(arguments)) == 1 and _dtype_by_layers(layer):
        arguments = slots(_dtype_by_layers(layer))
    return RecordedInputs(arguments, kwargs, guessed_dtypes=True, sizes=_FIRST_CALL)


def _slots_of_shapes(shapes: Any, dtype: str, any_batch: bool) -> Any:
    if isinstance(shapes, Mapping):
        return {key: _slots_of_shapes(shape, dtype, any_batch) for key, shape in shapes.items()}
    if all(size is None or isinstance(size, int) for size in shapes):
        first = (None,) if any_batch and shapes else tuple(shapes[:1])
        return Slot(tf.TensorSpec((*first, *shapes[1:]), dtype))
    return type_of(shapes)(_slots_of_shapes(shape, dtype, any_batch) for shape in shapes)


def _input_dtype(layer: keras.Layer) -> str:
    """The dtype of a layer's inputs; under mixed precision the layer itself casts them."""
    dtype = layer.input_dtype
    return layer.variable_dtype if dtype in ("float16", "bfloat16") else dtype  # type: ignore[no-any-return]


def _dtype_by_layers(layer: keras.Layer) -> str:
    """The dtype of the one input of a model with a layer for strings or for token ids; else an empty string."""
    inner = list(_layers_inside(layer))
    if any(isinstance(each, _STRING_LAYERS) for each in inner):
        return "string"
    return "int64" if any(isinstance(each, _INTEGER_LAYERS) for each in inner) else ""


def _layers_inside(layer: Any) -> Iterator[Any]:
    for each in getattr(layer, "layers", ()):
        yield each
        yield from _layers_inside(each)


def _is_stateful(layer: Any) -> bool:
    """Whether a layer keeps a state for each example of a batch, which fixes the batch size."""
    return any(getattr(each, "stateful", False) for each in (layer, *_layers_inside(layer)))


def symbolic_slot(tensor: keras.KerasTensor, shape: Any) -> Slot:
    """The Slot of a KerasTensor, without a name that Keras generated."""
    is_anonymous = tensor.name is None or GENERATED_INPUT_NAME.fullmatch(tensor.name) is not None
    return Slot(symbolic_spec(tensor, shape), None if is_anonymous else tensor.name)


def _unknown_inputs(message: str, hint: str) -> SpecError:
    return SpecError(
        [finding("bad-model", _MODEL_PATH, f"the inputs of the model cannot be determined: {message}", hint)]
    )
