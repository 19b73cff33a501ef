"""``specc diff``: what is compared, what is printed, and the exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from git_projects import GitProject, document

from specc.change import Change, Judgement, Surface
from specc.cli import main
from specc.compatibility import compare
from specc.compatibility.sides import Comparison
from specc.report.findings_schema import findings_schema

ANSWER = "breaks wire, rest and python: 1 breaking; a major version\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitProject:
    project = GitProject(tmp_path / "project")
    monkeypatch.chdir(project.path)
    return project


@pytest.fixture
def changed(project: GitProject) -> GitProject:
    """``a.specc.json`` breaks in the working tree what ``main`` has, and ``v1`` had."""
    project.write("a.specc.json", document("int32"))
    project.commit(tag="v1")
    project.write("a.specc.json", document("int64"))
    return project


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    code = main(["diff", *arguments])
    return code, *capsys.readouterr()


def in_json(capsys: Any, *arguments: str) -> dict[str, Any]:
    """What ``--format json`` prints, which its schema describes."""
    _, out, _ = run(capsys, "--format", "json", *arguments)
    data: dict[str, Any] = json.loads(out)
    jsonschema.validate(data, findings_schema())
    return data


def rules(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["rule"], each["file"]) for each in data["findings"]]


def test_two_specs(project: GitProject, capsys: Any) -> None:
    project.write("old.specc.json", document("int32"))
    project.write("new.specc.json", document("int64"))
    code, out, err = run(capsys, "old.specc.json", "new.specc.json")
    assert (code, err) == (1, "2 files checked, 1 error\n")
    lines = out.splitlines(keepends=True)
    assert lines[0] == ANSWER
    assert lines[2].startswith("new.specc.json:11:12: error: input-dtype-changed: ")
    assert lines[3:5] == [
        "- endpoints.score.inputs[0].id  int32[batch]\n",
        "+ endpoints.score.inputs[0].id  int64[batch]\n",
    ]
    assert "  a client that breaks:\n" in lines


def test_equal_sides(project: GitProject, capsys: Any) -> None:
    project.write("a.specc.json", document())
    code, out, err = run(capsys, "a.specc.json", "a.specc.json")
    assert (code, out) == (0, "breaks nothing: no changes of the contract; a patch version\n")
    assert err == "1 file checked, no errors\n"
    assert in_json(capsys, "a.specc.json", "a.specc.json")["verdict"] == dict.fromkeys(
        ("wire", "rest", "python"), "safe"
    )


def test_json_has_every_key_of_a_change(changed: GitProject, capsys: Any) -> None:
    data = in_json(capsys, "main", "a.specc.json")
    assert (data["command"], data["files"], data["errors"]) == ("diff", 2, 1)
    assert data["verdict"] == dict.fromkeys(("wire", "rest", "python"), "breaking")
    (finding,) = data["findings"]
    assert {"surfaces", "old", "new", "witness", "waived", "fingerprint", "location"} <= finding.keys()
    assert "against" not in finding
    assert (finding["old"]["value"], finding["new"]["value"]) == ("int32[batch]", "int64[batch]")


def test_an_invalid_side_is_all_that_is_reported(project: GitProject, capsys: Any) -> None:
    project.write("old.specc.json", document("int23"))
    project.write("new.specc.json", {**document(), "endpoints": {}})
    data = in_json(capsys, "old.specc.json", "new.specc.json")
    assert data["verdict"] is None
    assert rules(data) == [("bad-dtype", "old.specc.json"), ("empty-container", "new.specc.json")]
    assert all("surfaces" not in finding for finding in data["findings"])
    code, out, _ = run(capsys, "old.specc.json", "new.specc.json")
    assert code == 1
    assert out.startswith("old.specc.json:")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "expected OLD and NEW, or FILEs and --against REV; found 0 names"),
        (["a.specc.json"], 2, "found 1 name"),
        (["a.specc.json"] * 3, 2, "found 3 names"),
        (["", "a.specc.json"], 2, "an empty name names nothing"),
        (["main", "v1"], 2, "main is a revision, and the other side is not a spec that could be read there"),
        (["main", "archive"], 2, "write main:path"),
        (["main:", "a.specc.json"], 2, "'main:' names no file"),
        ([":a.specc.json", "a.specc.json"], 2, "':a.specc.json' names no revision"),
        (["s3://bucket/model/1", "a.specc.json"], 2, "is a URL, which cannot be read in place"),
        (["b.specc.json", "a.specc.json"], 3, "cannot read b.specc.json: there is no such file"),
        (["nope", "a.specc.json"], 3, "cannot read nope: there is no such file, directory or revision"),
        (["nope:a.specc.json", "a.specc.json"], 3, "there is no revision 'nope' in "),
        (["main:b.specc.json", "a.specc.json"], 3, "cannot read main:b.specc.json: there is no such file"),
        (["main", "../outside.specc.json"], 3, "is not in a git repository"),
        (["empty", "a.specc.json"], 3, "empty"),
        (["--against", "nope"], 3, "there is no revision 'nope'"),
        (["--against", "-x"], 2, "expected one argument"),
        (["--against=-x"], 3, "there is no revision '-x'"),
        (["--against", "main", "../outside.specc.json"], 3, "is not in a git repository"),
        (["--against", "main", "a.specc.json", "../outside.specc.json"], 3, "is outside the repository"),
        (["--against", "main", "b.specc.json"], 3, "cannot read b.specc.json: there is no such file"),
        (["--against-tags", "w*"], 3, "there is no tag 'w*'"),
        (["--against", "main", "--base", "x"], 2, "not allowed with argument"),
        (["--base", "versions"], 2, "--base needs a directory, and the FILEs"),
        (["--base", "nowhere", "a.specc.json"], 3, "cannot read nowhere: No such file or directory"),
        (["--base", "empty", "a.specc.json"], 3, "empty has no published version"),
        (["--base", "archive", "a.specc.json"], 3, "archive is itself a SavedModel"),
        (["--version", "1", "main", "a.specc.json"], 2, "--version needs --base"),
        (["--surface", "grpc", "main", "a.specc.json"], 2, "invalid choice: 'grpc'"),
        (["--reason", "x", "main", "a.specc.json"], 2, "--reason and --until need --waive"),
    ],
)  # fmt: skip
def test_misuse_and_what_is_missing(
    arguments: list[str], code: int, said: str, changed: GitProject, capsys: Any
) -> None:
    changed.write("archive/saved_model.pb", "")
    (changed.path / "empty").mkdir()
    (changed.path.parent / "outside.specc.json").write_text(json.dumps(document()))
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, ""), err
    assert said in err


def test_what_cannot_be_read_is_in_the_json(changed: GitProject, capsys: Any) -> None:
    data = in_json(capsys, "nope:a.specc.json", "a.specc.json")
    assert (data["verdict"], data["findings"]) == (None, [])
    assert "there is no revision 'nope'" in data["unreadable"][0]["message"]
    assert main(["diff", "nope:a.specc.json", "a.specc.json", "--format", "json"]) == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("main", "a.specc.json"),
        ("v1:a.specc.json", "a.specc.json"),
        ("main:./a.specc.json", "a.specc.json"),
        ("v1", "HEAD~0:b.specc.json"),
    ],
)
def test_revisions(old: str, new: str, changed: GitProject, capsys: Any) -> None:
    if new.endswith("b.specc.json"):
        changed.write("b.specc.json", document("int32"))
        changed.commit()
        changed.git("tag", "-f", "v1")
        changed.write("b.specc.json", document("int64"))
        changed.commit()
    file = "a.specc.json" if new == "a.specc.json" else "HEAD~0:b.specc.json"
    assert rules(in_json(capsys, old, new)) == [("input-dtype-changed", file)]
    old_file = "main:a.specc.json"
    if new == "a.specc.json":
        assert rules(in_json(capsys, new, "main")) == [("input-dtype-changed", old_file)]


def test_a_file_comes_before_a_revision_of_its_name(changed: GitProject, capsys: Any) -> None:
    shutil.copy("a.specc.json", "main")
    assert in_json(capsys, "main", "a.specc.json")["findings"] == []


class TestAgainst:
    def test_every_spec_that_changed(self, project: GitProject, capsys: Any) -> None:
        project.write("same.specc.json", document())
        project.write("changed.specc.json", document("int32"))
        project.write("sub/moved.specc.json", document("int32", name="moved"))
        project.write("deleted.specc.json", document("float64", "other", "third", name="another name"))
        project.commit()
        project.git("checkout", "--quiet", "-b", "feature")
        project.write("changed.specc.json", document("int64"))
        project.git("mv", "sub/moved.specc.json", "elsewhere.specc.json")
        project.commit()
        project.write("elsewhere.specc.json", document("int64", name="moved"))
        project.git("rm", "--quiet", "deleted.specc.json")
        project.write("new.specc.json", document())
        code, out, _ = run(capsys, "--against", "main", "--all", "--quiet")
        assert code == 1
        found = [line.split(": ")[:3] for line in out.splitlines()]
        assert [(place.partition(":")[0], level, rule) for place, level, rule in found] == [
            ("changed.specc.json", "error", "input-dtype-changed"),
            ("main", "error", "endpoint-removed"),
            ("main", "error", "endpoint-removed"),
            ("main", "error", "endpoint-removed"),
            ("elsewhere.specc.json", "error", "input-dtype-changed"),
            ("new.specc.json", "info", "endpoint-added"),
        ]

    def test_a_deleted_spec_is_shown_where_it_was(self, changed: GitProject, capsys: Any) -> None:
        Path("a.specc.json").unlink()
        (finding,) = in_json(capsys, "--against", "main")["findings"]
        assert (finding["rule"], finding["file"]) == ("endpoint-removed", "main:a.specc.json")
        assert finding["path"] == ["endpoints", "score"]
        assert finding["location"]["line"] == 8

    def test_what_others_changed_meanwhile_does_not_count(self, changed: GitProject, capsys: Any) -> None:
        changed.git("stash", "--quiet")
        changed.git("checkout", "--quiet", "-b", "feature")
        changed.git("checkout", "--quiet", "main")
        changed.write("a.specc.json", document("float64"))
        changed.commit()
        changed.git("checkout", "--quiet", "feature")
        assert in_json(capsys, "--against", "main")["findings"] == []
        changed.git("stash", "pop", "--quiet")
        assert rules(in_json(capsys, "--against", "main")) == [("input-dtype-changed", "a.specc.json")]

    def test_files_and_a_subdirectory(self, changed: GitProject, capsys: Any, monkeypatch: Any) -> None:
        changed.write("sub/b.specc.json", document("int32"))
        changed.commit()
        changed.write("sub/b.specc.json", document("int64"))
        changed.write("a.specc.json", document("bool"))
        monkeypatch.chdir("sub")
        assert [file for _, file in rules(in_json(capsys, "--against", "main"))] == ["../a.specc.json", "b.specc.json"]
        assert [file for _, file in rules(in_json(capsys, "--against", "main", "b.specc.json"))] == ["b.specc.json"]

    def test_a_file_that_was_renamed(self, changed: GitProject, capsys: Any) -> None:
        changed.git("mv", "--", "a.specc.json", "-b.specc.json")
        assert rules(in_json(capsys, "--against=main", "--", "-b.specc.json")) == [
            ("input-dtype-changed", "-b.specc.json")
        ]

    def test_names_may_be_given_twice_and_files_need_not_have_changed(self, changed: GitProject, capsys: Any) -> None:
        changed.write("same.specc.json", document("int32"))
        changed.commit()
        changed.git("mv", "a.specc.json", "b.specc.json")
        changed.write("b.specc.json", document("float64"))
        files = ["a.specc.json", "b.specc.json", "./b.specc.json", "same.specc.json"]
        data = in_json(capsys, "--against", "HEAD", *files)
        assert (rules(data), data["files"]) == ([("input-dtype-changed", "./b.specc.json")], 4)

    def test_an_ignored_file_is_compared_if_it_is_named(self, changed: GitProject, capsys: Any) -> None:
        changed.write(".gitignore", "*.specc.json\n")
        changed.write("b.specc.json", document("int64"))
        assert rules(in_json(capsys, "--against", "main", "b.specc.json")) == [("endpoint-added", "b.specc.json")]

    def test_an_invalid_spec_stops_the_comparison(self, changed: GitProject, capsys: Any) -> None:
        changed.write("b.specc.json", document("int23"))
        data = in_json(capsys, "--against", "main")
        assert (data["verdict"], rules(data)) == (None, [("bad-dtype", "b.specc.json")])


class TestAgainstTags:
    def test_each_tag_by_itself(self, project: GitProject, capsys: Any) -> None:
        # v1 has the endpoint, v2 lacks it with approval, and v3 has it again in another dtype, as NEW has.
        for tag, content in (("v1", document("int32", "more")), ("v2", document("int32")), ("v3", document("int64"))):
            project.write("a.specc.json", content)
            project.commit(tag=tag)
        project.write("a.specc.json", document("int64", "more"))
        found = {
            (finding["rule"], tuple(finding["path"][:2])): finding["against"]
            for finding in in_json(capsys, "--against-tags", "v*")["findings"]
        }
        assert found == {
            ("input-dtype-changed", ("endpoints", "score")): ["v1", "v2"],
            ("input-dtype-changed", ("endpoints", "more")): ["v1"],
            ("endpoint-added", ("endpoints", "more")): ["v2", "v3"],
        }
        code, out, _ = run(capsys, "--against-tags", "v*")
        assert (code, "\n  against v1, v2\n" in out) == (1, True)

    def test_a_tag_without_the_spec_has_no_clients(self, project: GitProject, capsys: Any) -> None:
        project.commit(tag="v0")
        project.write("a.specc.json", document())
        project.commit(tag="v1")
        project.git("branch", "v1")  # of the same name as a tag
        data = in_json(capsys, "--against-tags", "v*", "a.specc.json")
        assert data["findings"] == []


def test_surfaces_decide_what_is_an_error(changed: GitProject, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("specc.compatibility.difference.compare", _breaks_python)
    assert run(capsys, "main", "a.specc.json")[0] == 1
    code, out, _ = run(capsys, "main", "a.specc.json", "--surface", "wire", "--surface", "rest")
    assert (code, out) == (0, "breaks python, not wire and rest: 1 breaking; a major version\n")
    data = in_json(capsys, "main", "a.specc.json", "--surface", "wire")
    assert (data["verdict"]["python"], data["findings"][0]["level"]) == ("breaking", "info")


def _breaks_python(comparison: Comparison) -> list[Change]:
    surfaces: Mapping[Surface, Judgement] = {"wire": "safe", "rest": "safe", "python": "breaking"}
    return [replace(change, surfaces=surfaces) for change in compare(comparison)]


def test_safe_changes_are_shown_on_request(project: GitProject, capsys: Any) -> None:
    project.write("old.specc.json", document("int32"))
    project.write("new.specc.json", document("int32", "more"))
    code, out, _ = run(capsys, "old.specc.json", "new.specc.json", "--strict")
    assert (code, out) == (0, "breaks nothing: 1 safe; a minor version\n")
    _, out, _ = run(capsys, "old.specc.json", "new.specc.json", "--all")
    assert "info: endpoint-added" in out


def test_at_most_so_many_findings(changed: GitProject, capsys: Any) -> None:
    changed.write("b.specc.json", document("int64", "more"))
    changed.write("c.specc.json", document("int32", "more"))
    _, out, err = run(capsys, "c.specc.json", "b.specc.json", "--max-findings", "1")
    assert out.count("fingerprint: ") == 1
    assert err == "2 files checked, 2 errors (1 not shown)\n"
    _, out, _ = run(capsys, "c.specc.json", "b.specc.json", "--max-findings", "1", "--format", "markdown")
    assert out.count("--waive") == 1
