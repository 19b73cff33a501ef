"""A comparison as text: the answer, then each change with both sides, the reason, and a client that breaks."""

from __future__ import annotations

from collections.abc import Sequence

from specc.change import Change
from specc.diagnostics import Diagnostic, printable
from specc.report import DiffReport
from specc.report.diff_summary import answer, contract_lines, reason
from specc.report.text import findings_text, painter


def diff_text(report: DiffReport, *, color: bool = False, brief: bool = False) -> str:
    """``report`` as text; ``brief`` gives one line for each finding, without the answer."""
    if brief or report.verdict is None:
        return findings_text(report.findings, color=color, brief=brief)
    witnessed = report.witnessed()
    parts = [f"{answer(report)}\n"]
    for index, finding in enumerate(report.findings):
        call = report.call_of(finding) if index in witnessed and isinstance(finding, Change) else ""
        examples = report.examples_of(finding) if isinstance(finding, Change) else ()
        parts.append(_finding(finding, call, examples, color))
    return "\n".join(parts)


def _finding(finding: Diagnostic, call: str, examples: Sequence[str], color: bool) -> str:
    if not isinstance(finding, Change):
        return findings_text([finding], color=color)
    paint = painter(color)
    place, level = paint(printable(finding.place), "place"), paint(f"{finding.level}:", finding.level)
    lines = [f"{place}{level} {finding.rule}: {printable(finding.message)}"]
    lines += [paint(printable(line), "error" if line[0] == "-" else "hint") for line in contract_lines(finding)]
    lines.append(f"  {printable(reason(finding))}")
    if examples:
        more = f", and {len(examples) - 1:,} more" if len(examples) > 1 else ""
        lines.append(f"  your example `{printable(examples[0])}` would be refused{more}")
    if finding.against:
        lines.append(f"  against {printable(', '.join(finding.against))}")
    if finding.waived is not None:
        lines.append(f"  waived until {finding.waived.until}: {printable(finding.waived.reason)}")
    if finding.hint:
        lines.append(f"  {paint('hint:', 'hint')} {printable(finding.hint)}")
    lines.append(f"  fingerprint: {finding.fingerprint}")
    if call:
        lines.append("  a client that breaks:")
        lines += [f"    {printable(line)}".rstrip() for line in call.splitlines()]
    return "".join(f"{line}\n" for line in lines)
