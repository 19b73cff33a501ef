"""Sizes of inputs that have to be equal in NEW and not in OLD, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.dims import Position
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.leaf_change import compared_positions, leaf_change, leaf_name
from specc.compatibility.witness import Example, unequal
from specc.diagnostics import Place


def inputs_tied(pair: EndpointPair) -> Iterator[Change]:
    """The changes of sizes that NEW wants to be equal."""
    for change in pair.size_changes("inputs"):
        if change.mismatch.problem == "tied" and change.is_stated:
            first, second = change.mismatch.positions[:2]
            names = [_axis(pair, position, is_reversed=False) for position in (first, second)]
            terms = change.mismatch.terms
            yield leaf_change(
                pair,
                "inputs-tied",
                "inputs",
                second.pair.old,
                second.pair.new,
                pair.judged("breaking", change.surfaces),
                f"{names[1]} must equal {names[0]}; before, they could differ",
                hint="keep a dim of its own for each, and add an endpoint where they must be equal",
                compared=compared_positions(pair, [change]),
                witness=pair.witnesses.refused(
                    change.surfaces,
                    f"{names[0]} and {names[1]} differ, and they must be equal",
                    Example(unequal(change.unified, terms[0], terms[1], own=True)),
                    unified=change.unified,
                ),
                related=(Place(message="the other size", path=first.pair.new.path),),
            )


def inputs_untied(pair: EndpointPair) -> Iterator[Change]:
    """The changes of sizes that had to be equal in OLD."""
    told = {_leaf(position) for each in pair.size_changes("inputs") for position in each.mismatch.positions}
    for change in pair.size_changes("inputs", is_reversed=True):
        if change.mismatch.problem == "tied" and change.is_stated:
            first, second = change.mismatch.positions[:2]
            if any((old, new, axis) in told for new, old, axis in map(_leaf, change.mismatch.positions)):
                continue
            names = [_axis(pair, position, is_reversed=True) for position in (first, second)]
            yield leaf_change(
                pair,
                "inputs-untied",
                "inputs",
                second.pair.new,
                second.pair.old,
                pair.judged("safe", change.surfaces),
                f"{names[1]} may differ from {names[0]}; before, they had to be equal",
                compared=compared_positions(pair, [change], is_reversed=True),
                related=(Place(message="the other size", path=first.pair.old.path),),
            )


def _leaf(position: Position) -> tuple[object, object, int]:
    return (position.pair.old.path, position.pair.new.path, position.axis)


def _axis(pair: EndpointPair, position: Position, *, is_reversed: bool) -> str:
    leaf = position.pair.new if is_reversed else position.pair.old
    return f"axis {position.axis} of {leaf_name(pair.old, leaf, pair.surfaces)!r}"
