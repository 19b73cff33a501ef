"""Replaces an archive by another: atomically if the system supports it, and without files of the old one."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from specc.errors import TargetError
from specc.publishing.publish import Destination, require_no_mount
from specc.publishing.renames import exchange, rename_new
from specc.publishing.staging import Stage, require_writable, stage_name, staging
from specc.reader.archive_files import ENTRIES, SAVED_MODEL_FILES, is_saved_model


@dataclass(frozen=True)
class Replacement(Destination):
    """A local directory that is absent, empty, or holds a SavedModel and nothing else; that one is replaced.

    The old archive stays readable under its name until the new one is complete; then the two are swapped atomically
    and the old one is removed. Where the system cannot swap (as on NFS), the old one is renamed first,
    and between the two renames there is no archive; a build killed at that moment leaves the old one beside its place,
    and the next build restores it. A link to a SavedModel is kept, and its target is replaced.

    If the working directory of this process is the target, as for ``write_out(".")``, or is inside it, the directory
    itself is kept: its files are replaced one by one, ``saved_model.pb`` last, and a build that is killed meanwhile
    leaves no archive there.

    A reader that opens one file before the swap and another one after it sees a mix of both archives: use versions
    where archives are loaded while they are replaced.
    """

    filepath: str | os.PathLike[str]

    def check(self) -> None:
        """Raises TargetError if the target holds anything but a SavedModel, or cannot be written."""
        target = self._target()
        require_writable(target, target.parent)

    @contextlib.contextmanager
    def staged(self) -> Iterator[Stage]:
        """A stage beside the directory."""
        target = self._target()
        with staging(target, target.parent, lambda stage: self._publish(stage, target)) as stage:
            yield stage

    def _publish(self, stage: Stage, target: Path) -> None:
        if _working_directory().is_relative_to(target):
            _replace_files(stage.directory, target)
        else:
            _replace_directory(stage.directory, target)
        stage.published = Path(self.filepath)

    def _target(self) -> Path:
        target = Path(os.path.realpath(self.filepath))
        _restore_interrupted(target)
        _require_replaceable(target)
        return target


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return Path(os.devnull)


def _require_replaceable(target: Path) -> None:
    try:
        require_no_mount(target)
        if target.is_symlink() or not target.is_dir():
            if os.path.lexists(target):
                raise TargetError(f"{target} exists and is not a directory; choose another target")
            return
        names = sorted(entry.name for entry in target.iterdir())
    except OSError as error:
        raise TargetError(f"cannot write {target}: {error.strerror or error}") from error
    if names and not is_saved_model(target):
        hint = "choose another target, or remove it first; specc replaces SavedModels only"
        raise TargetError(f"{target} is not empty and holds no SavedModel; {hint}")
    foreign = [name for name in names if name not in ENTRIES]
    if foreign:
        found = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
        hint = "move that away first, since replacing the archive would delete it"
        raise TargetError(f"{target} holds more than a SavedModel: {found}; {hint}")


def _replace_directory(stage: Path, target: Path) -> None:
    while True:
        with contextlib.suppress(FileExistsError):
            rename_new(stage, target)
            return
        _require_replaceable(target)  # it may have changed since the build started
        with contextlib.suppress(FileNotFoundError):  # another process has just moved it
            stage.chmod(stat.S_IMODE(target.stat().st_mode))
            if exchange(stage, target):
                return  # the old archive has the stage's name now, and is removed with it
            if _replace_in_two_steps(stage, target):
                return


def _replace_files(stage: Path, target: Path) -> None:
    """Replaces the files in ``target``; the directory itself, and subdirectories that both archives have, are kept."""
    _require_replaceable(target)
    # A loader opens these first, and without one of them there is no archive.
    for path in sorted(_files_below(target), key=lambda path: path.name not in SAVED_MODEL_FILES):
        path.unlink()
    for path in sorted(_files_below(stage), key=lambda path: path.name in SAVED_MODEL_FILES):
        place = target / path.relative_to(stage)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    for directory, _, _ in os.walk(target, topdown=False):
        with contextlib.suppress(OSError):  # it is not empty
            Path(directory).rmdir()
    shutil.rmtree(stage, ignore_errors=True)


def _files_below(directory: Path) -> list[Path]:
    return [Path(parent, name) for parent, _, names in os.walk(directory) for name in names]


def _replace_in_two_steps(stage: Path, target: Path) -> bool:
    """Renames ``stage`` to ``target``; False if another build published first, whose archive must be replaced next."""
    aside = target.with_name(f"{_aside_prefix(target)}{secrets.token_hex(4)}")
    target.rename(aside)
    try:
        rename_new(stage, target)
        replaced = True
    except FileExistsError:
        replaced = False
    except BaseException:
        with contextlib.suppress(OSError):
            rename_new(aside, target)
        raise
    _discard_old(aside, target)
    return replaced


def _restore_interrupted(target: Path) -> None:
    """Restores the old archive after a build that was killed between two renames."""
    for aside in target.parent.glob(f"{glob.escape(_aside_prefix(target))}*"):
        if not _is_old_archive(aside):
            continue
        try:
            rename_new(aside, target)
        except FileExistsError:
            _discard_old(aside, target)
        except OSError:  # another process has restored it, or permission is missing
            continue


def _is_old_archive(aside: Path) -> bool:
    """Whether ``aside`` is what a build has left, and not what somebody else put there to be installed.

    It is a directory of this user, or of the owner of its parent, who could replace the target as well, and it holds a
    SavedModel and nothing else.
    """
    try:
        status, owners = aside.lstat(), (os.geteuid(), aside.parent.stat().st_uid)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
            return False
        _require_replaceable(aside)
        return is_saved_model(aside)
    except (OSError, TargetError):
        return False


def _discard_old(aside: Path, target: Path) -> None:
    """Removes an old archive after renaming it to a stage: a partly removed one must not be restored."""
    with contextlib.suppress(OSError):
        doomed = aside.rename(target.with_name(stage_name(target.name)))
        shutil.rmtree(doomed, ignore_errors=True)


def _aside_prefix(target: Path) -> str:
    return f".{os.fsdecode(os.fsencode(target.name)[:100])}.specc-replaced-"
