"""Inputs that take other sizes, or fewer or more of them, than before."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.dims import Bounds
from specc.compatibility.endpoint_pair import EndpointPair, SizeChange
from specc.compatibility.leaf_change import by_leaf, compared_positions, leaf_change, leaf_name, sizes_text
from specc.compatibility.witness import Example, outside
from specc.rules.table import InputChange


def input_narrowed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of inputs that no longer take a size that they took."""
    rules: dict[str, InputChange] = {"size": "input-size-changed", "narrowed": "input-narrowed"}
    for problem, rule in rules.items():
        changes = [each for each in pair.size_changes("inputs") if each.is_stated and each.mismatch.problem == problem]
        for group in by_leaf(changes):
            first = group[0].mismatch.positions[0]
            old, new = first.pair.old, first.pair.new
            surfaces = group[0].surfaces
            name = leaf_name(pair.old, old, surfaces)
            term, limits = group[0].mismatch.terms[0], group[0].mismatch.limits or Bounds()
            size = outside(group[0].unified.own_bounds(term), limits)
            yield leaf_change(
                pair,
                rule,
                "inputs",
                old,
                new,
                pair.judged("breaking", surfaces),
                sizes_text(pair, group, name, "takes"),
                hint="keep the sizes that were accepted, and add an endpoint for the new limit",
                compared=compared_positions(pair, group),
                witness=pair.witnesses.refused(
                    surfaces,
                    f"axis {first.axis} of {name!r} has the size {size}, and {accepted(limits)} accepted",
                    Example({} if isinstance(term, int) else {term: size}),
                    unified=group[0].unified,
                ),
            )


def input_widened(pair: EndpointPair) -> Iterator[Change]:
    """The changes of inputs that take more sizes than before."""
    told = {position.place for each in pair.size_changes("inputs") for position in each.mismatch.positions}
    for group in by_leaf(each for each in pair.size_changes("inputs", is_reversed=True) if _is_widened(each, told)):
        first = group[0].mismatch.positions[0]
        old, new = first.pair.new, first.pair.old
        surfaces = group[0].surfaces
        yield leaf_change(
            pair,
            "input-widened",
            "inputs",
            old,
            new,
            pair.judged("safe", surfaces),
            sizes_text(pair, group, leaf_name(pair.old, old, surfaces), "takes", is_reversed=True),
            compared=compared_positions(pair, group, is_reversed=True),
        )


def accepted(limits: Bounds) -> str:
    """The sizes within ``limits`` as the subject of a clause."""
    if limits.low == limits.high:
        return f"only {limits.low} is"
    if limits.high is None:
        return f"at least {limits.low} are"
    return f"at most {limits.high} are" if limits.low == 0 else f"{limits.low} to {limits.high} are"


def _is_widened(change: SizeChange, told: set[tuple[object, ...]]) -> bool:
    position = change.mismatch.positions[0]
    backwards = (position.pair.new.path, position.pair.old.path, position.axis)
    return change.is_stated and change.mismatch.problem == "narrowed" and backwards not in told
