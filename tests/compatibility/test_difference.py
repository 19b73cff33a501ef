"""``specc.diff`` in Python: the verdict, the findings and their places."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from git_projects import document

import specc
from specc.change import Change
from specc.compatibility import compare
from specc.compatibility.sides import Comparison


def test_two_documents() -> None:
    old, new = specc.from_json(document("int32", "gone")), specc.from_json(document("int32", "new"))
    difference = specc.diff(old, new)
    assert difference.verdict == {"wire": "breaking", "rest": "breaking", "python": "breaking"}
    assert [change.rule for change in difference.breaking("rest")] == ["endpoint-removed"]
    assert [change.rule for change in difference.findings] == ["endpoint-removed", "endpoint-added"]
    assert specc.diff(old, old).findings == ()
    assert specc.diff(old, old).verdict == dict.fromkeys(("wire", "rest", "python"), "safe")


def test_the_place_is_that_of_the_text_as_it_is_written(tmp_path: Path) -> None:
    tensors = {
        "kind": "dict",
        "items": {"id": {"kind": "tensor", "dtype": "int64", "shape": ["batch"]}, "price": "float32[batch, 3]"},
    }
    old, new = tmp_path / "old.specc.json", tmp_path / "new.specc.json"
    old.write_text(json.dumps(document("int32")))
    long = document()
    long["endpoints"]["score"]["inputs"] = [tensors]
    new.write_text(json.dumps(long, indent=1))
    (change,) = specc.diff(old, new).findings
    assert change.path == ("endpoints", "score", "inputs", 0, "items", "id")
    assert change.location is not None
    assert change.location.excerpt.strip() == '"id": {'
    assert change.new is not None
    assert change.new.path == ("endpoints", "score", "inputs", 0, "id")


def test_what_is_only_in_old_is_shown_in_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_old(comparison: Comparison) -> list[Change]:
        return [replace(change, in_old=True, path=("endpoints", "score")) for change in compare(comparison)]

    monkeypatch.setattr("specc.compatibility.difference.compare", in_old)
    old, new = tmp_path / "old.specc.json", tmp_path / "new.specc.json"
    old.write_text(json.dumps(document("int32"), indent=1))
    new.write_text(json.dumps(document("int64"), indent=1))
    (change,) = specc.diff(old, new).findings
    assert (change.file, change.location and change.location.line) == (str(old), 8)


def test_an_inconsistent_document_is_not_compared() -> None:
    whole = specc.from_json(document())
    with pytest.raises(specc.SpecError) as caught:
        specc.diff(whole, whole.model_copy(update={"dims": {}}))
    assert {each.rule for each in caught.value.diagnostics} == {"undeclared-dim"}


def test_an_invalid_side_is_raised_with_the_findings_of_both(tmp_path: Path) -> None:
    bad = tmp_path / "bad.specc.json"
    bad.write_text(json.dumps(document("int23")))
    with pytest.raises(specc.SpecError) as caught:
        specc.diff(bad, bad)
    assert [each.rule for each in caught.value.diagnostics] == ["bad-dtype", "bad-dtype"]
    with pytest.raises(specc.UsageError):
        specc.diff("", bad)
    with pytest.raises(specc.UnreadableError):
        specc.diff(tmp_path / "none.specc.json", tmp_path / "none.specc.json")
