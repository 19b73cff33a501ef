"""The two renames of Linux and macOS, and their fallbacks."""

import ctypes
import errno
import os
from pathlib import Path
from typing import Any

import pytest

from specc.publishing import renames
from specc.publishing.renames import exchange, rename_new

pytestmark = pytest.mark.tensorflow


class MacOS:
    """The C library of macOS, with ``renamex_np`` as its manual describes it; ``flags`` are those of its header."""

    def __init__(self, flags: tuple[int, ...] = (4, 2)) -> None:
        self.flags = flags

    def renamex_np(self, old: bytes, new: bytes, flag: int) -> int:
        source, target = Path(os.fsdecode(old)), Path(os.fsdecode(new))
        try:
            if flag not in self.flags:
                raise OSError(errno.ENOTSUP, "")
            source.lstat()
            if flag == 2:  # RENAME_SWAP
                target.lstat()
                aside = source.rename(source.with_name("aside"))
                target.rename(source)
                aside.rename(target)
                return 0
            if os.path.lexists(target):  # RENAME_EXCL
                raise OSError(errno.EEXIST, "")
            source.rename(target)
        except OSError as error:
            ctypes.set_errno(error.errno or 0)
            return -1
        return 0


SWAPPING = ("renameat2", "renamex_np")


@pytest.fixture(params=[*SWAPPING, "no such call", "no such flag", "no such flag on macOS"])
def system(request: Any, monkeypatch: Any) -> str:
    """A system that has the call, one whose C library lacks it, one whose file system does not know its flags."""
    if "renamex_np" in request.param:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: MacOS())
    if "macOS" in request.param:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: MacOS(()))
    if request.param == "no such call":
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    if request.param == "no such flag":
        monkeypatch.setattr(renames, "_NO_REPLACE", 1 << 20)
        monkeypatch.setattr(renames, "_EXCHANGE", 1 << 20)
    return str(request.param)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "file").write_text("ours")
    return tmp_path / "source"


@pytest.mark.usefixtures("system")
def test_a_new_name(source: Path, tmp_path: Path) -> None:
    rename_new(source, tmp_path / "target")
    assert (tmp_path / "target" / "file").read_text() == "ours"
    assert not source.exists()


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("kind", ["empty directory", "directory", "file", "link", "dangling link"])
def test_nothing_is_replaced(kind: str, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    match kind:
        case "empty directory":
            target.mkdir()
        case "directory":
            (target / "theirs").mkdir(parents=True)
        case "file":
            target.write_text("theirs")
        case "link":
            target.symlink_to(tmp_path)
        case _:
            target.symlink_to("nowhere")
    before = target.lstat()
    with pytest.raises(FileExistsError) as caught:
        rename_new(source, target)
    assert caught.value.errno == errno.EEXIST
    assert (target.lstat().st_ino, target.lstat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (source / "file").read_text() == "ours"


def test_a_directory_that_somebody_fills_in_the_last_moment_is_kept(
    source: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "file").write_text("theirs")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    with pytest.raises(FileExistsError):
        rename_new(source, tmp_path / "target")
    assert (tmp_path / "target" / "file").read_text() == "theirs"


@pytest.mark.parametrize("libc", [None, MacOS()], ids=SWAPPING)
def test_two_directories_change_places(libc: Any, source: Path, tmp_path: Path, monkeypatch: Any) -> None:
    if libc is not None:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: libc)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "file").write_text("theirs")
    assert exchange(source, tmp_path / "target")
    assert [(path / "file").read_text() for path in (source, tmp_path / "target")] == ["theirs", "ours"]


def test_a_system_that_cannot_swap_says_so(system: str, source: Path, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    assert exchange(source, tmp_path / "target") == (system in SWAPPING)


@pytest.mark.parametrize("libc", [None, MacOS()], ids=SWAPPING)
def test_what_is_not_there_cannot_be_swapped(libc: Any, source: Path, tmp_path: Path, monkeypatch: Any) -> None:
    if libc is not None:
        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: libc)
    with pytest.raises(FileNotFoundError):
        exchange(source, tmp_path / "target")


@pytest.mark.usefixtures("system")
def test_another_error_is_an_error(source: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        rename_new(tmp_path / "absent", tmp_path / "target")
    assert caught.value.filename == str(tmp_path / "absent")
