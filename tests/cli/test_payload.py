"""``specc payload check``: files, lines and standard input, exit codes, and the leaves of the spec."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rest_documents import RANKER

from specc.cli import main

GOOD = {"signature_name": "embed", "inputs": [[[0, 1, 2], [0, 0, 0]]]}
BAD = {"signature_name": "embed", "inputs": [[[0, 1, "a"], [0, 0, 0]]]}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ranker.specc.json").write_text(json.dumps(RANKER, indent=2))
    Path("good.json").write_text(json.dumps(GOOD))
    Path("bad.json").write_text(json.dumps(BAD))


def checked(capsys: Any, *requests: str, code: int) -> Any:
    assert main(["payload", "check", "ranker.specc.json", *requests, "--format", "json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_right_request_is_silent(capsys: Any) -> None:
    assert main(["payload", "check", "ranker.specc.json", "good.json"]) == 0
    assert capsys.readouterr() == ("", "1 file checked, no errors\n")


def test_a_finding_has_its_place_and_the_leaf_of_the_spec(capsys: Any) -> None:
    (found,) = checked(capsys, "good.json", "bad.json", code=1)["findings"]
    assert (found["file"], found["rule"], found["path"]) == ("bad.json", "payload-type", ["inputs", 0, 0, 2])
    assert found["location"]["line"] == 1
    assert json.dumps(BAD)[found["location"]["column"] - 1 :].startswith('"a"')
    leaf = found["related"][0]
    assert (leaf["file"], leaf["path"]) == ("ranker.specc.json", ["endpoints", "embed", "inputs", 0])
    line = Path("ranker.specc.json").read_text().splitlines()[leaf["location"]["line"] - 1]
    assert "float64[batch, 2, 3]" in line


def test_a_log_has_a_request_in_each_line(capsys: Any) -> None:
    Path("log.jsonl").write_text(f"{json.dumps(GOOD)}\n\n{json.dumps(BAD)}\nno JSON\n")
    found = checked(capsys, "log.jsonl", code=1)["findings"]
    assert [(each["rule"], each["location"]["line"]) for each in found] == [("payload-type", 3), ("not-json", 4)]


def test_a_request_can_come_from_standard_input(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(BAD).encode())))
    (found,) = checked(capsys, "-", code=1)["findings"]
    assert found["file"] == "-"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"inputs": 1, "inputs": 2}', "duplicate-key"),
        ("", "not-json"),
        ('{"inputs": 1e999}', "bad-number"),
        ("[" * 500, "too-deep"),
        ("\ufeff{}", "byte-order-mark"),
    ],
)
def test_what_is_not_json_is_a_finding(text: str, rule: str, capsys: Any) -> None:
    Path("odd.json").write_text(text)
    assert [each["rule"] for each in checked(capsys, "odd.json", code=1)["findings"]][:1] == [rule]


def test_constants_are_numbers(capsys: Any) -> None:
    Path("nan.json").write_text('{"signature_name": "embed", "inputs": [[[NaN, -Infinity, Infinity], [0, 0, 0]]]}')
    assert checked(capsys, "nan.json", code=0)["findings"] == []


def test_a_missing_file_is_said_beside_what_is_found(capsys: Any) -> None:
    report = checked(capsys, "missing.json", "bad.json", code=3)
    assert [each["rule"] for each in report["findings"]] == ["payload-type"]
    assert [each["file"] for each in report["unreadable"]] == ["missing.json"]


def test_many_findings_are_cut(capsys: Any) -> None:
    request = {"signature_name": "rank", "inputs": {"items_values": ["a"] * 5000}}
    Path("many.json").write_text(json.dumps(request))
    found = checked(capsys, "many.json", code=1)["findings"]
    assert len(found) == 1000
    assert found[-1]["rule"] == "too-many-findings"


def test_a_verb_can_be_given(capsys: Any) -> None:
    (found,) = checked(capsys, "good.json", "--verb", "classify", code=1)["findings"]
    assert found["rule"] == "payload-endpoint"


@pytest.mark.parametrize("arguments", [["chek", "ranker.specc.json", "a.json"], ["check", "ranker.specc.json"]])
def test_wrong_usage(arguments: list[str]) -> None:
    assert main(["payload", *arguments]) == 2
