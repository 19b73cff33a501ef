"""Completes a candidate for an endpoint: its dimensions, outputs and names, which are proved by running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from specc.diagnostics import SpecPath
from specc.language.document import CALL, VERSION, Dim, Document, Endpoint
from specc.language.load import from_json
from specc.language.tensor_string import ANY
from specc.language.tree_edits import leaves, with_leaves
from specc.language.trees import List, Ragged, Sparse, Tensor, Tree, Tuple
from specc.language.wire_names import output_leaves
from specc.reader.custom_ops import listed
from specc.scaffold.dim_guesses import axes_text
from specc.scaffold.from_model.candidates import Candidate
from specc.scaffold.from_model.endpoint_proof import Proof, prove
from specc.scaffold.from_model.fixed_sizes import FixedTraces, find_limits
from specc.scaffold.from_model.output_names import OutputName, unnamed_outputs
from specc.scaffold.from_model.probe_dims import completions
from specc.scaffold.from_model.traced_functions import DEFAULT_NAME
from specc.scaffold.inferred_spec import Guess, with_legal_names
from specc.scaffold.open_dims import BATCH, open_dims, with_dims


@dataclass(frozen=True)
class Completed:
    """An endpoint with legal names, outputs and dimensions, and every guess in it.

    ``dims`` are the bounds of dimensions; ``steps`` the numbers of which the sizes of others have to be multiples.
    """

    endpoint: Endpoint
    dims: Mapping[str, Dim]
    steps: Mapping[str, int]
    guesses: tuple[Guess, ...]


def complete_endpoint(candidate: Candidate, model: Any) -> Completed:
    """The endpoint with legal names, outputs and dimensions.

    Of the dimensions with which the function can be traced, those are taken with which it also runs. An axis whose open
    size makes the answers of an archive wrong is fixed.
    """
    first = _proved(candidate, model)
    found = first
    if first.proof.difference:
        fixed = (_proved(each, model) for each in _with_fixed_axes(candidate, first.endpoint, first.proof))
        found = next((each for each in fixed if each.proof.ran and not each.proof.difference), first)
    proof = found.proof
    is_limited = proof.sizes is not None and not proof.difference
    limits, steps = find_limits(found.traces, proof.takes, proof.sizes or {}) if is_limited else ({}, {})
    endpoint = found.endpoint.model_copy(update={"pure": False} if proof.impure else {})
    purity = [Guess((*candidate.path, "pure"), f"false, since {proof.impure}")] if proof.impure else []
    return Completed(endpoint, limits, steps, (*found.guesses, *purity))


class _Proved(NamedTuple):
    """An endpoint with the traces and the proof of it, and every guess in it."""

    endpoint: Endpoint
    guesses: tuple[Guess, ...]
    traces: FixedTraces
    proof: Proof


def _proved(candidate: Candidate, model: Any) -> _Proved:
    endpoint, renamed = with_legal_names(candidate.endpoint, candidate.path)
    first: _Proved | None = None
    for drafted, guesses in completions(replace(candidate, endpoint=endpoint)):
        outputs = _with_output_names(drafted.outputs, candidate.output_names)
        named, more = with_legal_names(drafted.model_copy(update={"outputs": outputs}), candidate.path)
        document = document_of({candidate.name: named}, None)
        traces = FixedTraces(candidate, document)
        proof = prove(document, candidate.name, model, traces)
        following = _open_outputs(proof.endpoint, candidate.path) if proof.ran else ()
        unnamed = unnamed_outputs(proof.endpoint, candidate.output_names, candidate.path)
        all_guesses = (*candidate.guesses, *renamed, *guesses, *more, *unnamed, *following, *proof.guesses)
        first = first or _Proved(proof.endpoint, all_guesses, traces, proof)
        if proof.ran:
            return _Proved(proof.endpoint, all_guesses, traces, proof)
    assert first is not None
    return first


def _with_fixed_axes(candidate: Candidate, endpoint: Endpoint, proof: Proof) -> Iterator[Candidate]:
    """The candidate with one dimension, then all of them except the rows, fixed at the sizes with which it ran."""
    sizes = proof.sizes or {}
    inputs = [leaf for tree in endpoint.inputs for leaf in leaves(tree)]
    named = {dim: str((inputs[dim.leaf].shape or ())[dim.axis]) for dim in open_dims(candidate.endpoint)}
    names = [name for dim, name in named.items() if dim.role != BATCH and name in sizes]
    for fixed in dict.fromkeys([*((name,) for name in names), tuple(names)] if names else []):
        chosen = {dim: sizes[name] for dim, name in named.items() if name in fixed}
        axes = listed([f"axis {dim.axis} of {dim.wire_name!r} is fixed at {size}" for dim, size in chosen.items()])
        message = (
            f"{axes}, which was tried; write the size that clients send. With an open size, as under Keras's "
            f"TimeDistributed, an archive is wrong: {proof.difference}"
        )
        guess = Guess((*candidate.path, "inputs"), message)
        yield replace(candidate, endpoint=with_dims(candidate.endpoint, chosen), guesses=(guess, *candidate.guesses))


def _open_outputs(endpoint: Endpoint, at: SpecPath) -> Iterator[Guess]:
    """A guess about the axes of outputs that follow no dimension."""
    open_axes = [
        (axis, bound.name)
        for bound in output_leaves(endpoint, at)
        for axis, dim in enumerate((isinstance(bound.leaf, Tensor) and bound.leaf.shape) or ())
        if dim == ANY
    ]
    if open_axes:
        message = f"open, since no dimension of the inputs is equal to it: {axes_text(open_axes)}"
        yield Guess((*at, "outputs"), message)


def _with_output_names(outputs: Tree, names: Sequence[OutputName]) -> Tree:
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
        leaf if each.name is None else leaf.model_copy(update={"name": each.name})
        for leaf, each in zip(flat, names, strict=True)
    )  # fmt: skip
    return with_leaves(outputs, named)


def document_of(
    endpoints: Mapping[str, Endpoint], name: str | None, bounds: Mapping[str, Dim] | None = None
) -> Document:
    """The document of these endpoints, with the bounds of its dimensions; the usual one of several is the default."""
    shapes = [
        leaf.shape or ()
        for each in endpoints.values()
        for tree in (*each.inputs, each.outputs)
        for leaf in leaves(tree)
    ]
    names = dict.fromkeys(dim for shape in shapes for dim in shape if isinstance(dim, str) and dim != ANY)
    dims = {dim: (bounds or {}).get(dim, Dim()) for dim in names}
    usual = (name for name in (DEFAULT_NAME, CALL) if name in endpoints)
    default = next(iter(endpoints)) if len(endpoints) == 1 else next(usual, None)
    fields = {"specc": VERSION, "name": name, "dims": dims, "endpoints": endpoints, "default": default}
    return from_json(Document.model_validate(fields).to_json())
