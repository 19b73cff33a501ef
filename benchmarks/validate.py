"""Validates specs with ``specc validate`` and with ``check-jsonschema`` and the published schema; prints the ratios.

    python benchmarks/validate.py             # every case, 7 rounds

Whole processes, as a pre-commit hook starts them; the two take turns, and a ratio is one of medians. Needs
check-jsonschema beside this Python (it is in the ``test`` extra).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schemas" / "specc.v1.schema.json"
# Both are installed with their bytecode; an editable install writes its own on the first run.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
SPEC = ROOT / "examples" / "two_tower" / "two_tower.specc.json"
FILES = SPEC.with_name("two_tower.examples")


def one_file(directory: Path) -> list[Path]:
    return _copies(directory, 1)


def thousand_files(directory: Path) -> list[Path]:
    return _copies(directory, 1_000)


def _copies(directory: Path, count: int) -> list[Path]:
    shutil.copytree(FILES, directory / FILES.name)
    paths = [directory / f"model{index}.specc.json" for index in range(count)]
    for path in paths:
        path.write_bytes(SPEC.read_bytes())
    return paths


def ten_thousand_leaves(directory: Path) -> list[Path]:
    path = directory / "wide.specc.json"
    path.write_text(json.dumps(wide_document(10_000)))
    return [path]


def wide_document(leaves: int) -> dict[str, Any]:
    """One endpoint that takes a dict of ``leaves`` tensors."""
    inputs = {f"feature_{index}": "float32[batch, 3]" for index in range(leaves)}
    endpoint = {"inputs": [inputs], "outputs": "float32[batch]"}
    return {"specc": 1, "dims": {"batch": {}}, "endpoints": {"score": endpoint}}


CASES: dict[str, Callable[[Path], list[Path]]] = {
    "one file": one_file,
    "1,000 files": thousand_files,
    "10,000 leaves": ten_thousand_leaves,
}


def command(tool: str, paths: list[Path]) -> list[str]:
    files = [str(path) for path in paths]
    if tool == "specc":
        return [str(Path(sys.executable).with_name("specc")), "validate", *files]
    checker = Path(sys.executable).with_name("check-jsonschema")
    return [str(checker), "--schemafile", str(SCHEMA), *files]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    finished = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if finished.returncode:
        sys.exit(f"{command[0]} failed:\n{(finished.stdout + finished.stderr)[-2000:]}")
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print(f"{'specc validate / check-jsonschema':<36}  time")
    for name, make in CASES.items():
        with tempfile.TemporaryDirectory() as directory:
            paths = make(Path(directory))
            seen: dict[str, list[float]] = {"specc": [], "check-jsonschema": []}
            for _ in range(options.rounds):
                for tool, runs in seen.items():
                    runs.append(seconds(command(tool, paths)))
        ours, theirs = (statistics.median(runs) for runs in seen.values())
        print(f"{name:<36}  {ours / theirs:.3f} ({ours:.3f} / {theirs:.3f} s)", flush=True)


if __name__ == "__main__":
    main()
