"""Names of the files in the directory of a SavedModel."""

from __future__ import annotations

from pathlib import Path

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
