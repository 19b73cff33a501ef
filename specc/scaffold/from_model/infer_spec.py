"""Infers a first spec from a model: its call, or its public tf.functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import keras

from specc.compiler.backends import require_backend
from specc.diagnostics import Diagnostic, finding, kind_of
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.load import require_buildable
from specc.language.wire_names import input_leaves
from specc.scaffold.from_model.call_recorder import Call, call_of
from specc.scaffold.from_model.candidates import Candidate
from specc.scaffold.from_model.completion import ENDPOINT, CompletedEndpoint, complete_endpoint, document_of
from specc.scaffold.from_model.layer_candidates import layer_candidates
from specc.scaffold.from_model.traced_functions import traced_functions
from specc.scaffold.inferred_spec import Guess, InferredSpec
from specc.scaffold.open_dims import BATCH

_GENERATED_NAME = re.compile(r"(functional|sequential|model)(_\d+)?")


def infer_spec(model: Any, *, example: Sequence[Any] | Call | None = None) -> InferredSpec:
    """The inferred spec of ``model``: it is valid and can be built. Its document has no ``model``.

    Args:
        model: a built Keras model or layer, or a ``tf.Module``, a ``tf.function`` or another object whose public
            tf.functions have an ``input_signature`` or were called.
        example: the positional arguments of a call of a subclassed Keras model, tensors or arrays, nested as the model
            takes them: Keras records no dtypes of the first call, and only the first of several arguments.

    Returns:
        The :class:`specc.InferredSpec`: the document, and every guess in it.

    Raises:
        SpecError: the model is not built, cannot be traced, or takes or returns values that a signature cannot have.
    """
    require_backend()
    left_out: list[Guess] = []
    finished: dict[str, CompletedEndpoint]
    if isinstance(model, keras.Layer):
        call = example if isinstance(example, Call) or example is None else call_of(*example)
        finished = {ENDPOINT: _first_that_traces(layer_candidates(ENDPOINT, model, call), model)}
    else:
        finished = {each.name: complete_endpoint(each, model) for each in traced_functions(model, left_out)}
    if not finished:
        raise SpecError([_no_endpoint_finding(model, left_out)])
    document = document_of({each: endpoint for each, (endpoint, _) in finished.items()}, _model_name(model))
    guesses = [guess for _, more in finished.values() for guess in more] + left_out
    if BATCH in document.dims:
        guesses.insert(0, Guess(("dims", BATCH), _batch_message(document)))
    if document.default is None:
        guesses.append(Guess(("default",), f"none; choose one of {', '.join(sorted(document.endpoints))}"))
    elif len(document.endpoints) > 1:
        why = f"{document.default!r}, chosen by its name; check that it suits clients that name no signature"
        guesses.append(Guess(("default",), why))
    require_buildable(document)
    return InferredSpec(document, tuple(dict.fromkeys(guesses)))


def _batch_message(document: Document) -> str:
    inputs = [leaf for each in document.endpoints.values() for leaf in input_leaves(each)]
    first = {leaf.name: leaf.leaf.shape[0] for leaf in inputs if leaf.leaf.shape}
    others = [dim for dim in first.values() if isinstance(dim, str) and dim != BATCH]
    named = (
        ", ".join(repr(name) for name, dim in first.items() if dim == BATCH) if others
        else "every input that leaves it open"
    )  # fmt: skip
    return f"the first dimension of {named}; check that these are always equal"


def _first_that_traces(candidates: Iterable[Candidate], model: Any) -> CompletedEndpoint:
    """The endpoint of the first candidate that can be traced; if there is none, the error of the first is raised."""
    first: SpecError | None = None
    for candidate in candidates:
        try:
            return complete_endpoint(candidate, model)
        except SpecError as error:
            first = first or error
            if any(diagnostic.rule != "trace-failed" for diagnostic in error.diagnostics):
                break
    assert first is not None
    raise first


def _model_name(model: Any) -> str | None:
    """The model's name, or None if Keras generated it from the kind of model."""
    return model.name if isinstance(model, keras.Model) and not _GENERATED_NAME.fullmatch(model.name) else None


def _no_endpoint_finding(model: Any, left_out: list[Guess]) -> Diagnostic:
    reasons = "".join(f"; {guess}" for guess in left_out)
    hint = "pass a built Keras model or layer, or an object with tf.functions that have an input_signature or a trace"
    return finding("bad-model", ("model",), f"{kind_of(model)} has nothing that an endpoint can call{reasons}", hint)
