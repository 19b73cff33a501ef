"""Versions of a model under one base: numbers, what is kept, and what is never touched."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.errors import TargetError
from specc.publishing import versions
from specc.publishing.versions import MAX_VERSION, Version, VersionChoice, version_number

pytestmark = pytest.mark.tensorflow


def publish(base: Path, version: VersionChoice = "next", keep: int | None = None) -> str:
    with Version(base, version, keep).staged() as stage:
        (stage.directory / "saved_model.pb").write_text("model")
    assert isinstance(stage.published, Path)
    return stage.published.name


def names(base: Path) -> list[str]:
    return sorted(path.name for path in base.iterdir())


def test_next_is_one_more_than_the_newest(tmp_path: Path) -> None:
    base = tmp_path / "new" / "base"
    assert [publish(base), publish(base), publish(base, 40), publish(base)] == ["1", "2", "40", "41"]
    assert names(base) == ["1", "2", "40", "41"]


def test_a_timestamp_goes_on_where_the_clock_has_been_already(tmp_path: Path) -> None:
    before = int(time.time())
    first = int(publish(tmp_path, "timestamp"))
    assert before <= first <= int(time.time())
    later = first + 1000
    publish(tmp_path, later)
    assert publish(tmp_path, "timestamp") == str(later + 1)


def test_a_number_that_is_there_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    (tmp_path / "007").mkdir()
    with pytest.raises(TargetError, match="already has version 3"):
        Version(tmp_path, 3).check()
    with pytest.raises(TargetError, match=r"already has version 7 \(007\)"):
        publish(tmp_path, 7)
    assert names(tmp_path) == ["007", "3"]


def test_an_empty_directory_is_a_version_too(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    assert publish(tmp_path) == "2"


def test_only_so_many_are_kept_and_only_archives_are_removed(tmp_path: Path) -> None:
    for version in (1, 2, 3, 9):
        publish(tmp_path, version)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "notes.txt").write_text("no archive")
    (tmp_path / "notes").mkdir()
    assert publish(tmp_path, 4, keep=2) == "4"
    assert names(tmp_path) == ["0", "4", "9", "notes"]
    assert publish(tmp_path, keep=1) == "10"
    assert names(tmp_path) == ["0", "10", "notes"]


def test_neither_the_new_version_nor_a_newer_one_is_removed(tmp_path: Path) -> None:
    for version in (1, 2, 8, 9):
        publish(tmp_path, version)
    assert publish(tmp_path, 4, keep=1) == "4"
    assert names(tmp_path) == ["4", "8", "9"]


def test_a_version_that_cannot_be_removed_is_said(tmp_path: Path, monkeypatch: Any) -> None:
    publish(tmp_path)
    with Version(tmp_path, keep=1).staged() as stage:
        (stage.directory / "saved_model.pb").write_text("model")
        monkeypatch.setattr("shutil.rmtree", lambda path, ignore_errors: None)
    (left,) = (path for path in tmp_path.iterdir() if not path.name.isdigit())
    assert stage.notes == [f"version 1 was moved to {left}, which could not be removed"]
    monkeypatch.undo()
    publish(tmp_path)
    assert names(tmp_path) == ["2", "3"]


FILES = {"saved_model.pb": "model", "variables/a": "1", "variables/b": "2"}


def publish_files(base: Path, keep: int | None = None) -> None:
    with Version(base, keep=keep).staged() as stage:
        (stage.directory / "variables").mkdir()
        for name, text in FILES.items():
            (stage.directory / name).write_text(text)


def dying(moment: int) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Wraps functions so that the process dies when one of them is called for the ``moment``th time."""
    calls = itertools.count()

    def wrap(function: Callable[..., object]) -> Callable[..., object]:
        def called(*args: Any, **kwargs: Any) -> object:
            if next(calls) == moment:
                os._exit(9)
            return function(*args, **kwargs)

        return called

    return wrap


@pytest.mark.parametrize("moment", range(8))
def test_a_build_killed_while_it_removes_versions_leaves_whole_ones(
    tmp_path: Path, moment: int, monkeypatch: Any
) -> None:
    publish_files(tmp_path)
    child = os.fork()
    if child == 0:
        wrap = dying(moment)
        monkeypatch.setattr(versions, "rename_new", wrap(versions.rename_new))
        for name in ("unlink", "rmdir"):
            monkeypatch.setattr(os, name, wrap(getattr(os, name)))
        publish_files(tmp_path, keep=1)
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert killed == (moment < 7)  # two renames; three files and two directories
    for version in (path for path in tmp_path.iterdir() if path.name.isdigit()):
        files = {
            path.relative_to(version).as_posix(): path.read_text() for path in version.rglob("*") if path.is_file()
        }
        assert files == FILES, version
    publish_files(tmp_path, keep=1)
    assert names(tmp_path) == ["2" if moment == 0 else "3"]


HOLD = """
import sys, time
from specc.publishing.versions import Version
with Version(sys.argv[1]).staged() as stage:
    print("there", flush=True)
    time.sleep(60)
"""


def test_a_stage_that_was_made_through_a_link_is_removed_under_the_real_name(tmp_path: Path) -> None:
    base, link = tmp_path / "base", tmp_path / "link"
    base.mkdir()
    link.symlink_to("base")
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(link)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "there\n"
    process.kill()
    process.wait()
    assert len(names(base)) == 1
    publish(base)
    assert names(base) == ["1"]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("1", 1), ("007", 7), (str(MAX_VERSION), MAX_VERSION), (str(MAX_VERSION + 1), None), ("+1", None), ("-1", None),
        (" 1", None), ("1.0", None), ("\u0661", None), ("", None), ("v1", None),
    ],
)  # fmt: skip
def test_what_is_a_version(name: str, number: int | None) -> None:
    assert version_number(name) == number


@pytest.mark.parametrize(("version", "keep"), [("newest", None), (-1, None), (True, None), ("next", 0), ("next", True)])
def test_misuse(tmp_path: Path, version: VersionChoice, keep: int | None) -> None:
    with pytest.raises(ValueError, match="must be"):
        Version(tmp_path, version, keep)


def test_a_base_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(TargetError, match="exists and is not a directory; choose another base"):
        Version(tmp_path / "file").check()
    publish(tmp_path / "base")
    with pytest.raises(TargetError, match="is itself a SavedModel"):
        Version(tmp_path / "base" / "1").check()
