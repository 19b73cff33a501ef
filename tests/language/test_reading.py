"""One run reports all findings of a file, each once, in order, without consequences of others."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from specc.diagnostics import Diagnostic, SpecPath
from specc.errors import SpecError
from specc.language.load import BUILDABLE, load_spec, loads
from specc.language.validation.pipeline import read_spec
from specc.report.text import findings_text

HERE = Path(__file__).parent

GOOD: dict[str, Any] = {
    "specc": 1,
    "dims": {"batch": {}, "time": {"min": 1, "max": 512}},
    "endpoints": {
        "score": {
            "function": "call",
            "arguments": ["features", "context"],
            "inputs": [{"user": {"id": "int64[batch]"}, "title": "string[batch]"}, ["float32[batch, 3]"]],
            "outputs": {"score": "float32[batch, 1]", "parts": ["float32[batch]", "float32[batch, time]"]},
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        "embed": {"inputs": ["int64[batch, time]"], "outputs": "float32[batch, 16]"},
        "rank": {
            "inputs": [{"user": "int64[batch]"}],
            "outputs": {"scores": "float32[batch, 3]"},
            "method": "classify",
            "receivers": {"examples": {"kind": "tf_example"}},
            "receiver": "examples",
        },
    },
    "default": "score",
    "variable_collections": {"optimizer_variables": "optimizer.variables", "head": {"from": "head", "match": "**"}},
    "track": ["lookup"],
}

DEFECTS: dict[str, tuple[SpecPath, Any, str]] = {
    "a dtype": (("endpoints", "score", "inputs", 0, "user", "id"), "int46[batch]", "bad-dtype"),
    "a dim": (("endpoints", "score", "inputs", 1, 0), "float32[batch 3]", "bad-dim"),
    "an undeclared dim": (("endpoints", "score", "outputs", "parts", 1), "float32[batch, tiem]", "undeclared-dim"),
    "no tree": (("endpoints", "score", "outputs", "parts", 0), 7, "wrong-type"),
    "a kind": (("endpoints", "score", "outputs", "score"), {"kind": "tensr", "dtype": "int8", "shape": []}, "unknown-kind"),
    "an empty list": (("endpoints", "embed", "outputs"), [], "empty-container"),
    "a key": (("endpoints", "embed", "autgraph"), True, "unknown-key"),
    "a key of the document": (("defalt",), "score", "unknown-key"),
    "a flag": (("endpoints", "embed", "gradients"), "no", "wrong-type"),
    "a method": (("endpoints", "score", "method"), "clasify", "bad-choice"),
    "an argument's name": (("endpoints", "score", "arguments", 0), "class", "bad-name"),
    "an argument": (("endpoints", "score", "arguments", 1), 3, "wrong-type"),
    "a path": (("endpoints", "embed", "function"), "a b", "bad-path"),
    "a receiver": (("endpoints", "score", "receivers", "examples", "kind"), "tf_exmple", "bad-choice"),
    "the receiver": (("endpoints", "rank", "receiver"), "exmples", "unknown-receiver"),
    "no outputs": (("endpoints", "rank", "outputs"), None, "missing-key"),
    "a dim's bounds": (("dims", "time"), {"min": 600, "max": 512}, "bad-dim-bounds"),
    "a dim's size": (("dims", "time", "max"), -1, "bad-size"),
    "a dim's name": (("dims", "1st"), {}, "bad-dim-name"),
    "an endpoint": (("endpoints", "extra"), 3, "wrong-type"),
    "an endpoint's name": (("endpoints", "a-b"), {"inputs": [], "outputs": "bool[]"}, "bad-name"),
    "the default": (("default",), "scor", "unknown-default"),
    "a default that is none": (("default",), 3, "wrong-type"),
    "the version": (("specc",), 2, "bad-version"),
    "a collection": (("variable_collections", "head", "match"), "", "empty-text"),
    "a collection's name": (("variable_collections", "score"), "variables", "name-clash"),
    "something to track": (("track", 0), "é", "bad-path"),
    "the mode": (("mode",), "predcit", "bad-choice"),
}  # fmt: skip


def spoiled(*defects: tuple[SpecPath, Any, str]) -> Any:
    data = copy.deepcopy(GOOD)
    for path, value, rule in defects:
        parent = data
        for part in path[:-1]:
            parent = parent[part]
        if rule == "missing-key":
            del parent[path[-1]]
        else:
            parent[path[-1]] = value
    return data


def findings(data: Any) -> list[tuple[str, SpecPath]]:
    try:
        read_spec(json.dumps(data), "", BUILDABLE)
    except SpecError as error:
        return [(finding.rule, finding.path) for finding in error.diagnostics]
    return []


def test_the_document_without_defects_has_no_findings() -> None:
    assert findings(GOOD) == []


@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_is_one_finding(name: str) -> None:
    path, _, rule = DEFECTS[name]
    assert findings(spoiled(DEFECTS[name])) == [(rule, place(path, rule))]


def place(path: SpecPath, rule: str) -> SpecPath:
    """The path of a defect's finding: that of a missing key is the object around it; that of a kind, the kind."""
    match rule:
        case "missing-key":
            return path[:-1]
        case "unknown-kind":
            return (*path, "kind")
        case _:
            return path


@pytest.mark.parametrize("name", DEFECTS)
def test_two_defects_are_two_findings(name: str) -> None:
    """A finding about one part neither hides findings between parts elsewhere nor causes false ones."""
    path, _, rule = DEFECTS[name]
    odd = {}
    for other, (other_path, value, other_rule) in DEFECTS.items():
        if other_path[: len(path)] == path or path[: len(other_path)] == other_path:
            continue  # they are about the same place
        found = findings(spoiled(DEFECTS[name], (other_path, value, other_rule)))
        if sorted(found) != sorted([(rule, place(path, rule)), (other_rule, place(other_path, other_rule))]):
            odd[other] = found
    assert odd == {}


def test_many_defects_are_reported_in_the_order_of_the_text() -> None:
    chosen = [name for name in DEFECTS if name not in ("a default that is none", "a dim's size", "the version")]
    data = spoiled(*(DEFECTS[name] for name in chosen))
    try:
        read_spec(json.dumps(data, indent=2), "", BUILDABLE)
    except SpecError as error:
        places = [(each.location.line, each.location.column) for each in error.diagnostics if each.location]
        assert places == sorted(places)
        assert len(places) == len(chosen)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"specc": 1, "dim": {"n": {}}, "endpoints": {"a": {"inputs": ["bool[n]"], "outputs": "bool[n]"}}}', ["unknown-key"]),
        ('{"specc": 1, "endpoint": {"a": {"inputs": ["bool[]"], "outputs": "bool[]"}}}', ["unknown-key"]),
        ('{"specc": 1, "endpoints": {"a": {"input": ["bool[n]"], "ouputs": "bool[]"}}}', ["unknown-key", "unknown-key"]),
        ('{"specc": 1, "endpoints": {"a": {"argument": ["x", "y"], "inputs": ["bool[]", "bool[]"], "outputs": "bool[]"}}}', ["unknown-key"]),
        ('{"specc": 1, "endpoints": {"a": {"inputs": ["bool[n, n]", "bool[m]"], "arguments": ["x", "y"], "outputs": "bool[n]"}}}', ["undeclared-dim", "undeclared-dim"]),
        ('{"specc": 1, "endpoints": {"a": {"inputs": [{"dtype": "int8", "shape": []}], "outputs": {"type": "tensor", "dtype": "int8", "shape": []}}}}', ["unknown-kind", "unknown-kind"]),
    ],
)  # fmt: skip
def test_consequences_of_another_defect_are_not_reported(text: str, found: list[str]) -> None:
    assert [rule for rule, _ in findings(json.loads(text))] == found


def test_fifteen_defects() -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(HERE / "fifteen.specc.json")
    found = [finding.in_file("fifteen.specc.json") for finding in caught.value.diagnostics]
    assert len(found) == 15
    assert findings_text(found) == (HERE / "fifteen.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ('{"specc": NaN, "endpoints": {}}', ["bad-number", "empty-container"]),
        ('{"specc": 1, "specc": 2, "endpoints": {"a": {"inputs": [], "outputs": 3}}}', ["duplicate-key", "wrong-type"]),
        ('{"specc": 1, "endpoints": {"a": {"inputs": ["\\udc00"], "outputs": "bool[n]"}}}', ["lone-surrogate", "undeclared-dim"]),
        ("[]", ["wrong-type"]),
        ("{}", ["missing-key", "missing-key"]),
        ('{"specc": 1, "dims": [], "endpoints": {"a": {"inputs": [], "outputs": "bool[n]"}}}', ["wrong-type"]),
    ],
)  # fmt: skip
def test_defects_of_the_text_and_of_the_document_are_reported_together(text: str, rules: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        read_spec(text, "", BUILDABLE)
    assert [finding.rule for finding in caught.value.diagnostics] == rules


def test_findings_of_later_stages_find_their_place_too() -> None:
    text = json.dumps(GOOD, indent=2)
    paths: list[SpecPath] = [
        ("endpoints", "embed", "outputs"),
        ("endpoints", "score", "inputs", 0, "title"),
        ("model",),
    ]
    spec = read_spec(text, "f", BUILDABLE)
    found = spec.locate(Diagnostic(rule="r", message="m", path=path) for path in paths)
    lines = text.splitlines()
    marked = [lines[each.location.line - 1].strip() for each in found if each.location]
    assert marked == ["{", '"title": "string[batch]"', '"outputs": "float32[batch, 16]"']


MANY = 300_000
HUGE: dict[str, str] = {
    "unknown keys": '{"specc": 1, "endpoints": {}, ' + ", ".join(f'"k{index}": 1' for index in range(MANY)) + "}",
    "bad trees": '{"specc": 1, "endpoints": {"a": {"outputs": "bool[]", "inputs": [' + ", ".join(["3"] * MANY) + "]}}}",
    "bad endpoints": '{"specc": 1, "endpoints": {' + ", ".join(f'"e{index}": 1' for index in range(MANY)) + "}}",
    "bad only at the end": '{"specc": 1, "endpoints": {"a": {"outputs": "bool[]", "inputs": ['
    + ", ".join(itertools.chain(['"bool[]"'] * 2000, ["3"] * MANY))
    + "]}}}",
}


@pytest.mark.parametrize("name", HUGE)
def test_a_file_of_errors_only_is_reported_from_its_beginning(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_spec(HUGE[name], "", BUILDABLE)
    found = caught.value.diagnostics
    assert 1 <= len(found) <= 1000
    assert found[-1].rule == "too-many-findings"


def test_a_thousand_findings_are_enough() -> None:
    with pytest.raises(SpecError) as caught:
        loads('{"specc": 1, "endpoints": {"a": {"inputs": [' + ", ".join(["3"] * 5000) + '], "outputs": "bool[]"}}}')
    assert len(caught.value.diagnostics) == 1000
    assert str(caught.value.diagnostics[-1]) == "1:1: too-many-findings: there are more findings; fix these first"
