"""What ``specc`` takes for commands, each in a process of its own with limits."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass

Commands = list[tuple[str, ...]]


@dataclass(frozen=True)
class Measured:
    """What commands took: the most seconds of processor time and MB of memory of any of them, and their exit codes."""

    seconds: float
    megabytes: int
    codes: tuple[int, ...]
    stderr: str


_RUN = """
import json, os, sys
from specc.cli import main
codes, megabytes, seconds = [], 0, 0
for command in json.loads(sys.argv[1]):
    child = os.fork()
    if not child:
        out, code = sys.stdout, 70
        sys.stdout = open("/dev/null", "w")
        try:
            code = main(command)
        except BaseException as error:
            print("Traceback:", repr(error), file=sys.stderr, flush=True)
        os._exit(code)
    _, status, usage = os.wait4(child, 0)
    codes.append(os.waitstatus_to_exitcode(status))
    megabytes, seconds = max(megabytes, usage.ru_maxrss // 1024), max(seconds, usage.ru_utime + usage.ru_stime)
print(json.dumps([seconds, megabytes, codes]))
"""


def measure(commands: Commands, megabytes: int = 2000, seconds: int = 60) -> Measured:
    """What ``specc`` takes for these commands, each in a process with these limits."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds,) * 2)

    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, json.dumps(commands)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,  # noqa: PLW1509  # no test starts threads
        text=True,
    )
    found, text = process.communicate()
    assert process.returncode == 0, (process.returncode, text[-2000:])
    took, peak, codes = json.loads(found)
    return Measured(took, peak, tuple(codes), text)
