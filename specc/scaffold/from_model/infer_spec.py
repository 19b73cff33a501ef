"""Infers a first spec from a model: its call, or its public tf.functions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from specc.compiler.backends import require_backend
from specc.compiler.trace.functional_models import is_generated_name
from specc.compiler.trace.layer_types import is_layer, is_model
from specc.compiler.user_code import run_user_code
from specc.diagnostics import Diagnostic, finding, kind_of
from specc.errors import SpecError
from specc.language.load import require_buildable
from specc.language.validation.legal_names import legal_endpoint_name
from specc.scaffold.dim_guesses import dim_guesses, in_order, shared_bounds
from specc.scaffold.from_model.call_recorder import Call, call_of
from specc.scaffold.from_model.candidates import Candidate
from specc.scaffold.from_model.completion import Completed, complete_endpoint, document_of
from specc.scaffold.from_model.layer_candidates import layer_candidates
from specc.scaffold.from_model.traced_functions import (
    DEFAULT_NAME,
    lists_of_functions,
    public_functions,
    traced_functions,
)
from specc.scaffold.from_model.unexported_parts import has_call, submodels, unexported_parts
from specc.scaffold.inferred_spec import Guess, InferredSpec, text_with_hint

_CALL_BESIDE_SERVE = "call"
"""The name of the endpoint that calls a model with a tf.function of its own that is called ``serve``."""
_GENERATED_NAME = re.compile(r"(functional|sequential|model)(_\d+)?")


def infer_spec(model: Any, *, example: Sequence[Any] | Call | None = None) -> InferredSpec:
    """The inferred spec of ``model``: it is valid and can be built. Its document has no ``model``.

    Args:
        model: a built model or layer of Keras or tf_keras, or a ``tf.Module``, a ``tf.function`` or another object
            whose public tf.functions have an ``input_signature`` or were called.
        example: the positional arguments of a call of a subclassed Keras model, tensors or arrays, nested as the model
            takes them: Keras records no dtypes of the first call, and only the first of several arguments.

    Returns:
        The :class:`specc.InferredSpec`: the document, and every guess in it.

    Raises:
        SpecError: the model is not built, cannot be traced, or takes or returns values that a signature cannot have.
    """
    require_backend()
    finished, left_out = _complete_endpoints(model, example)
    if not finished:
        reasons = [each for error in left_out.values() for each in error.diagnostics]
        raise SpecError(reasons or [_no_endpoint_finding(model)])
    steps = {dim: step for completed in finished.values() for dim, step in completed.steps.items()}
    endpoints = {each: completed.endpoint for each, completed in finished.items()}
    document = document_of(
        endpoints, _model_name(model), shared_bounds(completed.dims for completed in finished.values())
    )
    guesses = [
        *dim_guesses(document, steps),
        *(guess for completed in finished.values() for guess in completed.guesses),
    ]
    guesses += [_left_out_guess(name, error) for name, error in left_out.items()]
    guesses += [*lists_of_functions(model), *unexported_parts(model, {each.function for each in endpoints.values()})]
    if document.default is None:
        guesses.append(Guess(("default",), f"none; choose one of {', '.join(sorted(document.endpoints))}"))
    elif len(document.endpoints) > 1:
        why = f"{document.default!r}, chosen by its name; check that it suits clients that name no signature"
        guesses.append(Guess(("default",), why))
    require_buildable(document)
    return InferredSpec(document, in_order(guesses))


def _complete_endpoints(
    model: Any, example: Sequence[Any] | Call | None
) -> tuple[dict[str, Completed], dict[str, SpecError]]:
    """The endpoints of the model's call and its public tf.functions, and the error of each that cannot be one.

    A Keras model without a call, which only trains its submodels, has an endpoint for each of these instead.
    """
    finished: dict[str, Completed] = {}
    left_out: dict[str, SpecError] = {}

    def complete_first(
        name: str, candidates: Callable[[], Iterable[Candidate]], renamed: tuple[Guess, ...], *, keep_trying: bool
    ) -> None:
        def completed() -> Completed:
            first = _first_that_traces(candidates(), model, keep_trying=keep_trying)
            require_buildable(document_of({name: first.endpoint}, None))
            return replace(first, guesses=(*renamed, *first.guesses))

        try:  # what a function takes and returns may make any part of this fail
            finished[name] = run_user_code(completed, "bad-model", ("endpoints", name), "describing it failed")
        except SpecError as error:
            left_out[name] = error

    taken: set[str] = set()
    if is_layer(model):
        call = example if isinstance(example, Call) or example is None else call_of(*example)
        name = _CALL_BESIDE_SERVE if DEFAULT_NAME in dict(public_functions(model)) else DEFAULT_NAME
        taken.add(name)
        if has_call(model):
            complete_first(name, lambda: layer_candidates(name, model, call), (), keep_trying=False)
        else:
            for path in submodels(model, unbuilt=True)[0]:
                name = legal_endpoint_name(path, taken)
                taken.add(name)
                complete_first(name, partial(_submodel_candidates, name, path, model), (), keep_trying=False)
    for function in traced_functions(model, taken):
        complete_first(function.name, function.candidates, function.renamed, keep_trying=True)
    return finished, left_out


def _submodel_candidates(name: str, path: str, model: Any) -> Iterator[Candidate]:
    for candidate in layer_candidates(name, getattr(model, path), None):
        yield replace(candidate, endpoint=candidate.endpoint.model_copy(update={"function": path}))


def _left_out_guess(name: str, error: SpecError) -> Guess:
    return Guess(("endpoints", name), f"left out: {'; '.join(map(text_with_hint, error.diagnostics))}")


def _first_that_traces(candidates: Iterable[Candidate], model: Any, *, keep_trying: bool) -> Completed:
    """The endpoint of the first candidate that can be traced; if there is none, the error of the first is raised.

    An error other than that of tracing ends the search, except with ``keep_trying``.
    """
    first: SpecError | None = None
    for candidate in candidates:
        try:
            return complete_endpoint(candidate, model)
        except SpecError as error:
            first = first or error
            if not keep_trying and any(diagnostic.rule != "trace-failed" for diagnostic in error.diagnostics):
                break
    assert first is not None
    raise first


def _model_name(model: Any) -> str | None:
    """The model's name, or None if Keras generated it from the kind of model."""
    return model.name if is_model(model) and not _GENERATED_NAME.fullmatch(model.name) else None


def given_name(model: Any) -> str | None:
    """The name that a person gave to ``model``, or None if it has none or Keras generated it from its class."""
    return model.name if is_model(model) and not is_generated_name(model.name, model) else None


def _no_endpoint_finding(model: Any) -> Diagnostic:
    hint = "pass a built Keras model or layer, or an object with tf.functions that have an input_signature or a trace"
    return finding("bad-model", ("model",), f"{kind_of(model)} has nothing that an endpoint can call", hint)
