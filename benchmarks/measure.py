"""Fresh processes that measure one thing each, and medians of what they say with the noise.

A child prints its figures as one line of JSON, the last of its output.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

Figures = dict[str, float]
"""What a run took, each by its name: ``cpu`` and ``clock`` in seconds, ``bytes``, ``memory`` in bytes."""


class Spread(NamedTuple):
    """The median of some runs, and the least and the most of them."""

    median: float
    least: float
    most: float


def spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


@dataclass
class Spent:
    """Seconds of a block, by the clock and on the cores, and the growth of the peak resident set in bytes."""

    clock: float = 0
    cpu: float = 0
    memory: float = 0


@contextmanager
def spent() -> Iterator[Spent]:
    """Measures a block of this process."""
    said = Spent()
    resident = reset_peak()
    start, before = time.perf_counter(), _cpu(resource.RUSAGE_SELF)
    yield said
    said.clock, said.cpu = time.perf_counter() - start, _cpu(resource.RUSAGE_SELF) - before
    said.memory = peak() - resident


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def reset_peak() -> int:
    """Sets the peak back to what is resident now, and gives that, in bytes; 0 where the system cannot say."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return 0
    return _status("VmRSS")


def peak() -> int:
    return _status("VmHWM")


def _status(field: str) -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def fresh(script: str, *arguments: str) -> Any:
    """What the child ``script`` says of ``arguments``."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    command = [sys.executable, script, "--child", *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if finished.returncode:
        sys.exit(f"{Path(script).name} {' '.join(arguments)} failed:\n{finished.stderr[-2000:]}")
    return json.loads(finished.stdout.splitlines()[-1])
