"""A comparison as Markdown for a comment on a pull request: a table for each file, breaking changes first.

The text depends on the contracts only, so a bot can find its comment by the first line and replace it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from specc.change import Change
from specc.diagnostics import Diagnostic, printable
from specc.report import DiffReport, Report
from specc.report.diff_summary import answer, contract_lines, judgement_of, reason

MARK = "<!-- specc diff -->"
"""The first line, by which a bot finds its comment."""
_HEADER = "| rule | change | fingerprint |\n| --- | --- | --- |\n"
_ESCAPES = {ord(char): f"&#{ord(char)};" for char in "&<>|\\`*_[]~#!"} | {ord("@"): "@<!-- -->"}


def render(report: Report) -> str:
    """``report``, which is that of a comparison, as Markdown."""
    report = cast(DiffReport, report)
    parts = [MARK, f"**specc diff: {printable(answer(report))}**"]
    others = [finding for finding in report.findings if not isinstance(finding, Change)]
    if others:
        parts.append("\n".join(f"- {_other(finding)}" for finding in others))
    parts += [_unreadable(message) for _, message in report.unreadable]
    for file, changes in report.shown.items():
        if changes:
            parts.append(_file(file, changes))
    return "\n\n".join(parts) + "\n"


def _file(file: str, changes: Sequence[Change]) -> str:
    """One file: its changes that are not safe, then the safe ones folded away."""
    shown = [change for change in changes if change.level != "info"]
    folded = [change for change in changes if change.level == "info"]
    counts = f"{len(shown)} to look at, {len(folded)} safe or waived"
    parts = [f"<details{' open' if shown else ''}>\n<summary>{_code(file)}: {counts}</summary>"]
    if shown:
        parts.append(_table(shown))
    if folded:
        parts.append(f"<details>\n<summary>safe or waived</summary>\n\n{_table(folded)}\n</details>")
    return "\n\n".join([*parts, "</details>"])


def _table(changes: Iterable[Change]) -> str:
    return _HEADER + "\n".join(_row(change) for change in changes)


def _row(change: Change) -> str:
    lines = [f"<b>{_text(change.message)}</b>", *map(_code, contract_lines(change)), _text(reason(change))]
    if change.against:
        lines.append(_text(f"against {', '.join(change.against)}"))
    if change.hint:
        lines.append(f"<i>{_text(change.hint)}</i>")
    print_ = change.fingerprint
    cell = [_code(print_)]
    if change.waived is not None:
        cell.append(_text(f"waived until {change.waived.until}: {change.waived.reason}"))
    elif judgement_of(change) == "breaking":
        cell.append(_code(f"specc diff --waive {print_} --reason TEXT --until DATE"))
    return f"| {change.level}<br>{_text(change.rule)} | {'<br>'.join(lines)} | {'<br>'.join(cell)} |"


def _other(finding: Diagnostic) -> str:
    hint = f"; {finding.hint}" if finding.hint else ""
    return f"{_code(finding.place.rstrip(': '))} {finding.level}: {finding.rule}: {_text(finding.message + hint)}"


def _unreadable(message: str) -> str:
    return f"- error: {_text(message)}"


def _text(text: str) -> str:
    """``text`` without a meaning in Markdown or HTML."""
    return printable(text).translate(_ESCAPES)


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"
