"""Puts an archive where it was asked for, whole or not at all.

An archive is staged in a sibling of its target, flushed to disk, and renamed; a rename onto a directory that is not
empty fails, so nothing is ever overwritten or mixed. The stage is locked while its owner lives, so that the next build
can tell one that a killed build left behind, and removes it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from specc.errors import TargetError

_MARK = ".specc-staging-"
_GRACE_SECONDS = 60
"""A stage is made a moment before it is locked; one younger than this is never taken for dead."""


@contextlib.contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A directory to write an archive in; when the block ends well, it becomes ``target``, else nothing is left.

    Raises:
        TargetError: ``target`` is not an empty or absent directory, or cannot be written.
    """
    target = Path(os.path.abspath(target))  # noqa: PTH100  # resolve() would follow a link that is the target
    _require_free(target)
    made = _make_parents(target)
    try:
        _remove_dead_stages(target)
        stage = Path(tempfile.mkdtemp(prefix=f"{_prefix(target)}", dir=target.parent))
        lock = os.open(stage, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stage.chmod(0o777 & ~_umask())
            yield stage
            _flush(stage)
            _rename(stage, target)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            os.close(lock)
    except OSError as error:
        _remove_empty(made)
        raise TargetError(f"cannot write {target}: {error.strerror or error}") from error
    except BaseException:
        _remove_empty(made)
        raise


def free_target(filepath: str | os.PathLike[str]) -> Path:
    """The path of an absent or empty local directory; else a TargetError."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", os.fspath(filepath)):
        raise TargetError(f"{os.fspath(filepath)} is no local directory; write the archive locally and copy it there")
    target = Path(filepath)
    _require_free(target)
    return target


def _require_free(target: Path) -> None:
    try:
        if os.path.ismount(target):
            raise TargetError(f"{target} is a mount point, which cannot be replaced; choose a directory inside it")
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise TargetError(f"{target} exists and is no directory; choose another target")
        if target.exists() and any(target.iterdir()):
            hint = "choose another target, or remove it first; specc never overwrites an archive"
            raise TargetError(f"{target} is not empty; {hint}")
    except OSError as error:
        raise TargetError(f"cannot write {target}: {error.strerror or error}") from error


def _make_parents(target: Path) -> list[Path]:
    """Makes the missing parents of ``target``, and says which, innermost first."""
    missing = [parent for parent in target.parents if not parent.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove_empty(missing)
        raise TargetError(f"cannot make {target.parent}: {error.strerror or error}") from error
    return missing


def _remove_empty(directories: list[Path]) -> None:
    with contextlib.suppress(OSError):
        for directory in directories:
            directory.rmdir()


def _prefix(target: Path) -> str:
    # The leading dot and the letters keep it from being taken for a version of a model.
    return f".{target.name[:100]}{_MARK}"


def _remove_dead_stages(target: Path) -> None:
    for stage in target.parent.glob(f"{glob.escape(_prefix(target))}*"):
        with contextlib.suppress(OSError):
            if time.time() - stage.stat().st_mtime < _GRACE_SECONDS:
                continue
            lock = os.open(stage, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(stage, ignore_errors=True)
            finally:
                os.close(lock)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush(stage: Path) -> None:
    """Everything on disk before the name is: after a crash the target is whole or absent."""
    for directory, _, files in os.walk(stage, topdown=False):
        for name in files:
            _fsync(Path(directory, name))
        _fsync(Path(directory))


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems cannot flush a directory
            raise
    finally:
        os.close(descriptor)


def _rename(stage: Path, target: Path) -> None:
    try:
        stage.rename(target)  # succeeds onto an absent or an empty directory only
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise TargetError(f"{target} was written by someone else meanwhile; nothing was overwritten") from error
        raise
    _fsync(target.parent)
