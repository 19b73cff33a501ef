"""Times the stages of an export, and reports each of them while it lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Clock:
    """Times the stages of an export, and reports each to ``progress``, after the name of its ``mode`` if it has one.

    The time between two stages is part of the later one, so that the stages add up to the time since the start.
    """

    def __init__(self, progress: Callable[[str], None], mode: str = "") -> None:
        self.seconds: dict[str, float] = {}
        self.progress = (lambda line: progress(f"{mode}: {line}")) if mode else progress
        self.watch: Callable[[Path], None] = getattr(progress, "watch", lambda _: None)
        """Called with the directory in which the archive is being written."""
        self._last = time.perf_counter()

    @contextmanager
    def stage(self, name: str, line: str) -> Iterator[None]:
        """Times a block, and reports ``line`` before it."""
        self.progress(line)
        yield
        self.end(name)

    def end(self, name: str) -> None:
        """Ends a stage that began when the one before it ended."""
        now = time.perf_counter()
        self.seconds[name], self._last = now - self._last, now
