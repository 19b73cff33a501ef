"""Exports 2 GB of weights, and writes as many bytes to a file: each in a fresh process, up to the end of its fsync."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from growth import SERIES, write_archive
from measure import Figures, fresh, spent, take_page_cache, write_chunks

MEGABYTES = 2_048


def write_plainly(path: Path) -> Figures:
    take_page_cache(path.with_name("before"), MEGABYTES)
    with spent() as figures:
        write_chunks(path, MEGABYTES)
    return figures


def export(path: Path) -> Figures:
    import specc.compiler  # noqa: F401

    weights = SERIES["weights"]
    # The first pays for what is only done once.
    write_archive(weights.make(1, path.parent), path.with_name("first"))
    made = weights.make(MEGABYTES, path.parent)
    take_page_cache(path.with_name("before"), MEGABYTES)
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
