"""The last line of a terminal while a command works: its stage, the time so far, and how many bytes are written."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import unicodedata
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from specc.diagnostics import printable
from specc.report import writer

_INTERVAL = 0.2
"""How often the line is drawn, in seconds."""
_RATE_OVER = 3.0
"""The time over which the rate is measured, in seconds."""
_COLUMNS = 80
"""The width of a terminal that does not report one."""


class LiveLine:
    """A line that is drawn on the terminal ``stream`` until it is closed; ``label`` comes before each stage.

    The line of each stage stays on the terminal, as it is printed elsewhere, once the stage has ended or something else
    is printed. The terminal is written to through a descriptor of its own: importing TensorFlow redirects the other.
    """

    def __init__(self, stream: TextIO, label: str = "") -> None:
        self._label = f"{label}: " if label else ""
        self._terminal = open(os.dup(stream.fileno()), "w", encoding=stream.encoding, errors="backslashreplace")  # noqa: PTH123, SIM115
        self._lock = threading.RLock()
        self._stage, self._is_printed, self._start = "", True, 0.0
        self._directory: Path | None = None
        self._sizes: deque[tuple[float, int]] = deque()
        """When the directory had how many bytes."""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep_drawing, daemon=True)
        self._thread.start()

    def begin(self, stage: str) -> None:
        """Begins a stage, which ends the one before."""
        with self._lock:
            if self._directory is not None:
                self._draw()  # with all of its bytes
            self._erase()
            self._stage, self._is_printed, self._start, self._directory = stage, False, time.monotonic(), None
            self._draw()

    def watch(self, directory: Path) -> None:
        """Shows the bytes in ``directory`` until the stage ends."""
        with self._lock:
            self._directory = directory
            self._sizes.clear()

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """Removes the line, so that the block can print something else."""
        with self._lock:
            self._erase()
            try:
                yield
            finally:
                self._draw()

    def close(self) -> None:
        """Removes the line; the last stage has ended."""
        self._closed.set()
        self._thread.join()
        with self._lock:
            self._erase()
            self._stage = ""
        with contextlib.suppress(OSError):
            self._terminal.close()

    def _keep_drawing(self) -> None:
        while not self._closed.wait(_INTERVAL):
            with self._lock:
                self._draw()

    def _erase(self) -> None:
        if self._stage:
            self._put("\r\x1b[K" if self._is_printed else f"\r\x1b[K{writer.escaped(printable(self._stage))}\n")
        self._is_printed = True

    def _draw(self) -> None:
        if self._stage:
            done = "".join(f"  {each}" for each in self._done())
            stage = writer.escaped(printable(f"{self._label}{self._stage}"))
            columns = self._columns() - 1  # in the last one, some terminals begin a new line
            self._put(f"\r{_clipped(_clipped(stage, columns - len(done)) + done, columns)}\x1b[K")

    def _done(self) -> Iterator[str]:
        now = time.monotonic()
        yield f"{now - self._start:.1f} s"
        if self._directory is None:
            return
        size = _size_of(self._directory)
        self._sizes.append((now, size))
        while len(self._sizes) > 2 and now - self._sizes[0][0] > _RATE_OVER:
            self._sizes.popleft()
        since, before = self._sizes[0] if len(self._sizes) > 1 else (self._start, 0)
        yield f"{size / 1e6:,.1f} MB"
        yield f"{max(0, size - before) / max(now - since, 0.001) / 1e6:,.0f} MB/s"

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._terminal.fileno()).columns or _COLUMNS
        except OSError:
            return _COLUMNS

    def _put(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone, which must not end the work
            self._terminal.write(text)
            self._terminal.flush()


@contextlib.contextmanager
def live_line(stream: TextIO, label: str = "") -> Iterator[LiveLine]:
    """A LiveLine on ``stream``, which whatever is written meanwhile does not disturb."""
    line = LiveLine(stream, label)
    try:
        with writer.beside(line.hidden):
            yield line
    finally:
        line.close()


def _size_of(directory: Path) -> int:
    """The bytes of the files below ``directory``, some of which may be renamed or removed meanwhile."""
    total = 0
    for parent, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(parent, name).lstat().st_size
    return total


def _clipped(text: str, columns: int) -> str:
    """As much of ``text`` as fits in ``columns`` of a terminal, where some characters take two."""
    shown, used = "", 0
    for char in text:
        used += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if used > max(columns, 0):
            return shown
        shown += char
    return shown
