"""Large files reach the disk while others are written and checked; a disk that fails meanwhile is not forgotten."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from varied_exports import document

import specc
from specc.errors import TargetError
from specc.publishing import staging

pytestmark = pytest.mark.tensorflow

PROGRAM = specc.compile(document({"serve": {"inputs": ["float32[batch]"], "outputs": "float32[batch]"}}))


class Scaled(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(3.0)

    def __call__(self, x: Any) -> Any:
        return x * self.scale


def is_flusher() -> bool:
    return threading.current_thread() is not threading.main_thread()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_BETWEEN_FLUSHES", 0.0)


def wait_for(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    assert condition()


@pytest.mark.usefixtures("at_once")
def test_files_are_flushed_while_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = set()
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.add(Path(f"/proc/self/fd/{descriptor}").readlink()))
    with staging.flushing(staging.Stage(tmp_path, is_durable=True), tmp_path):
        (tmp_path / "first").write_text("whole")
        wait_for(lambda: tmp_path / "first" in flushed)
        (tmp_path / "second").write_text("whole")
        wait_for(lambda: tmp_path / "second" in flushed)
    assert not any(each.name == "specc-flush" for each in threading.enumerate())


@pytest.mark.usefixtures("at_once")
def test_a_file_that_is_renamed_meanwhile_is_flushed_by_its_new_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed, opened = set(), os.open

    def renaming(path: Any, *arguments: Any) -> int:
        if Path(path).name == "first" and is_flusher():
            Path(path).rename(tmp_path / "second")
        return opened(path, *arguments)

    monkeypatch.setattr(os, "open", renaming)
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.add(Path(f"/proc/self/fd/{descriptor}").readlink()))
    (tmp_path / "first").write_text("whole")
    with staging.flushing(staging.Stage(tmp_path, is_durable=True), tmp_path):
        wait_for(lambda: tmp_path / "second" in flushed)


@pytest.mark.usefixtures("at_once")
def test_an_error_that_the_disk_reports_once_leaves_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flush, failed = os.fsync, threading.Event()

    def failing(descriptor: int) -> None:
        if is_flusher() and not failed.is_set():
            failed.set()
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    target = tmp_path / "archive"

    def progress(line: str) -> None:
        if line == "sealing":
            wait_for(failed.is_set)

    with pytest.raises(TargetError, match=f"^cannot write {target}: {os.strerror(errno.EIO)}$"):
        PROGRAM.export(Scaled(), target, progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_a_small_archive_is_flushed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushers, flush = [], os.fsync

    def recording(descriptor: int) -> None:
        flushers.append(is_flusher())
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", recording)
    monkeypatch.setattr(staging, "_BETWEEN_FLUSHES", 60.0)
    PROGRAM.export(Scaled(), tmp_path / "archive")
    assert flushers
    assert not any(flushers)


@pytest.mark.usefixtures("at_once")
def test_a_stage_that_is_uploaded_is_not_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    flushed = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    PROGRAM.export(Scaled(), "memory://uploaded/archive")
    assert flushed == []
