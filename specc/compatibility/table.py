"""The table of all rules about changes, and the comparison that runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TypeAlias

from specc.change import JUDGEMENTS, SURFACES, Change
from specc.compatibility.contract_rules import CONTRACT_RULES
from specc.compatibility.endpoint_pair import EndpointPair
from specc.compatibility.leaf_rules import LEAF_RULES
from specc.compatibility.sides import Comparison
from specc.compatibility.signatures_as_read import at_endpoints, signatures_as_read
from specc.compatibility.unchanged_endpoints import changed_pairs
from specc.diagnostics import Level, finding
from specc.errors import SpecError
from specc.source.budget import Budget

ComparisonRule: TypeAlias = Callable[[Comparison], Iterator[Change]]
"""Yields the changes of two documents."""

COMPARISON_RULES: tuple[ComparisonRule, ...] = CONTRACT_RULES

MAX_CHANGES = 20_000
"""The limit on changes: two contracts with more of them have little in common."""
_LEVELS: dict[str, Level] = {"breaking": "error", "warning": "warning", "safe": "info"}


def compare(comparison: Comparison) -> list[Change]:
    """All changes from OLD to NEW, in a stable order: those of the documents, then those of each endpoint.

    Raises:
        SpecError: there are too many of them.
    """
    comparison = signatures_as_read(comparison)
    budget = Budget(_too_different, {"changes": MAX_CHANGES})
    found = []
    pairs = (change for pair in changed_pairs(comparison) for change in compare_endpoints(pair))
    for change in chain((change for rule in COMPARISON_RULES for change in rule(comparison)), pairs):
        budget.charge("changes")
        found.append(change)
    return [_levelled(change) for change in at_endpoints(comparison, _merged(found))]


def _too_different(text: str) -> SpecError:
    return SpecError([finding("too-large", (), f"the two contracts differ too much: {text}")])


def compare_endpoints(pair: EndpointPair) -> Iterator[Change]:
    """The changes of the inputs and outputs of two endpoints."""
    for rule in LEAF_RULES:
        yield from rule(pair)


def _merged(changes: Iterable[Change]) -> list[Change]:
    """``changes`` with one for each dim, whose surfaces are those of all endpoints that have it."""
    found: list[Change] = []
    places: dict[tuple[object, ...], int] = {}
    for change in changes:
        if change.path[:1] == ("dims",):
            key = (change.rule, change.path, change.old and change.old.path)
            place = places.setdefault(key, len(found))
            if place < len(found):
                found[place] = _joined(found[place], change)
                continue
        found.append(change)
    return found


def _joined(one: Change, other: Change) -> Change:
    worst = {
        surface: min(
            (each.surfaces[surface] for each in (one, other) if surface in each.surfaces), key=JUDGEMENTS.index
        )
        for surface in SURFACES
        if surface in one.surfaces or surface in other.surfaces
    }
    witnesses = [change.witness for change in (one, other) if change.witness is not None]
    first = min(witnesses, key=lambda witness: SURFACES.index(witness.surface), default=None)
    return one.with_fields(surfaces=worst, witness=first)


def _levelled(change: Change) -> Change:
    level = _LEVELS[min(change.surfaces.values(), key=JUDGEMENTS.index)]
    return change if level == change.level else change.with_fields(level=level)
