"""Outputs of another kind, dtype or rank. The first of these that differs hides the others."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.flat_tensors import other_rank
from specc.compatibility.input_kind_changed import Aspect, is_rank_unknown, type_difference
from specc.compatibility.leaf_change import leaf_change, leaf_name, shown
from specc.compatibility.witness import SMALLEST, Example
from specc.rules.table import OutputChange

_RULES: dict[Aspect, OutputChange] = {
    "kind": "output-kind-changed",
    "dtype": "output-dtype-changed",
    "rank": "output-rank-changed",
    "rank freed": "output-rank-freed",
    "rank fixed": "output-rank-fixed",
}


def output_type_changed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of kind, dtype and rank of outputs."""
    for leaves, surfaces in pair.differing_pairs("outputs"):
        found = type_difference(leaves)
        if found is None or (found.aspect.startswith("rank") and is_rank_unknown(pair, leaves)):
            continue
        fixed = found.aspect == "rank fixed"
        name = leaf_name(pair.old, leaves.old, surfaces)
        reason = f"{name!r} may be {shown(leaves.new)}, and {shown(leaves.old)} is promised"
        freed = found.aspect == "rank freed"
        example = Example(shapes={leaves.new.path: other_rank(leaves.new.leaf, leaves.old.leaf)}) if freed else SMALLEST
        yield leaf_change(
            pair,
            _RULES[found.aspect],
            "outputs",
            leaves.old,
            leaves.new,
            pair.judged("safe" if fixed else "breaking", surfaces),
            f"{name!r} is {shown(leaves.new)}, before {shown(leaves.old)}",
            hint="" if fixed else "keep the output as it was, and give the new one under another name",
            compared=(found.old, found.new),
            witness=None if fixed else pair.witnesses.ruled_out(surfaces, reason, (leaves.new,), example),
        )
