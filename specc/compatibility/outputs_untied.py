"""Sizes of outputs that are no longer those of an input or of another output, or that are so now."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.endpoint_pair import EndpointPair, SizeChange
from specc.compatibility.halves import Half
from specc.compatibility.leaf_change import by_leaf, compared_positions, leaf_change, leaf_name, place_of
from specc.compatibility.witness import Example, unequal


def outputs_untied(pair: EndpointPair) -> Iterator[Change]:
    """The changes of sizes that OLD promises to be equal to another."""
    changes = [each for each in pair.size_changes("outputs") if each.is_stated and each.mismatch.problem == "untied"]
    for group in by_leaf(changes):
        change = group[0]
        position, surfaces = change.mismatch.positions[-1], change.surfaces
        leaves = [each.pair.new for each in change.mismatch.positions]
        name = leaf_name(pair.old, position.pair.old, surfaces)
        axis = f"axis {position.axis} of {name!r}"
        other = _other(pair.old, change)
        yield leaf_change(
            pair,
            "outputs-untied",
            "outputs",
            position.pair.old,
            position.pair.new,
            pair.judged("breaking", surfaces),
            f"{axis} is {position.new!r}, and need not equal {other} any more",
            hint="keep the equality, or add an endpoint without it",
            compared=compared_positions(pair, group),
            witness=pair.witnesses.ruled_out(
                surfaces,
                f"{axis} may differ from {other}",
                {leaf.path: leaf for leaf in leaves}.values(),
                Example(unequal(change.unified, *change.mismatch.terms[:2], own=False)),
                unified=change.unified,
            ),
        )


def outputs_tied(pair: EndpointPair) -> Iterator[Change]:
    """The changes of sizes that are equal to another now."""
    told = {_leaves(each) for each in pair.size_changes("outputs")}
    found = [
        each
        for each in pair.size_changes("outputs", is_reversed=True)
        if each.is_stated and each.mismatch.problem == "untied" and _leaves(each)[::-1] not in told
    ]
    for group in by_leaf(found):
        position, surfaces = group[0].mismatch.positions[-1], group[0].surfaces
        leaves = position.pair
        axis = f"axis {position.axis} of {leaf_name(pair.old, leaves.new, surfaces)!r}"
        yield leaf_change(
            pair,
            "outputs-tied",
            "outputs",
            leaves.new,
            leaves.old,
            pair.judged("safe", surfaces),
            f"{axis} equals {_other(pair.new, group[0])}",
            compared=compared_positions(pair, group, is_reversed=True),
        )


def _other(half: Half, change: SizeChange) -> str:
    """What a size is equal to on the side that promises it: an input, or another output."""
    first = change.mismatch.positions[0]
    of_input = len(change.mismatch.positions) == 1
    return place_of(half, ("old", first.old)) if of_input else f"axis {first.axis} of {first.pair.old.name!r}"


def _leaves(change: SizeChange) -> tuple[object, ...]:
    leaves = change.mismatch.positions[-1].pair
    return (leaves.old.path, leaves.new.path)
