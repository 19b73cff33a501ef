"""Locations of findings: exact in every JSON text, with any spelling, line breaks and characters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.diagnostics import Diagnostic, Location, SpecPath, finding
from specc.source.lines import Lines
from specc.source.locations import locate

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)
_GAP = st.text(alphabet=" \t\n\r", max_size=3)


@st.composite
def spelled(draw: st.DrawFn, value: Any = None, *, drawn: bool = False) -> tuple[Any, str]:
    """JSON data and a text of it: any white space, any escapes."""
    data = value if drawn else draw(_DATA)
    gap = lambda: draw(_GAP)  # noqa: E731
    match data:
        case list():
            items = [draw(spelled(item, drawn=True))[1] for item in data]
            text = "[" + ",".join(f"{gap()}{item}{gap()}" for item in items) + (gap() if not items else "") + "]"
        case dict():
            pairs = [
                f"{gap()}{_string(draw, key)}{gap()}:{gap()}{draw(spelled(item, drawn=True))[1]}{gap()}"
                for key, item in data.items()
            ]
            text = "{" + ",".join(pairs) + (gap() if not pairs else "") + "}"
        case str():
            text = _string(draw, data)
        case _:
            text = json.dumps(data)
    return data, text


def _string(draw: st.DrawFn, text: str) -> str:
    return json.dumps(text, ensure_ascii=draw(st.booleans()))


def _paths(data: Any, path: SpecPath = ()) -> Iterator[tuple[SpecPath, Any]]:
    yield path, data
    items = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))


def _cut(text: str, where: Location) -> str:
    """The text at a location, counted like an editor: by lines and characters."""
    lines = re.split(r"(\r\n|\n|\r)", text)
    starts = [sum(map(len, lines[: 2 * index])) for index in range(len(lines) // 2 + 1)]
    return text[starts[where.line - 1] + where.column - 1 : starts[where.end_line - 1] + where.end_column - 1]


@given(spelled())
def test_every_value_and_every_key_is_found(case: tuple[Any, str]) -> None:
    data, text = case
    asked = [finding("r", path, "m", on_key=on_key) for path, _ in _paths(data) for on_key in (False, True)]
    found = locate(text, asked)
    assert sorted(map(repr, (each.path for each in found))) == sorted(map(repr, (each.path for each in asked)))
    values = dict(_paths(data))
    for each in found:
        assert each.location is not None
        marked, value = _cut(text, each.location), values[each.path]
        named = bool(each.path) and isinstance(each.path[-1], str)
        if named and (each.on_key or isinstance(value, (list, dict))):
            assert json.loads(marked) == each.path[-1]
        elif isinstance(value, (list, dict)):
            assert marked == ("[" if isinstance(value, list) else "{")
        else:
            assert repr(json.loads(marked)) == repr(value)


@given(spelled())
def test_findings_come_in_the_order_of_the_text(case: tuple[Any, str]) -> None:
    data, text = case
    places = [
        (each.location.line, each.location.column)
        for each in locate(text, [finding("r", path, "m") for path, _ in reversed(list(_paths(data)))])
        if each.location
    ]
    assert places == sorted(places)


def location_of(text: str, **said: Any) -> Location:
    (found,) = locate(text, [Diagnostic(rule="r", message="m", **said)])
    assert found.location is not None
    return found.location


@pytest.mark.parametrize(
    ("text", "said", "marked"),
    [
        ('{"a": "float23[batch]"}', {"path": ("a",), "part": "float23"}, "float23"),
        ('{"a": "int8[int8, batch]"}', {"path": ("a",), "part": "batch"}, "batch"),
        ('{"a": "bool[batches, batch]"}', {"path": ("a",), "part": "batch"}, "batch"),
        ('{"a": "bool[\\u0062atch]"}', {"path": ("a",), "part": "batch"}, "\\u0062atch"),
        ('{"a": "bool[\\ud83d\\ude00 -1]"}', {"path": ("a",), "part": "-1"}, "-1"),
        ('{"a": "bool[]"}', {"path": ("a",), "part": "absent"}, '"bool[]"'),
        ('{"a": {"b": 1}}', {"path": ("a", "c", 3)}, '"a"'),
        ('{"a": 1, "a": 2}', {"path": ("a",)}, "1"),
        ('\t{"\U0001f600": [\r\n"\u2028", 7]}', {"path": ("\U0001f600", 1)}, "7"),
        ("[]", {"path": ("nowhere",)}, "["),
    ],
)
def test_what_is_marked(text: str, said: dict[str, Any], marked: str) -> None:
    assert _cut(text, location_of(text, **said)) == marked


def test_lines_are_those_of_an_editor() -> None:
    text = '[\r\n1,\n2,\r3,"\u2028",5,6]'
    assert [location_of(text, path=(index,)).line for index in range(6)] == [2, 3, 4, 4, 4, 4]


def test_a_long_line_is_cut_around_the_finding() -> None:
    text = '{"a": "' + "x" * 5000 + '", "b": 7, "c": "' + "y" * 5000 + '"}'
    where = location_of(text, path=("b",))
    assert (where.line, where.column, where.end_column) == (1, 5016, 5017)
    assert len(where.excerpt) == 120
    assert where.excerpt[where.column - where.excerpt_column] == "7"


def test_an_excerpt_at_either_end_of_a_long_line() -> None:
    text = "[1" + " " * 500 + ",2]"
    first, last = location_of(text, path=(0,)), location_of(text, path=(1,))
    assert (first.excerpt[:2], first.excerpt_column) == ("[1", 1)
    assert last.excerpt.endswith(",2]")
    assert last.excerpt[last.column - last.excerpt_column] == "2"


def test_the_end_of_a_text_has_a_place() -> None:
    assert Lines("ab\n").location(3, 3) == Location(2, 1, 2, 1, "")
    assert Lines("").location(0, 0) == Location(1, 1, 1, 1, "")
