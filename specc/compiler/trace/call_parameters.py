"""The parameters of a function, to which the arguments of an endpoint are passed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.trace.call_arguments import (
    TRAINING,
    VARIADIC_KINDS,
    Placement,
    place_arguments,
    require_positional_arity,
)
from specc.compiler.trace.functional_models import functional_model, is_method
from specc.compiler.trace.layer_types import is_layer

KERAS_OPTIONS = (TRAINING, "mask")
"""The options that Keras's own models take in addition to their inputs."""
_TF_FUNCTION_TYPES = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)


def place(function: Callable[..., Any], names: Sequence[str], kwargs: Mapping[str, Any]) -> Placement:
    """The Placement of arguments with these ``names``; raises ArityError if ``function`` does not take them."""
    return place_arguments(names, kwargs, parameters_of(function), _options_of(function))


def require_arity(function: Callable[..., Any], count: int, kwargs: Mapping[str, Any]) -> None:
    """Raises ArityError if ``function`` does not take ``count`` positional arguments."""
    require_positional_arity(count, kwargs, parameters_of(function), _options_of(function))


def parameters_of(function: Any) -> inspect.Signature | None:
    """The signature of ``function``, or None if Python cannot determine it.

    For a layer it is that of its ``call``; for a Functional or Sequential model only ``inputs``; for a trace or a
    function of a loaded archive the parameters that it was traced with.
    """
    if functional_model(function) is not None:
        return inspect.Signature([inspect.Parameter("inputs", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
    function = _callable_of(function)
    if isinstance(function, tf.types.experimental.ConcreteFunction):
        return inspect.Signature([*_parameters_of_trace(function, {})])
    if isinstance(function, tf.types.experimental.PolymorphicFunction):
        if hasattr(function, "concrete_functions"):
            return _signature_of_revived(function)
        function = function.python_function
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def after_model(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of ``function`` without its first parameter, the model."""
    signature = parameters_of(function)
    if signature is None:
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        return inspect.Signature([inspect.Parameter(kind.name.lower(), kind) for kind in kinds])
    parameters = list(signature.parameters.values())
    if parameters and parameters[0].kind in (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ):
        parameters = parameters[1:]
    return signature.replace(parameters=parameters)


def _options_of(function: Any) -> tuple[str, ...]:
    """Keyword arguments that Keras accepts for any layer, and drops if its ``call`` has no such parameter."""
    if functional_model(function) is not None:
        return KERAS_OPTIONS
    owner = function.__self__ if is_method(function, "__call__") else function
    return (TRAINING,) if isinstance(owner, keras.Layer) else ()


def _callable_of(function: Any) -> Any:
    """The callable with the parameters of ``function``: ``__call__`` of layers and revived objects takes anything."""
    owner = function.__self__ if is_method(function, "__call__") else function
    if is_layer(owner):
        return owner.call
    call = getattr(function, "__call__", None)  # noqa: B004  # of the instance: a revived object has its own
    return call if isinstance(call, _TF_FUNCTION_TYPES) and not isinstance(function, _TF_FUNCTION_TYPES) else function


def _parameters_of_trace(concrete: Any, defaults: Mapping[str, Any]) -> Iterator[inspect.Parameter]:
    """The parameters of a trace. One without tensors has the value of the trace as its default."""
    positional, by_name = concrete.structured_input_signature
    values = dict(zip(concrete.function_type.parameters, [*positional, *by_name.values()], strict=True))
    for parameter in _typed_parameters(concrete):
        value = values[parameter.name]
        is_fixed = not any(isinstance(leaf, tf.TypeSpec) for leaf in tf.nest.flatten(value))
        default = value if is_fixed else inspect.Parameter.empty
        yield inspect.Parameter(parameter.name, parameter.kind, default=defaults.get(parameter.name, default))


def _signature_of_revived(function: Any) -> inspect.Signature:
    """The signature of a function of a loaded archive; if it has a single trace, that gives ``*args`` and ``**kwargs``.

    Unlike for a trace, a parameter without a default is required, even if all traces have the same value for it.
    """
    own = [inspect.Parameter(each.name, each.kind, default=_default_of(each)) for each in _typed_parameters(function)]
    traces = function.concrete_functions
    if len(traces) == 1 and any(each.kind in VARIADIC_KINDS for each in own):
        return inspect.Signature([*_parameters_of_trace(traces[0], {each.name: each.default for each in own})])
    return inspect.Signature(own)


class _Default:
    """The default of a parameter of a loaded function, whose value is not accessible."""

    def __repr__(self) -> str:
        return "..."


def _default_of(parameter: Any) -> Any:
    return parameter.default if parameter.default is inspect.Parameter.empty else _Default()


def _typed_parameters(typed: Any) -> Sequence[Any]:
    return list(typed.function_type.parameters.values())
