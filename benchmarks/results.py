"""Measures what the targets are set for, prints the verdicts, and writes benchmarks/RESULTS.md.

    python benchmarks/results.py                        # everything, 5 rounds; 25 minutes on two cores
    python benchmarks/results.py --rounds 3 two-tower   # one again; the others stay as they are stored

The figures are stored in benchmarks/results.json, from which the page is made: with ``--page``, nothing is measured.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import growth
from export import run_fresh
from measure import ChildError
from page import Stored, page
from targets import EXPERIMENTS

STORE = Path(__file__).with_name("results.json")
PAGE = Path(__file__).with_name("RESULTS.md")


def machine() -> str:
    distributions = importlib.metadata.packages_distributions()["tensorflow"]
    versions = {"TensorFlow": distributions[0], "Keras": "keras", "specc": "specc"}
    said = [f"{name} {importlib.metadata.version(package)}" for name, package in versions.items()]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ", ".join([f"{platform.system()}, {cores} cores", f"CPython {platform.python_version()}", *said])


def measure(name: str, rounds: int) -> dict[str, Any]:
    """The result of an experiment or a series, as it is stored."""
    result: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(), "rounds": []}
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        try:
            paths = {}
            if name in EXPERIMENTS and EXPERIMENTS[name].archives:
                paths = {tool: f"{directory}/{tool}" for tool in ("specc", "keras")}
                for tool, path in paths.items():
                    run_fresh(EXPERIMENTS[name].archives, tool, path)
            for index in range(rounds):
                print(f"{name}: round {index + 1}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
                measured = EXPERIMENTS[name].measure(paths) if name in EXPERIMENTS else growth.measure(name)
                result["rounds"].append(measured)
        except ChildError as error:
            print(error, file=sys.stderr)
            result["failed"] = str(error).splitlines()[-1]
    print(f"{name}: done, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [*EXPERIMENTS, *growth.SERIES]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to measure: {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--page", action="store_true", help="only write the page of what is stored")
    options = parser.parse_args()
    unknown = set(options.names) - set(names)
    if unknown or options.rounds < 1:
        parser.error(f"unknown: {', '.join(sorted(unknown))}" if unknown else "at least one round is needed")
    stored: Stored = json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}
    for name in [] if options.page else options.names or names:
        stored[name] = measure(name, options.rounds)
        stored = {known: stored[known] for known in names if known in stored}
        STORE.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    text = page(stored)
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 1 if any("failed" in result for result in stored.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
