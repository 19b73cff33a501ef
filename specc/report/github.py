"""Findings as workflow commands, which GitHub shows at the changed lines."""

from __future__ import annotations

from specc.diagnostics import Diagnostic, Level, printable, short_path
from specc.report import Report
from specc.run_finding import RunFinding

_COMMANDS: dict[Level, str] = {"error": "error", "warning": "warning", "info": "notice"}
_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = {**_MESSAGE, **str.maketrans({":": "%3A", ",": "%2C"})}


def render(report: Report) -> str:
    """One ``::error``, ``::warning`` or ``::notice`` command for each finding."""
    commands = [_finding_command(finding) for finding in report.findings]
    commands += [_command_line("error", {"file": file}, message) for file, message in report.unreadable]
    return "".join(commands)


def _finding_command(finding: Diagnostic) -> str:
    properties = {"file": finding.file, "title": finding.rule}
    if finding.location is not None:
        where = finding.location
        properties |= {"line": str(where.line), "endLine": str(where.end_line), "col": str(where.column)}
        properties["endColumn"] = str(max(where.column, where.end_column - 1))  # GitHub's end column is inclusive
    details = finding.details if isinstance(finding, RunFinding) else ()
    parts = (finding.message, *details, f"at {short_path(finding.path)}" if finding.path else "", finding.hint)
    return _command_line(_COMMANDS[finding.level], properties, "\n".join(part for part in parts if part))


def _command_line(level: str, properties: dict[str, str], message: str) -> str:
    property_list = ",".join(f"{name}={_escape_command(text, _PROPERTY)}" for name, text in properties.items() if text)
    return f"::{level} {property_list}::{_escape_command(message, _MESSAGE)}\n"


def _escape_command(text: str, escapes: dict[int, str]) -> str:
    lines = (printable(line) for line in text.split("\n"))
    return "\n".join(lines).translate(escapes)
