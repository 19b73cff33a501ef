"""Specs for the commands, and ``python -m specc`` in a process."""

import subprocess
import sys
from typing import Any

GOOD = {
    "specc": 1,
    "dims": {"batch": {}},
    "endpoints": {"serve": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 3]"}},
}


BAD = {
    "specc": 1,
    "endpoints": {
        "serve": {"inputs": ["float23[batch, 3]"], "outputs": "float32[batch, 3]", "autgraph": True},
        "name": {"inputs": [3], "outputs": {}},
    },
}


def run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "specc", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)
