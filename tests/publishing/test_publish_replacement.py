"""An archive completely replaces another, and nothing else is ever deleted."""

import ctypes
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.errors import TargetError
from specc.publishing import replace
from specc.publishing.publish import NewDirectory
from specc.publishing.renames import rename_new
from specc.publishing.replace import Replacement

pytestmark = pytest.mark.tensorflow


@pytest.fixture(params=[True, False], ids=["swapping", "not swapping"])
def swapping(request: Any, monkeypatch: Any) -> bool:
    if not request.param:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    return bool(request.param)


def write_archive(directory: Path, text: str) -> None:
    (directory / "variables").mkdir(parents=True)
    (directory / "saved_model.pb").write_text(text)
    (directory / "variables" / f"variables.{text}").write_text(text)


def put(target: Path, text: str, meanwhile: Callable[[], object] = lambda: None) -> None:
    with Replacement(target).staged() as stage:
        write_archive(stage.directory, text)
        meanwhile()


def files(directory: Path) -> dict[str, str]:
    return {path.relative_to(directory).as_posix(): path.read_text() for path in directory.rglob("*") if path.is_file()}


def archive(text: str) -> dict[str, str]:
    return {"saved_model.pb": text, f"variables/variables.{text}": text}


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.usefixtures("swapping")
@pytest.mark.parametrize("existing", ["absent", "empty", "archive"])
def test_the_target_becomes_the_archive_and_nothing_of_the_old_one_remains(existing: str, tmp_path: Path) -> None:
    target = tmp_path / "archive"
    match existing:
        case "empty":
            target.mkdir()
        case "archive":
            write_archive(target, "old")
            (target / "assets.extra").mkdir()
            (target / "assets.extra" / "warmup").write_text("old")
    put(target, "new")
    assert files(tmp_path) == {f"archive/{name}": text for name, text in archive("new").items()}
    assert names(tmp_path) == ["archive"]


@pytest.mark.usefixtures("swapping")
def test_the_old_one_stays_readable_until_the_new_one_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "archive"
    write_archive(target, "old")
    seen = []
    put(target, "new", lambda: seen.append(files(target)))
    assert seen == [archive("old")]


@pytest.mark.usefixtures("swapping")
def test_a_failure_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "archive"
    write_archive(target, "old")

    def fail() -> None:
        raise RuntimeError("the model")

    with pytest.raises(RuntimeError, match="the model"):
        put(target, "new", fail)
    assert files(tmp_path) == {f"archive/{name}": text for name, text in archive("old").items()}


def test_the_report_says_the_path_as_it_was_given(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    with Replacement("archive").staged() as stage:
        write_archive(stage.directory, "new")
    assert (stage.published, stage.notes) == (Path("archive"), [])


@pytest.mark.parametrize("within", [".", "variables"])
def test_the_working_directory_stays_the_same_directory(within: str, tmp_path: Path, monkeypatch: Any) -> None:
    target = tmp_path / "archive"
    write_archive(target, "old")
    (target / "assets").mkdir()
    (target / "assets" / "words.txt").write_text("old")
    before = (target / within).stat().st_ino
    monkeypatch.chdir(target / within)
    put(target, "new")
    assert files(target) == archive("new")
    assert names(target) == ["saved_model.pb", "variables"]
    assert Path().stat().st_ino == (target / within).stat().st_ino == before
    assert names(tmp_path) == ["archive"]


@pytest.mark.usefixtures("swapping")
def test_the_mode_of_the_directory_stays(tmp_path: Path) -> None:
    target = tmp_path / "archive"
    write_archive(target, "old")
    target.chmod(0o750)
    put(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o750


def refusal(target: Path) -> str:
    ours = target.is_dir() and not target.is_mount()  # not all of a mounted file system is readable
    before = files(target) if ours else {}
    with pytest.raises(TargetError) as checked:
        Replacement(target).check()
    with pytest.raises(TargetError) as published:
        put(target, "new")
    assert str(checked.value) == str(published.value)
    assert (files(target) if ours else {}) == before
    return str(checked.value)


def test_a_directory_that_is_no_savedmodel_is_never_deleted(tmp_path: Path) -> None:
    (tmp_path / "home" / "saved_model.pb").mkdir(parents=True)  # a directory of that name is not a SavedModel
    (tmp_path / "home" / "thesis.tex").write_text("precious")
    assert refusal(tmp_path / "home") == (
        f"{tmp_path}/home is not empty and holds no SavedModel; choose another target, or remove it first; specc "
        "replaces SavedModels only"
    )


@pytest.mark.parametrize(
    ("foreign", "found"),
    [(["thesis.tex"], "thesis.tex"), ([".git", "1", "README.md", "b"], ".git, 1, README.md, ...")],
)
def test_what_lies_beside_a_savedmodel_is_never_deleted(foreign: list[str], found: str, tmp_path: Path) -> None:
    write_archive(tmp_path / "home", "old")
    for name in foreign:
        (tmp_path / "home" / name).write_text("precious")
    assert refusal(tmp_path / "home") == (
        f"{tmp_path}/home holds more than a SavedModel: {found}; move that away first, since replacing the archive "
        "would delete it"
    )


@pytest.mark.usefixtures("swapping")
def test_what_was_laid_there_during_the_build_is_never_deleted(tmp_path: Path) -> None:
    target = tmp_path / "archive"
    write_archive(target, "old")
    with pytest.raises(TargetError, match=r"archive holds more than a SavedModel: thesis.tex; move that away first"):
        put(target, "new", lambda: (target / "thesis.tex").write_text("precious"))
    assert files(tmp_path) == {"archive/thesis.tex": "precious"} | {
        f"archive/{name}": text for name, text in archive("old").items()
    }


@pytest.mark.parametrize("kind", ["saved_model.pbtxt", "saved_model.cpb"])
def test_every_form_of_a_savedmodel_is_replaced(kind: str, tmp_path: Path) -> None:
    write_archive(tmp_path / "archive", "old")
    (tmp_path / "archive" / "saved_model.pb").rename(tmp_path / "archive" / kind)
    for name in ("fingerprint.pb", "keras_metadata.pb"):
        (tmp_path / "archive" / name).write_text("old")
    for name in ("assets", "assets.extra", "debug"):
        (tmp_path / "archive" / name).mkdir()
    put(tmp_path / "archive", "new")
    assert files(tmp_path / "archive") == archive("new")


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    write_archive(tmp_path / "versions" / "3", "old")
    (tmp_path / "current").symlink_to("versions/3")
    put(tmp_path / "current", "new")
    assert (tmp_path / "current").readlink() == Path("versions/3")
    assert files(tmp_path / "versions") == {f"3/{name}": text for name, text in archive("new").items()}
    assert names(tmp_path) == ["current", "versions"]


def test_files_and_mount_points_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert refusal(tmp_path / "file") == f"{tmp_path}/file exists and is not a directory; choose another target"
    assert refusal(Path("/proc")) == "/proc is a mount point, which cannot be replaced; choose a directory inside it"
    (tmp_path / "loop").symlink_to("loop")
    assert refusal(tmp_path / "loop") == f"{tmp_path}/loop exists and is not a directory; choose another target"


@pytest.mark.usefixtures("swapping")
def test_another_build_may_publish_or_remove_it_meanwhile(tmp_path: Path) -> None:
    target = tmp_path / "archive"

    def publish_another() -> None:
        with NewDirectory(target).staged() as stage:
            write_archive(stage.directory, "other")

    put(target, "first", publish_another)
    assert files(target) == archive("first")
    put(target, "second", lambda: target.rename(tmp_path / "away"))
    assert files(target) == archive("second")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_build_that_dies_between_two_renames_loses_nothing(moment: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Without a swap: the old archive has been renamed, and the new one has its name or not."""
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    target = tmp_path / "archive"
    write_archive(target, "old")

    def rename_and_die(source: Path, to: Path) -> None:
        if target.exists():
            raise FileExistsError
        if moment == "after":
            rename_new(source, to)
        os._exit(9)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(replace, "rename_new", rename_and_die)
        put(target, "new")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert any(re.match(r"\.archive\.specc-replaced-", name) for name in names(tmp_path))
    Replacement(target).check()
    assert files(target) == archive("old" if moment == "before" else "new")
    put(target, "newer")
    assert files(target) == archive("newer")
    assert names(tmp_path) == ["archive"]


def test_a_rename_that_fails_puts_the_old_one_back(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    target = tmp_path / "archive"
    write_archive(target, "old")

    def fail(source: Path, to: Path) -> None:
        if ".specc-staging-" in source.name:
            raise FileExistsError if to.exists() else OSError(5, "Input/output error")
        rename_new(source, to)

    monkeypatch.setattr(replace, "rename_new", fail)
    with pytest.raises(TargetError, match=f"^cannot write {target}: Input/output error$"):
        put(target, "new")
    assert files(tmp_path) == {f"archive/{name}": text for name, text in archive("old").items()}


def test_what_cannot_be_removed_is_said(tmp_path: Path, monkeypatch: Any) -> None:
    target = tmp_path / "archive"
    write_archive(target, "old")
    with Replacement(target).staged() as stage:
        write_archive(stage.directory, "new")
        monkeypatch.setattr("shutil.rmtree", lambda path, ignore_errors: None)
    assert files(target) == archive("new")
    assert stage.notes == [f"{stage.directory} could not be removed; it is no longer needed"]


def plant(place: Path, text: str = "theirs") -> Path:
    """A directory of the name that a killed build leaves beside the target."""
    aside = place / ".archive.specc-replaced-0123abcd"
    write_archive(aside, text)
    return aside


@pytest.mark.parametrize("kind", ["no archive", "more than an archive", "a link", "a file"])
def test_what_is_no_old_archive_is_not_installed(kind: str, tmp_path: Path) -> None:
    aside = plant(tmp_path / "elsewhere" if kind == "a link" else tmp_path)
    match kind:
        case "no archive":
            (aside / "saved_model.pb").unlink()
        case "more than an archive":
            (aside / "setup.py").write_text("")
        case "a link":
            (tmp_path / aside.name).symlink_to(aside)
        case "a file":
            aside.rename(tmp_path / "away")
            aside.write_text("")
    before = (tmp_path / aside.name).lstat()
    target = tmp_path / "archive"
    Replacement(target).check()
    assert not target.exists()
    put(target, "ours")
    assert files(target) == archive("ours")
    assert os.path.samestat((tmp_path / aside.name).lstat(), before)


@pytest.mark.parametrize(("owner", "parent", "is_restored"), [(7, 8, False), (8, 8, True), (1, 8, True)])
def test_only_an_archive_of_this_user_or_of_the_owner_of_the_place_is_restored(
    owner: int, parent: int, is_restored: bool, tmp_path: Path, monkeypatch: Any
) -> None:
    aside = plant(tmp_path)
    lstat, status = Path.lstat, Path.stat

    def owned(result: os.stat_result, user: int) -> os.stat_result:
        return os.stat_result((*result[:4], user, *result[5:10]))

    monkeypatch.setattr(os, "geteuid", lambda: 1)
    monkeypatch.setattr(Path, "lstat", lambda self: owned(lstat(self), owner) if self == aside else lstat(self))
    monkeypatch.setattr(
        Path, "stat", lambda self, **more: owned(status(self), parent) if self == tmp_path else status(self, **more)
    )
    Replacement(tmp_path / "archive").check()
    assert (tmp_path / "archive").exists() == is_restored
    assert aside.exists() != is_restored
