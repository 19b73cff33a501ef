"""The skeleton of a spec, for a model from which nothing can be inferred: a person fills in its tensors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from specc.compiler.trace.call_arguments import POSITIONAL_KINDS, TRAINING, argument_of
from specc.compiler.trace.call_parameters import KERAS_OPTIONS, parameters_of
from specc.compiler.trace.layer_types import is_layer
from specc.diagnostics import Diagnostic
from specc.language.document import CALL, DEFAULT_ARGUMENTS, VERSION
from specc.language.validation.legal_names import legal_endpoint_name
from specc.scaffold.from_model.traced_functions import DEFAULT_NAME, public_functions
from specc.scaffold.from_model.unexported_parts import has_call, submodels
from specc.scaffold.open_dims import BATCH

BLANK = f"DTYPE[{BATCH}, SIZES]"
"""A tensor to fill in: ``validate`` reports each that is left."""
_FILLABLE = frozenset({"bad-model", "bad-signature", "trace-failed"})
"""The rules of the errors that declared inputs can mend; others remain whatever is filled in."""
_MAX_METHODS = 16
_LIBRARIES = ("builtins", "keras", "tensorflow", "tf_keras")


@dataclass(frozen=True)
class Skeleton:
    """The endpoints of a spec in JSON, whose tensors are blanks."""

    endpoints: dict[str, dict[str, Any]]

    def to_json(self, *, name: str, model: str, imports: list[str]) -> dict[str, Any]:
        """The JSON of the document."""
        default = DEFAULT_NAME if DEFAULT_NAME in self.endpoints else None
        return {
            "specc": VERSION,
            **({"name": name} if name else {}),
            **({"imports": imports} if imports else {}),
            "model": model,
            "dims": {BATCH: {}},
            "endpoints": self.endpoints,
            **({"default": default} if len(self.endpoints) > 1 else {}),
        }


def skeleton_of(model: Any, reasons: Sequence[Diagnostic]) -> Skeleton | None:
    """The skeleton for ``model``, from which nothing can be inferred for these ``reasons``; None if none would help."""
    if not any(each.rule in _FILLABLE for each in reasons):
        return None
    endpoints: dict[str, dict[str, Any]] = {}
    for path, function in _callables(model):
        name = legal_endpoint_name(DEFAULT_NAME if path == CALL else path, endpoints.keys())
        signature = inspect.signature(function.call) if is_layer(function) else parameters_of(function)
        endpoints[name] = _blank_endpoint(path, signature)
    return Skeleton(endpoints) if endpoints else None


def _callables(model: Any) -> Iterator[tuple[str, Any]]:
    """What an endpoint of ``model`` can call, each with its path, whatever its inputs are."""
    if is_layer(model) and has_call(model):
        yield CALL, model
    late = [(name, each) for name, each in public_functions(model) if _was_never_called(each)]
    yield from late
    if is_layer(model):
        if not has_call(model) and not late:
            yield from ((path, getattr(model, path)) for path in submodels(model, unbuilt=True)[0])
    elif not late and not any(public_functions(model)):
        yield from _python_methods(model)


def _was_never_called(function: Any) -> bool:
    is_polymorphic = hasattr(function, "python_function") and not hasattr(function, "concrete_functions")
    return is_polymorphic and function.input_signature is None and not function._list_all_concrete_functions()


def _python_methods(model: Any) -> Iterator[tuple[str, Any]]:
    """The call of an object, or the public methods of its own classes that take arguments."""
    own = [kind for kind in type(model).__mro__ if kind.__module__.split(".")[0] not in _LIBRARIES]
    defined = {name: value for kind in reversed(own) for name, value in vars(kind).items()}
    if inspect.isfunction(defined.get(CALL)):
        yield CALL, getattr(model, CALL)
        return
    methods = [name for name, value in defined.items() if not name.startswith("_") and inspect.isfunction(value)]
    taking = [(name, getattr(model, name)) for name in methods]
    yield from [(name, each) for name, each in taking if inspect.signature(each).parameters][:_MAX_METHODS]


def _blank_endpoint(path: str, signature: inspect.Signature | None) -> dict[str, Any]:
    """An endpoint with a blank for each parameter that is required; for the first one if all are optional."""
    parameters = list(signature.parameters.values()) if signature is not None else []
    kinds = (*POSITIONAL_KINDS, inspect.Parameter.KEYWORD_ONLY)
    inputs = [each for each in parameters if each.kind in kinds and each.name not in KERAS_OPTIONS]
    required = [each for each in inputs if each.default is inspect.Parameter.empty] or inputs[:1]
    names = argument_of(signature.replace(parameters=required)) if signature is not None else {}
    arguments = tuple(names.values()) or DEFAULT_ARGUMENTS
    switch = {"kwargs": {TRAINING: False}} if any(each.name == TRAINING for each in parameters) else {}
    return {
        **({"function": path} if path != CALL else {}),
        **switch,
        **({"arguments": list(arguments)} if arguments != DEFAULT_ARGUMENTS else {}),
        "inputs": [BLANK] * len(arguments),
        "outputs": BLANK,
    }
