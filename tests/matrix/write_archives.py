"""Builds every example as ``specc build`` does, in the environment that runs this: ``write_archives.py FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support")]

from example_archives import SPECS, beside  # noqa: E402  # found by the path above

from specc.cli import OK, main  # noqa: E402

FOLDER = Path(sys.argv[1])

for spec in SPECS:
    with beside(spec):
        assert main(["build", str(spec), "--out", str(FOLDER / spec.name.removesuffix(".specc.json"))]) == OK
