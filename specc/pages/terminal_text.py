"""Cells and columns of the tree: names in one line, without control characters, cut where they are long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specc.diagnostics import printable
from specc.report.text import terminal_width

LONGEST = 80
"""Of a name, in characters: an archive may have one of a megabyte."""
WIDEST = 44
"""The widest column; what is longer moves the rest of its line to the right."""
_LISTED = 5


def short(text: str, longest: int = LONGEST) -> str:
    """``text`` in one line without control characters, and cut to ``longest`` characters."""
    shown = printable(text[: longest + 1])
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def tail(text: str, longest: int = WIDEST) -> str:
    """The last ``longest`` characters of a path, whose end differs from that of other paths."""
    shown = printable(text[-longest - 1 :])
    return shown if len(shown) <= longest else f"...{shown[3 - longest :]}"


def some(names: Sequence[str]) -> str:
    """The first five of ``names``, and how many more there are."""
    more = [f"{len(names) - _LISTED} more"] if len(names) > _LISTED else []
    return ", ".join([*map(short, names[:_LISTED]), *more])


def column_width(cells: Sequence[str]) -> int:
    """The width of a column with these cells."""
    return min(max(map(terminal_width, cells), default=0), WIDEST)


def padding(cell: str, width: int) -> str:
    """The spaces after a cell in a column."""
    return " " * (width - terminal_width(cell))


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Indented lines with left-aligned columns; a first cell that begins with a digit is aligned to the right."""
    widths = [column_width(column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [f"{cell}{padding(cell, width)}" for cell, width in zip(row, widths, strict=True)]
        if row[0][:1].isdigit():
            cells[0] = f"{padding(row[0], widths[0])}{row[0]}"
        yield f"   {'  '.join(cells)}".rstrip()
