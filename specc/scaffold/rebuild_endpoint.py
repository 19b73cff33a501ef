"""Turns an endpoint of an archive into one that can be built from it, with a function of the revived archive."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from specc.diagnostics import Diagnostic, SpecPath
from specc.language.document import CALL, DEFAULT_ARGUMENTS, Document, Endpoint
from specc.language.signatures import DEFAULT_KEYS
from specc.language.tensor_string import ANY, Dimension
from specc.language.tree_edits import leaves, with_leaves
from specc.language.trees import Dict, Ragged, Sparse, Tensor, Tree, children
from specc.language.validation.buildable import find_unbuildable
from specc.language.validation.consistency import find_inconsistencies
from specc.reader.describe_endpoint import describe_signature, inference_traces
from specc.reader.saved_functions import Function, Trace
from specc.reader.signature_defs import Signature
from specc.scaffold.inferred_spec import Guess, with_legal_names
from specc.scaffold.open_dims import BATCH, with_shape
from specc.source.budget import Budget

CALL_SIGNATURE = "specc:call_signature"
"""The function of an endpoint that is a signature of the archive, and not an attribute of the revived object."""
_PARAMETERS = ("inputs", "key")
"""The parameters of ``specc.call_signature`` after the model."""


@dataclass(frozen=True)
class ArchiveInterface:
    """The signatures of an archive, and the public functions of the revived object."""

    signatures: Mapping[str, Signature]
    functions: Mapping[str, Function]
    budget: Budget


class UnbuildableError(Exception):
    """An endpoint cannot be built from the archive; the text is the reason."""


def rebuild_endpoint(
    name: str, legal: str, found: Document, parts: ArchiveInterface
) -> tuple[Endpoint, tuple[Guess, ...]]:
    """The endpoint with a function of the revived archive, legal names and a batch dimension; and the guesses in it.

    Args:
        name: its name in the archive.
        legal: its name in the new document.
        found: the document that was read from the archive.
        parts: the signatures and functions of the archive.

    Raises:
        UnbuildableError: the revived archive has no function that can be called like the endpoint.
    """
    at: SpecPath = ("endpoints", legal)
    endpoint = _with_function(name, found.endpoints[name], parts)
    endpoint, guesses = with_legal_names(endpoint, at)
    endpoint = _with_named_batch(endpoint)
    for change in ({}, {"method": "predict"}):
        changed = endpoint.model_copy(update=change)
        findings = _find_problems(changed, legal, found)
        if not findings:
            if changed.method != endpoint.method:
                guesses += (
                    Guess(
                        (*at, "method"),
                        f"predict, since it is not a valid {endpoint.method} signature by TensorFlow's rules",
                    ),
                )
            return changed, guesses
    raise UnbuildableError(str(findings[0]))


def _find_problems(endpoint: Endpoint, name: str, found: Document) -> list[Diagnostic]:
    """The findings of a document with this endpoint only."""
    default = name if name in DEFAULT_KEYS.values() or name == CALL == found.default else None
    only_this = Document.model_validate(
        {"specc": 1, "dims": {BATCH: {}}, "endpoints": {name: endpoint}, "default": default}
    )
    only_this = only_this.model_copy(update={"mode": found.mode})
    return [*find_inconsistencies(only_this), *find_unbuildable(only_this)]


def _with_function(name: str, endpoint: Endpoint, parts: ArchiveInterface) -> Endpoint:
    """The endpoint with the revived attribute, if that has its structure; else with the signature, described flat."""
    function, signature = parts.functions.get(name), parts.signatures.get(name)
    reason = "it is neither a public function nor a signature"
    traces = function.traces if function is not None else ()
    fixing = {trace.fixed for trace in inference_traces([trace for trace in traces if _is_described(endpoint, trace)])}
    for trace in traces:
        if not _is_described(endpoint, trace):
            reason = "the function of the same name takes or returns another structure"
        elif signature is not None and len(fixing) > 1:
            reason = "the archive does not record which of the function's traces its signature is"
        elif (kwargs := _fixed_kwargs(trace)) is None:
            reason = f"its trace fixes {', '.join(trace.fixed)}, which cannot be written in a spec"
        elif not (name.isascii() and name.isidentifier()):
            reason = "its name is not an attribute name that can be written in a spec"
        else:
            return endpoint.model_copy(update={"function": name, "kwargs": kwargs})
    if signature is None:
        raise UnbuildableError(reason)
    flat = describe_signature(signature, None, parts.budget).endpoint
    assert flat is not None
    update: dict[str, Any] = {"function": CALL_SIGNATURE, "kwargs": {"key": name}, **_inputs_of_signature(flat)}
    return flat.model_copy(update=update)


def _inputs_of_signature(flat: Endpoint) -> dict[str, Any]:
    """The arguments and inputs with which a signature is called that is described ``flat``, as an endpoint's fields.

    A single tensor is passed as it is; others in a dict by name.
    """
    items = dict(zip(flat.arguments, flat.inputs, strict=True))
    match list(items.items()):
        case []:
            return {"arguments": (), "inputs": ()}
        case [(name, Tensor() as leaf)]:
            if name in _PARAMETERS:  # which an argument of that name would fill
                return {"arguments": DEFAULT_ARGUMENTS, "inputs": (leaf.model_copy(update={"name": name}),)}
            return {"arguments": (name,), "inputs": (leaf,)}
        case _:
            return {"arguments": DEFAULT_ARGUMENTS, "inputs": (Dict(items=items),)}


def _is_described(endpoint: Endpoint, trace: Trace) -> bool:
    """Whether a trace has the structure of ``endpoint``, whose shapes may be more precise."""
    trees, trace_trees = (*endpoint.inputs, endpoint.outputs), (*trace.inputs, trace.outputs)
    return endpoint.arguments == trace.arguments and list(map(_structure_of, trees)) == list(
        map(_structure_of, trace_trees)
    )


def _structure_of(tree: Tree) -> object:
    """The containers of a tree, and its leaves without their shapes."""
    match tree:
        case Tensor() | Sparse():
            return tree.kind, tree.dtype
        case Ragged():
            return tree.kind, tree.dtype, tree.ragged_rank, tree.row_splits_dtype
        case _:
            return tree.kind, [(key, _structure_of(child)) for key, child in children(tree)]


def _fixed_kwargs(trace: Trace) -> dict[str, Any] | None:
    """The Python values that a trace has fixed, as keyword arguments, or None if one is not a plain value."""
    kwargs: dict[str, Any] = {}
    for name, _, text in (fixed.partition("=") for fixed in trace.fixed):
        try:
            value = ast.literal_eval(text)
        except (SyntaxError, ValueError):
            return None
        if value is not None:
            kwargs[name] = value
    return kwargs


def _with_named_batch(endpoint: Endpoint) -> Endpoint:
    """``endpoint`` with a named batch, if the first dimension of every dense input that has one is open."""
    first = [
        leaf.shape[0] for tree in endpoint.inputs for leaf in leaves(tree) if isinstance(leaf, Tensor) and leaf.shape
    ]
    if not first or any(dim != ANY for dim in first):
        return endpoint

    def named(axis: int, dim: Dimension) -> Dimension:
        return BATCH if axis == 0 and dim == ANY else dim

    inputs = tuple(_with_shapes(tree, named) for tree in endpoint.inputs)
    return endpoint.model_copy(update={"inputs": inputs, "outputs": _with_shapes(endpoint.outputs, named)})


def _with_shapes(tree: Tree, change: Callable[[int, Dimension], Dimension]) -> Tree:
    return with_leaves(tree, iter([with_shape(leaf, change) for leaf in leaves(tree)]))
