"""Reading specs at revisions of git: their texts, what changed, and a clear message where something is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from git_projects import GitProject, document

from specc.errors import UnreadableError
from specc.source.git_revisions import ChangedFile, Repository, repository_of
from specc.source.limits import MAX_BYTES


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitProject:
    project = GitProject(tmp_path / "project")
    monkeypatch.chdir(project.path)
    return project


def changes(repository: Repository, commit: str) -> list[tuple[str | None, str | None]]:
    return [(each.old, each.new) for each in repository.changed_specs(commit)]


def refusal(function: object, *arguments: str) -> str:
    with pytest.raises(UnreadableError) as caught:
        function(*arguments)  # type: ignore[operator]
    return str(caught.value)


def test_the_text_of_a_revision(project: GitProject) -> None:
    project.write("models/a.specc.json", "old\n")
    project.commit(tag="v1")
    project.write("models/a.specc.json", "new\n")
    repository = repository_of(project.path / "models")
    assert repository.root == project.path
    assert repository.text("v1", "models/a.specc.json") == repository.text("HEAD", "models/a.specc.json") == b"old\n"


def test_no_more_than_the_limit_is_read(project: GitProject) -> None:
    project.write("big.specc.json", "[" + " " * (MAX_BYTES + 100))
    project.commit()
    assert len(repository_of().text("HEAD", "big.specc.json")) == MAX_BYTES + 1


def test_what_changed_since_a_commit(project: GitProject) -> None:
    for name in ("same", "changed", "deleted", "renamed", "unstaged"):
        project.write(f"{name}.specc.json", {"name": name, "filler": list(range(50))})
    project.write("other.json", {})
    base = project.commit()
    project.write("changed.specc.json", {"name": "other", "filler": list(range(50))})
    project.git("rm", "--quiet", "deleted.specc.json")
    project.write("sub dir/x", "")
    project.git("mv", "renamed.specc.json", "sub dir/ümläut\n\t.specc.json")
    project.commit()
    project.write("unstaged.specc.json", {"name": "unstaged", "filler": [1]})
    project.write("-new.specc.json", {})
    project.write("other.json", {"changed": 1})
    project.write(".gitignore", "ignored.*\n")
    project.write("ignored.specc.json", {})
    repository = repository_of(project.path / "sub dir")
    assert changes(repository, base) == [
        (None, "-new.specc.json"),
        ("changed.specc.json", "changed.specc.json"),
        ("deleted.specc.json", None),
        ("renamed.specc.json", "sub dir/ümläut\n\t.specc.json"),
        ("unstaged.specc.json", "unstaged.specc.json"),
    ]


def test_settings_of_the_user_change_nothing(project: GitProject) -> None:
    project.write("sub/a.specc.json", {"filler": list(range(50))})
    base = project.commit()
    project.git("mv", "sub/a.specc.json", "b.specc.json")
    for key, value in (("diff.renames", "false"), ("diff.relative", "true"), ("core.quotePath", "true")):
        project.git("config", key, value)
    assert changes(repository_of(project.path / "sub"), base) == [("sub/a.specc.json", "b.specc.json")]


def test_a_file_that_only_left_the_index_is_still_there(project: GitProject) -> None:
    project.write("a.specc.json", {"v": 1})
    base = project.commit()
    project.git("rm", "--quiet", "--cached", "a.specc.json")
    assert repository_of().changed_specs(base) == [ChangedFile("a.specc.json", "a.specc.json")]


def test_the_merge_base_is_where_the_branch_began(project: GitProject) -> None:
    base = project.commit("base")
    project.git("checkout", "--quiet", "-b", "feature")
    project.commit("feature")
    project.git("checkout", "--quiet", "main")
    project.commit("main")
    project.git("checkout", "--quiet", "feature")
    assert repository_of().merge_base("main") == base
    project.git("checkout", "--quiet", "--orphan", "alone")
    project.commit("alone")
    assert refusal(repository_of().merge_base, "main") == "'main' and HEAD have no commit in common"


def test_tags_by_glob_in_the_order_of_their_versions(project: GitProject) -> None:
    project.commit()
    for tag in ("v10", "v2", "v1", "other", "-odd"):
        project.git("update-ref", f"refs/tags/{tag}", "HEAD")
    repository = repository_of()
    assert repository.tags("v*") == ["v1", "v2", "v10"]
    assert repository.tags("-o*") == ["-odd"]
    assert "there is no tag 'w*'" in refusal(repository.tags, "w*")
    assert refusal(repository.tags, "w*").endswith("a clone may lack them: git fetch --tags")


def test_what_is_missing_is_said(project: GitProject, tmp_path: Path) -> None:
    project.write("models/a.specc.json", document())
    project.commit()
    repository = repository_of()
    assert refusal(repository.commit, "nope") == f"there is no revision 'nope' in {project.path}"
    assert refusal(repository.text, "main", "models") == (
        "cannot read main:models: it is a directory; an archive at a revision cannot be read"
    )
    assert refusal(repository.text, "main", "b.specc.json") == "cannot read main:b.specc.json: there is no such file"
    os.chdir(project.path / "models")
    assert refusal(repository.text, "main", "a.specc.json").endswith("did you mean main:models/a.specc.json?")
    assert refusal(repository.path_of, str(tmp_path / "b.specc.json")).endswith(
        f"b.specc.json is outside the repository {project.path}"
    )
    assert refusal(repository_of, str(tmp_path)) == (
        f"cannot read revisions in {tmp_path}: it is not in a git repository"
    )


@pytest.mark.parametrize("revision", ["", "-x", "--output=stolen", "--all", "main..main", "main:a", "^main", "a\0b"])
def test_no_word_is_taken_for_an_option_or_a_range(revision: str, project: GitProject) -> None:
    project.commit()
    before = sorted(project.path.rglob("*"))
    assert refusal(repository_of().commit, revision)
    assert sorted(path for path in project.path.rglob("*") if path.name == "stolen") == []
    assert len(before) == len(sorted(project.path.rglob("*")))


def test_a_shallow_clone_says_what_to_fetch(project: GitProject, tmp_path: Path) -> None:
    project.commit("one", tag="v1")
    project.commit("two")
    project.git("checkout", "--quiet", "-b", "feature")
    project.commit("three")
    shallow = project.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")
    repository = repository_of(shallow.path)
    fetch = "git fetch --unshallow --tags origin '+refs/heads/*:refs/remotes/origin/*'"
    for revision in ("v1", "main"):
        said = refusal(repository.merge_base, revision)
        assert said == (
            f"there is no revision {revision!r} in {shallow.path}, which is a shallow clone; "
            f"fetch its history with: {fetch}"
        )
    shallow.git("fetch", "--quiet", "--depth=1", "origin", "main:main")
    said = refusal(repository.merge_base, "main")
    assert said == f"this clone is shallow and lacks the commit at which HEAD left 'main'; fetch it with: {fetch}"
    shallow.git("branch", "-D", "main")
    shallow.git("fetch", "--quiet", "--unshallow", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*")
    assert refusal(repository.merge_base, "main").endswith("did you mean 'origin/main'?")
    assert repository.merge_base("origin/main") == project.git("rev-parse", "main")


def test_no_git(project: GitProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal(repository_of) == "reading a revision needs git, which is not installed"


def test_the_variables_of_a_hook_do_not_lead_elsewhere(
    project: GitProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project.write("a.specc.json", "{}")
    project.commit()
    other = GitProject(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    assert repository_of().text("HEAD", "a.specc.json") == b"{}"
    assert repository_of().changed_specs("HEAD") == []
