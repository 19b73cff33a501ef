"""The table of all rules about changes, and the comparison that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from specc.change import JUDGEMENTS, SURFACES, Change
from specc.compatibility.addresses import endpoint_pairs
from specc.compatibility.contract_rules import CONTRACT_RULES
from specc.compatibility.dim_narrowed import dim_narrowed, dim_widened
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.input_added import input_added, input_removed
from specc.compatibility.input_kind_changed import input_type_changed
from specc.compatibility.input_narrowed import input_narrowed, input_widened
from specc.compatibility.inputs_tied import inputs_tied, inputs_untied
from specc.compatibility.output_added import output_added, output_removed
from specc.compatibility.output_kind_changed import output_type_changed
from specc.compatibility.output_widened import output_narrowed, output_widened
from specc.compatibility.outputs_untied import outputs_tied, outputs_untied
from specc.compatibility.sides import Comparison
from specc.diagnostics import Level

EndpointRule: TypeAlias = Callable[[EndpointPair], Iterator[Change]]
"""Yields the changes of two endpoints."""
ComparisonRule: TypeAlias = Callable[[Comparison], Iterator[Change]]
"""Yields the changes of two documents."""

COMPARISON_RULES: tuple[ComparisonRule, ...] = CONTRACT_RULES
ENDPOINT_RULES: tuple[EndpointRule, ...] = (
    input_removed,
    input_added,
    input_type_changed,
    input_narrowed,
    input_widened,
    dim_narrowed,
    dim_widened,
    inputs_tied,
    inputs_untied,
    output_removed,
    output_added,
    output_type_changed,
    output_widened,
    output_narrowed,
    outputs_untied,
    outputs_tied,
)

_LEVELS: dict[str, Level] = {"breaking": "error", "warning": "warning", "safe": "info"}


def compare(comparison: Comparison) -> list[Change]:
    """All changes from OLD to NEW, in a stable order: those of the documents, then those of each endpoint."""
    found = [change for rule in COMPARISON_RULES for change in rule(comparison)]
    for pair in endpoint_pairs(comparison):
        found += compare_endpoints(pair)
    return [_levelled(change) for change in _merged(found)]


def compare_endpoints(pair: EndpointPair) -> Iterator[Change]:
    """The changes of the inputs and outputs of two endpoints."""
    for rule in ENDPOINT_RULES:
        yield from rule(pair)


def _merged(changes: Iterable[Change]) -> list[Change]:
    """``changes`` with one for each dim, whose surfaces are those of all endpoints that have it."""
    found: dict[tuple[object, ...], Change] = {}
    for change in changes:
        key = (
            (change.rule, change.path, change.old and change.old.path)
            if change.path[:1] == ("dims",)
            else (id(change),)
        )
        known = found.get(key)
        found[key] = change if known is None else _joined(known, change)
    return list(found.values())


def _joined(one: Change, other: Change) -> Change:
    worst = {
        surface: min(
            (each.surfaces[surface] for each in (one, other) if surface in each.surfaces), key=JUDGEMENTS.index
        )
        for surface in SURFACES
        if surface in one.surfaces or surface in other.surfaces
    }
    return replace(one, surfaces=worst, witness=one.witness or other.witness)


def _levelled(change: Change) -> Change:
    worst = min(change.surfaces.values(), key=JUDGEMENTS.index)
    return replace(change, level=_LEVELS[worst])
