"""What lies in the directory of a SavedModel."""

from __future__ import annotations

from pathlib import Path

SAVED_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt", "saved_model.cpb")
"""One of these makes a directory a SavedModel: as protobuf, as text, or the root of one stored in chunks."""

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
"""Everything that TensorFlow and Keras lay there; ``assets.extra`` holds what others add."""

MARKER = "assets.extra/specc.published"
"""Written last to a store that cannot rename; it holds the digest of all the other files."""


def is_saved_model(directory: Path) -> bool:
    """Whether a SavedModel lies in ``directory``."""
    try:
        return any((directory / name).is_file() for name in SAVED_MODEL_FILES)
    except OSError:
        return False
