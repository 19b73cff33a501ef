"""Reads archives with ``specc inspect`` and with ``saved_model_cli show --all``, whole processes; prints the ratios.

    python benchmarks/read.py                 # every case, 5 rounds

The two take turns, and a ratio is one of medians. Memory is the largest resident set of the process (Linux only).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from export import run_fresh

READ = ("resnet50", "two-tower")


def command(tool: str, path: str) -> list[str]:
    if tool == "specc":
        return [sys.executable, "-m", "specc", "inspect", path]
    return [str(Path(sys.executable).with_name("saved_model_cli")), "show", "--all", "--dir", path]


def run(tool: str, path: str) -> tuple[float, float]:
    """Seconds and bytes of one process."""
    start = time.perf_counter()
    child = subprocess.Popen(command(tool, path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command(tool, path))} failed")
    return time.perf_counter() - start, used.ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{'specc inspect / saved_model_cli show':<38}  {'time':<26}  memory")
    for name in READ:
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/archive"
            # In a process of its own: a child starts with the size of its parent, and would be measured with it.
            run_fresh(name, "specc", path)
            seen: dict[str, list[tuple[float, float]]] = {tool: [] for tool in ("specc", "tensorflow")}
            for _ in range(options.rounds):
                for tool, runs in seen.items():
                    runs.append(run(tool, path))
        cells = [f"{name:<38}"]
        for index, (scale, unit) in enumerate(((1.0, "s"), (1e6, "MB"))):
            ours, theirs = (statistics.median(run[index] for run in seen[tool]) for tool in ("specc", "tensorflow"))
            cells.append(f"{ours / theirs:.3f} ({ours / scale:6.2f} / {theirs / scale:6.2f} {unit})")
        print("  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
