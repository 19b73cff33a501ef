"""Findings as plain lines: the file, the path in the document, the rule, the message and the hint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specc.diagnostics import Diagnostic, printable


def findings_text(findings: Iterable[Diagnostic]) -> str:
    """One line a finding, in order, without those that say the same twice."""
    return "".join(f"{line}\n" for line in dict.fromkeys(str(finding) for finding in findings))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Left-aligned columns under a header; control characters are shown as escapes."""
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "".join(f"{line}\n" for line in lines)
