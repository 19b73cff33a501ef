"""Writes a single text file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from specc.errors import TargetError


def require_absent(path: Path) -> None:
    """Raises TargetError where there is something at ``path``, or no directory to write it in."""
    if os.path.lexists(path):
        raise TargetError(f"{path} exists and is not overwritten; choose another file, or remove it first")
    if not path.absolute().parent.is_dir():
        raise TargetError(f"cannot write {path}: there is no directory {path.parent}")


def write_new(path: Path, content: bytes) -> None:
    """Writes a file that must not exist; raises TargetError where it does, or cannot be written."""
    with _draft_beside(path, path, content) as draft:
        try:
            os.link(draft, path)  # a rename would replace what somebody else has written meanwhile
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


@contextmanager
def _draft_beside(path: Path, target: Path, content: bytes) -> Iterator[Path]:
    """A file beside ``target`` with ``content``, which is gone afterwards; errors name ``path``."""
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:  # with the mode of any other new file
            file.write(content)
        yield draft
    except OSError as error:
        raise TargetError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
