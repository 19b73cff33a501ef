"""Which pyproject.toml has the settings of a spec, and what happens when it cannot be read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.cli import main, settings

DOCUMENT = {
    "specc": 1,
    "dims": {"batch": {}, "time": {}},
    "endpoints": {"score": {"inputs": ["float32[batch, 3]"], "outputs": {"score": "float32[batch]"}}},
}
OFF = '[tool.specc.levels]\nunused-dim = "off"\n'


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "models" / "ranker" / "ranker.specc.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(DOCUMENT))
    return file


def is_off(spec: Path, capsys: Any) -> bool:
    assert main(["validate", str(spec), "-q"]) == 0
    return "unused-dim" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "make", [Path.mkdir, lambda git: git.write_text("gitdir: elsewhere\n")], ids=["directory", "file"]
)
def test_the_search_ends_with_the_directory_that_holds_git(
    make: Callable[[Path], Any], tmp_path: Path, spec: Path, capsys: Any
) -> None:
    make(tmp_path / "models" / ".git")
    (tmp_path / "pyproject.toml").write_text(OFF)
    assert not is_off(spec, capsys)
    (tmp_path / "models" / "pyproject.toml").write_text(OFF)
    assert is_off(spec, capsys)


@pytest.mark.parametrize("has_git", [False, True])
def test_without_git_the_search_ends_before_the_first_directory_of_another_owner(
    has_git: bool, tmp_path: Path, spec: Path, monkeypatch: Any, capsys: Any
) -> None:
    (tmp_path / "pyproject.toml").write_text(OFF)
    owners = {tmp_path / "models": 2, tmp_path: 1, spec.parent: 1}
    monkeypatch.setattr(settings, "_owner", lambda directory: owners.get(directory, 3))
    if has_git:
        (tmp_path / ".git").mkdir()
    assert is_off(spec, capsys) == has_git
    owners[tmp_path / "models"] = 1
    assert is_off(spec, capsys)


FAILURES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a pipe": (os.mkfifo, "it is not a regular file"),
    "a device": (lambda file: file.symlink_to("/dev/zero"), "it is not a regular file"),
    "a dangling link": (lambda file: file.symlink_to("gone"), "No such file or directory"),
    "a loop": (lambda file: file.symlink_to(file), "Too many levels of symbolic links"),
    "too large": (lambda file: file.write_text(OFF + "#" * 2**20), "it is larger than 1 MiB"),
    "a long key": (lambda file: file.write_text(OFF + "a." * 40_000 + "a = 1"), "a key has more than 100 parts (at line 3)"),
    "deep brackets": (lambda file: file.write_text(OFF + "a = " + "[" * 10_000), "brackets are nested deeper than 100 (at line 3)"),
    "a huge integer": (lambda file: file.write_text(OFF + "a = 1" + "0" * 9_999), "Exceeds the limit"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_wrong_usage_with_the_reason(name: str, tmp_path: Path, spec: Path, capsys: Any) -> None:
    make, reason = FAILURES[name]
    file = tmp_path / "pyproject.toml"
    make(file)
    assert main(["validate", str(spec)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"specc: error: cannot read {file}: {reason}")


def test_a_waiver_is_added_within_the_project_only(tmp_path: Path, spec: Path, monkeypatch: Any, capsys: Any) -> None:
    waive = ["diff", "--waive", "0123456789ab", "--reason", "agreed", "--until", "2999-01-01"]
    (tmp_path / "pyproject.toml").write_text(OFF)
    (tmp_path / "models" / ".git").mkdir()
    monkeypatch.chdir(spec.parent)
    assert main(waive) == 3
    assert "there is no pyproject.toml in" in capsys.readouterr().err
    own = tmp_path / "models" / "pyproject.toml"
    own.write_text("")
    assert main(waive) == 0
    assert "0123456789ab" in own.read_text()
    assert (tmp_path / "pyproject.toml").read_text() == OFF


def test_each_file_is_read_once(tmp_path: Path, spec: Path, monkeypatch: Any, capsys: Any) -> None:
    (tmp_path / "pyproject.toml").write_text(OFF)
    beside = tmp_path / "models" / "other.specc.json"
    beside.write_text(json.dumps(DOCUMENT))
    seen: list[Path] = []
    read = settings.read_pyproject
    monkeypatch.setattr(settings, "read_pyproject", lambda file: seen.append(file) or read(file))
    assert main(["validate", str(spec), str(beside), str(spec)]) == 0
    assert seen == [tmp_path / "pyproject.toml"]
