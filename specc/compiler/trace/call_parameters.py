"""What a function takes: the parameters that the arguments of an endpoint may go to."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.trace.call_arguments import STARRED, TRAINING, Placement, place_arguments, place_in_order
from specc.compiler.trace.functional_models import functional_model, is_method

_OPTIONS = (TRAINING, "mask")
"""What Keras's own models take beside their inputs."""
_FUNCTIONS = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)


def place(function: Callable[..., Any], names: Sequence[str], kwargs: Mapping[str, Any]) -> Placement:
    """How ``function`` is called with arguments of these ``names``; raises ArityError where it does not take them."""
    return place_arguments(names, kwargs, parameters_of(function), _options_of(function))


def require_arity(function: Callable[..., Any], count: int, kwargs: Mapping[str, Any]) -> None:
    """Raises ArityError where ``function`` does not take ``count`` arguments by position."""
    place_in_order(count, kwargs, parameters_of(function), _options_of(function))


def parameters_of(function: Any) -> inspect.Signature | None:
    """What ``function`` takes, or None where Python cannot say.

    That is what a layer's ``call`` takes, of a Functional or Sequential model its ``inputs`` only, and of a trace or a
    function of a loaded archive what it was traced with.
    """
    if functional_model(function) is not None:
        return inspect.Signature([inspect.Parameter("inputs", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
    function = _with_parameters(function)
    if isinstance(function, tf.types.experimental.ConcreteFunction):
        return inspect.Signature([*_traced(function, {})])
    if isinstance(function, tf.types.experimental.PolymorphicFunction):
        if hasattr(function, "concrete_functions"):
            return _revived(function)
        function = function.python_function
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def after_model(function: Callable[..., Any]) -> inspect.Signature:
    """What ``function`` takes once the model is given."""
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
    """Keyword arguments that Keras takes for any layer, and keeps from a ``call`` that has no such parameter."""
    if functional_model(function) is not None:
        return _OPTIONS
    owner = function.__self__ if is_method(function, "__call__") else function
    return (TRAINING,) if isinstance(owner, keras.Layer) else ()


def _with_parameters(function: Any) -> Any:
    """What lists the parameters of ``function``: the ``__call__`` of layers and of revived objects takes anything."""
    owner = function.__self__ if is_method(function, "__call__") else function
    if isinstance(owner, keras.Layer):
        return owner.call
    call = getattr(function, "__call__", None)  # noqa: B004  # of the instance: a revived object has its own
    return call if isinstance(call, _FUNCTIONS) and not isinstance(function, _FUNCTIONS) else function


def _traced(concrete: Any, defaults: Mapping[str, Any]) -> Iterator[inspect.Parameter]:
    """The parameters of a trace. One that holds no tensor has the value of the trace, and may be left out."""
    positional, by_name = concrete.structured_input_signature
    values = dict(zip(concrete.function_type.parameters, [*positional, *by_name.values()], strict=True))
    for parameter in _parameters(concrete):
        value = values[parameter.name]
        is_fixed = not any(isinstance(leaf, tf.TypeSpec) for leaf in tf.nest.flatten(value))
        default = value if is_fixed else inspect.Parameter.empty
        yield inspect.Parameter(parameter.name, parameter.kind, default=defaults.get(parameter.name, default))


def _revived(function: Any) -> inspect.Signature:
    """What a function of a loaded archive takes; its only trace names what goes into ``*args`` and ``**kwargs``.

    Unlike a trace it must be given what has no default, even where all its traces have one and the same value.
    """
    own = [inspect.Parameter(each.name, each.kind, default=_default(each)) for each in _parameters(function)]
    traces = function.concrete_functions
    if len(traces) == 1 and any(each.kind in STARRED for each in own):
        return inspect.Signature([*_traced(traces[0], {each.name: each.default for each in own})])
    return inspect.Signature(own)


class _Default:
    """The default of a parameter of a loaded function, whose value nobody can see."""

    def __repr__(self) -> str:
        return "..."


def _default(parameter: Any) -> Any:
    return parameter.default if parameter.default is inspect.Parameter.empty else _Default()


def _parameters(typed: Any) -> Sequence[Any]:
    return list(typed.function_type.parameters.values())
