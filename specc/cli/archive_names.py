"""The names of archives of several specs, each of which has a directory of its own in the one that is named."""

from __future__ import annotations

import os

from specc.source.file_names import archive_name


def archive_place(base: str, file: str) -> str:
    """Where the archive of one of several specs is under ``base``, a directory or a URL."""
    return os.path.join(base, archive_name(file))  # noqa: PTH118  # a Path would change a URL
