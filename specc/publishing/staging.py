"""Stages: temporary directories in which an archive is written before it is renamed to its target.

A stage is created beside its target, in the same file system, under a name that is not an integer, so that it is not
taken for a version of a model. It is locked while its process is alive: a killed build leaves its stage unlocked, and
the next build for the same target removes it.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import glob
import hashlib
import os
import platform
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from specc.errors import TargetError, UnavailableError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_STAGE_INFIX = ".specc-staging-"
_MAX_ATTEMPTS = 20
"""How often the directory is created again if other builds remove it."""
_DAY = 24 * 60 * 60
_BETWEEN_FLUSHES = 0.1
"""How many seconds pass before files that are still being written are flushed: small ones are complete by then."""


@dataclass
class Stage:
    """The directory in which an archive is written, and the result of publishing it."""

    directory: Path
    is_durable: bool = False
    """Whether its files must be on the disk before it is published."""
    publishing: str = "flushing to disk"
    """The progress line for the step after the archive is complete."""
    published: Path | str = ""
    """The path or URL of the published archive."""
    notes: list[str] = field(default_factory=list)
    """Notes for the user about how it was published."""


@contextlib.contextmanager
def staging(target: Path, place: Path, publish: Callable[[Stage], None]) -> Iterator[Stage]:
    """A stage for ``target`` in the directory ``place``, which is created if it is missing.

    If the block succeeds, the stage is flushed to disk and ``publish`` renames it; else nothing is left.

    Raises:
        TargetError: ``place`` cannot be written.
    """
    made = _make_directories(place)
    try:
        remove_dead_stages(place, target.name)
        with locked_stage(place, target.name, again=lambda: made.extend(_make_directories(place))) as directory:
            stage = Stage(directory, is_durable=True)
            yield stage
            flush(directory)
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


def require_locks() -> None:
    """Raises UnavailableError where stages cannot be locked, so that nothing can be published."""
    if fcntl is None:
        raise UnavailableError(
            "archives cannot be written here: this system has no file locks (Python's fcntl is missing), without which "
            "a build and the clean-up of another would disturb each other; build on Linux or macOS, or in WSL"
        )


def require_writable(target: Path, place: Path) -> None:
    """Raises TargetError if ``place``, or its nearest existing parent, is not a writable directory."""
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise TargetError(f"cannot write {target}: {place} is not a directory")
    if not os.access(place, os.W_OK | os.X_OK):
        raise TargetError(f"cannot write {target}: {place} is not writable")


def stage_name(name: str) -> str:
    """A unique name for a stage of the target called ``name``."""
    return f"{_stage_prefix(name)}{_kernel_id()}-{secrets.token_hex(4)}"


def remove_dead_stages(place: Path, name: str) -> None:
    """Removes the stages in ``place`` for the target called ``name`` whose processes have ended.

    A lock is visible only to one kernel. A stage of another machine, on a shared file system, is considered dead if no
    file has been created in it for a day.
    """
    for stage in place.glob(f"{glob.escape(_stage_prefix(name))}*"):
        with contextlib.suppress(OSError):
            if (
                stage.name.startswith(f"{_stage_prefix(name)}{_kernel_id()}-")
                or time.time() - _last_change(stage) > _DAY
            ):
                _remove_unlocked(stage)


def _stage_prefix(name: str) -> str:
    # With a leading dot and letters it cannot be taken for a version of a model; a name has at most 255 bytes.
    return f".{os.fsdecode(os.fsencode(name)[:100])}{_STAGE_INFIX}"


@functools.cache
def _kernel_id() -> str:
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
    """A new locked directory in ``place``, which is removed afterwards unless it was renamed.

    ``mode`` is its mode before the umask; ``again`` creates ``place`` again if another process removed it.
    """
    require_locks()
    lock, left = None, _MAX_ATTEMPTS
    while lock is None:
        stage = place / stage_name(name)
        try:
            stage.mkdir(mode)  # not mkdtemp: the archive must have the mode of any other directory created here
            lock = _lock(stage)
        except FileExistsError:
            continue
        except FileNotFoundError:  # a failed build had created the place, and removed it empty
            left -= 1
            if again is None or not left:  # nothing can be created there, as in /proc
                raise
            again()
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        os.close(lock)


def _lock(stage: Path) -> int | None:
    """The descriptor that holds the lock; None if a clean-up removed the stage before it was locked."""
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


def _make_directories(place: Path) -> list[Path]:
    """Creates ``place`` and its missing parents; returns those that were missing, innermost first."""
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


@contextlib.contextmanager
def flushing(stage: Stage, directory: Path) -> Iterator[None]:
    """Flushes the files in ``directory`` again and again while the block writes them, so that less is left to wait for.

    Does nothing for a stage that need not be on the disk, as one that is uploaded.

    Raises:
        OSError: they cannot be flushed. Linux says so only once, and so not to the flush of the whole stage.
    """
    if not stage.is_durable:
        yield
        return
    done = threading.Event()
    failures: list[OSError] = []

    def flush_again() -> None:
        while not done.wait(_BETWEEN_FLUSHES) and not failures:
            try:
                flush(directory)
            except FileNotFoundError:  # renamed since it was listed
                continue
            except OSError as error:
                failures.append(error)

    thread = threading.Thread(target=flush_again, name="specc-flush")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    if failures:
        raise failures[0]


def flush(directory: Path) -> None:
    """Flushes what is in ``directory``, so that after a crash an archive that was published is complete.

    Raises:
        OSError: it cannot be flushed.
    """
    for place, _, files in os.walk(directory, topdown=False):
        for name in files:
            _fsync(Path(place, name))
        _fsync(Path(place))


def _flush_names(directories: Iterable[Path]) -> Iterator[str]:
    """Flushes the directories that list the archive, which is already published: a failure is a note, not an error."""
    for directory in directories:
        try:
            _fsync(directory)
        except PermissionError:  # a directory can be writable but not readable
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
