"""Names of the files in the directory of a SavedModel."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from specc.diagnostics import printable
from specc.errors import ArchiveError
from specc.source.regular_files import NotRegularError

SAVED_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt", "saved_model.cpb")
"""A SavedModel directory has one of these: binary protobuf, text, or the root file of a chunked SavedModel."""

ENTRIES = frozenset(
    {
        *SAVED_MODEL_FILES,
        "assets",
        "assets.extra",
        "debug",
        "fingerprint.pb",
        "keras_metadata.pb",  # Keras 2
        "variables",
    }
)
"""All entries that TensorFlow and Keras write; ``assets.extra`` is for files of other tools."""

MARKER = "assets.extra/specc.published"
"""Written last to a store without rename; it contains the digest of all other files."""


def is_saved_model(directory: Path) -> bool:
    """Whether ``directory`` is a SavedModel."""
    try:
        return any((directory / name).is_file() for name in SAVED_MODEL_FILES)
    except OSError:
        return False


def require_regular_files(directory: Path) -> None:
    """Raises ArchiveError if something below ``directory`` is neither a file nor a directory.

    TensorFlow and Keras open files by their names, and opening a pipe waits for a writer.
    """
    for parent, _, names in os.walk(directory):
        for name in names:
            path = Path(parent, name)
            try:
                is_regular = stat.S_ISREG(path.stat().st_mode)
            except OSError:  # loading reports that it is missing
                continue
            if not is_regular:
                raise ArchiveError(printable(f"cannot read {path}: {NotRegularError(path).strerror}"))
