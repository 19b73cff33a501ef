"""The formats for machines: their text, and how their readers parse it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.diagnostics import Diagnostic, Level, Location, Place
from specc.report import FORMATS, Report, render
from specc.report.findings_schema import findings_schema

HERE = Location(3, 5, 3, 12, '    "float23[batch]"', 1)
FINDING = Diagnostic(
    rule="bad-dtype",
    message="'float23' is not a dtype",
    hint="did you mean 'float32'?",
    file="a.specc.json",
    path=("endpoints", "score", "inputs", 0),
    location=HERE,
    related=(Place(message="the other", path=("dims", "batch"), file="a.specc.json", location=HERE),),
)
WARNING = Diagnostic(rule="unused-dim", message="100% unused,\nreally", level="warning", file="a,b:c.specc.json")
UNREADABLE = [("c.specc.json", "cannot read c.specc.json: there is no such file")]
REPORT = Report([FINDING, WARNING], UNREADABLE, 3, "validate")
LOCATION = {
    "line": 3,
    "column": 5,
    "end_line": 3,
    "end_column": 12,
    "excerpt": '    "float23[batch]"',
    "excerpt_column": 1,
}


def test_json() -> None:
    assert json.loads(render(REPORT, "json")) == {
        "version": 1,
        "command": "validate",
        "files": 3,
        "errors": 1,
        "warnings": 1,
        "findings": [
            {
                "rule": "bad-dtype",
                "level": "error",
                "message": "'float23' is not a dtype",
                "hint": "did you mean 'float32'?",
                "file": "a.specc.json",
                "path": ["endpoints", "score", "inputs", 0],
                "location": LOCATION,
                "related": [
                    {"message": "the other", "file": "a.specc.json", "path": ["dims", "batch"], "location": LOCATION}
                ],
                "fingerprint": FINDING.fingerprint,
            },
            {
                "rule": "unused-dim",
                "level": "warning",
                "message": "100% unused,\nreally",
                "hint": "",
                "file": "a,b:c.specc.json",
                "path": [],
                "location": None,
                "related": [],
                "fingerprint": WARNING.fingerprint,
            },
        ],
        "unreadable": [{"file": "c.specc.json", "message": "cannot read c.specc.json: there is no such file"}],
    }


def test_github() -> None:
    assert render(REPORT, "github") == (
        "::error file=a.specc.json,title=bad-dtype,line=3,endLine=3,col=5,endColumn=11::'float23' is not a dtype%0Aat "
        "endpoints.score.inputs[0]%0Adid you mean 'float32'?\n"
        "::warning file=a%2Cb%3Ac.specc.json,title=unused-dim::100%25 unused,%0Areally\n"
        "::error file=c.specc.json::cannot read c.specc.json: there is no such file\n"
    )


def test_sarif() -> None:
    (run,) = json.loads(render(REPORT, "sarif"))["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["bad-dtype", "unused-dim"]
    first, second = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("bad-dtype", 0, "error")
    assert first["message"] == {"text": "'float23' is not a dtype; did you mean 'float32'?"}
    assert first["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a.specc.json"},
                "region": {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 12},
            },
            "logicalLocations": [{"fullyQualifiedName": "endpoints.score.inputs[0]", "kind": "member"}],
        }
    ]
    assert first["relatedLocations"] == [
        {
            "id": 0,
            "physicalLocation": first["locations"][0]["physicalLocation"],
            "logicalLocations": [{"fullyQualifiedName": "dims.batch", "kind": "member"}],
            "message": {"text": "the other"},
        }
    ]
    assert second["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "a%2Cb%3Ac.specc.json"}}}]
    assert run["invocations"][0]["executionSuccessful"] is False


def test_a_finding_keeps_its_fingerprint_when_lines_move_and_words_change() -> None:
    def in_sarif(finding: Diagnostic) -> Any:
        return json.loads(render(Report([finding]), "sarif"))["runs"][0]["results"][0]["partialFingerprints"]

    moved = replace(FINDING.located(Location(30, 1, 30, 2)), message="reworded", hint="", file="b.specc.json")
    assert len(FINDING.fingerprint) == 12
    assert in_sarif(FINDING) == in_sarif(moved) == {"specc/v1": FINDING.fingerprint}
    others = [FINDING.at(("endpoints", "other")), replace(FINDING, part="float23"), replace(FINDING, rule="bad-dim")]
    assert len({each.fingerprint for each in (FINDING, *others)}) == 4


def test_information_is_a_note_and_a_notice() -> None:
    report = Report([replace(FINDING, level="info")])
    assert json.loads(render(report, "sarif"))["runs"][0]["results"][0]["level"] == "note"
    assert render(report, "github").startswith("::notice file=a.specc.json")
    assert (report.errors, report.warnings) == (0, 0)


TEXTS = st.text(max_size=10) | st.sampled_from(("\ud800", "\x1b[31m", "\u202e", "%0A", "a,b:c", "\r\n"))
DIAGNOSTICS = st.builds(
    Diagnostic,
    rule=st.sampled_from(("bad-dtype", "unused-dim")),
    message=TEXTS,
    hint=TEXTS,
    file=TEXTS,
    path=st.lists(TEXTS | st.integers(0, 9), max_size=3).map(tuple),
    level=st.sampled_from(get_args(Level)),
    location=st.none() | st.just(HERE),
    related=st.lists(st.builds(Place, message=TEXTS, file=TEXTS, location=st.none() | st.just(HERE)), max_size=2).map(
        tuple
    ),
)
REPORTS = st.builds(Report, st.lists(DIAGNOSTICS, max_size=3), st.lists(st.tuples(TEXTS, TEXTS), max_size=2))


@given(REPORTS)
def test_what_json_prints_is_what_its_schema_says(report: Report) -> None:
    schema = findings_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(render(report, "json")))


@given(REPORTS, st.sampled_from(FORMATS[1:]))
def test_nothing_draws_on_a_terminal_or_breaks_a_stream(report: Report, form: str) -> None:
    text = render(report, form)
    text.encode("utf-8")
    assert not set("\x1b\u202e\r") & set(text)
    if form == "github":
        assert text.count("\n") == len(report.findings) + len(report.unreadable)


def test_the_schema_of_findings_is_published() -> None:
    published = Path(__file__).parents[2] / "schemas" / "specc-findings.v1.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == findings_schema()


@pytest.mark.parametrize("form", FORMATS[1:])
def test_nothing_to_say_is_said(form: str) -> None:
    assert (render(Report(), form) == "") is (form == "github")
