"""The stages of a command on standard error: a line for each, and on a terminal a live line below them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from specc.cli import QUIET, note
from specc.report.writer import understands_escapes

if TYPE_CHECKING:
    from specc.report.live_line import LiveLine

_lines: list[LiveLine] = []
"""The live line that is shown, if there is one."""


class Progress:
    """What an export calls with each of its stages, and with the directory that it writes."""

    def __call__(self, line: str) -> None:
        """Begins the stage that ``line`` names."""
        stage(line)

    def watch(self, directory: Path) -> None:
        """Shows how many bytes ``directory`` has."""
        for line in _lines:
            line.watch(directory)


def stage(message: str) -> None:
    """Begins a stage: prints its line, or shows it live; neither with --quiet."""
    if _lines:
        _lines[-1].begin(message)
    else:
        note(message)


@contextmanager
def shown_on_terminal(label: str = "") -> Iterator[None]:
    """Shows the stages of the block live, if standard error is a terminal that can; ``label`` comes before each."""
    if QUIET.get() or not understands_escapes(sys.stderr):
        yield
        return
    from specc.report.live_line import live_line

    with live_line(sys.stderr, label) as line:
        _lines.append(line)
        try:
            yield
        finally:
            _lines.remove(line)
