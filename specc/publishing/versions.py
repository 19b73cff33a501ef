"""Publishes an archive as a version of a model: ``base/<integer>``, the layout of TensorFlow Serving."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from specc.errors import TargetError
from specc.publishing.publish import Destination
from specc.publishing.renames import rename_new
from specc.publishing.staging import Stage, require_writable, stage_name, staging
from specc.reader.archive_files import is_saved_model

VersionChoice = Literal["next", "timestamp"] | int
"""``next`` is one more than the newest version, ``timestamp`` the seconds since 1970."""

MAX_VERSION = 2**63 - 1
_DIGITS = re.compile(r"0*[0-9]{1,19}")


@dataclass(frozen=True)
class Version(Destination):
    """The next version, one numbered by the time, or an explicit one, under the local directory ``base``.

    No version is ever overwritten: if another build publishes the same number first, ``next`` and ``timestamp`` use a
    higher one, and an explicit number fails. ``next`` and ``timestamp`` are always higher than every existing version.
    With ``keep``, all but the newest ``keep`` versions are removed after the new one is published, except those that
    are newer than it.
    """

    base: str | os.PathLike[str]
    version: VersionChoice = "next"
    keep: int | None = None

    def __post_init__(self) -> None:
        require_valid(self.version, self.keep)

    def check(self) -> None:
        """Raises TargetError if the base is not a directory, cannot be written, or has the explicit version."""
        base = self._base()
        if base.is_dir():
            self._number(base)

    @contextlib.contextmanager
    def staged(self) -> Iterator[Stage]:
        """A stage in the base."""
        base = self._base()
        with staging(base, base, lambda stage: self._publish(stage, base)) as stage:
            yield stage
        if self.keep is not None:
            stage.notes += _remove_old_versions(base, Path(stage.published).name, self.keep)

    def _base(self) -> Path:
        base = Path(self.base)
        try:
            if os.path.lexists(base) and not base.is_dir():
                raise TargetError(f"{base} exists and is not a directory; choose another base")
            if is_saved_model(base):
                raise TargetError(f"{base} is itself a SavedModel; the base must be a directory above it")
        except OSError as error:
            raise TargetError(f"cannot write {base}: {error.strerror or error}") from error
        real = Path(os.path.realpath(base))  # stages have one name, whichever path leads to the base
        require_writable(base, real)
        return real

    def _number(self, base: Path) -> int:
        try:
            names = [entry.name for entry in base.iterdir()]
        except OSError as error:
            raise TargetError(f"cannot read {base}: {error.strerror or error}") from error
        return choose_version(self.version, names, os.fspath(self.base))

    def _publish(self, stage: Stage, base: Path) -> None:
        while True:
            number = self._number(base)
            with contextlib.suppress(FileExistsError):  # another build published this number first; choose again
                rename_new(stage.directory, base / str(number))
                stage.published = Path(self.base) / str(number)
                return


def require_valid(version: VersionChoice, keep: int | None) -> None:
    """Raises ValueError if ``version`` or ``keep`` is invalid."""
    number = isinstance(version, int) and not isinstance(version, bool) and 0 <= version <= MAX_VERSION
    if not number and version not in ("next", "timestamp"):
        raise ValueError(f"version must be 'next', 'timestamp' or an integer from 0 to 2**63 - 1, not {version!r}")
    if keep is not None and (isinstance(keep, bool) or not isinstance(keep, int) or keep < 1):
        raise ValueError(f"keep must be a number of versions, at least 1, not {keep!r}")


def version_number(name: str) -> int | None:
    """The version number of a directory of this name; None if it is not a version.

    TensorFlow Serving takes a name for a version if ``strings::safe_strto64`` parses it (ParseVersionNumber in
    tensorflow_serving/sources/storage_path/file_system_storage_path_source.cc), so ``007`` is version 7. The signs
    and spaces that it also accepts, as in ``+7``, are not accepted here.
    """
    number = int(name) if _DIGITS.fullmatch(name) else MAX_VERSION + 1
    return number if number <= MAX_VERSION else None


def choose_version(version: VersionChoice, names: Iterable[str], base: str) -> int:
    """The number to publish under, given the ``names`` that exist in the base.

    Raises:
        TargetError: the explicit version exists, or no number is left.
    """
    taken = {number: name for name in names if (number := version_number(name)) is not None}
    if isinstance(version, int):
        if version in taken:
            hint = "choose another one, or 'next'; specc never overwrites a version"
            raise TargetError(f"{base} already has version {version} ({taken[version]}); {hint}")
        return version
    following = max(taken, default=0) + 1
    number = max(following, int(time.time())) if version == "timestamp" else following
    if number > MAX_VERSION:
        raise TargetError(f"{base} has version {MAX_VERSION}, which is the maximum; give a number")
    return number


def old_versions(names: Iterable[str], published: int, keep: int) -> list[str]:
    """Those of the versions called ``names`` that are beyond the newest ``keep`` and older than ``published``."""
    numbers = [(number, name) for name in names if (number := version_number(name)) is not None]
    return [name for number, name in sorted(numbers, reverse=True)[keep:] if number < published]


def _remove_old_versions(base: Path, published: str, keep: int) -> Iterator[str]:
    """Removes the versions that are not kept; yields a note for each that could not be removed."""
    try:
        directories = [entry.name for entry in os.scandir(base) if entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        yield f"old versions were not removed: {error.strerror or error}"
        return
    archives = [name for name in directories if is_saved_model(base / name)]
    for name in old_versions(archives, int(published), keep):
        try:
            left = _remove_version(base / name)
        except FileNotFoundError:  # another process removed it
            continue
        except OSError as error:
            yield f"version {name} could not be removed: {error.strerror or error}"
        else:
            if left.exists():
                yield f"version {name} was moved to {left}, which could not be removed"


def _remove_version(version: Path) -> Path:
    """Renames the version before removing it, so that no reader finds part of it; returns the temporary name.

    What cannot be removed looks like the stage of a killed build, so every build tries to remove it again.
    """
    doomed = version.with_name(stage_name(version.parent.name))
    rename_new(version, doomed)
    shutil.rmtree(doomed, ignore_errors=True)
    return doomed
