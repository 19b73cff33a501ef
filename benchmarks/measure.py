"""Fresh processes that measure one thing each.

A child prints its figures as one line of JSON, the last of its output.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Figures = dict[str, float]
"""What a run took, by name: seconds and bytes."""


class ChildError(Exception):
    """A child failed; the last line says why."""


@contextmanager
def spent() -> Iterator[Figures]:
    """Measures a block of this process: ``cpu`` and ``clock`` in seconds, and ``memory``.

    Memory is the growth of the peak resident set, or 0 where the system cannot say.
    """
    figures: Figures = {}
    resident = reset_peak()
    start, before = time.perf_counter(), _cpu()
    yield figures
    figures["clock"], figures["cpu"] = time.perf_counter() - start, _cpu() - before
    figures["memory"] = peak() - resident


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
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


def write_chunks(path: Path, megabytes: int) -> None:
    """Writes a file in the plainest way, up to the end of its fsync."""
    chunk = memoryview(bytearray(2**26))
    with path.open("wb") as file:
        for start in range(0, megabytes * 2**20, len(chunk)):
            file.write(chunk[: megabytes * 2**20 - start])
        file.flush()
        os.fsync(file.fileno())


def take_page_cache(path: Path, megabytes: int) -> None:
    """Writes and removes a file: a virtual machine may get this memory from its host only when it is first used.

    Linux keeps freed memory for the core that freed it, so each core writes one.
    """
    if not hasattr(os, "sched_setaffinity"):
        write_chunks(path, megabytes)
        path.unlink()
        return
    cores = os.sched_getaffinity(0)
    for core in cores:
        os.sched_setaffinity(0, {core})
        write_chunks(path, megabytes)
        path.unlink()
    os.sched_setaffinity(0, cores)


def fresh(script: str, *arguments: str) -> Any:
    """What the child ``script`` says of ``arguments``."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    command = [sys.executable, script, "--child", *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if finished.returncode:
        raise ChildError(f"{Path(script).name} {' '.join(arguments)} failed:\n{finished.stderr[-2000:].strip()}")
    return json.loads(finished.stdout.splitlines()[-1])
