"""Resolves the function names in a document to functions, and checks their arity against the declared arguments."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from specc.compiler.backends import runs_in_tensorflow
from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.compiler.trace.call_arguments import ArityError, Placement
from specc.compiler.trace.call_parameters import after_model, parameters_of, place, require_arity
from specc.compiler.trace.functional_models import find_swapped_inputs, find_swapped_outputs, functional_model
from specc.compiler.user_code import import_object, resolve_attribute
from specc.diagnostics import Diagnostic, SpecPath, counted, did_you_mean, finding, kind_of
from specc.errors import FindingCollector, SpecError
from specc.language.document import DEFAULT_FUNCTION

LeftOut = dict[str, tuple[Diagnostic, ...]]
"""The optional endpoints that cannot be built, each with its findings."""


@dataclass(frozen=True)
class BoundEndpoint:
    """An endpoint with the Python functions that it runs.

    ``function`` takes the positional arguments and the declared kwargs; ``identity`` and ``preprocess_identity`` are
    equal for endpoints that run the same function in the same way.
    """

    compiled: CompiledEndpoint
    function: Callable[..., Any]
    identity: object
    preprocess: Callable[..., Any] | None
    postprocess: Callable[..., Any] | None
    preprocess_identity: object = None
    is_tensorflow: bool = False
    """Whether the function is written in TensorFlow, though Keras may run on another backend."""


def bind(
    endpoints: Mapping[str, CompiledEndpoint],
    model: Any,
    functions: Mapping[str, Callable[..., Any]],
    left_out: LeftOut,
) -> list[BoundEndpoint]:
    """Each of ``endpoints`` with its functions; an optional one without a function is added to ``left_out``.

    Raises:
        SpecError: a function is missing, cannot be called, or does not take the declared arguments.
    """
    findings = FindingCollector()
    bound: list[BoundEndpoint] = []
    for name in sorted(functions.keys() - endpoints.keys()):
        hint = did_you_mean(name, endpoints) or f"the endpoints are {', '.join(sorted(endpoints))}"
        message = f"a function is given for {name!r}, which is not an endpoint"
        findings.add([finding("unknown-endpoint", (), message, hint)])
    for compiled in endpoints.values():
        with findings.gather(), leaving_out_optional(compiled, left_out):
            bound.append(_bind_endpoint(compiled, model, functions.get(compiled.name)))
    findings.raise_any()
    return bound


@contextmanager
def leaving_out_optional(compiled: CompiledEndpoint, left_out: LeftOut) -> Iterator[None]:
    """Adds an optional endpoint that cannot be built to ``left_out`` with its findings; raises for any other."""
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
        message = "the function is null in the document, and none was passed in code"
        hint = f'name it in the document, or call export(model, filepath, functions={{"{compiled.name}": ...}})'
        raise SpecError([finding("missing-function", path, message, hint)])
    else:
        function, identity = _resolve_function(declared.function, model, path)
    steps = {
        field: _import_function(target, (*compiled.path, field)) if target else None
        for field, target in (("preprocess", declared.preprocess), ("postprocess", declared.postprocess))
    }
    preprocess, postprocess = steps["preprocess"], steps["postprocess"]
    placement = _place_declared(
        compiled, function if preprocess is None else preprocess, is_step=preprocess is not None
    )
    findings = list(_find_swapped_names(compiled, function, steps))
    if findings:
        raise SpecError(findings)
    # A function of a module is called with the model, so the model's backend decides.
    owner = model if given is None and ":" in (declared.function or "") else function
    is_tensorflow = runs_in_tensorflow(owner)
    step_identity = preprocess and (identity_of(preprocess), placement)
    if preprocess is not None:
        preprocess = placement.around(preprocess)
    elif not placement.in_order:
        function, identity = placement.around(function), (identity, placement)
    return BoundEndpoint(compiled, function, identity, preprocess, postprocess, step_identity, is_tensorflow)


def identity_of(function: Callable[..., Any]) -> object:
    """A key that is equal for the same function while it is alive; a bound method is a new object at each access."""
    if isinstance(function, types.MethodType):
        return id(function.__self__), id(function.__func__)
    return id(function)


def _resolve_function(target: str, model: Any, path: SpecPath) -> tuple[Callable[..., Any], object]:
    """The function that ``target`` names, and its identity."""
    if ":" in target:
        imported = _import_function(target, path)

        def with_model(*args: Any, **kwargs: Any) -> Any:
            return imported(model, *args, **kwargs)

        with_model.__signature__ = after_model(imported)  # type: ignore[attr-defined]
        return with_model, (id(model), identity_of(imported))
    # Calling an object goes through its type, and a tf.function's own __call__ is not bound.
    function = model if target == DEFAULT_FUNCTION else resolve_attribute(model, target, "unknown-function", path)
    if not callable(function):
        message = f"{target!r} of the model is {kind_of(function)}, which cannot be called"
        raise SpecError([finding("unknown-function", path, message)])
    return function, identity_of(function)


def _import_function(target: str, path: SpecPath) -> Callable[..., Any]:
    function = import_object(target, path)
    if not callable(function):
        message = f"{target} is {kind_of(function)}, which cannot be called"
        raise SpecError([finding("unknown-function", path, message)])
    return function  # type: ignore[no-any-return]


def _place_declared(compiled: CompiledEndpoint, function: Callable[..., Any], *, is_step: bool) -> Placement:
    """How ``function``, the endpoint's own or its preprocessing, is called with the declared arguments.

    Raises:
        SpecError: it does not take them.
    """
    names, kwargs = compiled.declared.arguments, {} if is_step else compiled.declared.kwargs
    try:
        return place(function, names, kwargs)
    except ArityError as error:
        given = f"the document gives {counted(len(names), 'argument')} ({', '.join(names)}){_and_kwargs(kwargs)}"
        hint = 'each entry of "inputs" is one argument; name all of them after the parameters, or none'
        raise _wrong_arity(
            compiled, "preprocess" if is_step else "inputs", function, f"{given}: {error}", hint
        ) from None


def require_taken(bound: BoundEndpoint, count: int) -> None:
    """Raises SpecError if the function does not take the ``count`` arguments that its preprocessing returned."""
    kwargs = bound.compiled.declared.kwargs
    try:
        require_arity(bound.function, count, kwargs)
    except ArityError as error:
        given = f"the preprocessing returned {counted(count, 'argument')}{_and_kwargs(kwargs)}: {error}"
        hint = "a tuple holds all positional arguments; return a list if one argument takes several tensors"
        raise _wrong_arity(bound.compiled, "preprocess", bound.function, given, hint) from None


def _wrong_arity(compiled: CompiledEndpoint, key: str, function: Any, given: str, hint: str) -> SpecError:
    message = f"the function takes {parameters_of(function)}, and {given}"
    return SpecError([finding("wrong-arity", (*compiled.path, key), message, hint)])


def _find_swapped_names(
    compiled: CompiledEndpoint, function: Callable[..., Any], steps: Mapping[str, Callable[..., Any] | None]
) -> Iterator[Diagnostic]:
    """The inputs and outputs whose name is that of another input or output of the model."""
    model = functional_model(function)
    if model is not None and steps["preprocess"] is None:
        yield from find_swapped_inputs(model, compiled.declared.inputs, compiled.inputs)
    if model is not None and steps["postprocess"] is None:
        yield from find_swapped_outputs(model, compiled.declared.outputs, compiled.outputs)


def _and_kwargs(kwargs: dict[str, Any]) -> str:
    return f" and {', '.join(kwargs)}" if kwargs else ""
