"""An archive is published at its target completely or not at all."""

import contextlib
import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specc.errors import TargetError
from specc.publishing import staging
from specc.publishing.destinations import destination
from specc.publishing.publish import NewDirectory
from specc.publishing.replace import Replacement
from specc.publishing.versions import Version

pytestmark = pytest.mark.tensorflow


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Path]:
    with NewDirectory(target).staged() as stage:
        yield stage.directory


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("existing", [True, False])
def test_an_absent_or_empty_target_becomes_the_archive(existing: bool, tmp_path: Path) -> None:
    target = tmp_path / "archive"
    if existing:
        target.mkdir()
    with staged(target) as stage:
        (stage / "file").write_text("whole")
        assert stage.parent == tmp_path
        assert not stage.name.isdigit()
    assert names(tmp_path) == ["archive"]
    assert (target / "file").read_text() == "whole"


def test_missing_parents_are_made(tmp_path: Path) -> None:
    with staged(tmp_path / "a" / "b" / "archive") as stage:
        (stage / "file").write_text("whole")
    assert names(tmp_path / "a" / "b") == ["archive"]


@pytest.mark.parametrize("error", [RuntimeError("the model"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing(error: BaseException, tmp_path: Path) -> None:
    def fail() -> None:
        with staged(tmp_path / "a" / "archive") as stage:
            (stage / "file").write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert names(tmp_path) == []


def test_a_target_that_is_not_empty_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "mine").write_text("precious")
    with (
        pytest.raises(TargetError, match=r"archive is not empty; choose another target, or remove it first"),
        staged(tmp_path / "archive"),
    ):
        pass
    assert names(tmp_path / "archive") == ["mine"]


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_a_target_that_is_no_directory_is_refused(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "archive"
    if kind == "file":
        target.write_text("mine")
    else:
        target.symlink_to(tmp_path if kind == "link" else tmp_path / "nowhere")
    with pytest.raises(TargetError, match="exists and is not a directory"), staged(target):
        pass
    assert names(tmp_path) == ["archive"]


def test_a_mount_point_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="is a mount point, which cannot be replaced; choose a directory inside it"):
        NewDirectory("/proc").check()


def test_a_parent_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(TargetError, match="cannot"), staged(tmp_path / "file" / "archive"):
        pass


def test_a_target_that_someone_else_wrote_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "archive"

    def lose_the_race() -> None:
        with staged(target) as stage:
            (stage / "file").write_text("ours")
            target.mkdir()
            (target / "file").write_text("theirs")

    with pytest.raises(TargetError, match="was written by another process in the meantime"):
        lose_the_race()
    assert names(tmp_path) == ["archive"]
    assert (target / "file").read_text() == "theirs"


def test_the_archive_has_the_modes_of_any_other_file(tmp_path: Path) -> None:
    with staged(tmp_path / "archive") as stage:
        (stage / "file").write_text("whole")
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "archive").stat().st_mode == (tmp_path / "plain").stat().st_mode


HOLD = """
import sys, time
from pathlib import Path
from specc.publishing import staging
from specc.publishing.destinations import destination
from specc.publishing.publish import NewDirectory
from specc.publishing.replace import Replacement
from specc.publishing.versions import Version
with NewDirectory(sys.argv[1]).staged() as stage:
    (stage.directory / "file").write_text("half")
    print(stage.directory, flush=True)
    time.sleep(60)
"""


def start_holder(target: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_killed_build_leaves_a_stage_that_the_next_one_removes_once_its_owner_is_gone(tmp_path: Path) -> None:
    target = tmp_path / "archive"
    process, stage = start_holder(target)
    with staged(tmp_path / "archive") as other:
        assert stage.exists()  # its process is alive
        (other / "file").write_text("whole")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert names(tmp_path) == sorted([stage.name, "archive"])
    (target / "file").unlink()
    with staged(target):
        assert not stage.exists()
    assert names(tmp_path) == ["archive"]


def test_a_stage_of_another_machine_is_taken_for_dead_after_a_day(tmp_path: Path) -> None:
    with staged(tmp_path / "archive") as stage:
        mark, token = stage.name.rsplit("-", 1)
    foreign = [tmp_path / f"{mark[:-8]}{'0' * 8}-{token}", tmp_path / f"{mark[:-8]}{'0' * 8}-{token}1"]
    for directory, hours in zip(foreign, (23, 25), strict=True):
        (directory / "variables").mkdir(parents=True)
        for path in (directory / "variables", directory):
            os.utime(path, (time.time() - hours * 3600,) * 2)
    with staged(tmp_path / "other"):
        assert [path.exists() for path in foreign] == [True, True]  # they are for another archive
    (tmp_path / "archive").rmdir()
    with staged(tmp_path / "archive"):
        assert [path.exists() for path in foreign] == [True, False]


def test_a_link_or_a_file_that_is_called_like_a_stage_is_let_alone(tmp_path: Path) -> None:
    with staged(tmp_path / "archive") as stage:
        name = stage.name
    (tmp_path / "archive").rmdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / f"{name}1").symlink_to(tmp_path / "mine")
    (tmp_path / f"{name}2").write_text("mine")
    with staged(tmp_path / "archive"):
        pass
    assert names(tmp_path) == sorted([f"{name}1", f"{name}2", "archive", "mine"])


def test_a_stage_that_a_clean_up_takes_before_it_is_locked_is_made_anew(tmp_path: Path, monkeypatch: Any) -> None:
    taken = []

    def lock(descriptor: int, how: int) -> None:
        if not taken:
            taken.append(Path(f"/proc/self/fd/{descriptor}").readlink())
            taken[0].rmdir()
        flock(descriptor, how)

    flock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", lock)
    with staged(tmp_path / "archive") as stage:
        assert stage != taken[0]
        (stage / "file").write_text("whole")
    assert names(tmp_path) == ["archive"]


def test_a_file_system_without_locks_will_do(tmp_path: Path, monkeypatch: Any) -> None:
    def lock(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", lock)
    with staged(tmp_path / "archive") as stage:
        (stage / "file").write_text("whole")
        with staged(tmp_path / "archive"):
            assert stage.exists()
            (tmp_path / "archive").mkdir(exist_ok=True)
        (tmp_path / "archive").rmdir()
    assert names(tmp_path) == ["archive"]


def test_everything_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: Any) -> None:
    target, events = tmp_path / "new" / "archive", []

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        events.append(("archive" if target.exists() else "stage", path))

    monkeypatch.setattr(os, "fsync", fsync)
    with staged(target) as stage:
        (stage / "variables").mkdir()
        (stage / "variables" / "index").write_text("whole")
        (stage / "saved_model.pb").write_text("whole")
    before = {path for state, path in events if state == "stage"}
    assert before == {stage, stage / "variables", stage / "variables" / "index", stage / "saved_model.pb"}
    assert [path for state, path in events if state == "archive"] == [tmp_path / "new", tmp_path]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_flush_will_do(number: int, tmp_path: Path, monkeypatch: Any) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with staged(tmp_path / "archive") as stage:
        (stage / "file").write_text("whole")
    assert names(tmp_path / "archive") == ["file"]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fails_while_it_is_flushed_leaves_nothing(number: int, tmp_path: Path, monkeypatch: Any) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with (
        pytest.raises(TargetError, match=f"^cannot write {tmp_path}/a/archive: {os.strerror(number)}$"),
        staged(tmp_path / "a" / "archive"),
    ):
        pass
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EROFS, errno.ESTALE])
def test_a_rename_that_fails_leaves_nothing(number: int, tmp_path: Path, monkeypatch: Any) -> None:
    def rename(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "rename", rename)
    with (
        pytest.raises(TargetError, match=f"^cannot write {tmp_path}/a/archive: {os.strerror(number)}$"),
        staged(tmp_path / "a" / "archive"),
    ):
        pass
    assert names(tmp_path) == []


def test_names_that_cannot_be_flushed_are_said_of_an_archive_that_is_there(tmp_path: Path, monkeypatch: Any) -> None:
    flush = os.fsync

    def fsync(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink() == tmp_path:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with NewDirectory(tmp_path / "archive").staged() as stage:
        (stage.directory / "file").write_text("whole")
    assert (stage.published, names(tmp_path / "archive")) == (tmp_path / "archive", ["file"])
    reason = os.strerror(errno.EIO)
    assert stage.notes == [f"{tmp_path} could not be flushed to disk, so the archive may be lost in a crash: {reason}"]


def test_a_place_that_a_build_that_failed_takes_away_is_made_anew(tmp_path: Path, monkeypatch: Any) -> None:
    target = tmp_path / "new" / "place" / "archive"

    def fail() -> None:
        with staged(target):
            raise RuntimeError("the model")

    def meanwhile(place: Path, name: str) -> None:
        """The first build created the directory; it fails after the second found it, before that has created its stage."""
        monkeypatch.setattr(staging, "remove_dead_stages", remove_dead_stages)
        place.rmdir()
        place.parent.rmdir()

    remove_dead_stages = staging.remove_dead_stages
    monkeypatch.setattr(staging, "remove_dead_stages", meanwhile)
    with staged(target) as stage:
        (stage / "file").write_text("whole")
    assert names(target) == ["file"]
    monkeypatch.setattr(staging, "remove_dead_stages", meanwhile)
    target = tmp_path / "other" / "place" / "archive"
    with pytest.raises(RuntimeError, match="the model"):
        fail()
    assert names(tmp_path) == ["new"]


def publish_to(kind: str, path: str, text: str) -> Path:
    destinations = {"new": NewDirectory, "replaced": Replacement, "version": Version}
    with destinations[kind](path).staged() as stage:
        (stage.directory / "saved_model.pb").write_text(text)
    assert isinstance(stage.published, Path)
    return stage.published


def test_what_stands_above_a_link_is_what_the_file_system_says(tmp_path: Path) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real/deep")
    publish_to("new", f"{tmp_path}/archive", "precious")
    publish_to("new", f"{tmp_path}/link/../archive", "old")
    publish_to("replaced", f"{tmp_path}/link/../archive", "new")
    published = publish_to("version", f"{tmp_path}/link/..", "version")
    files = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {
        "archive/saved_model.pb": "precious",
        "real/archive/saved_model.pb": "new",
        "real/1/saved_model.pb": "version",
    }
    assert published == Path(f"{tmp_path}/link/../1")


@pytest.mark.parametrize("where", [{"filepath": ""}, {"base": ""}])
def test_an_empty_path_is_no_place(where: Any) -> None:
    with pytest.raises(TargetError, match=r"^the path is empty; the current directory is \.$"):
        destination(**where)


def test_a_group_that_a_directory_hands_down_reaches_the_archive(tmp_path: Path) -> None:
    tmp_path.chmod(0o2775)
    (tmp_path / "plain").mkdir()
    with staged(tmp_path / "archive"):
        pass
    assert (tmp_path / "archive").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert (tmp_path / "archive").stat().st_mode & stat.S_ISGID


def test_a_long_name_leaves_room_for_the_stage(tmp_path: Path) -> None:
    target = tmp_path / ("ä" * 127)
    with staged(target) as stage:
        assert len(os.fsencode(stage.name)) <= 255
    assert names(tmp_path) == [target.name]


@pytest.fixture
def nobody() -> Iterator[None]:
    """Checks write access as an ordinary user, since the superuser can write everywhere."""
    real, effective = os.getuid(), os.geteuid()
    if effective == 0:
        os.setreuid(65534, -1)
    yield
    os.setreuid(real, effective)


@pytest.mark.usefixtures("nobody")
def test_a_parent_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(TargetError, match=f"^cannot write {tmp_path}/a/archive: {tmp_path} is not writable$"):
        NewDirectory(tmp_path / "a" / "archive").check()


def test_a_parent_that_is_no_directory_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(
        TargetError, match=f"^cannot write {tmp_path}/file/a/archive: {tmp_path}/file is not a directory$"
    ):
        NewDirectory(tmp_path / "file" / "a" / "archive").check()
