"""Writes single files atomically."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from specc.errors import TargetError
from specc.source.regular_files import read_regular

_MAX_BYTES = 2**30
"""Of an existing file that is replaced; a larger one differs from whatever is written."""


def require_absent(path: Path) -> None:
    """Raises TargetError if ``path`` exists, or its directory does not."""
    if os.path.lexists(path):
        raise TargetError(f"{path} exists and is not overwritten; choose another file, or remove it first")
    if not path.absolute().parent.is_dir():
        raise TargetError(f"cannot write {path}: there is no directory {path.parent}")


def write_new(path: Path, content: bytes) -> None:
    """Writes a new file; raises TargetError if it exists or cannot be written."""
    with _draft_beside(path, path, content) as draft:
        try:
            os.link(draft, path)  # a rename would replace a file that another process has written
        except FileExistsError:
            require_absent(path)
            raise


def replace_file(path: Path, content: bytes) -> None:
    """Replaces an existing file, and keeps its mode; of a link, the file that it leads to.

    Raises:
        TargetError: it cannot be written.
    """
    target = path.resolve()
    with _draft_beside(path, target, content) as draft:
        draft.chmod(target.stat().st_mode & 0o7777)
        draft.replace(target)


def write_whole(path: Path, content: bytes) -> None:
    """Writes a new file, or replaces one whose bytes differ.

    Raises:
        TargetError: it is not a regular file, or cannot be written.
    """
    if not os.path.lexists(path):
        write_new(path, content)
    elif _existing(path) != content:
        replace_file(path, content)


def _existing(path: Path) -> bytes:
    try:
        return read_regular(path, _MAX_BYTES)
    except OSError as error:
        raise TargetError(f"cannot write {path}: {error.strerror or error}") from None


@contextmanager
def _draft_beside(path: Path, target: Path, content: bytes) -> Iterator[Path]:
    """A file beside ``target`` with ``content``, which is removed afterwards; errors name ``path``."""
    draft = target.with_name(f".{os.fsdecode(os.fsencode(target.name)[:100])}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:  # with the mode of any other new file
            file.write(content)
        yield draft
    except OSError as error:
        raise TargetError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
