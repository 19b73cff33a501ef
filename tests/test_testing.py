"""``specc.testing``: what a project's own tests can say about its specs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from git_projects import GitProject, document

import specc
from specc.testing import assert_compatible


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitProject:
    project = GitProject(tmp_path / "project")
    monkeypatch.chdir(project.path)
    project.write("a.specc.json", document("int32"))
    project.commit(tag="v1.4")
    return project


def test_a_spec_against_a_tag(project: GitProject) -> None:
    assert_compatible("a.specc.json", against="v1.4")
    project.write("a.specc.json", document("int32", "more"))
    assert_compatible(Path("a.specc.json"), against="v1.4:a.specc.json")
    project.write("a.specc.json", document("int64"))
    with pytest.raises(AssertionError) as caught:
        assert_compatible("a.specc.json", against="v1.4")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("a.specc.json:11:12: input-dtype-changed: ")
    assert lines[1:3] == [
        "- endpoints.score.inputs[0].id  int32[batch]",
        "+ endpoints.score.inputs[0].id  int64[batch]",
    ]
    assert lines[-1].startswith("fingerprint: ")


def test_documents_and_surfaces(project: GitProject) -> None:
    old, new = specc.from_json(document("int32")), specc.from_json(document("int64"))
    with pytest.raises(AssertionError):
        assert_compatible(new, against=old, surfaces=["rest"])
    assert_compatible(new, against=old, surfaces=[])


def test_a_waiver_counts(project: GitProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write("a.specc.json", document("int64"))
    (change,) = specc.diff("v1.4", "a.specc.json").findings
    monkeypatch.setattr("specc.compatibility.policy.today", lambda: "2027-03-01")
    waiver = f'[[tool.specc.waivers]]\nfingerprint = "{change.fingerprint}"\nreason = "x"\nuntil = 2027-03-01\n'
    project.write("pyproject.toml", waiver)
    assert_compatible("a.specc.json", against="v1.4")
    monkeypatch.setattr("specc.compatibility.policy.today", lambda: "2027-03-02")
    with pytest.raises(AssertionError, match="its waiver ended on 2027-03-01"):
        assert_compatible("a.specc.json", against="v1.4")


def test_an_invalid_spec_is_not_incompatible(project: GitProject) -> None:
    project.write("a.specc.json", json.dumps(document("int23")))
    with pytest.raises(specc.SpecError):
        assert_compatible("a.specc.json", against="v1.4")
