"""A pseudo-terminal for one stream of a command, and the screen that its output makes."""

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path
from typing import Any


def run_on_terminal(*arguments: str, columns: int = 100, cwd: Path, **environment: str) -> tuple[int, str, str]:
    """The exit code of ``python -m specc``, its standard output, and all that it wrote to a terminal as its errors."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {**os.environ, "TERM": "xterm", **environment}
    read: list[bytes] = []

    def keep() -> None:
        try:
            while part := os.read(ours, 1 << 16):
                read.append(part)
        except OSError:  # Linux's way to say that the other side is closed
            return

    reader = threading.Thread(target=keep)
    reader.start()
    command = [sys.executable, "-m", "specc", *arguments]
    done: Any = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, text=True, check=False, cwd=cwd, env=env)
    os.close(theirs)
    reader.join()
    os.close(ours)
    return done.returncode, done.stdout, b"".join(read).decode("utf-8")


def screen(written: str) -> list[str]:
    """The lines that a terminal shows at the end."""
    lines, column = [""], 0
    for token in re.findall(r"\x1b\[K|\r|\n|[^\r\n\x1b]+|.", written):
        line = lines[-1]
        match token:
            case "\n":
                lines.append("")
                column = 0
            case "\r":
                column = 0
            case "\x1b[K":
                lines[-1] = line[:column]
            case _:
                lines[-1] = line[:column].ljust(column) + token + line[column + len(token) :]
                column += len(token)
    return [line.rstrip() for line in lines]


def frames(written: str) -> list[str]:
    """What was drawn as a live line, in its order."""
    return re.findall(r"\r([^\r\n\x1b]+)\x1b\[K", written)
