"""Signatures as they are read from a graph: receivers are endpoints of their own, and composites are their tensors.

A document that is compared with an archive without a contract is brought to the same form.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace

from specc.change import Change, Side
from specc.compatibility.sides import Comparison, Described
from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.signatures import PublishedSignature, all_signatures
from specc.language.tree_edits import dense
from specc.language.trees import Dict, Tensor
from specc.language.wire_names import input_leaves, output_leaves


def signatures_as_read(comparison: Comparison) -> Comparison:
    """``comparison`` with both sides in the same form.

    Where one is an archive without a contract, a receiver is an endpoint, such as ``examples:score``; the signature of
    a plain one has the name of its endpoint, whose own inputs are those of ``raw:score``. Where one side has only the
    wire of an endpoint with composites, both are flat.
    """
    old, new = comparison.old, comparison.new
    unknown = old.undescribed | new.undescribed
    flat = {name for name in unknown if _has_composite(old, name) or _has_composite(new, name)}
    if not flat and old.has_contract == new.has_contract:
        return comparison
    has_receivers = old.has_contract != new.has_contract
    return Comparison(*(_as_read(side, flat, receivers=has_receivers and side.has_contract) for side in (old, new)))


def _has_composite(side: Described, name: str) -> bool:
    endpoint = side.document.endpoints.get(name)
    leaves = () if endpoint is None else (*input_leaves(endpoint), *output_leaves(endpoint))
    return any(not isinstance(bound.leaf, Tensor) for bound in leaves)


def _as_read(side: Described, flat: Container[str], *, receivers: bool) -> Described:
    document = side.document
    found: dict[str, Endpoint] = {}
    rewritten: dict[str, str] = {}
    taking: set[str] = set()
    for signature in all_signatures(document):
        key, name = signature.key, signature.endpoint
        endpoint = document.endpoints[name]
        if signature.alias_of or not (name in flat or (receivers and endpoint.receivers)):
            continue
        if key == name and signature.receiver is None and name not in flat:
            found[key] = endpoint.model_copy(update={"receivers": {}})
            continue
        found[key], rewritten[key] = _flat(endpoint, signature), name
        if signature.receiver is not None:
            taking.add(key)
    if not found:
        return side
    return replace(
        side,
        document=document.model_copy(update={"endpoints": {**document.endpoints, **found}}),
        undescribed=side.undescribed | (found.keys() - document.endpoints.keys()),
        receivers=frozenset(taking),
        rewritten=rewritten,
    )


def _flat(endpoint: Endpoint, signature: PublishedSignature) -> Endpoint:
    """The endpoint of one signature of ``endpoint``, with an argument for each tensor."""
    defaults = {leaf.name: leaf.leaf.default for leaf in input_leaves(endpoint) if isinstance(leaf.leaf, Tensor)}
    tensors = {part.wire_name: part for part in signature.inputs}
    own = signature.receiver is None
    said = {
        "arguments": tuple(sorted(tensors)),
        "inputs": tuple(
            dense(tensors[name].dtype, tensors[name].shape, default=defaults.get(name) if own else None)
            for name in sorted(tensors)
        ),
        "outputs": Dict(items={part.wire_name: dense(part.dtype, part.shape) for part in signature.outputs}),
        "method": signature.method,
        "receivers": {},
        "receiver": None,
    }
    return endpoint.model_copy(update=said)


def at_endpoints(comparison: Comparison, changes: list[Change]) -> Iterator[Change]:
    """``changes`` whose places in a rewritten endpoint are the endpoint itself."""
    old, new = comparison.old, comparison.new
    if not (old.rewritten or new.rewritten):
        yield from changes
        return
    for change in changes:
        yield change.with_fields(
            path=_outside(old if change.in_old else new, change.path),
            old=change.old and Side(_outside(old, change.old.path), change.old.value),
            new=change.new and Side(_outside(new, change.new.path), change.new.value),
            related=tuple(place.at(_outside(new, place.path)) for place in change.related),
        )


def _outside(side: Described, path: SpecPath) -> SpecPath:
    """The place of what is rewritten: the endpoint that has the signature, which is the last part of its key."""
    if path[:1] == ("endpoints",) and len(path) > 1 and path[1] in side.rewritten:
        return ("endpoints", side.rewritten[str(path[1])])
    return path
