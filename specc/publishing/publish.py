"""Destinations, and the one for a new local directory: an archive is published completely or not at all.

An archive is staged beside its target, flushed to disk, and renamed. A rename onto a non-empty directory fails, so
nothing is ever overwritten or mixed.
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
    """The target that an archive is published to."""

    def check(self) -> None:
        """Raises TargetError if publishing there would certainly fail."""

    def staged(self) -> contextlib.AbstractContextManager[Stage]:
        """A stage, which is published completely if the block succeeds; else nothing is left."""


@dataclass(frozen=True)
class NewDirectory(Destination):
    """An absent or empty local directory."""

    filepath: str | os.PathLike[str]

    def check(self) -> None:
        """Raises TargetError if the directory is not free, or nothing can be written beside it."""
        target = self._target()
        require_writable(target, target.parent)

    @contextlib.contextmanager
    def staged(self) -> Iterator[Stage]:
        """A stage beside the directory."""
        target = self._target()
        with staging(target, target.parent, lambda stage: self._publish(stage, target)) as stage:
            yield stage

    def _target(self) -> Path:
        require_free(Path(self.filepath))
        return absolute(self.filepath)

    def _publish(self, stage: Stage, target: Path) -> None:
        try:
            stage.directory.rename(target)  # succeeds only if the target is absent or empty
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise TargetError(
                    f"{target} was written by another process in the meantime; nothing was overwritten"
                ) from error
            raise
        stage.published = Path(self.filepath)


def is_url(filepath: str | os.PathLike[str]) -> bool:
    """Whether ``filepath`` is the URL of a store, not a path."""
    return _URL.match(os.fspath(filepath)) is not None


def absolute(filepath: str | os.PathLike[str]) -> Path:
    """The absolute form of a local path; links in its parents are resolved, a link at its end is kept.

    The file system resolves ``..``: after a link it is not the parent in the text of the path.
    """
    path = Path(filepath)
    if path.name in ("", ".."):
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent), path.name)


def require_free(target: Path) -> None:
    """Raises TargetError unless ``target`` is an absent or empty directory."""
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
    """Raises TargetError if ``target`` is a mount point."""
    if os.path.ismount(target):
        raise TargetError(f"{target} is a mount point, which cannot be replaced; choose a directory inside it")
