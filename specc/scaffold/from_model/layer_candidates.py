"""Candidates for the endpoint of a Keras model or layer: its call, with the names that Keras recorded."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf
from pydantic import ValidationError

from specc.compiler.tensorspec import tree_of
from specc.compiler.trace.functional_models import functional_inputs
from specc.compiler.trace.layer_types import is_tf_keras_layer
from specc.diagnostics import SpecPath, finding
from specc.errors import SpecError
from specc.keras_export.input_specs import Slot, map_structure
from specc.language.document import DEFAULT_ARGUMENTS, DEFAULT_FUNCTION, Endpoint
from specc.language.tree_edits import leaves, without_names
from specc.language.trees import Leaf
from specc.language.validation.buildable import is_input_name
from specc.language.wire_names import BoundLeaf, input_leaves
from specc.scaffold.from_model.call_recorder import Call
from specc.scaffold.from_model.candidates import Candidate, declare_endpoint
from specc.scaffold.from_model.output_names import output_names
from specc.scaffold.from_model.recorded_inputs import RecordedInputs, of_call, recorded_inputs
from specc.scaffold.from_model.tf_keras_calls import has_symbolic_inputs
from specc.scaffold.inferred_spec import Guess
from specc.scaffold.open_dims import with_input_leaves

_DTYPES = ("float32", "int64", "string")
_PLAIN_DICT_NOTE = (
    "called with an OrderedDict or a defaultdict; the endpoint passes a plain dict, which Keras flattens by sorted keys"
)
_MAX_TRIED_INPUTS = 3
"""With more inputs, all are assumed to have the same dtype, since there are too many combinations to trace."""


def layer_candidates(name: str, layer: Any, call: Call | None) -> Iterator[Candidate]:
    """Candidates for the endpoint ``name`` that calls ``layer``, of Keras or tf_keras, likeliest first.

    There is one for each choice of unknown dtypes.

    ``call`` is an example call; it is not used for Functional and Sequential models, which record their inputs.

    Raises:
        SpecError: the layer has not recorded enough about its inputs.
    """
    symbolic = isinstance(layer, keras.Sequential) or functional_inputs(layer) is not None
    symbolic |= is_tf_keras_layer(layer) and has_symbolic_inputs(layer)
    if call is None or symbolic:
        recorded = recorded_inputs(layer)
    else:
        recorded = of_call(layer, call.args, call.kwargs, sizes=not call.symbolic)
        recorded = replace(recorded, is_plain=call.is_plain)
    at: SpecPath = ("endpoints", name)
    guesses: list[Guess] = []
    endpoint = _endpoint_from_record(recorded, at, guesses)
    sized = [dim for bound in input_leaves(endpoint) for dim in (bound.leaf.shape or ())[1:]]
    if recorded.sizes and sized:
        guesses.append(Guess((*at, "inputs"), recorded.sizes))
    if not recorded.is_plain:
        guesses.append(Guess((*at, "inputs"), _PLAIN_DICT_NOTE))
    for optional in recorded.optional:
        guesses.append(Guess((*at, "inputs"), f"{optional!r} is optional in Keras; an archive always requires it"))
    outputs = tuple(output_names(layer))
    candidate = Candidate(name, endpoint, layer, layer, output_names=outputs, guesses=tuple(guesses))
    if not recorded.guessed_dtypes:
        yield candidate
        return
    flat = [leaf for tree in endpoint.inputs for leaf in leaves(tree)]
    for dtypes in _combinations([leaf.dtype for leaf in flat]):
        tried = _with_dtypes(endpoint, dtypes)
        dtype_guesses = [Guess(leaf.path, _dtype_guess(leaf.leaf)) for leaf in input_leaves(tried, at)]
        yield replace(candidate, endpoint=tried, guesses=(*guesses, *dtype_guesses))


def _dtype_guess(leaf: Leaf) -> str:
    return f"the dtype {leaf.dtype} is a guess: Keras records only the shapes of the first call"


def _combinations(dtypes: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """The combinations of dtypes to try, first the one that Keras would use."""
    words = tuple(dict.fromkeys((*dtypes, *_DTYPES)))
    many = len(dtypes) > _MAX_TRIED_INPUTS
    others = ((word,) * len(dtypes) for word in words) if many else itertools.product(words, repeat=len(dtypes))
    return dict.fromkeys((tuple(dtypes), *others))


def _with_dtypes(endpoint: Endpoint, dtypes: Sequence[str]) -> Endpoint:
    flat = [leaf for tree in endpoint.inputs for leaf in leaves(tree)]
    return with_input_leaves(
        endpoint, (leaf.model_copy(update={"dtype": dtype}) for leaf, dtype in zip(flat, dtypes, strict=True))
    )


def _endpoint_from_record(recorded: RecordedInputs, at: SpecPath, guesses: list[Guess]) -> Endpoint:
    """The endpoint without its outputs, each leaf named by its key, or by its ``keras.Input``."""
    names = list(recorded.arguments)
    slots = list(recorded.arguments.values())
    if names == list(DEFAULT_ARGUMENTS) and isinstance(slots[0], Slot) and slots[0].name:
        names = [slots[0].name]
    try:
        trees = [without_names(tree_of(map_structure(value, lambda slot: slot.spec))) for value in slots]
    except (TypeError, ValidationError) as error:
        message = "the inputs have an empty container, or a dict with a key that is not a string"
        raise SpecError([finding("bad-model", ("model",), message)]) from error
    bare = declare_endpoint(DEFAULT_FUNCTION, names, trees, recorded.kwargs)
    flat = [slot for value in slots for slot in tf.nest.flatten(value)]
    pairs = zip(input_leaves(bare, at), flat, strict=True)
    return with_input_leaves(bare, (_with_input_name(leaf, slot, guesses) for leaf, slot in pairs))


def _with_input_name(bound: BoundLeaf, slot: Slot, guesses: list[Guess]) -> Leaf:
    key = bound.path[-1] if len(bound.path) > len(("endpoints", "name", "inputs", 0)) else None
    if key is None or slot.name in (None, bound.name):
        return bound.leaf
    if isinstance(key, str):
        if not is_input_name(key):
            return bound.leaf  # it gets another wire name, with a guess about that
        guesses.append(
            Guess(bound.path, f"wire name {bound.name!r}, from its key; its keras.Input is named {slot.name!r}")
        )
        return bound.leaf
    return bound.leaf.model_copy(update={"name": slot.name})
