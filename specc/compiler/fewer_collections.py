"""Lets Python's garbage collector run less often during an export.

A trace makes millions of objects, nearly all of which the archive needs until it is written. By default the collector
visits them again and again, after every few hundred new ones, and finds hardly any to free.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLD = 20_000
"""How many new objects the collector waits for; its own default is 700, or 2,000 from CPython 3.13 on."""


class _Collector:
    """The collector's threshold, which several exports may raise at once, in threads or one inside another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exports = 0
        self._before = 0

    def enter(self) -> None:
        """Raises the threshold, if no other export has."""
        with self._lock:
            self._exports += 1
            threshold = gc.get_threshold()[0]
            if self._exports == 1 and 0 < threshold < THRESHOLD:
                self._before = threshold
                gc.set_threshold(THRESHOLD)

    def leave(self) -> None:
        """Sets the threshold back after the last export, unless code that was traced has set another."""
        with self._lock:
            self._exports -= 1
            if self._exports == 0:
                if self._before and gc.get_threshold()[0] == THRESHOLD:
                    gc.set_threshold(self._before)
                self._before = 0


_collector = _Collector()


@contextmanager
def fewer_collections() -> Iterator[None]:
    """A context, or a decorator, in which the collector waits for more objects, in all threads.

    A process that has turned the collector off, or that has a higher threshold, keeps its own.
    """
    _collector.enter()
    try:
        yield
    finally:
        _collector.leave()
