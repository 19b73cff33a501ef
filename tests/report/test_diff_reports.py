"""A comparison in each format: the answer, the sides, the witness, and text that cannot break a comment."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from specc.change import SURFACES, Change, Judgement, Side, Surface, Waived, Witness, worst
from specc.diagnostics import Diagnostic, Location
from specc.report import DiffReport, render
from specc.report.diff_summary import answer, contract_lines
from specc.report.diff_text import diff_text
from specc.report.findings_schema import findings_schema

NARROWED = Change(
    rule="dim-narrowed",
    message="'time' takes at most 3, before 4",
    hint="keep 4 here",
    file="new.specc.json",
    path=("dims", "time"),
    location=Location(4, 20, 4, 26, '    "time": {"max": 3}'),
    surfaces=dict.fromkeys(SURFACES, "breaking"),
    subject=("score", "time"),
    old=Side(("dims", "time"), {"max": 4}),
    new=Side(("dims", "time"), {"max": 3}),
    witness=Witness("wire", "score", {"ids": {"dtype": "int64", "shape": [1, 4]}}, None, "ids has 4 steps"),
)
ADDED = Change(
    rule="output-added",
    level="info",
    message="the output 'more' is new",
    file="new.specc.json",
    path=("endpoints", "score", "outputs", "more"),
    surfaces=dict.fromkeys(SURFACES, "safe"),
    subject=("score", "more"),
    new=Side(("endpoints", "score", "outputs", "more"), "float32[batch]"),
)
WARNED = replace(
    ADDED,
    rule="computation-changed",
    level="warning",
    surfaces={"wire": "warning"},
    new=None,
    message="another function",
)
UNUSED = Diagnostic(rule="unused-waiver", level="warning", file="pyproject.toml", message="no change")


def report(*findings: Diagnostic, **more: Any) -> DiffReport:
    changes = [finding for finding in findings if isinstance(finding, Change)]
    said = {"verdict": worst(changes), "all_changes": changes, "shown": {"new.specc.json": changes}, "command": "diff"}
    return DiffReport(findings, files=2, **{**said, "call_of": lambda each: "call()" if each.witness else "", **more})


def surfaces(**judgements: Judgement) -> Change:
    found: dict[Surface, Judgement] = {surface: judgements[surface] for surface in SURFACES if surface in judgements}
    return replace(ADDED, surfaces=found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([], "breaks nothing: no changes of the contract; a patch version"),
        ([ADDED], "breaks nothing: 1 safe; a minor version"),
        ([WARNED, WARNED], "breaks nothing: 2 warnings; a patch version"),
        ([NARROWED, ADDED], "breaks wire, rest and python: 1 breaking, 1 safe; a major version"),
        (
            [surfaces(wire="breaking", rest="breaking", python="safe"), NARROWED, WARNED, *[ADDED] * 4],
            "breaks wire, rest and python: 2 breaking, 1 warning, 4 safe; a major version",
        ),
        ([surfaces(python="breaking")], "breaks python, not wire and rest: 1 breaking; a major version"),
        (
            [surfaces(wire="breaking", rest="breaking"), WARNED],
            "breaks wire and rest, not python: 1 breaking, 1 warning; a major version",
        ),
        (
            [replace(NARROWED, waived=Waived("agreed", "2027-03-01"))],
            "breaks wire, rest and python: 1 breaking, 1 waived; a major version",
        ),
    ],
)
def test_the_answer(changes: list[Change], said: str) -> None:
    assert answer(report(*changes)) == said


def test_text() -> None:
    found = diff_text(report(NARROWED, UNUSED))
    assert found == (
        "breaks wire, rest and python: 1 breaking; a major version\n\n"
        "new.specc.json:4:20: error: dim-narrowed: 'time' takes at most 3, before 4\n"
        '- dims.time  {"max": 4}\n'
        '+ dims.time  {"max": 3}\n'
        "  breaks wire, rest and python: ids has 4 steps\n"
        "  hint: keep 4 here\n"
        f"  fingerprint: {NARROWED.fingerprint}\n"
        "  a client that breaks:\n"
        "    call()\n\n"
        "pyproject.toml: warning: unused-waiver: no change\n"
    )
    assert diff_text(report(NARROWED), brief=True) == (
        "new.specc.json:4:20: error: dim-narrowed: 'time' takes at most 3, before 4; keep 4 here\n"
    )
    painted = diff_text(report(NARROWED), color=True)
    assert "\x1b[1;31m- dims.time" in painted


def test_text_names_an_example_that_would_be_refused() -> None:
    for names, line in (
        (["night"], "  your example `night` would be refused\n"),
        (["night", "old", "user"], "  your example `night` would be refused, and 2 more\n"),
    ):
        found = diff_text(report(NARROWED, examples_of=lambda _, names=names: names))
        assert f"python: ids has 4 steps\n{line}  hint: " in found
        assert "your example" not in diff_text(report(NARROWED, examples_of=lambda _, names=names: names), brief=True)
    assert "your example" not in render(report(NARROWED, examples_of=lambda _: ["night"]), "json")


def test_json_and_its_schema() -> None:
    waived = replace(ADDED, waived=Waived("agreed", "2027-03-01"), against=("v1", "v3"))
    answered = replace(
        NARROWED,
        witness=Witness("python", "score", {}, {"score": {"dtype": "float32", "shape": [1], "value": 2.5}}, "more"),
        against=("v1",),
    )
    data = json.loads(render(report(NARROWED, UNUSED), "json"))
    jsonschema.validate(data, findings_schema())
    assert list(data["verdict"].values()) == ["breaking"] * 3
    first, unused = data["findings"]
    assert first["witness"] == {
        "surface": "wire",
        "signature": "score",
        "inputs": {"ids": {"dtype": "int64", "shape": [1, 4]}},
        "outputs": None,
        "reason": "ids has 4 steps",
    }
    assert (first["old"], first["waived"]) == ({"path": ["dims", "time"], "value": {"max": 4}}, None)
    assert "against" not in first
    assert not {"surfaces", "old", "new", "witness", "waived", "against"} & unused.keys()
    data = json.loads(render(report(answered, waived, has_refs=True), "json"))
    jsonschema.validate(data, findings_schema())
    first, second = data["findings"]
    assert (first["against"], second["against"]) == (["v1"], ["v1", "v3"])
    assert (first["witness"]["attribute"], "signature" in first["witness"]) == ("score", False)
    assert (second["old"], second["waived"]) == (None, {"reason": "agreed", "until": "2027-03-01"})
    data = json.loads(render(report(verdict=None), "json"))
    jsonschema.validate(data, findings_schema())
    assert data["verdict"] is None


@pytest.mark.parametrize("key", ["old", "new", "witness", "waived", "surfaces"])
def test_a_change_without_one_of_its_keys_is_refused(key: str) -> None:
    data = json.loads(render(report(NARROWED), "json"))
    del data["findings"][0][key]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, findings_schema())


def test_github_and_sarif_have_a_level_for_safe_changes() -> None:
    lines = render(report(NARROWED, ADDED), "github").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::notice"]


def test_sarif_has_a_note_for_a_safe_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.report.sarif.rule_page", lambda rule: f"# {rule}")
    monkeypatch.setattr("specc.report.sarif.rule_summary", lambda rule: rule)
    (run,) = json.loads(render(report(NARROWED, ADDED), "sarif"))["runs"]
    assert [result["level"] for result in run["results"]] == ["error", "note"]
    assert run["results"][0]["partialFingerprints"] == {"specc/v1": NARROWED.fingerprint}


def test_witnesses_of_wide_requests_do_not_multiply() -> None:
    wide = {f"x{index}": {"dtype": "int64", "shape": [1]} for index in range(4_000)}
    changes = [replace(NARROWED, witness=Witness("wire", "score", wide, None, "a reason")) for _ in range(1_000)]
    data = json.loads(render(report(*changes), "json"))
    jsonschema.validate({**data, "findings": data["findings"][2:4]}, findings_schema())
    assert sum(finding["witness"] is not None for finding in data["findings"]) == 3
    text = diff_text(report(*changes))
    assert text.count("a client that breaks:") == 3
    assert text.count(": a reason") == 1_000


class TestMarkdown:
    def test_a_table_for_each_file_with_safe_changes_folded_away(self) -> None:
        other = replace(NARROWED, file="main:b.specc.json", message="other")
        changes = [NARROWED, ADDED, other]
        shown = {"new.specc.json": [NARROWED, ADDED], "b.specc.json": [other]}
        text = render(report(*changes, UNUSED, shown=shown), "markdown")
        lines = text.splitlines()
        assert lines[0] == "<!-- specc diff -->"
        assert lines[2] == "**specc diff: breaks wire, rest and python: 2 breaking, 1 safe; a major version**"
        assert text.count("<details open>") == 2
        assert text.index("dim-narrowed") < text.index("<summary>safe or waived</summary>") < text.index("output-added")
        assert text.index("output-added") < text.index("<code>b.specc.json</code>") < text.index("<b>other</b>")
        print_ = NARROWED.fingerprint
        assert f"<code>specc diff --waive {print_} --reason TEXT --until DATE</code>" in text
        assert ADDED.fingerprint in text
        assert "--waive " + ADDED.fingerprint not in text
        assert text.count("<details") == text.count("</details>")

    def test_the_text_is_stable(self) -> None:
        moved = NARROWED.located(Location(400, 1, 400, 2))
        assert render(report(NARROWED), "markdown") == render(report(moved), "markdown")

    def test_nothing_changed(self) -> None:
        text = render(report(shown={"new.specc.json": []}), "markdown")
        assert text == (
            "<!-- specc diff -->\n\n**specc diff: breaks nothing: no changes of the contract; a patch version**\n"
        )

    def test_an_invalid_side(self) -> None:
        bad = Diagnostic(rule="bad-dtype", message="'float23' is not a dtype", file="a.json", path=("x",))
        text = render(report(bad, verdict=None), "markdown")
        assert "**specc diff: not compared: a side is invalid**" in text
        assert "- <code>a.json: x</code> error: bad-dtype: 'float23' is not a dtype\n" in text

    def test_no_text_of_a_spec_means_anything(self) -> None:
        hostile = "a|b\n\n</details><script>alert(1)</script> @team [x](http://y) `c` **d** ![e](f) #1 &lt; \x1b[31m"
        change = replace(NARROWED, message=hostile, hint=hostile, new=Side(("dims", hostile), hostile))
        text = render(report(change, shown={hostile: [change]}), "markdown")
        assert "<script>" not in text
        assert "@team" not in text
        assert "](http" not in text
        assert "\x1b" not in text
        (row,) = [line for line in text.splitlines() if line.startswith("| error")]
        assert row.count("|") == 4


def test_nothing_draws_on_a_terminal() -> None:
    hostile = replace(NARROWED, message="\x1b[2J", file="\x1b.json", hint="\u202e", new=Side(("\x1b",), "\x1b"))
    text = diff_text(report(hostile, call_of=lambda _: "\x1b"))
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("a" * 120, "b" * 120, ("a" * 120, "b" * 120)),
        ("a" * 121, "b", ("a" * 117 + "...", "b")),
        ("a" * 500 + "x" * 200, "a" * 500 + "y", ("..." + "a" * 40 + "x" * 74 + "...", "..." + "a" * 40 + "y")),
        ("a" * 500, "a" * 500, ("a" * 117 + "...", "a" * 117 + "...")),
    ],
)
def test_a_long_value_is_cut_around_the_difference(old: str, new: str, lines: tuple[str, str]) -> None:
    change = replace(NARROWED, old=Side(("x",), old), new=Side(("x",), new))
    assert contract_lines(change) == [f"- x  {lines[0]}", f"+ x  {lines[1]}"]


def test_a_long_value_is_cut() -> None:
    change = replace(NARROWED, old=Side(("x" * 1000,), {"a": "y" * 100_000}))
    assert max(map(len, diff_text(report(change)).splitlines())) < 250
