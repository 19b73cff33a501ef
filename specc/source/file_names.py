"""The names of models and archives, from the names of the files that describe or contain them."""

from __future__ import annotations

import os
from pathlib import Path


def archive_name(file: str) -> str:
    """The name of the archive of a spec: ``ranker`` for ``specs/ranker.specc.json``."""
    return Path(file).name.removesuffix(".json").removesuffix(".specc")


def archive_place(base: str, file: str) -> str:
    """Where the archive of one of several specs is under ``base``, a directory or a URL."""
    return os.path.join(base, archive_name(file))  # noqa: PTH118  # a Path would change a URL


def model_name(source: str) -> str:
    """The name of a model whose document has none: that of the spec or the archive; of a version, its parent's.

    ``source`` is a spec, the directory of an archive, or ``REV:path``.
    """
    path = Path(os.path.abspath(source.partition(":")[2] or source))  # noqa: PTH100  # a link keeps its name
    if path.is_dir():
        return path.parent.name if path.name.isdigit() else path.name
    return archive_name(path.name)
