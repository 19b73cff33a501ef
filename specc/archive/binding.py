"""From the names in a document to the model's functions, with their arity held against the declared arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from specc.archive.backends import runs_in_tensorflow
from specc.archive.compiled import CompiledEndpoint
from specc.archive.user_code import import_object, resolve_attribute
from specc.diagnostics import Diagnostic, SpecPath, did_you_mean, finding, kind_of
from specc.errors import Findings, SpecError
from specc.language.document import DEFAULT_FUNCTION

_KERAS_OPTIONS = ("training", "mask")
"""Parameters of a Keras layer's call that are options and no inputs, though they can be given by position."""

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
        function, identity = _resolve_function(declared.function, model, path), declared.function
    steps = {
        field: _import(target, (*compiled.path, field)) if target else None
        for field, target in (("preprocess", declared.preprocess), ("postprocess", declared.postprocess))
    }
    findings = list(_check_arity(compiled, function, steps["preprocess"]))
    if findings:
        raise SpecError(findings)
    # A function of a module is called with the model, and does what the model does.
    owner = model if given is None and ":" in (declared.function or "") else function
    is_tensorflow = runs_in_tensorflow(owner)
    return BoundEndpoint(compiled, function, identity, steps["preprocess"], steps["postprocess"], is_tensorflow)


def identity_of(function: Callable[..., Any]) -> object:
    """Something equal for one and the same function, such as a method that is looked up twice."""
    try:
        hash(function)
    except TypeError:
        return id(function)
    return function


def _resolve_function(target: str, model: Any, path: SpecPath) -> Callable[..., Any]:
    if ":" in target:
        imported = _import(target, path)

        def with_model(*args: Any, **kwargs: Any) -> Any:
            return imported(model, *args, **kwargs)

        with_model.__signature__ = _without_first(imported)  # type: ignore[attr-defined]
        return with_model
    # Calling an object goes through its type, and a tf.function's own __call__ is bound to nothing.
    function = model if target == DEFAULT_FUNCTION else resolve_attribute(model, target, "unknown-function", path)
    if not callable(function):
        message = f"{target!r} of the model is {kind_of(function)}, which cannot be called"
        raise SpecError([finding("unknown-function", path, message)])
    return function  # type: ignore[no-any-return]


def _import(target: str, path: SpecPath) -> Callable[..., Any]:
    function = import_object(target, path)
    if not callable(function):
        message = f"{target} is {kind_of(function)}, which cannot be called"
        raise SpecError([finding("unknown-function", path, message)])
    return function  # type: ignore[no-any-return]


def _check_arity(
    compiled: CompiledEndpoint, function: Callable[..., Any], preprocess: Callable[..., Any] | None
) -> Iterator[Diagnostic]:
    declared = compiled.declared
    arguments = [object() for _ in declared.inputs]
    if preprocess is not None:
        yield from _bind_arguments(preprocess, arguments, {}, (*compiled.path, "preprocess"))
    else:
        yield from _bind_arguments(function, arguments, declared.kwargs, (*compiled.path, "inputs"))


def _bind_arguments(
    function: Callable[..., Any], arguments: list[object], kwargs: dict[str, Any], path: SpecPath
) -> Iterator[Diagnostic]:
    signature = _signature(function)
    if signature is None:
        return
    count = f"{len(arguments)} positional argument{'' if len(arguments) == 1 else 's'}"
    if isinstance(function, keras.Layer):
        # Keras takes these for any layer, and keeps them from a call that has no such parameter.
        kwargs = {key: value for key, value in kwargs.items() if key != "training" or key in signature.parameters}
    try:
        bound = signature.bind(*arguments, **kwargs)
    except TypeError as error:
        message = f"the function takes {signature}, and the document gives {count}{_with(kwargs)}: {error}"
        yield finding("wrong-arity", path, message, 'each entry of "inputs" is one positional argument')
        return
    positions = {id(argument): index for index, argument in enumerate(arguments)}
    for name in _KERAS_OPTIONS:
        if isinstance(function, keras.Layer) and id(bound.arguments.get(name)) in positions:
            index = positions[id(bound.arguments[name])]
            hint = f'make the inputs one list or dict, and give {name!r} in "kwargs"'
            message = f"argument {index} would be {name!r} of {type(function).__name__}.call{signature}"
            yield finding("wrong-arity", (*path, index), message, hint)


def _with(kwargs: dict[str, Any]) -> str:
    return f" and {', '.join(kwargs)}" if kwargs else ""


def _signature(function: Any) -> inspect.Signature | None:
    """What ``function`` takes, or None where Python cannot say."""
    if isinstance(function, keras.Layer):
        function = function.call  # a layer's __call__ takes anything
    elif isinstance(function, tf.types.experimental.PolymorphicFunction):
        function = function.python_function
    elif isinstance(function, tf.types.experimental.ConcreteFunction):
        return None
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
