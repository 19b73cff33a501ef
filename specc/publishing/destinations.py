"""Creates the destination for the target that a caller names."""

from __future__ import annotations

import os
import re

from specc.errors import TargetError
from specc.publishing.publish import Destination, NewDirectory, is_url
from specc.publishing.remote import RemoteDirectory, RemoteVersion
from specc.publishing.replace import Replacement
from specc.publishing.staging import require_locks
from specc.publishing.versions import Version, VersionChoice

Place = str | os.PathLike[str]

_URL_AS_PATH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/[^/]")


def destination(
    filepath: Place | None = None,
    *,
    base: Place | None = None,
    version: VersionChoice = "next",
    keep: int | None = None,
) -> Destination:
    """The destination for the new archive ``filepath``, or for a version under ``base``; each a local path or a URL.

    Raises:
        TargetError: the path is empty, or a URL was given as a Path.
        ValueError: ``version`` or ``keep`` is invalid.
        UnavailableError: this system cannot publish.
        TypeError: not exactly one of ``filepath`` and ``base`` is given, or ``version`` or ``keep`` without ``base``.
    """
    if (filepath is None) == (base is None):
        raise TypeError("give either filepath or base")
    if base is not None:
        place = _checked_target(base)
        return RemoteVersion(place, version, keep) if is_url(place) else Version(place, version, keep)
    if version != "next" or keep is not None:
        raise TypeError("version and keep can be given only with base, not with filepath")
    assert filepath is not None
    place = _checked_target(filepath)
    return RemoteDirectory(place) if is_url(place) else NewDirectory(place)


def replacement(filepath: Place) -> Destination:
    """The destination that replaces the archive at ``filepath``; a remote archive is never replaced."""
    place = _checked_target(filepath)
    return RemoteDirectory(place) if is_url(place) else Replacement(place)


def _checked_target(place: Place) -> str:
    require_locks()
    text = os.fsdecode(place)  # Keras takes bytes as well
    if not text:
        raise TargetError("the path is empty; the current directory is .")
    if isinstance(place, os.PathLike) and _URL_AS_PATH.match(text):
        raise TargetError(f"{text} is a URL that was converted to a Path, which drops a slash; pass it as a string")
    return text
