"""Values that inputs accept and that outputs may have: ``minimum`` and ``maximum``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.change import Change, Surface
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.input_kind_changed import type_difference
from specc.compatibility.leaf_change import leaf_change, leaf_name
from specc.compatibility.pairing import LeafPair, Role
from specc.compatibility.value_ranges import Range, value_range
from specc.compatibility.witness import Example


def input_range_narrowed(pair: EndpointPair) -> Iterator[Change]:
    """The changes of the values that inputs accept."""
    for leaves, surfaces, old, new in _ranges(pair, "inputs"):
        broken = not new.hold(old)
        name = leaf_name(pair.old, leaves.old, surfaces)
        value = old.outside(new) if broken else None
        yield leaf_change(
            pair,
            "input-range-narrowed" if broken else "input-range-widened",
            "inputs",
            leaves.old,
            leaves.new,
            pair.judged("breaking" if broken else "safe", surfaces),
            f"{name!r} takes {_text(new)}, before {_text(old)}",
            hint="keep accepting these values, and add an endpoint for the new range" if broken else "",
            compared=(_json(old), _json(new)),
            witness=pair.witnesses.refused(
                surfaces,
                f"{name!r} has the value {value}, which is not accepted",
                Example(values={leaves.old.path: value}),
            )
            if broken
            else None,
        )


def output_range_widened(pair: EndpointPair) -> Iterator[Change]:
    """The changes of the values that outputs may have."""
    for leaves, surfaces, old, new in _ranges(pair, "outputs"):
        broken = not old.hold(new)
        name = leaf_name(pair.old, leaves.old, surfaces)
        value = new.outside(old) if broken else None
        yield leaf_change(
            pair,
            "output-range-widened" if broken else "output-range-narrowed",
            "outputs",
            leaves.old,
            leaves.new,
            pair.judged("breaking" if broken else "safe", surfaces),
            f"{name!r} has {_text(new)}, before {_text(old)}",
            hint="keep the range that was promised, and add an endpoint for the new one" if broken else "",
            compared=(_json(old), _json(new)),
            witness=pair.witnesses.ruled_out(
                surfaces,
                f"{name!r} may have the value {value}, which was ruled out",
                (leaves.new,),
                Example(values={leaves.new.path: value}),
            )
            if broken
            else None,
        )


def _ranges(pair: EndpointPair, role: Role) -> Iterator[tuple[LeafPair, tuple[Surface, ...], Range, Range]]:
    """The pairs with two different ranges. A graph has none, and a tensor without elements has no values."""
    if not (pair.old.described.has_contract and pair.new.described.has_contract):
        return
    harmless = "rank freed" if role == "inputs" else "rank fixed"
    for leaves, surfaces in pair.differing_pairs(role):
        old, new = value_range(leaves.old.leaf), value_range(leaves.new.leaf)
        if old != new:
            difference = type_difference(leaves)
            if (difference is None or difference.aspect == harmless) and pair.has_elements(role, leaves, surfaces):
                yield leaves, surfaces, old, new


def _text(values: Range) -> str:
    low, high = values
    if low is None and high is None:
        return "any value"
    if high is None:
        return f"values from {low}"
    return f"values up to {high}" if low is None else f"values from {low} to {high}"


def _json(values: Range) -> list[Any]:
    return [None if bound is None else repr(bound) for bound in values]
