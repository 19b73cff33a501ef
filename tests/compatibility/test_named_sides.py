"""OLD and NEW by their names: what is known of a spec, of a revision, and of an archive with and without a contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from declared_archives import declared_archive
from git_projects import GitProject, document

import specc
from specc.compatibility.addresses import tags
from specc.compatibility.named_sides import read_side, read_sides
from specc.language.contract import CONTRACT_PATH

OPTIONAL = document("int32", "more")
OPTIONAL["endpoints"]["more"]["optional"] = True


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitProject:
    project = GitProject(tmp_path / "project")
    monkeypatch.chdir(project.path)
    return project


def test_a_spec_and_a_revision_have_their_texts(project: GitProject) -> None:
    project.write("a.specc.json", document("int32"))
    project.commit()
    project.write("a.specc.json", document("int64"))
    old, new = read_sides("main", Path("a.specc.json"))
    assert (old.name, new.name) == ("main:a.specc.json", "a.specc.json")
    assert old.spec is not None
    assert "int32" in old.spec.source.text
    assert old.described.document == specc.from_json(document("int32"))
    assert old.described.has_contract
    assert old.described.has_python
    assert not old.described.undescribed
    assert Path(old.place) == Path("a.specc.json")


def test_a_document_is_a_side(project: GitProject) -> None:
    old, new = read_sides(specc.from_json(document()), specc.from_json(document("int64")))
    assert (old.name, old.spec, new.described.has_contract) == ("", None, True)


@pytest.mark.parametrize("left_out", [[], ["more"]])
def test_in_an_archive_nothing_is_optional(left_out: list[str], tmp_path: Path) -> None:
    path = declared_archive(tmp_path / "archive", OPTIONAL, left_out=left_out)
    side = read_side(path)
    endpoints = side.described.document.endpoints
    assert sorted(endpoints) == (["score"] if left_out else ["more", "score"])
    assert not any(endpoint.optional for endpoint in endpoints.values())
    assert (side.name, side.spec, side.described.has_contract) == (str(path), None, True)
    assert side.described.document.default == "score"


def test_an_archive_without_a_contract(tmp_path: Path) -> None:
    described = read_side(declared_archive(tmp_path / "a", document(), contract=False)).described
    assert (described.has_contract, described.has_python, described.undescribed) == (False, True, frozenset())


def test_what_is_read_flat_has_no_known_tree(tmp_path: Path) -> None:
    path = declared_archive(tmp_path / "a", document("int32", "more"), contract=False, flat=["more"])
    assert read_side(path).described.undescribed == {"more", "serving_default"}  # of two equal ones


@pytest.mark.parametrize("told", [["serve"], ["gpu", "serve"], ["serve", "gpu", "tpu"], ["gpu"], []])
def test_the_tags_of_a_graph_are_known(told: list[str], tmp_path: Path) -> None:
    path = declared_archive(tmp_path / "a", document(), contract=False, tags=told)
    assert tags(read_side(path).described) == tuple(sorted(told))


def test_a_function_without_a_signature_is_known(tmp_path: Path) -> None:
    data = document("int32", "__call__")
    described = read_side(declared_archive(tmp_path / "a", data, contract=False)).described
    assert described.unpublished == {"__call__"}


def test_an_archive_of_tensorflow_1_has_no_python(tmp_path: Path) -> None:
    described = read_side(declared_archive(tmp_path / "a", document(), contract=False, has_objects=False)).described
    assert (described.has_contract, described.has_python) == (False, False)


def test_a_contract_of_another_graph_is_the_only_finding(tmp_path: Path) -> None:
    old = declared_archive(tmp_path / "old", document("int32"))
    new = declared_archive(tmp_path / "new", document("int64"))
    (new / CONTRACT_PATH).write_bytes((old / CONTRACT_PATH).read_bytes())
    bad = tmp_path / "bad.specc.json"
    bad.write_text(json.dumps(document("int23")))
    with pytest.raises(specc.SpecError) as caught:
        read_sides(bad, new)
    found = {(each.rule, each.file) for each in caught.value.diagnostics}
    assert found == {("bad-dtype", str(bad)), ("contract-mismatch", str(new))}


def test_a_damaged_contract_is_a_finding(tmp_path: Path) -> None:
    path = declared_archive(tmp_path / "a", document())
    (path / CONTRACT_PATH).write_text("{}")
    with pytest.raises(specc.SpecError) as caught:
        read_side(path)
    assert [(each.rule, each.file) for each in caught.value.diagnostics] == [("bad-contract", str(path))]


def test_changes_in_an_archive_have_its_path_and_no_location(tmp_path: Path, capsys: Any) -> None:
    old = declared_archive(tmp_path / "old", document("int32"))
    new = declared_archive(tmp_path / "new", document("int64"))
    (change,) = specc.diff(old, new).findings
    assert (change.file, change.location, change.path) == (str(new), None, ("endpoints", "score", "inputs", 0, "id"))
    assert str(change).startswith(f"{new}: endpoints.score.inputs[0].id: input-dtype-changed: ")
    spec = tmp_path / "a.specc.json"
    spec.write_text(json.dumps(document("int32")))
    assert specc.diff(old, spec).findings == ()
