"""Only regular files are opened; a pipe without a writer, a socket or a device is refused at once."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.source import regular_files
from specc.source.regular_files import NotRegularError, open_regular, read_regular


def bind(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the address of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(here)


KINDS: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a link to a pipe": lambda path: (os.mkfifo(path.with_name("pipe")), path.symlink_to("pipe")),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a directory": Path.mkdir,
    "a socket": bind,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_a_regular_file_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    KINDS[kind](path)
    with pytest.raises(NotRegularError) as caught:
        open_regular(path)
    assert caught.value.strerror == "it is not a regular file"


def test_a_pipe_that_takes_the_place_of_the_file_does_not_wait(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"x")
    status = path.stat()
    path.unlink()
    os.mkfifo(path)
    before = list(Path("/proc/self/fd").iterdir()) if Path("/proc/self/fd").exists() else []
    monkeypatch.setattr(os, "stat", lambda *_, **__: status)
    with pytest.raises(NotRegularError):
        open_regular(path)
    monkeypatch.undo()
    assert len(before) in (0, len(list(Path("/proc/self/fd").iterdir())))


@pytest.mark.parametrize("size", [0, 9, 10, 11, 12, 100])
def test_at_most_one_byte_more_than_the_limit_is_read(size: int, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(size))
    assert len(read_regular(tmp_path / "x", 10)) == min(size, 11)


def test_a_file_whose_size_is_not_stated_is_read() -> None:
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("there is no /proc")
    assert stat.S_ISREG(path.stat().st_mode)
    assert path.stat().st_size == 0
    assert read_regular(path, 10**6).startswith(b"Name:")


def test_nothing_else_opens_a_file_that_somebody_else_wrote() -> None:
    """Other ways to open a file for reading are in modules that read only files of specc or of this build."""
    package = Path(regular_files.__file__).parents[1]
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if any(word in line for word in ('.open("rb"', ".read_bytes()", ".read_text("))
    }
    assert found == {
        "artefacts/python_client/client.py",  # files of specc
        "checks/converter_ops.py",  # files of specc
        "cli/reference.py",  # the documentation
        "compiler/converted_graphs.py",  # staged by this build
        "compiler/keras_file.py",  # after a check that everything in the directory is a regular file
        "compiler/merge.py",  # the rest is staged by this build
        "compiler/write/bundles.py",
        "compiler/write/counted_names.py",
        "compiler/write/debug_info.py",
        "compiler/write/stored_values.py",
        "compiler/write/tensorflow_saver.py",
        "pages/page.py",  # files of specc
        "publishing/staging.py",  # /proc
        "reader/custom_ops.py",  # files of specc
        "rules/__init__.py",
        "verification/child/fingerprint.py",  # after the same check by the parent
    }
