"""The page of a contract: what is in its one file, without a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_subjects import (
    HOSTILE,
    MIXED,
    archive_subject,
    changed,
    hostile_subject,
    many_endpoints,
    many_variables,
    spec_subject,
)
from parsed_page import ParsedPage, page_data, policy_of, sha256

from specc.cli import main
from specc.language.document import Document
from specc.language.load import from_json
from specc.language.wire_names import input_leaves, output_leaves
from specc.pages.page import page
from specc.reader.contents import Variable

SERVER = "http://127.0.0.1:8600"


def test_the_policy_allows_the_one_style_and_the_one_script():
    parsed = ParsedPage(page(archive_subject()))
    directives = policy_of(parsed)
    (style,), (script,) = parsed.inner["style"], parsed.inner["script"]
    assert directives["default-src"] == "'none'"
    assert directives["style-src"] == f"'sha256-{sha256(style)}'"
    assert directives["script-src"] == f"'sha256-{sha256(script)}'"


def test_the_page_has_no_address_but_those_of_its_own_parts():
    for tag, attributes in ParsedPage(page(archive_subject())).elements:
        assert tag not in ("link", "img", "iframe", "base", "object", "form")
        assert not {"src", "style", "srcset", "action"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)


def test_the_script_writes_text_only():
    (script,) = ParsedPage(page(spec_subject(), server=SERVER)).inner["script"]
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert word not in script
    (script,) = ParsedPage(page(spec_subject())).inner["script"]
    for word in ("fetch(", "XMLHttpRequest", "WebSocket", "EventSource", "sendBeacon", "import("):
        assert word not in script


@pytest.mark.parametrize("server", ["", SERVER])
def test_a_hostile_name_is_text(server):
    text = page(hostile_subject(), server=server)
    parsed = ParsedPage(text)
    assert [tag for tag, _ in parsed.elements].count("script") == 2
    assert not [tag for tag, _ in parsed.elements if tag == "img"]
    assert "<img src=x onerror=alert(1)>" in parsed.text
    assert not {"\u2028", "\u2029", "\u202e"} & set(text)
    shown = HOSTILE.replace("\u2028", "\\u2028").replace("\u202e", "\\u202e")
    assert shown in page_data(text)["strings"]


def test_the_data_has_no_character_that_ends_a_script():
    text = page(hostile_subject())
    (data,) = ParsedPage(text).inner["data"]
    assert not set("<>&") & set(data)


@pytest.mark.parametrize("subject", [spec_subject(), archive_subject(), hostile_subject()])
def test_the_same_subject_gives_the_same_bytes(subject):
    assert page(subject) == page(subject)


def test_the_order_of_endpoints_and_dims_changes_nothing():
    turned = {**MIXED, "dims": dict(reversed(MIXED["dims"].items()))}
    turned["endpoints"] = dict(reversed(MIXED["endpoints"].items()))
    assert page(spec_subject(turned)) == page(spec_subject())


def test_the_page_has_nothing_of_the_machine():
    text = page(spec_subject(file="/home/somebody/specs/mixed.specc.json"))
    assert "somebody" not in text
    assert "<code>mixed.specc.json</code>" in text


def test_a_version_is_shown_with_its_directory():
    assert "<code>mixed/3</code>" in page(archive_subject())


def _texts(rows: list[Any], data: dict[str, Any], column: int) -> set[str]:
    return {data["strings"][row[column]] for row in rows if len(row) > column}


def test_each_leaf_and_wire_name_is_in_the_page_data():
    data = page_data(page(spec_subject()))
    document = from_json(MIXED)
    by_name = {data["strings"][row[0]]: row for row in data["endpoints"]}
    assert by_name.keys() == document.endpoints.keys()
    for name, endpoint in document.endpoints.items():
        for rows, leaves in ((by_name[name][4], input_leaves(endpoint)), (by_name[name][5], output_leaves(endpoint))):
            names = [component.wire_name for leaf in leaves for component in leaf.components]
            assert _texts(rows, data, 4) - {""} == set(names)


def test_each_variable_is_in_the_page_data():
    variables = many_variables(50)
    data = page_data(page(archive_subject(variables=variables)))
    texts = data["strings"]
    assert {texts[row[0]] + texts[row[1]] for row in data["variables"]} == {each.label for each in variables}
    assert {texts[row[5]] + texts[row[6]] for row in data["variables"]} == {each.path for each in variables}
    assert sum(row[3] for row in data["variables"]) == sum(each.bytes for each in variables)


def test_who_may_leave_out_an_input_with_a_default_is_shown():
    data = page_data(page(spec_subject()))
    assert "gRPC may leave out weight; Python may leave out weight; REST sends all" in data["strings"]


def test_calls_that_are_too_long_are_not_in_the_page():
    big = {"inputs": [{"kind": "tensor", "dtype": "float32", "shape": [300, 300]}], "outputs": "float32[1]"}
    data = page_data(page(spec_subject({"specc": 1, "endpoints": {"big": big}})))
    assert data["endpoints"][0][8] == []
    assert "The smallest request is too long to be shown." in data["strings"]


def test_an_endpoint_that_the_archive_was_built_without_is_shown_as_such():
    subject = archive_subject()
    assert subject.inspection is not None
    inspection = replace(subject.inspection, left_out={"rank": "untraceable at model.py"})
    text = page(replace(subject, inspection=inspection))
    assert "The archive was built without rank: untraceable at model.py" in ParsedPage(text).text
    data = page_data(text)
    (row,) = [row for row in data["endpoints"] if data["strings"][row[0]] == "rank"]
    assert row[3] == []  # no signature
    assert row[8] == []  # no call


def test_only_the_chosen_endpoints_are_in_the_page():
    data = page_data(page(archive_subject(), endpoints=["rank"]))
    assert [data["strings"][row[0]] for row in data["endpoints"]] == ["rank"]


def test_endpoints_that_run_the_same_ops_have_one_table():
    data = page_data(page(archive_subject(many_endpoints(20))))
    assert len(data["ops"]) == 1
    assert data["ops_of"] == [0] * 21


def test_an_archive_whose_contents_cannot_be_read_is_still_one():
    text = page(replace(archive_subject(), contents=None))
    assert "Archive <code>mixed/3</code>" in text
    assert 'id="variables"' not in text


def test_a_checkpoint_that_cannot_be_read_is_reported():
    assert "The checkpoint cannot be read." in page(archive_subject(variables=None))


# Changes


def _with(endpoints: dict[str, Any]) -> dict[str, Any]:
    return {**MIXED, "endpoints": endpoints}


def _new() -> dict[str, Any]:
    score = json.loads(json.dumps(MIXED["endpoints"]["score"]))
    del score["inputs"][0]["user"]["country"]
    score["inputs"][0]["user"]["locale"] = "string[batch]"
    score["inputs"][1]["items"][0] = "float64[batch, four]"
    return _with({"score": score, "other": {"inputs": ["float32[batch]"], "outputs": "float32[batch]"}})


def _changed_rows(data: dict[str, Any], side: int, name: str = "score") -> dict[str, list[str]]:
    """The rules of the changes in each row, by the row's key."""
    texts = data["strings"]
    (row,) = [row for row in data["endpoints"] if texts[row[0]] == name]
    rules = [texts[change[0]] for change in data["changes"]]
    return {texts[each[1]]: [rules[index] for index in each[7]] for each in row[side] if len(each) > 7}


def test_a_change_is_at_the_leaf_that_it_is_about():
    subject, against = changed(MIXED, _new())
    rows = _changed_rows(page_data(page(subject, against)), 4)
    assert rows == {"[0]": ["input-dtype-changed"], "locale": ["input-added"], "country": ["input-removed"]}


def test_each_change_is_in_one_place():
    subject, against = changed(MIXED, _new())
    data = page_data(page(subject, against))
    placed = [index for row in data["endpoints"] for each in (*row[4], *row[5]) if len(each) > 7 for index in each[7]]
    placed += [index for row in data["endpoints"] for index in row[12]]
    assert sorted(placed) == list(range(len(against.changes)))


@pytest.mark.parametrize(
    ("tree", "smaller", "key"),
    [
        ([*["float32[batch]"] * 2], ["float32[batch]"], "[1]"),
        ({"a.b": "float32[batch]", "c": "int8[batch]"}, {"c": "int8[batch]"}, "a.b"),
        (
            {
                "kind": "namedtuple",
                "typename": "Pair",
                "fields": [["left", "float32[batch]"], ["right", "int8[batch]"]],
            },
            {"kind": "namedtuple", "typename": "Pair", "fields": [["left", "float32[batch]"]]},
            "right",
        ),
        ({"kind": "tuple", "items": ["int8[batch]"] * 2}, {"kind": "tuple", "items": ["int8[batch]"]}, "[1]"),
    ],
)
def test_what_is_gone_is_called_as_it_was(tree, smaller, key):
    old, new = ({"specc": 1, "dims": {"batch": {}}, "endpoints": {"score": {"inputs": [each], "outputs": "int8[batch]"}}}
                for each in (tree, smaller))  # fmt: skip
    rows = _changed_rows(page_data(page(*changed(old, new))), 4)
    assert any(rule.endswith("-removed") for rule in rows[key])


def test_an_argument_that_is_gone_is_called_as_it_was():
    endpoint = {"arguments": ["ids", "context"], "inputs": ["int8[batch]", "int8[batch]"], "outputs": "int8[batch]"}
    old = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"score": endpoint}}
    smaller = {**endpoint, "arguments": ["ids"], "inputs": ["int8[batch]"]}
    data = page_data(page(*changed(old, {**old, "endpoints": {"score": smaller}})))
    assert _changed_rows(data, 4) == {"context": ["argument-removed"]}


def test_added_and_removed_endpoints_are_marked():
    subject, against = changed(MIXED, _new())
    data = page_data(page(subject, against))
    texts = data["strings"]
    assert {texts[row[0]]: texts[row[11]] for row in data["endpoints"]} == {"score": "~", "other": "+", "rank": "-"}


def test_the_verdict_comes_before_the_endpoints():
    text = page(*changed(MIXED, _new()))
    assert text.index("Breaks wire, rest and python") < text.index('id="endpoints"')


def test_that_nothing_has_changed_is_shown():
    text = page(*changed(MIXED, MIXED))
    assert "Breaks nothing" in text
    assert "Nothing has changed." in text


def test_every_change_of_a_rule_can_be_drawn():
    """Also those of dims, of the default, of collections and of receivers."""
    old = {**MIXED, "variable_collections": {"all": "variables"}}
    old["endpoints"] = {**MIXED["endpoints"], "third": {"inputs": ["float32[batch]"], "outputs": {"a": "int32[batch]"}}}
    old["endpoints"]["third"]["receivers"] = {"examples": {"kind": "tf_example"}}
    new = {**MIXED, "dims": {**MIXED["dims"], "time": {"min": 2, "max": 3}}, "default": "rank"}
    new["endpoints"] = {**MIXED["endpoints"], "third": {"inputs": ["float32[batch]"], "outputs": {"a": "int32[batch]"}}}
    subject, against = changed(old, new)
    data = page_data(page(subject, against))
    assert len(data["changes"]) == len(against.changes) > 3


def _wide(dtype: str) -> dict[str, Any]:
    endpoints = {f"e{number:03}": {"inputs": [f"{dtype}[batch]"], "outputs": "float32[batch]"} for number in range(80)}
    return {"specc": 1, "dims": {"batch": {}}, "default": None, "endpoints": endpoints}


def test_only_the_first_changes_have_a_call():
    data = page_data(page(*changed(_wide("int64"), _wide("int32"))))
    calls = [change[8] for change in data["changes"]]
    assert len(calls) == 80
    assert all(calls[:50])
    assert not any(calls[50:])


# Sizes


def test_the_own_style_and_script_are_short():
    parsed = ParsedPage(page(spec_subject(), server=SERVER))
    assert sum(len(text.encode()) for key in ("style", "script") for text in parsed.inner[key]) < 60_000


def _size(document: Document, variables: tuple[Variable, ...]) -> int:
    return len(page(archive_subject(document, variables)).encode())


def test_two_hundred_endpoints_and_two_thousand_variables_are_below_300_kb():
    assert _size(many_endpoints(200), many_variables(2000)) < 300_000


def test_a_variable_takes_60_bytes():
    document = many_endpoints(1)
    small, large = (_size(document, many_variables(count)) for count in (1000, 3000))
    assert (large - small) / 2000 < 60


def test_a_leaf_takes_80_bytes():
    """Beyond the endpoints whose calls the page has room for."""
    small, large = (_size(many_endpoints(count), many_variables(5)) for count in (100, 300))
    assert (large - small) / (200 * 8) < 80


def test_more_than_5000_variables_are_shown_in_groups():
    variables = many_variables(5200)
    text = page(archive_subject(variables=variables))
    data = page_data(text)
    texts = data["strings"]
    assert 100 < len(data["variables"]) <= 5000
    assert sum(row[3] for row in data["variables"]) == sum(each.bytes for each in variables)
    assert all(re.fullmatch(r"\d+ variables", texts[row[2]]) for row in data["variables"])
    assert "5,200" in text


def test_a_flat_list_of_very_many_variables_is_one_group():
    variables = tuple(Variable(f"v{number}", "float32", (1,), 4) for number in range(5001))
    (row,) = page_data(page(archive_subject(variables=variables)))["variables"]
    assert row[3] == 4 * 5001


def test_the_command_writes_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mixed.specc.json").write_text(json.dumps(MIXED), encoding="utf-8")
    assert main(["show", "mixed.specc.json", "--against", "mixed.specc.json", "--html", "page.html"]) == 0
    text = Path("page.html").read_text(encoding="utf-8")
    assert "<code>mixed.specc.json</code>" in text
    assert [len(rows) for rows in page_data(text)["endpoints"]] == [14, 14]
