"""How the demo talks: chapters on standard output, and silence on standard error unless something fails."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Story:
    """Tells what happens, in colour where a terminal shows it."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._step = 0

    def chapter(self, title: str, where: str = "") -> None:
        self._step += 1
        print(f"\n{self._paint('1;36', f'{self._step}  {title}')}{self._paint('2', f'   {where}' if where else '')}")

    def line(self, text: str = "") -> None:
        print(f"   {text}".rstrip(), flush=True)

    def verdict(self, good: bool, text: str) -> None:
        print(f"\n{self._paint('1;32' if good else '1;31', text)}", flush=True)

    def _paint(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text


def run(command: list[str], directory: Path, stdin: bytes = b"") -> bytes:
    """What ``command`` prints, run in ``directory``; its standard error is shown only where it fails."""
    finished = subprocess.run(command, input=stdin, capture_output=True, cwd=directory, check=False)
    if finished.returncode:
        sys.stderr.buffer.write(finished.stderr)
        sys.exit(f"{' '.join(command)} failed with exit code {finished.returncode}")
    return finished.stdout


def run_check(command: list[str], directory: Path) -> tuple[str, bool]:
    """What ``command`` reports, and whether it found no errors; standard error is shown only where it cannot run."""
    finished = subprocess.run(command, capture_output=True, cwd=directory, check=False, encoding="utf-8")
    if finished.returncode not in (0, 1):
        sys.stderr.write(finished.stderr)
        sys.exit(f"{' '.join(command)} failed with exit code {finished.returncode}")
    return finished.stdout, finished.returncode == 0


@contextmanager
def quiet_unless_it_fails() -> Iterator[None]:
    """TensorFlow's C++ half writes to file descriptor 2, whatever Python does to sys.stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as said:
        saved = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(saved, said.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
