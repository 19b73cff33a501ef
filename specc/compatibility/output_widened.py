"""Outputs that may have other sizes, or more or fewer of them, than before."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.dims import Mismatch, Term
from specc.compatibility.endpoint_pair import EndpointPair, SizeChange
from specc.compatibility.leaf_change import by_leaf, compared_positions, leaf_change, leaf_name, shown, sizes_text
from specc.compatibility.unification import Unified
from specc.compatibility.witness import Example, outside, unequal
from specc.rules.table import OutputChange


def output_widened(pair: EndpointPair) -> Iterator[Change]:
    """The changes of outputs that may have a size that was ruled out."""
    rules: dict[str, OutputChange] = {"size": "output-size-changed", "widened": "output-widened"}
    for problem, rule in rules.items():
        changes = [each for each in pair.size_changes("outputs") if each.is_stated and each.mismatch.problem == problem]
        for group in by_leaf(changes):
            leaves, surfaces = group[0].mismatch.positions[0].pair, group[0].surfaces
            name = leaf_name(pair.old, leaves.old, surfaces)
            yield leaf_change(
                pair,
                rule,
                "outputs",
                leaves.old,
                leaves.new,
                pair.judged("breaking", surfaces),
                sizes_text(pair, group, name, "is"),
                hint="keep the size that was promised, and add an endpoint for the other one",
                compared=compared_positions(pair, group),
                witness=pair.witnesses.ruled_out(
                    surfaces,
                    f"{name!r} may have a size that {shown(leaves.old)} ruled out",
                    (leaves.new,),
                    Example(_sizes(group[0].unified, group[0].mismatch)),
                    unified=group[0].unified,
                ),
            )


def output_narrowed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of outputs that promise more about their sizes than before."""
    told = {_leaves(each) for each in pair.size_changes("outputs")}
    found = [
        each
        for each in pair.size_changes("outputs", is_reversed=True)
        if each.is_stated and each.mismatch.problem in ("widened", "size") and _leaves(each)[::-1] not in told
    ]
    for group in by_leaf(found):
        leaves, surfaces = group[0].mismatch.positions[0].pair, group[0].surfaces
        yield leaf_change(
            pair,
            "output-narrowed",
            "outputs",
            leaves.new,
            leaves.old,
            pair.judged("safe", surfaces),
            sizes_text(pair, group, leaf_name(pair.old, leaves.new, surfaces), "is", is_reversed=True),
            compared=compared_positions(pair, group, is_reversed=True),
        )


def _sizes(unified: Unified, mismatch: Mismatch) -> dict[Term, int]:
    """Sizes that NEW permits and OLD rules out."""
    if mismatch.limits is None:
        return unequal(unified, *mismatch.terms[:2], own=False)
    term = mismatch.terms[0]
    return {} if isinstance(term, int) else {term: outside(unified.bounds(term), mismatch.limits)}


def _leaves(change: SizeChange) -> tuple[object, ...]:
    leaves = change.mismatch.positions[0].pair
    return (leaves.old.path, leaves.new.path)
