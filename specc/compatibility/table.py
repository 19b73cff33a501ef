"""The table of all rules about changes, and the comparison that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from specc.change import JUDGEMENTS, SURFACES, Change
from specc.compatibility.addresses import endpoint_pairs
from specc.compatibility.argument_added import argument_added, argument_removed
from specc.compatibility.argument_renamed import argument_moved, argument_renamed
from specc.compatibility.contract_rules import CONTRACT_RULES
from specc.compatibility.crossed_names import crossed_names
from specc.compatibility.dim_narrowed import dim_narrowed, dim_widened
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.input_added import input_added, input_removed
from specc.compatibility.input_kind_changed import input_type_changed
from specc.compatibility.input_made_required import input_default_changed
from specc.compatibility.input_narrowed import input_narrowed, input_widened
from specc.compatibility.input_range_narrowed import input_range_narrowed, output_range_widened
from specc.compatibility.input_renamed import input_renamed
from specc.compatibility.input_structure_changed import (
    input_structure_changed,
    namedtuple_renamed,
    output_structure_changed,
)
from specc.compatibility.inputs_tied import inputs_tied, inputs_untied
from specc.compatibility.not_stated import not_stated
from specc.compatibility.output_added import output_added, output_removed
from specc.compatibility.output_kind_changed import output_type_changed
from specc.compatibility.output_renamed import output_renamed
from specc.compatibility.output_widened import output_narrowed, output_widened
from specc.compatibility.outputs_untied import outputs_tied, outputs_untied
from specc.compatibility.rest_format_changed import rest_format_changed, rest_rows_gained, rest_rows_lost
from specc.compatibility.sides import Comparison
from specc.diagnostics import Level

EndpointRule: TypeAlias = Callable[[EndpointPair], Iterator[Change]]
"""Yields the changes of two endpoints."""
ComparisonRule: TypeAlias = Callable[[Comparison], Iterator[Change]]
"""Yields the changes of two documents."""

COMPARISON_RULES: tuple[ComparisonRule, ...] = CONTRACT_RULES
ENDPOINT_RULES: tuple[EndpointRule, ...] = (
    argument_removed,
    argument_added,
    argument_renamed,
    argument_moved,
    input_removed,
    input_added,
    input_renamed,
    input_structure_changed,
    input_type_changed,
    input_narrowed,
    input_widened,
    dim_narrowed,
    dim_widened,
    inputs_tied,
    inputs_untied,
    input_range_narrowed,
    input_default_changed,
    output_removed,
    output_added,
    output_renamed,
    output_structure_changed,
    output_type_changed,
    output_widened,
    output_narrowed,
    outputs_untied,
    outputs_tied,
    output_range_widened,
    rest_format_changed,
    rest_rows_lost,
    rest_rows_gained,
    namedtuple_renamed,
    crossed_names,
    not_stated,
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
