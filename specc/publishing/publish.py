"""Puts an archive where it was asked for, whole or not at all.

An archive is staged beside its target, flushed to disk, and renamed; a rename onto a directory that is not empty fails,
so nothing is ever overwritten or mixed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from specc.errors import TargetError
from specc.publishing.staging import Stage, require_writable, staging

_URL = re.compile(r"[^/]*://")


class Destination(Protocol):
    """Where an archive goes."""

    def check(self) -> None:
        """Raises TargetError where it is plain from the start that nothing can be published there."""

    def staged(self) -> contextlib.AbstractContextManager[Stage]:
        """A stage; when the block ends well it is published, whole, else nothing is left."""


@dataclass(frozen=True)
class NewDirectory(Destination):
    """An absent or empty local directory."""

    filepath: str | os.PathLike[str]

    def check(self) -> None:
        """Raises TargetError where the directory is not free, or nothing can be written beside it."""
        target = self._target()
        require_writable(target, target.parent)

    @contextlib.contextmanager
    def staged(self) -> Iterator[Stage]:
        """A stage beside the directory."""
        target = self._target()
        with staging(target, target.parent, self._publish) as stage:
            yield stage

    def _target(self) -> Path:
        require_free(Path(self.filepath))
        return absolute(self.filepath)

    def _publish(self, stage: Stage) -> None:
        target = absolute(self.filepath)
        try:
            stage.directory.rename(target)  # succeeds onto an absent or an empty directory only
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise TargetError(
                    f"{target} was written by another process in the meantime; nothing was overwritten"
                ) from error
            raise
        stage.published = Path(self.filepath)


def is_url(filepath: str | os.PathLike[str]) -> bool:
    """Whether ``filepath`` is the URL of a store, and no path."""
    return _URL.match(os.fspath(filepath)) is not None


def absolute(filepath: str | os.PathLike[str]) -> Path:
    """A local path as it is seen from everywhere; where it leads through links is followed, a link itself stays one.

    What ``..`` leads to after a link only the file system knows: it is no matter of cutting off names.
    """
    path = Path(filepath)
    if path.name in ("", ".."):
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent), path.name)


def require_free(target: Path) -> None:
    """Raises TargetError for anything but an absent or empty directory."""
    try:
        require_no_mount(target)
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise TargetError(f"{target} exists and is not a directory; choose another target")
        if target.exists() and any(target.iterdir()):
            hint = "choose another target, or remove it first; specc never overwrites an archive"
            raise TargetError(f"{target} is not empty; {hint}")
    except OSError as error:
        raise TargetError(f"cannot write {target}: {error.strerror or error}") from error


def require_no_mount(target: Path) -> None:
    """Raises TargetError for a mount point."""
    if os.path.ismount(target):
        raise TargetError(f"{target} is a mount point, which cannot be replaced; choose a directory inside it")
