"""Candidates for endpoints from the public tf.functions of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf
from pydantic import ValidationError

from specc.compiler.tensorspec import tree_of
from specc.compiler.trace.call_parameters import parameters_of
from specc.compiler.trace.layer_types import is_layer
from specc.compiler.trace.output_check import spec_of
from specc.compiler.user_code import run_user_code
from specc.diagnostics import SpecPath, counted, finding
from specc.errors import SpecError
from specc.keras_export.requested_signature import parameter_names, traces_of
from specc.language.document import CALL
from specc.language.signatures import DEFAULT_KEYS
from specc.language.tree_edits import without_names
from specc.language.validation.legal_names import legal_endpoint_name
from specc.reader.graph_document import is_public
from specc.scaffold.from_model.candidates import Candidate, declare_endpoint, split_arguments
from specc.scaffold.inferred_spec import Guess

_TF_FUNCTION_TYPES = (tf.types.experimental.PolymorphicFunction, tf.types.experimental.ConcreteFunction)
DEFAULT_NAME = "serve"
"""The name of the endpoint of the model's call, as ``Model.export`` has it."""
_TRAINING_NAMES = ("training", "is_training", "train")
"""The parameters that switch a function between training and inference."""
_OF_KERAS = frozenset(
    {CALL, "call", "generate_function", "predict_function", "test_function", "train_function", "train_tf_function"}
)
"""The tf.functions of a Keras model that are its call, or that Keras itself makes."""


@dataclass(frozen=True)
class TracedFunction:
    """A tf.function that may become the endpoint ``name``.

    ``candidates`` yields one candidate for each way to call it, likeliest first; it raises SpecError if the function
    cannot be an endpoint.
    """

    name: str
    candidates: Callable[[], Iterator[Candidate]]
    renamed: tuple[Guess, ...] = ()


def traced_functions(model: Any, taken: set[str]) -> Iterator[TracedFunction]:
    """Each public tf.function of ``model``, or the model itself if it is one, except a Keras model's own.

    A callable object is revived as one; a bare function gets a name. ``taken`` are the names of other endpoints.
    """
    for attribute, function in public_functions(model):
        # "serving_default" is the key of the default endpoint's signature, whatever that endpoint is called.
        is_unnamed = function is model or attribute == DEFAULT_KEYS["predict"]
        own_name = DEFAULT_NAME if is_unnamed else attribute
        name = legal_endpoint_name(own_name, taken)
        taken.add(name)
        renamed = [] if name == own_name else [_renamed(name, own_name, is_legal=own_name in taken)]
        yield TracedFunction(name, _candidates_of(name, attribute, function), tuple(renamed))


def _renamed(name: str, own_name: str, *, is_legal: bool) -> Guess:
    why = "which is the name of another endpoint" if is_legal else "which cannot be an endpoint name"
    return Guess(("endpoints", name), f"renamed from {own_name!r}, {why}")


def lists_of_functions(model: Any) -> Iterator[Guess]:
    """A guess for each list of functions, such as ``regularization_losses`` of TF-Hub's modules."""
    for attribute, value in sorted(getattr(model, "__dict__", {}).items()):
        items = list(value) if isinstance(value, (list, tuple)) and is_public(attribute) else []
        if items and all(isinstance(item, _TF_FUNCTION_TYPES) for item in items):
            count = counted(len(items), "function")
            yield Guess((), f"{attribute}: a list of {count}, which cannot be declared in a spec")


def public_functions(model: Any) -> Iterator[tuple[str, Any]]:
    """The public tf.functions of ``model``, bound to it, by attribute; the model itself if it is one."""
    if isinstance(model, _TF_FUNCTION_TYPES):
        yield CALL, model
        return
    not_own = _OF_KERAS if is_layer(model) else frozenset()
    attributes = {key: value for kind in reversed(type(model).__mro__) for key, value in vars(kind).items()}
    attributes |= getattr(model, "__dict__", {})
    for attribute, value in sorted(attributes.items()):
        if is_public(attribute) and attribute not in not_own and isinstance(value, _TF_FUNCTION_TYPES):
            yield attribute, getattr(model, attribute)


def _candidates_of(name: str, attribute: str, function: Any) -> Callable[[], Iterator[Candidate]]:
    def candidates() -> Iterator[Candidate]:
        candidate = _candidate_of_function(name, attribute, function)
        training = [name for name in _TRAINING_NAMES if candidate.endpoint.kwargs.get(name) is True]
        yield from _for_inference(candidate, training)
        message = "true, for training: the function was called only so, and cannot be traced with false"
        guesses = (Guess((*candidate.path, "kwargs", switch), message) for switch in training)
        yield replace(candidate, guesses=(*candidate.guesses, *guesses))

    return candidates


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
    python = _with_tensors(getattr(function, "python_function", function))
    endpoint = declare_endpoint(attribute, list(inputs), trees, fixed)
    return Candidate(name, endpoint, function, python, autograph=True, guesses=tuple(guesses))


def _with_tensors(python: Callable[..., Any]) -> Callable[..., Any]:
    """``python`` with its Python constants returned as tensors, as a tf.function returns them."""

    def as_tensor(leaf: Any) -> Any:
        return leaf if leaf is None or spec_of(leaf) is not None else tf.convert_to_tensor(leaf)

    def returning_tensors(*arguments: Any, **kwargs: Any) -> Any:
        return tf.nest.map_structure(as_tensor, python(*arguments, **kwargs))

    return returning_tensors


def _for_inference(candidate: Candidate, names: Sequence[str]) -> Iterator[Candidate]:
    """The candidate with false for ``names``, its switches to training, if the function can be traced again."""
    kwargs = candidate.endpoint.kwargs
    # A single trace, or a function of a loaded archive, has no other traces.
    is_fixed = not hasattr(candidate.function, "python_function") or hasattr(candidate.function, "concrete_functions")
    if not names or is_fixed:
        return
    changed = candidate.endpoint.model_copy(update={"kwargs": {**kwargs, **dict.fromkeys(names, False)}})
    guesses = (
        Guess((*candidate.path, "kwargs", name), f"false, for inference: the function was called only with {name}=True")
        for name in names
    )
    yield replace(candidate, endpoint=changed, guesses=(*candidate.guesses, *guesses))


def _arguments_of_trace(trace: Any) -> dict[str, Any]:
    """The specs and the Python values of a trace's arguments, by name."""
    positional, by_name = trace.structured_input_signature
    return dict(zip(parameter_names(trace), [*positional, *by_name.values()], strict=True))


def _is_for_training(trace: Any) -> bool:
    """Whether a trace is for training, which is with ``training=True``."""
    arguments = _arguments_of_trace(trace)
    return any(arguments.get(name) is True for name in _TRAINING_NAMES)


def _holds_specs(value: Any) -> bool:
    flat = tf.nest.flatten(value)
    return bool(flat) and all(isinstance(item, tf.TypeSpec) for item in flat)
