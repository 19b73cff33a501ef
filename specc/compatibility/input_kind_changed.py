"""Inputs of another kind, dtype or rank. The first of these that differs hides the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

from specc.change import Change
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.flat_tensors import other_rank
from specc.compatibility.leaf_change import leaf_change, leaf_name, shown
from specc.compatibility.pairing import LeafPair
from specc.compatibility.witness import SMALLEST, Example
from specc.language.trees import leaf_kind
from specc.rules.table import InputChange

Aspect: TypeAlias = Literal["kind", "dtype", "rank", "rank freed", "rank fixed"]


_RULES: dict[Aspect, InputChange] = {
    "kind": "input-kind-changed",
    "dtype": "input-dtype-changed",
    "rank": "input-rank-changed",
    "rank freed": "input-rank-freed",
    "rank fixed": "input-rank-changed",
}


class TypeDifference(NamedTuple):
    """What differs first between two leaves, with both values."""

    aspect: Aspect
    old: Any
    new: Any


def type_difference(leaves: LeafPair) -> TypeDifference | None:
    """The TypeDifference of a pair; None where kind, dtype and rank are the same."""
    old, new = leaves.old.leaf, leaves.new.leaf
    if leaf_kind(old) != leaf_kind(new):
        return TypeDifference("kind", leaf_kind(old), leaf_kind(new))
    if old.dtype != new.dtype:
        return TypeDifference("dtype", old.dtype, new.dtype)
    ranks = [None if leaf.shape is None else len(leaf.shape) for leaf in (old, new)]
    if ranks[0] == ranks[1]:
        return None
    return TypeDifference("rank freed" if ranks[1] is None else "rank fixed" if ranks[0] is None else "rank", *ranks)


def is_rank_unknown(pair: EndpointPair, leaves: LeafPair) -> bool:
    """Whether one side was read from a graph that does not say the rank."""
    return any(
        leaf.leaf.shape is None and not half.described.has_contract
        for leaf, half in ((leaves.old, pair.old), (leaves.new, pair.new))
    )


def input_type_changed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of kind, dtype and rank of inputs."""
    for leaves, surfaces in pair.differing_pairs("inputs"):
        found = type_difference(leaves)
        if found is None or (found.aspect.startswith("rank") and is_rank_unknown(pair, leaves)):
            continue
        freed = found.aspect == "rank freed"
        judgements = pair.judged("safe" if freed else "breaking", surfaces)
        name = leaf_name(pair.old, leaves.old, surfaces)
        reason = f"{name!r} is {shown(leaves.old)}, and only {shown(leaves.new)} is accepted"
        fixed = found.aspect == "rank fixed"
        example = Example(shapes={leaves.old.path: other_rank(leaves.old.leaf, leaves.new.leaf)}) if fixed else SMALLEST
        yield leaf_change(
            pair,
            _RULES[found.aspect],
            "inputs",
            leaves.old,
            leaves.new,
            judgements,
            f"{name!r} is {shown(leaves.new)}, before {shown(leaves.old)}",
            hint="" if freed else "keep the input as it was, and add an endpoint for the new one",
            compared=(found.old, found.new),
            witness=None if freed else pair.witnesses.refused(surfaces, reason, example),
        )
