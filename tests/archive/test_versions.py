"""Versions of a model under one base: numbers, what is kept, and what is never touched."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from specc.archive.versions import MAX_VERSION, Version, VersionChoice, version_number
from specc.errors import TargetError

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
    with pytest.raises(TargetError, match="has version 3 already"):
        Version(tmp_path, 3).check()
    with pytest.raises(TargetError, match=r"has version 7 already \(007\)"):
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
    with pytest.raises(TargetError, match="exists and is no directory; choose another base"):
        Version(tmp_path / "file").check()
    publish(tmp_path / "base")
    with pytest.raises(TargetError, match="is a SavedModel itself"):
        Version(tmp_path / "base" / "1").check()
