"""The published versions of a model, opened for reading: local ones in place, remote ones as a local copy."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from specc.errors import TargetError, UsageError
from specc.language.contract import CONTRACT_PATH
from specc.publishing.store import Folder, open_folder
from specc.publishing.versions import version_number
from specc.reader.archive_files import MARKER, SAVED_MODEL_FILES, is_saved_model

ALL = "all"


@dataclass(frozen=True)
class PublishedVersion:
    """One version; ``folder`` is where it is in a remote store."""

    number: int
    name: str
    folder: Folder | None = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[str]:
        """A local directory with what describes the archive: its graph and its contract."""
        if self.folder is None:
            yield self.name
            return
        with tempfile.TemporaryDirectory(prefix="specc-") as directory:
            names = self.folder.sizes()
            self.folder.download(
                Path(directory), [each for each in (*SAVED_MODEL_FILES, CONTRACT_PATH) if each in names]
            )
            yield directory


def published_versions(base: str, wanted: Sequence[str] = ()) -> list[PublishedVersion]:
    """The versions in ``base``, a path or a URL, in their order: by default the newest one.

    ``wanted`` has numbers, or ``all``.

    Raises:
        TargetError: the base cannot be read, or has no version, or not one that is wanted.
        UsageError: what is wanted is not a number.
    """
    numbers = [_number(word) for word in wanted if word != ALL]
    found = sorted(_remote(base) if "://" in base else _local(base), key=lambda version: version.number)
    if not found:
        raise TargetError(f"{base} has no published version, which would be {os.path.join(base, '1')}")  # noqa: PTH118
    known = {version.number: version for version in found}
    for number in numbers:
        if number not in known:
            raise TargetError(f"{base} has no version {number}; there are {', '.join(map(str, known))}")
    if ALL in wanted:
        return found
    return [known[number] for number in sorted(set(numbers))] or found[-1:]


def _number(word: str) -> int:
    number = version_number(word)
    if number is None:
        raise UsageError(f"{word!r} is not a version: expected {ALL} or an integer from 0 to 2**63 - 1")
    return number


def _local(base: str) -> list[PublishedVersion]:
    directory = Path(base)
    try:
        names = [entry.name for entry in os.scandir(directory)]
    except OSError as error:
        raise TargetError(f"cannot read {base}: {error.strerror or error}") from None
    if is_saved_model(directory):
        raise TargetError(f"{base} is itself a SavedModel; the base must be a directory above it")
    return [
        PublishedVersion(number, os.path.join(base, name))  # noqa: PTH118
        for name in names
        if (number := version_number(name)) is not None and is_saved_model(directory / name)
    ]


def _remote(base: str) -> list[PublishedVersion]:
    """The complete versions in a store: an archive without the marker is still being uploaded, or never was whole."""
    folder = open_folder(base)
    return [
        PublishedVersion(number, child.url, child)
        for name in folder.names()
        if (number := version_number(name)) is not None and (child := folder.child(name)).has(MARKER)
    ]
