"""A directory to write an archive in before it has its name.

A stage lies beside the place that its archive is for, in the same file system, under a name that is no integer, so that
nobody takes it for a version of a model. It is locked while its owner lives: a killed build leaves its stage, and the
next one for the same place can tell that nobody writes there any more, and removes it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import glob
import hashlib
import os
import platform
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from specc.errors import TargetError

_MARK = ".specc-staging-"
_TRIES = 20
"""How often a place is made again that others take away."""
_DAY = 24 * 60 * 60


@dataclass
class Stage:
    """Where an archive is written, and what becomes of it: filled in once it is published."""

    directory: Path
    publishing: str = "flushing to disk"
    """What happens when the archive is complete, in words."""
    published: Path | str = ""
    """Where it lies: a path, or the URL of a remote one."""
    notes: list[str] = field(default_factory=list)
    """What a person may like to know about how it was published."""


@contextlib.contextmanager
def staging(target: Path, place: Path, publish: Callable[[Stage], None]) -> Iterator[Stage]:
    """A stage for ``target`` in the directory ``place``, which is made where it is missing.

    When the block ends well, everything in the stage is on disk and ``publish`` renames it; else nothing is left.

    Raises:
        TargetError: ``place`` cannot be written.
    """
    made = _make(place)
    try:
        remove_dead_stages(place, target.name)
        with locked_stage(place, target.name, again=lambda: made.extend(_make(place))) as directory:
            stage = Stage(directory)
            yield stage
            _flush(directory)
            publish(stage)
            stage.notes += _flush_names((place, *(parent.parent for parent in made)))
        if directory.exists():
            stage.notes.append(f"{directory} could not be removed; it is no longer needed")
    except OSError as error:
        _remove_empty(made)
        raise TargetError(f"cannot write {target}: {error.strerror or error}") from error
    except BaseException:
        _remove_empty(made)
        raise


def require_writable(target: Path, place: Path) -> None:
    """Raises TargetError where ``place``, or the nearest parent of it that exists, is no directory to write in."""
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise TargetError(f"cannot write {target}: {place} is not a directory")
    if not os.access(place, os.W_OK | os.X_OK):
        raise TargetError(f"cannot write {target}: {place} is not writable")


def stage_name(name: str) -> str:
    """A name that nothing has, for a stage of what is called ``name``."""
    return f"{_prefix(name)}{_kernel()}-{secrets.token_hex(4)}"


def remove_dead_stages(place: Path, name: str) -> None:
    """Removes the stages in ``place`` for what is called ``name`` whose owners are gone.

    A lock is seen by one kernel only. A stage of another machine, on a file system that both share, is taken for dead
    when no file has been made in it for a day.
    """
    for stage in place.glob(f"{glob.escape(_prefix(name))}*"):
        with contextlib.suppress(OSError):
            if stage.name.startswith(f"{_prefix(name)}{_kernel()}-") or time.time() - _last_change(stage) > _DAY:
                _remove_unlocked(stage)


def _prefix(name: str) -> str:
    # The leading dot and the letters keep it from being taken for a version of a model; a name has at most 255 bytes.
    return f".{os.fsdecode(os.fsencode(name)[:100])}{_MARK}"


@functools.cache
def _kernel() -> str:
    try:
        identity = Path("/proc/sys/kernel/random/boot_id").read_text()
    except OSError:
        identity = platform.node()
    return hashlib.sha256(identity.encode()).hexdigest()[:8]


def _last_change(stage: Path) -> float:
    return max(Path(directory).stat().st_mtime for directory, _, _ in os.walk(stage))


def _remove_unlocked(stage: Path) -> None:
    lock = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(stage, ignore_errors=True)
    finally:
        os.close(lock)


@contextlib.contextmanager
def locked_stage(
    place: Path, name: str, *, mode: int = 0o777, again: Callable[[], object] | None = None
) -> Iterator[Path]:
    """A new directory in ``place``, locked, which is removed unless it was renamed.

    ``mode`` is its mode, of which the umask takes away; ``again`` makes a place anew that somebody took away.
    """
    lock, left = None, _TRIES
    while lock is None:
        stage = place / stage_name(name)
        try:
            stage.mkdir(mode)  # and not mkdtemp: the archive gets the mode of any other directory made here
            lock = _lock(stage)
        except FileExistsError:
            continue
        except FileNotFoundError:  # a build that failed removed the place, since it had made it and it was empty
            left -= 1
            if again is None or not left:  # or nothing can be made there, as in /proc
                raise
            again()
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        os.close(lock)


def _lock(stage: Path) -> int | None:
    """The descriptor that holds the lock; None where a clean-up took the stage, not locked yet, for a dead one."""
    try:
        lock = os.open(stage, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with contextlib.suppress(OSError):  # without locks on this file system, no clean-up gets one either
        fcntl.flock(lock, fcntl.LOCK_EX)
    if stage.exists():
        return lock
    os.close(lock)
    return None


def _make(place: Path) -> list[Path]:
    """Makes ``place`` and its missing parents, and says which were missing, innermost first."""
    missing = [directory for directory in (place, *place.parents) if not directory.exists()]
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _remove_empty(missing)
        raise TargetError(f"cannot create {place}: {error.strerror or error}") from error
    return missing


def _remove_empty(directories: list[Path]) -> None:
    with contextlib.suppress(OSError):
        for directory in directories:
            directory.rmdir()


def _flush(stage: Path) -> None:
    """Everything on disk before the name is: after a crash the archive is whole or absent."""
    for directory, _, files in os.walk(stage, topdown=False):
        for name in files:
            _fsync(Path(directory, name))
        _fsync(Path(directory))


def _flush_names(directories: Iterable[Path]) -> Iterator[str]:
    """Flushes what lists the archive; it has its name already, so that a failure is a note and no error."""
    for directory in directories:
        try:
            _fsync(directory)
        except PermissionError:  # one may write in a directory that one may not read
            continue
        except OSError as error:
            reason = error.strerror or error
            yield f"{directory} could not be flushed to disk, so the archive may be lost in a crash: {reason}"


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems cannot flush a directory
            raise
    finally:
        os.close(descriptor)
