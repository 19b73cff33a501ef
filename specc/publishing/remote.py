"""Publishes an archive in a store that cannot rename, such as S3, with weaker guarantees than a local directory.

The archive is staged locally and uploaded, ``saved_model.pb`` last, so that TensorFlow finds no model in a partial
archive. The last object is a marker, ``assets.extra/specc.published``, with the digest of all the other files: an
archive without it is not complete.

Builds exclude each other by claims (:mod:`specc.publishing.claims`). Other concurrent writers are detected only by the
listing before the marker, which must show exactly what was uploaded.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from specc.errors import TargetError
from specc.publishing.claims import (
    CLAIM,
    ClaimedError,
    TakenError,
    await_turn,
    is_claim,
    new_claim,
    pause,
    write_claim,
)
from specc.publishing.publish import Destination
from specc.publishing.staging import Stage, locked_stage, remove_dead_stages
from specc.publishing.store import Folder, open_folder
from specc.publishing.versions import VersionChoice, choose_version, old_versions, require_valid, version_number
from specc.reader.archive_files import MARKER, SAVED_MODEL_FILES
from specc.reader.digest import archive_digest

PARTIAL_ARCHIVE_NOTE = (
    f"this store cannot rename, so readers may see a partial archive until {MARKER} exists, which is written last"
)
_STAGE_NAME = "specc-remote"
"""The name of every local stage for a remote store: any build removes the stages of killed ones."""
_MAX_WAIT = 60.0
"""How many seconds a build waits for others before it gives up."""


@dataclass(frozen=True)
class RemoteDirectory(Destination):
    """An empty folder of a remote store."""

    url: str

    def check(self) -> None:
        """Raises TargetError if the folder is not empty or cannot be read, UnavailableError without fsspec."""
        folder = open_folder(self.url)
        if not folder.is_free():
            raise TargetError(_describe_occupied(folder))

    @contextlib.contextmanager
    def staged(self) -> Iterator[Stage]:
        """A local stage; it is uploaded if the block succeeds."""
        self.check()
        folder = open_folder(self.url)
        with _local_stage(folder) as stage:
            yield stage
            _publish_to_free_folder(stage, lambda: folder, elsewhere=False)


@dataclass(frozen=True)
class RemoteVersion(Destination):
    """A version of a model in a remote store, numbered in the same way as a local one.

    What a killed build left counts as a version when a number is chosen, and is never removed by ``keep``.
    """

    base: str
    version: VersionChoice = "next"
    keep: int | None = None

    def __post_init__(self) -> None:
        require_valid(self.version, self.keep)

    def check(self) -> None:
        """Raises TargetError if the store cannot be read, has the explicit version, or the base is an archive."""
        self._version(open_folder(self.base))

    @contextlib.contextmanager
    def staged(self) -> Iterator[Stage]:
        """A local stage; it is uploaded if the block succeeds."""
        base = open_folder(self.base)
        with _local_stage(base) as stage:
            yield stage
            _publish_to_free_folder(stage, lambda: self._version(base), elsewhere=isinstance(self.version, str))
        if self.keep is not None:
            published = str(stage.published).rpartition("/")[2]
            stage.notes += _remove_old_folders(base, int(published), self.keep)

    def _version(self, base: Folder) -> Folder:
        names = base.names()
        if not names.isdisjoint(SAVED_MODEL_FILES):
            raise TargetError(f"{base.url} is itself a SavedModel; the base must be a directory above it")
        return base.child(str(choose_version(self.version, names, base.url)))


@contextlib.contextmanager
def _local_stage(folder: Folder) -> Iterator[Stage]:
    place = Path(tempfile.gettempdir())
    try:
        remove_dead_stages(place, _STAGE_NAME)
        with locked_stage(place, _STAGE_NAME, mode=0o700) as directory:
            stage = Stage(directory / "archive", publishing=f"uploading to {folder.url}", notes=[PARTIAL_ARCHIVE_NOTE])
            stage.directory.mkdir()
            yield stage
    except OSError as error:
        hint = "set the environment variable TMPDIR to use another directory"
        raise TargetError(f"cannot stage the archive in {place}: {error.strerror or error}; {hint}") from error


def _publish_to_free_folder(stage: Stage, choose: Callable[[], Folder], *, elsewhere: bool) -> None:
    """Uploads the stage to the folder that ``choose`` returns; it is called again after another build took that folder.

    ``elsewhere`` is whether ``choose`` returns another folder if the first is taken.
    """
    since = time.time_ns()
    end = time.monotonic() + _MAX_WAIT
    for attempt in itertools.count():
        folder = choose()
        try:
            _upload_with_claim(stage, folder, since)
            return
        except TakenError:
            if not elsewhere:
                message = f"{folder.url} was written by another process in the meantime; nothing was overwritten"
                raise TargetError(message) from None
        except ClaimedError:
            if time.monotonic() > end:
                hint = f"if no build is running, remove the objects named {CLAIM}*"
                message = f"other builds keep claiming {folder.url}; nothing was published; {hint}"
                raise TargetError(message) from None
        pause(attempt)


def _upload_with_claim(stage: Stage, folder: Folder, since: int) -> None:
    """Uploads the stage completely, or removes what was uploaded, as far as the store allows."""
    claim = new_claim(since)
    written = [claim]
    try:
        write_claim(claim, stage.directory.parent, folder)
        await_turn(claim, folder)
        _upload_all(stage.directory, folder, written)
    except BaseException as error:
        left = folder.remove(reversed(written))  # the marker first, the claim last
        if left and isinstance(error, TargetError):
            raise TargetError(f"{error}; {len(left)} objects could not be removed from {folder.url}") from error
        raise
    stage.published = folder.url
    if folder.remove([claim]):
        stage.notes.append(f"{folder.url}/{claim} could not be removed; it is no longer needed")


def _upload_all(directory: Path, folder: Folder, written: list[str]) -> None:
    """Uploads the files of ``directory``; every name is added to ``written`` before its object can exist."""
    digest = archive_digest(directory)
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    sizes = {path.relative_to(directory).as_posix(): path.stat().st_size for path in files}
    (claim,) = written
    last = [name for name in sizes if name in SAVED_MODEL_FILES]
    first = [name for name in sizes if name not in SAVED_MODEL_FILES]
    for names in (first, last):
        written += names
        folder.upload(directory, names)
    found = folder.sizes()
    uploaded_sizes = {name: size for name, size in found.items() if not is_claim(name)}
    if uploaded_sizes != sizes or claim not in found:
        raise TargetError(
            f"{folder.url} does not hold what was uploaded: another process writes there; choose another target"
        )
    marker = directory / MARKER
    marker.parent.mkdir(exist_ok=True)
    marker.write_text(f"{digest}\n")
    written.append(MARKER)
    folder.upload(directory, [MARKER])


def _describe_occupied(folder: Folder) -> str:
    if folder.has(MARKER):
        return (
            f"{folder.url} is not empty; choose another target, or remove it first; specc never overwrites an archive"
        )
    hint = "remove it if no build is writing there"
    if any(is_claim(name) for name in folder.sizes()):
        return f"{folder.url} holds an incomplete upload ({MARKER} is missing); {hint}"
    return f"{folder.url} is not empty; choose another target, or remove it first"


def _remove_old_folders(base: Folder, published: int, keep: int) -> Iterator[str]:
    """Removes the complete versions that are not kept; yields a note for each that could not be removed."""
    try:
        names = [name for name in base.names() if version_number(name) is not None and base.child(name).has(MARKER)]
        for name in old_versions(names, published, keep):
            version = base.child(name)
            parts = sorted(version.sizes(), key=_order_of_removal)
            if version.remove(parts):
                yield f"version {name} could not be removed"
    except TargetError as error:
        yield f"old versions were not removed: {error}"


def _order_of_removal(name: str) -> tuple[bool, bool, str]:
    """Sort key: the marker first, then the SavedModel files, so that a partial version never looks complete."""
    return name != MARKER, name not in SAVED_MODEL_FILES, name
