r"""The digest of an archive: one hash of all its files, to compare copies on different machines.

It is the SHA-256 of the ``sha256sum`` output for all files, sorted by name, so it can be computed without specc::

    find . -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum

File names and contents are hashed. Times, modes, owners, empty directories and the marker of a remote archive, which
contains the digest, are not.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from specc.diagnostics import printable
from specc.errors import ArchiveError
from specc.reader.archive_files import MARKER, SAVED_MODEL_FILES, is_saved_model
from specc.source.regular_files import open_regular

_REGULAR_FILES_HINT = "a digest covers only regular files; copy the archive without other entries"


def archive_digest(path: str | os.PathLike[str]) -> str:
    """The digest of the SavedModel in the directory ``path``: 64 hexadecimal digits.

    Raises:
        ArchiveError: there is no SavedModel, it has an entry that is neither file nor directory, or it cannot be read.
    """
    root = Path(path)
    if not is_saved_model(root):
        raise ArchiveError(printable(_why_not_saved_model(root)))
    try:
        files = sorted(_regular_files(root))
        return hashlib.sha256(b"".join(map(_sha256sum_line, *zip(*files, strict=True)))).hexdigest()
    except OSError as error:
        raise ArchiveError(printable(f"cannot read {error.filename or root}: {error.strerror or error}")) from None


def _why_not_saved_model(root: Path) -> str:
    if not os.path.lexists(root):
        return f"cannot read {root}: there is no such directory"
    if not root.is_dir():
        return f"{root} is not a SavedModel: it is not a directory"
    return f"{root} is not a SavedModel: it has no {SAVED_MODEL_FILES[0]}"


def _regular_files(root: Path) -> Iterator[tuple[bytes, Path]]:
    """Each file, as its name in the archive and its path."""
    waiting = [root]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                path, mode = Path(entry.path), entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode):
                    waiting.append(path)
                elif not stat.S_ISREG(mode):
                    raise ArchiveError(
                        printable(
                            f"{path} is {'a link' if stat.S_ISLNK(mode) else 'not a file'}; {_REGULAR_FILES_HINT}"
                        )
                    )
                elif (name := path.relative_to(root).as_posix()) != MARKER:
                    yield os.fsencode(name), path


def _sha256sum_line(name: bytes, path: Path) -> bytes:
    """The ``sha256sum`` output for the file: a name with a line break is escaped, and the line marked."""
    with open_regular(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest().encode()
    escaped = name.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return (b"\\" if escaped != name else b"") + digest + b"  " + escaped + b"\n"
