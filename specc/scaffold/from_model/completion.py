"""Completes a candidate for an endpoint: its dimensions, outputs and names, which are proved by running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from specc.language.document import CALL, VERSION, Document, Endpoint
from specc.language.load import from_json
from specc.language.tensor_string import ANY
from specc.language.tree_edits import leaves, with_leaves
from specc.language.trees import List, Ragged, Sparse, Tensor, Tree, Tuple
from specc.scaffold.from_model.candidates import Candidate
from specc.scaffold.from_model.endpoint_proof import Proof, prove
from specc.scaffold.from_model.probe_dims import completions
from specc.scaffold.from_model.traced_functions import DEFAULT_NAME
from specc.scaffold.inferred_spec import Guess, with_legal_names

CompletedEndpoint = tuple[Endpoint, tuple[Guess, ...]]


def complete_endpoint(candidate: Candidate, model: Any) -> CompletedEndpoint:
    """The endpoint with legal names, outputs and dimensions, and every guess in it.

    Of the dimensions with which the function can be traced, those are taken with which it also runs.
    """
    endpoint, renamed = with_legal_names(candidate.endpoint, candidate.path)
    first: tuple[Proof, tuple[Guess, ...]] | None = None
    for drafted, guesses in completions(replace(candidate, endpoint=endpoint)):
        outputs = _with_output_names(drafted.outputs, candidate.output_names)
        named, more = with_legal_names(drafted.model_copy(update={"outputs": outputs}), candidate.path)
        proof = prove(document_of({candidate.name: named}, None), candidate.name, model)
        found = proof, (*candidate.guesses, *renamed, *guesses, *more)
        first = first or found
        if proof.ran:
            break
    else:
        assert first is not None
        found = first
    return found[0].endpoint, (*found[1], *found[0].guesses)


def _with_output_names(outputs: Tree, names: Sequence[str | None]) -> Tree:
    """``outputs`` with the model's own names for a bare output or the items of a list; dicts keep their keys."""
    flat = list(leaves(outputs))
    match outputs:
        case Tensor() | Ragged() | Sparse():
            pass
        case List() | Tuple() if len(outputs.items) == len(flat):
            pass
        case _:
            return outputs
    if len(flat) != len(names):
        return outputs
    named = (
        leaf if name is None else leaf.model_copy(update={"name": name})
        for leaf, name in zip(flat, names, strict=True)
    )  # fmt: skip
    return with_leaves(outputs, named)


def document_of(endpoints: Mapping[str, Endpoint], name: str | None) -> Document:
    """The document of these endpoints; the usual one of several is the default."""
    shapes = [
        leaf.shape or ()
        for each in endpoints.values()
        for tree in (*each.inputs, each.outputs)
        for leaf in leaves(tree)
    ]
    dims: dict[str, Any] = {dim: {} for shape in shapes for dim in shape if isinstance(dim, str) and dim != ANY}
    usual = (name for name in (DEFAULT_NAME, CALL) if name in endpoints)
    default = next(iter(endpoints)) if len(endpoints) == 1 else next(usual, None)
    fields = {"specc": VERSION, "name": name, "dims": dims, "endpoints": endpoints, "default": default}
    return from_json(Document.model_validate(fields).to_json())
