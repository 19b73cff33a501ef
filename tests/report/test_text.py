"""Findings as text, to the letter."""

from __future__ import annotations

import pytest

from specc.diagnostics import Diagnostic, Location
from specc.errors import SpecError
from specc.language.load import loads
from specc.report.text import findings_text


def shown(excerpt: str, column: int, end_column: int, excerpt_column: int = 1) -> list[str]:
    where = Location(7, column, 7, end_column, excerpt, excerpt_column)
    text = findings_text([Diagnostic(rule="r", message="m", file="f.json", location=where)])
    return text.splitlines()


@pytest.mark.parametrize(
    ("excerpt", "column", "end_column", "line", "mark"),
    [
        ('  "a": 3,', 8, 9, '7 |   "a": 3,', "  |        ^"),
        ('\t"a": "b"', 7, 10, '7 |     "a": "b"', "  |          ^^^"),
        ('"日本": 3', 7, 8, '7 | "日本": 3', "  |         ^"),
        ('"日本": 3', 1, 5, '7 | "日本": 3', "  | ^^^^^^"),
        ('"e\u0301": 3', 7, 8, '7 | "e\u0301": 3', "  |      ^"),
        ('"\u202e": 3', 6, 7, '7 | "\\u202e": 3', "  |           ^"),
        ("\ufeff{}", 1, 2, "7 | \\ufeff{}", "  | ^^^^^^"),
        ("", 1, 1, "7 |", "  | ^"),
        ("[1", 3, 3, "7 | [1", "  |   ^"),
    ],
)
def test_the_mark_is_under_the_marked_text(excerpt: str, column: int, end_column: int, line: str, mark: str) -> None:
    assert shown(excerpt, column, end_column) == [f"f.json:7:{column}: error: r: m", line, mark]


def test_a_long_line_begins_with_dots() -> None:
    assert shown("34567", 35, 36, 33)[1:] == ["7 | ...34567", "  |      ^"]


def test_a_span_of_several_lines_is_marked_to_the_end_of_its_first() -> None:
    where = Location(1, 3, 4, 2, "a [b", 1)
    assert (
        findings_text([Diagnostic(rule="r", message="m", location=where)]) == "1:3: error: r: m\n1 | a [b\n  |   ^^\n"
    )


def test_a_finding_without_a_location_has_its_path() -> None:
    finding = Diagnostic(rule="r", message="m", hint="h", file="f", path=("a", 0), level="warning")
    assert findings_text([finding, finding]) == "f: a[0]: warning: r: m\n  hint: h\n"
    assert findings_text([finding, finding], brief=True) == "f: a[0]: warning: r: m; h\n"


def test_colour_changes_nothing_but_colour() -> None:
    with pytest.raises(SpecError) as caught:
        loads('{"specc": 2,\n "endpoints": []}')
    plain = findings_text(caught.value.diagnostics)
    painted = findings_text(caught.value.diagnostics, color=True)
    for code in ("\x1b[1;31m", "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"):
        assert code in painted
        painted = painted.replace(code, "")
    assert painted == plain
