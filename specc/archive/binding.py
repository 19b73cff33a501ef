"""From the names in a document to the model's functions, with their arity held against the declared arguments."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from specc.archive.backends import runs_in_tensorflow
from specc.archive.call_arguments import TRAINING, ArityError, Placement, place_arguments
from specc.archive.compiled import CompiledEndpoint
from specc.archive.functional_models import find_crossed_inputs, find_crossed_outputs, functional_model, is_method
from specc.archive.user_code import import_object, resolve_attribute
from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding, kind_of
from specc.errors import Findings, SpecError
from specc.language.document import DEFAULT_FUNCTION

LeftOut = dict[str, tuple[Diagnostic, ...]]
"""The optional endpoints that cannot be built, each with what is wrong."""


@dataclass(frozen=True)
class BoundEndpoint:
    """An endpoint with the Python functions that it runs.

    ``function`` takes the positional arguments and the declared kwargs; ``identity`` is equal for endpoints that run
    the same function.
    """

    compiled: CompiledEndpoint
    function: Callable[..., Any]
    identity: object
    preprocess: Callable[..., Any] | None
    postprocess: Callable[..., Any] | None
    is_tensorflow: bool = False
    """Whether the function is written in TensorFlow, though Keras may run on another backend."""


def bind(
    endpoints: Mapping[str, CompiledEndpoint],
    model: Any,
    functions: Mapping[str, Callable[..., Any]],
    left_out: LeftOut,
) -> list[BoundEndpoint]:
    """Every one of ``endpoints`` with its functions; an optional one that has none is noted in ``left_out``.

    Raises:
        SpecError: a function is missing, cannot be called, or does not take the declared arguments.
    """
    findings = Findings()
    bound: list[BoundEndpoint] = []
    for name in sorted(functions.keys() - endpoints.keys()):
        hint = did_you_mean(name, endpoints) or f"the endpoints are {', '.join(sorted(endpoints))}"
        message = f"a function is given for {name!r}, which is no endpoint"
        findings.add([finding("unknown-endpoint", (), message, hint)])
    for compiled in endpoints.values():
        with findings.gather(), unless_optional(compiled, left_out):
            bound.append(_bind_endpoint(compiled, model, functions.get(compiled.name)))
    findings.raise_any()
    return bound


@contextmanager
def unless_optional(compiled: CompiledEndpoint, left_out: LeftOut) -> Iterator[None]:
    """Notes why an optional endpoint cannot be built, and goes on without it; any other raises."""
    try:
        yield
    except SpecError as error:
        if not compiled.declared.optional:
            raise
        left_out[compiled.name] = error.diagnostics


def _bind_endpoint(compiled: CompiledEndpoint, model: Any, given: Callable[..., Any] | None) -> BoundEndpoint:
    declared, path = compiled.declared, (*compiled.path, "function")
    identity: object
    if given is not None:
        function, identity = given, identity_of(given)
    elif declared.function is None:
        message = "the function is given in code, and no code gave one"
        hint = f'name it in the document, or call export(model, filepath, functions={{"{compiled.name}": ...}})'
        raise SpecError([finding("missing-function", path, message, hint)])
    else:
        function, identity = _resolve_function(declared.function, model, path)
    steps = {
        field: _import(target, (*compiled.path, field)) if target else None
        for field, target in (("preprocess", declared.preprocess), ("postprocess", declared.postprocess))
    }
    preprocess, postprocess = steps["preprocess"], steps["postprocess"]
    placement = _place(compiled, function if preprocess is None else preprocess, is_step=preprocess is not None)
    findings = list(_find_crossed(compiled, function, steps))
    if findings:
        raise SpecError(findings)
    # A function of a module is called with the model, and does what the model does.
    owner = model if given is None and ":" in (declared.function or "") else function
    is_tensorflow = runs_in_tensorflow(owner)
    if preprocess is not None:
        preprocess = placement.around(preprocess)
    else:
        identity = identity if placement.in_order else (identity, placement)
        function = placement.around(function)
    return BoundEndpoint(compiled, function, identity, preprocess, postprocess, is_tensorflow)


def identity_of(function: Callable[..., Any]) -> object:
    """Something equal for one and the same function while it is alive; a bound method is a new object each time."""
    if isinstance(function, types.MethodType):
        return id(function.__self__), id(function.__func__)
    return id(function)


def _resolve_function(target: str, model: Any, path: SpecPath) -> tuple[Callable[..., Any], object]:
    """The function that ``target`` names, and its identity."""
    if ":" in target:
        imported = _import(target, path)

        def with_model(*args: Any, **kwargs: Any) -> Any:
            return imported(model, *args, **kwargs)

        with_model.__signature__ = _without_first(imported)  # type: ignore[attr-defined]
        return with_model, (id(model), identity_of(imported))
    # Calling an object goes through its type, and a tf.function's own __call__ is bound to nothing.
    function = model if target == DEFAULT_FUNCTION else resolve_attribute(model, target, "unknown-function", path)
    if not callable(function):
        message = f"{target!r} of the model is {kind_of(function)}, which cannot be called"
        raise SpecError([finding("unknown-function", path, message)])
    return function, identity_of(function)


def _import(target: str, path: SpecPath) -> Callable[..., Any]:
    function = import_object(target, path)
    if not callable(function):
        message = f"{target} is {kind_of(function)}, which cannot be called"
        raise SpecError([finding("unknown-function", path, message)])
    return function  # type: ignore[no-any-return]


def _place(compiled: CompiledEndpoint, function: Callable[..., Any], *, is_step: bool) -> Placement:
    """How ``function``, the endpoint's own or its preprocessing, is called with the declared arguments.

    Raises:
        SpecError: it does not take them.
    """
    declared = compiled.declared
    kwargs = {} if is_step else declared.kwargs
    signature = _signature(function)
    # Keras takes this for any layer, and keeps it from a call that has no such parameter.
    options = (TRAINING,) if isinstance(function, keras.Layer) or functional_model(function) is not None else ()
    try:
        return place_arguments(declared.arguments, kwargs, signature, options)
    except ArityError as error:
        path = (*compiled.path, "preprocess" if is_step else "inputs")
        names = declared.arguments
        given = f"{len(names)} argument{'' if len(names) == 1 else 's'} ({', '.join(names)}){_with(kwargs)}"
        message = f"the function takes {signature}, and the document gives {given}: {error}"
        hint = 'each entry of "inputs" is one argument; name all of them as the parameters are, or none'
        raise SpecError([finding("wrong-arity", path, message, hint)]) from None


def _find_crossed(
    compiled: CompiledEndpoint, function: Callable[..., Any], steps: Mapping[str, Callable[..., Any] | None]
) -> Iterator[Diagnostic]:
    """Names of inputs and outputs that a model itself gives to others."""
    model = functional_model(function)
    if model is not None and steps["preprocess"] is None:
        yield from find_crossed_inputs(model, compiled.declared.inputs, compiled.inputs)
    if model is not None and steps["postprocess"] is None:
        yield from find_crossed_outputs(model, compiled.declared.outputs, compiled.outputs)


def _with(kwargs: dict[str, Any]) -> str:
    return f" and {', '.join(kwargs)}" if kwargs else ""


def _signature(function: Any) -> inspect.Signature | None:
    """What ``function`` takes, or None where Python cannot say."""
    if functional_model(function) is not None:  # its other parameters are options of Keras
        return inspect.Signature([inspect.Parameter("inputs", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
    if is_method(function, "__call__") and isinstance(function.__self__, keras.Layer):
        function = function.__self__
    traces = getattr(function, "concrete_functions", None)  # of a function of an archive that was loaded
    if isinstance(function, keras.Layer):
        function = function.call  # a layer's __call__ takes anything
    elif isinstance(function, tf.types.experimental.ConcreteFunction):
        return function.function_type  # type: ignore[no-any-return]
    elif traces:
        return traces[0].function_type  # type: ignore[no-any-return]
    elif isinstance(function, tf.types.experimental.PolymorphicFunction):
        function = function.python_function
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def _without_first(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of ``function`` once the model is given."""
    signature = _signature(function)
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
