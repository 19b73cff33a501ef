"""Compares two specs with ``specc diff``, and prints the ratios to what reading them costs.

    python benchmarks/diff.py             # every case, 7 rounds

The small pair is whole processes, as a pre-commit hook starts them, against ``specc validate`` of one of the two
(at most 1.3). The wide pairs are compared in one process, against reading both (at most 2). The runs take turns, and a
ratio is one of medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from validate import ENVIRONMENT, SPEC, wide_document

import specc
from specc.language.load import load_spec

LEAVES = 10_000


def command(name: str, *files: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("specc")), name, *map(str, files)]


def process_seconds(words: list[str]) -> float:
    start = time.perf_counter()
    finished = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if finished.returncode > 1:
        sys.exit(f"{words[1]} failed:\n{(finished.stdout + finished.stderr)[-2000:]}")
    return time.perf_counter() - start


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(rounds: int, ours: Callable[[], float], theirs: Callable[[], float]) -> str:
    seen: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, times in zip((ours, theirs), seen, strict=True):
            times.append(run())
    first, second = map(statistics.median, seen)
    return f"{first / second:.3f} ({first:.3f} / {second:.3f} s)"


def small_pair(directory: Path) -> tuple[Path, Path]:
    old, new = directory / "old.specc.json", directory / "new.specc.json"
    text = SPEC.read_text(encoding="utf-8")
    old.write_text(text, encoding="utf-8")
    new.write_text(text.replace("home feed", "front page"), encoding="utf-8")
    return old, new


def wide_pair(directory: Path, **changes: Any) -> tuple[Path, Path]:
    """Two documents of LEAVES inputs; ``changes`` are those of each input of NEW."""
    old, new = directory / "old.specc.json", directory / "new.specc.json"
    document = wide_document(LEAVES)
    old.write_text(json.dumps(document))
    (inputs,) = document["endpoints"]["score"]["inputs"]
    dtype = changes.get("dtype")
    if dtype:
        inputs.update(dict.fromkeys(inputs, f"{dtype}[batch, 3]"))
    else:
        inputs["feature_5"] = "float64[batch, 3]"
    new.write_text(json.dumps(document))
    return old, new


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"{'specc diff':<52}  time")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        old, new = small_pair(directory)
        diff, validate = command("diff", old, new), command("validate", old)
        said = ratio(rounds, lambda: process_seconds(diff), lambda: process_seconds(validate))
        print(f"{'a small pair / validate of one':<52}  {said}", flush=True)
        for case, changes in (("one of them changed", {}), ("all of them changed", {"dtype": "float64"})):
            old, new = wide_pair(directory, **changes)
            said = ratio(
                rounds,
                lambda old=old, new=new: seconds(lambda: specc.diff(old, new)),  # type: ignore[misc]
                lambda old=old, new=new: seconds(lambda: (load_spec(old), load_spec(new))),  # type: ignore[misc]
            )
            print(f"{f'10,000 leaves, {case} / reading both':<52}  {said}", flush=True)


if __name__ == "__main__":
    main()
