"""The pairs of documents on the pages of the changes have the change, and its mirror the other way round."""

from __future__ import annotations

from typing import Any

import pytest
from rule_examples import CHANGES, blocks, change_example, sections

from specc.change import Change
from specc.compatibility import Comparison, compare
from specc.language.load import BUILDABLE
from specc.language.validation.pipeline import read_spec
from specc.rules import reference
from specc.rules.change_rows import ROWS, UNSEEN

SEVERAL = {"crossed-names"}
"""Rules with a finding for each of the places that one change has."""


COMES_WITH = {"rest-rows-gained": "output-removed"}
"""Rules that are never the only change, by what comes with them."""


def changes(comparison: Comparison, rule: str) -> list[Change]:
    """All changes, of which one is of ``rule``."""
    found = compare(comparison)
    number = sum(change.rule == rule for change in found)
    assert number == 1 or (number > 1 and rule in SEVERAL), [change.rule for change in found]
    return found


def judgements(found: list[Change], rule: str) -> dict[str, str]:
    """The judgements of ``rule``, which are the same for each of its changes."""
    (surfaces,) = {tuple(sorted(change.surfaces.items())) for change in found if change.rule == rule}
    return dict(surfaces)


def allowed(rule: Any) -> dict[str, list[str]]:
    """The judgements that the table has for ``rule``, by surface."""
    texts = ROWS[rule]._asdict()
    return {
        surface: [each for each in ("breaking", "warning", "safe") if each in texts[surface]]
        for surface in ("wire", "rest", "python")
        if texts[surface] != UNSEEN
    }


def test_every_change_has_a_row() -> None:
    assert sorted(ROWS) == CHANGES
    assert {row.mirror for row in ROWS.values()} <= set(ROWS)


def test_a_mirror_is_seen_on_the_same_surfaces_and_leads_back() -> None:
    for rule, row in ROWS.items():
        back = ROWS[row.mirror]
        assert [text == UNSEEN for text in row[1:4]] == [text == UNSEEN for text in back[1:4]], rule
        # Only ranks and shapes of variables have a rule for each of two ways to change, with the same way back.
        several = {"input-rank-freed": "input-rank-changed", "member-shape-narrowed": "member-shape-changed"}
        assert back.mirror == several.get(rule, rule)


@pytest.mark.parametrize("rule", CHANGES)
def test_a_page_has_two_documents_that_can_be_built(rule: str) -> None:
    _, *written = sections(rule)
    assert [heading[:3] for heading in written] == ["Old", "New"]
    for heading in written:
        ((language, text),) = blocks(sections(rule)[heading])
        assert language == "json"
        read_spec(text, "", BUILDABLE)


@pytest.mark.parametrize("rule", CHANGES)
def test_the_pair_has_the_change_with_the_judgements_of_the_last_line(rule: str) -> None:
    example = change_example(rule)
    found = changes(example.comparison(), rule)
    assert judgements(found, rule) == example.surfaces
    expected = {rule, COMES_WITH.get(rule, rule)}
    assert {change.rule for change in found if "breaking" in change.surfaces.values()} <= expected


@pytest.mark.parametrize("rule", CHANGES)
def test_the_last_line_is_within_the_table(rule: str) -> None:
    example, said = change_example(rule), allowed(rule)
    assert example.mirror == ROWS[rule].mirror  # type: ignore[index]
    assert set(example.surfaces) == set(said)
    assert {surface: text for surface, text in example.surfaces.items() if text not in said[surface]} == {}


@pytest.mark.parametrize("rule", CHANGES)
def test_the_swapped_pair_has_the_mirror(rule: str) -> None:
    example = change_example(rule)
    mirrors = {ROWS[change.rule].mirror for change in compare(example.comparison())}  # type: ignore[index]
    found = changes(example.comparison(is_swapped=True), example.mirror)
    said, surfaces = allowed(example.mirror), judgements(found, example.mirror)
    assert set(surfaces) == set(said)
    assert {surface: text for surface, text in surfaces.items() if text not in said[surface]} == {}
    assert {change.rule for change in found if "breaking" in change.surfaces.values()} <= mirrors


def test_the_table_of_changes_has_all_that_are_not_only_safe() -> None:
    table = reference.changes_table()
    for rule, row in ROWS.items():
        is_listed = set(row[1:4]) - {"safe", UNSEEN} != set()
        assert (f"\n| [`{rule}`](rules.md#{rule}) |" in table) == is_listed
        assert f"(rules.md#{rule})" in table
