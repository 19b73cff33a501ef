"""The tf.functions of a model that is no Keras layer, each an endpoint as its signature or its trace has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf
from pydantic import ValidationError

from specc.archive.drop_in.asked import parameter_names, signature_of, traces_of
from specc.archive.infer.candidates import Candidate, argument, called_with, declared
from specc.archive.tensorspec import tree_of
from specc.archive.user_code import run_user_code
from specc.diagnostics import SpecPath, finding
from specc.errors import SpecError
from specc.language.document import DEFAULT_FUNCTION
from specc.reader.functions import without_names
from specc.reader.inferred import Guess, legal_endpoint_name

_Function = tf.types.experimental.PolymorphicFunction
_SERVE = "serve"


def traced_functions(model: Any, left_out: list[Guess]) -> Iterator[Candidate]:
    """A candidate for each public tf.function of ``model``, and for the model itself where it is one.

    What cannot be an endpoint, or not under its own name, is noted in ``left_out``.
    """
    taken: set[str] = set()
    for attribute, function in _functions(model):
        wanted = _SERVE if attribute == DEFAULT_FUNCTION else attribute
        name = legal_endpoint_name(wanted, taken)
        taken.add(name)
        if name != wanted:
            left_out.append(Guess(("endpoints", name), f"no endpoint can be called {wanted!r}"))
        try:
            yield _candidate(name, attribute, function)
        except SpecError as error:
            reasons = "; ".join(
                f"{each.message}; {each.hint}" if each.hint else each.message for each in error.diagnostics
            )
            left_out.append(Guess(("endpoints", name), f"left out: {reasons}"))


def _functions(model: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(model, (_Function, tf.types.experimental.ConcreteFunction)):
        yield DEFAULT_FUNCTION, model
        return
    known = {**{key: value for kind in reversed(type(model).__mro__) for key, value in vars(kind).items()}}
    known |= getattr(model, "__dict__", {})
    for attribute, value in sorted(known.items()):
        public = attribute == DEFAULT_FUNCTION or not attribute.startswith("_")
        if public and isinstance(value, (_Function, tf.types.experimental.ConcreteFunction)):
            yield attribute, getattr(model, attribute)  # bound to the model


def _candidate(name: str, attribute: str, function: Any) -> Candidate:
    path: SpecPath = ("endpoints", name)
    guesses: list[Guess] = []
    asked = getattr(function, "input_signature", None)
    if asked is not None:
        run_user_code(function.get_concrete_function, "trace-failed", path, "tracing failed")
    traces = traces_of(function)
    if not traces:
        hint = "give it an input_signature, or call it once where the model is made"
        raise SpecError([finding("bad-signature", path, "the tf.function was never called", hint)])
    if len(traces) > 1:
        guesses.append(Guess((*path, "inputs"), f"the first of {len(traces)} traces; an input_signature would decide"))
    positional, by_name = traces[0].structured_input_signature
    signature = signature_of(function)
    given = dict(zip(parameter_names(traces[0]), [*positional, *by_name.values()], strict=True))
    inputs, fixed = called_with(signature, given, _holds_specs, path)
    # The names of the specs in a trace are TensorFlow's, those in an input_signature the author's.
    specs = inputs.values() if asked is None or len(asked) != len(inputs) else asked
    try:
        trees = [tree_of(spec) for spec in specs]
    except (TypeError, ValidationError) as error:
        message = "an argument is no tensor, nor a list, tuple or dict of tensors"
        raise SpecError([finding("bad-signature", path, message)]) from error
    if specs is not asked:
        trees = [without_names(tree) for tree in trees]
    arguments = [argument(each, index) for index, each in enumerate(inputs)]
    python = getattr(function, "python_function", function)
    endpoint = declared(attribute, arguments, trees, fixed)
    return Candidate(name, endpoint, function, python, autograph=True, guesses=tuple(guesses))


def _holds_specs(value: Any) -> bool:
    flat = tf.nest.flatten(value)
    return bool(flat) and all(isinstance(item, tf.TypeSpec) for item in flat)
