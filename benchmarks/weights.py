"""Exports 2 GB of weights, and writes as many bytes to a file: each in a fresh process, up to the end of its fsync."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from growth import SERIES, write_archive
from measure import Figures, fresh, spent

MEGABYTES = 2_048
CHUNK = 2**27


def write_plainly(path: Path) -> Figures:
    import numpy as np

    chunk = np.ones(CHUNK // 4, np.float32)
    take_page_cache(path.with_name("before"), chunk)
    with spent() as figures:
        write_chunks(path, chunk)
    return figures


def write_chunks(path: Path, chunk: Any) -> None:
    with path.open("wb") as file:
        for _ in range(MEGABYTES * 2**20 // CHUNK):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def take_page_cache(path: Path, chunk: Any) -> None:
    """Writes and removes the same file: a virtual machine may get this memory from its host only when it is used."""
    write_chunks(path, chunk)
    path.unlink()


def export(path: Path) -> Figures:
    import numpy as np

    import specc.compiler  # noqa: F401

    weights = SERIES["weights"]
    # The first pays for what is only done once.
    write_archive(weights.make(1, path.parent), path.with_name("first"))
    made = weights.make(MEGABYTES, path.parent)
    take_page_cache(path.with_name("before"), np.ones(CHUNK // 4, np.float32))
    with spent() as figures:
        write_archive(made, path)
    return figures


WAYS = {"specc": export, "plain write": write_plainly}


def measure() -> dict[str, Figures]:
    """The figures of one round."""
    return {way: fresh(__file__, way) for way in WAYS}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(WAYS[sys.argv[2]](Path(directory) / "written")))
