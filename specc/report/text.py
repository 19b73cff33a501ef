"""Findings as text: the place, the message, the line with a mark under it, and how to fix it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence

from specc.diagnostics import Diagnostic, Location, printable, short_path
from specc.run_finding import RunFinding

_TAB = 4
_COLORS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "info": "\x1b[1;36m",
    "place": "\x1b[1m",
    "dim": "\x1b[2m",
    "hint": "\x1b[36m",
    "name": "\x1b[1m",
}
_RESET_COLOR = "\x1b[0m"


def findings_text(findings: Iterable[Diagnostic], *, color: bool = False, brief: bool = False) -> str:
    """The findings in order, without duplicates; ``brief`` gives one line each, without excerpts."""
    if brief:
        return "".join(f"{line}\n" for line in dict.fromkeys(_finding_line(finding) for finding in findings))
    return "\n".join(dict.fromkeys(_finding_text(finding, color) for finding in findings))


def _finding_line(finding: Diagnostic) -> str:
    hint = f"; {finding.hint}" if finding.hint else ""
    return printable(f"{finding.place}{finding.level}: {finding.rule}: {finding.message}{hint}")


def painter(color: bool) -> Callable[[str, str], str]:
    """A function that gives a text the colour of what it is, if there is ``color``."""

    def paint(text: str, what: str) -> str:
        return f"{_COLORS[what]}{text}{_RESET_COLOR}" if color and text else text

    return paint


def _finding_text(finding: Diagnostic, color: bool) -> str:
    paint = painter(color)
    place, message = paint(printable(finding.place), "place"), printable(finding.message)
    lines = [f"{place}{paint(finding.level + ':', finding.level)} {finding.rule}: {message}"]
    where = finding.location
    margin = " " * len(str(where.line)) if where is not None else ""
    sign = f"{margin} {paint('=', 'dim')} " if where is not None else "  "
    if where is not None:
        excerpt, mark = _excerpt(where)
        lines.append(f"{paint(f'{where.line} |', 'dim')} {excerpt}".rstrip())
        lines.append(f"{paint(f'{margin} |', 'dim')} {paint(mark, finding.level)}")
        if finding.path:
            lines.append(f"{sign}at {printable(short_path(finding.path))}")
    lines += [f"{sign}{printable(detail)}" for detail in finding.details] if isinstance(finding, RunFinding) else []
    lines += [f"{sign}{printable(f'see {place.place}{place.message}')}" for place in finding.related]
    if finding.hint:
        lines.append(f"{sign}{paint('hint:', 'hint')} {printable(finding.hint)}")
    return "".join(f"{line}\n" for line in lines)


def _excerpt(where: Location) -> tuple[str, str]:
    """The line as a terminal shows it, and the marker line under it."""
    start = where.column - where.excerpt_column
    end = where.end_column - where.excerpt_column if where.end_line == where.line else len(where.excerpt)
    before, marked, after = where.excerpt[:start], where.excerpt[start:end], where.excerpt[end:]
    cut = "..." if where.excerpt_column > 1 else ""
    shown = [_terminal_text(part) for part in (before, marked, after)]
    mark = " " * (len(cut) + terminal_width(shown[0])) + "^" * max(1, terminal_width(shown[1]))
    return f"{cut}{''.join(shown)}", mark


def _terminal_text(text: str) -> str:
    return printable(text.replace("\t", " " * _TAB))


def terminal_width(text: str) -> int:
    """How many cells of a terminal ``text`` takes."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.category(char) in ("Mn", "Me", "Cf") for char in text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Left-aligned columns under a header; control characters are shown as escapes."""
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "".join(f"{line}\n" for line in lines)
