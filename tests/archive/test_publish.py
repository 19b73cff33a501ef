"""An archive is put where it was asked for, whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from specc.archive.publish import free_target, staged
from specc.errors import TargetError

pytestmark = pytest.mark.tensorflow


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
    with pytest.raises(TargetError, match="exists and is no directory"), staged(target):
        pass
    assert names(tmp_path) == ["archive"]


def test_a_mount_point_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="is a mount point, which cannot be replaced; choose a directory inside it"):
        free_target("/proc")


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

    with pytest.raises(TargetError, match="was written by someone else meanwhile"):
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
from specc.archive.publish import staged
with staged(Path(sys.argv[1])) as stage:
    (stage / "file").write_text("half")
    print(stage, flush=True)
    time.sleep(60)
"""


def start_holder(target: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_killed_build_leaves_a_stage_that_the_next_one_removes_once_its_owner_is_gone(tmp_path: Path) -> None:
    target = tmp_path / "archive"
    process, stage = start_holder(target)
    long_ago = time.time() - 3600
    os.utime(stage, (long_ago, long_ago))
    with staged(tmp_path / "archive") as other:
        assert stage.exists()  # its owner lives
        (other / "file").write_text("whole")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert names(tmp_path) == sorted([stage.name, "archive"])
    (target / "file").unlink()
    with staged(target):
        assert not stage.exists()
    assert names(tmp_path) == ["archive"]
