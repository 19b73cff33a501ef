"""Candidates for endpoints from the tf.functions of a model that is not a Keras layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from pydantic import ValidationError

from specc.compiler.tensorspec import tree_of
from specc.compiler.trace.call_parameters import parameters_of
from specc.compiler.user_code import run_user_code
from specc.diagnostics import SpecPath, counted, finding
from specc.errors import SpecError
from specc.keras_export.requested_signature import parameter_names, traces_of
from specc.language.document import CALL
from specc.language.tree_edits import without_names
from specc.language.validation.legal_names import legal_endpoint_name
from specc.reader.graph_document import is_public
from specc.scaffold.from_model.candidates import Candidate, declare_endpoint, split_arguments
from specc.scaffold.inferred_spec import Guess

_TF_FUNCTION_TYPES = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)
_DEFAULT_NAME = "serve"


def traced_functions(model: Any, left_out: list[Guess]) -> Iterator[Candidate]:
    """A candidate for each public tf.function of ``model``, or for the model itself if it is one.

    A callable object is revived as one; a bare function gets a name. A function that cannot be an endpoint, or not with
    its own name, is noted in ``left_out``.
    """
    taken: set[str] = set()
    for attribute, count in _lists_of_functions(model):
        message = f"{attribute}: a list of {counted(count, 'function')}, which cannot be declared in a spec"
        left_out.append(Guess((), message))
    for attribute, function in _public_functions(model):
        own_name = _DEFAULT_NAME if function is model else attribute
        name = legal_endpoint_name(own_name, taken)
        taken.add(name)
        if name != own_name:
            left_out.append(Guess(("endpoints", name), f"renamed from {own_name!r}, which cannot be an endpoint name"))
        try:
            yield _candidate_of_function(name, attribute, function)
        except SpecError as error:
            reasons = "; ".join(
                f"{each.message}; {each.hint}" if each.hint else each.message for each in error.diagnostics
            )
            left_out.append(Guess(("endpoints", name), f"left out: {reasons}"))


def _public_functions(model: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(model, _TF_FUNCTION_TYPES):
        yield CALL, model
        return
    attributes = {**{key: value for kind in reversed(type(model).__mro__) for key, value in vars(kind).items()}}
    attributes |= getattr(model, "__dict__", {})
    for attribute, value in sorted(attributes.items()):
        if is_public(attribute) and isinstance(value, _TF_FUNCTION_TYPES):
            yield attribute, getattr(model, attribute)  # bound to the model


def _lists_of_functions(model: Any) -> Iterator[tuple[str, int]]:
    """The lists of functions, such as ``regularization_losses`` of TF-Hub modules: attribute and length."""
    for attribute, value in sorted(getattr(model, "__dict__", {}).items()):
        items = list(value) if isinstance(value, (list, tuple)) and is_public(attribute) else []
        if items and all(isinstance(item, _TF_FUNCTION_TYPES) for item in items):
            yield attribute, len(items)


def _candidate_of_function(name: str, attribute: str, function: Any) -> Candidate:
    path: SpecPath = ("endpoints", name)
    guesses: list[Guess] = []
    requested = getattr(function, "input_signature", None)
    if requested is not None:
        run_user_code(function.get_concrete_function, "trace-failed", path, "tracing failed")
    traces = sorted(traces_of(function), key=_is_for_training)
    if not traces:
        hint = "give it an input_signature, or call it once where the model is created"
        raise SpecError([finding("bad-signature", path, "the tf.function was never called", hint)])
    if len(traces) > 1:
        lost = (
            " (for inference; the trace with training=True is left out)"
            if _is_for_training(traces[-1]) > _is_for_training(traces[0])
            else ""
        )
        message = f"the first of {len(traces)} traces{lost}; add an input_signature to choose another"
        guesses.append(Guess((*path, "inputs"), message))
    inputs, fixed = split_arguments(parameters_of(function), _arguments_of_trace(traces[0]), _holds_specs, path)
    # TensorFlow names the specs in a trace; the author names those in an input_signature.
    specs = inputs.values() if requested is None or len(requested) != len(inputs) else requested
    try:
        trees = [tree_of(spec) for spec in specs]
    except (TypeError, ValidationError) as error:
        message = "an argument is not a tensor, or a list, tuple or dict of tensors"
        raise SpecError([finding("bad-signature", path, message)]) from error
    if specs is not requested:
        trees = [without_names(tree) for tree in trees]
    python = getattr(function, "python_function", function)
    endpoint = declare_endpoint(attribute, list(inputs), trees, fixed)
    return Candidate(name, endpoint, function, python, autograph=True, guesses=tuple(guesses))


def _arguments_of_trace(trace: Any) -> dict[str, Any]:
    """The specs and the Python values of a trace's arguments, by name."""
    positional, by_name = trace.structured_input_signature
    return dict(zip(parameter_names(trace), [*positional, *by_name.values()], strict=True))


def _is_for_training(trace: Any) -> bool:
    """Whether a trace is for training, which is with ``training=True``."""
    return _arguments_of_trace(trace).get("training") is True


def _holds_specs(value: Any) -> bool:
    flat = tf.nest.flatten(value)
    return bool(flat) and all(isinstance(item, tf.TypeSpec) for item in flat)
