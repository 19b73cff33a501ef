"""Findings as JUnit XML, which build servers read: a suite for each endpoint, a case for each way and call.

A file of the archive has no call: its findings are cases of the suite ``static``, and what concerns the whole run are
cases of the suite ``archive``. Errors are failures; warnings are written beside the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from specc.diagnostics import Diagnostic, counted, printable, short_path
from specc.report import Report, VerifyReport
from specc.run_finding import EndpointReport, RunFinding

STATIC, ARCHIVE = "static", "archive"

_ILLEGAL = re.compile("[\ufffe\uffff]")
"""What XML forbids, and :func:`printable` leaves."""


@dataclass
class _Case:
    """One test case. ``skipped`` is why it was not made, and ``error`` why it could not be."""

    classname: str
    name: str
    failures: list[Diagnostic] = field(default_factory=list)
    others: list[Diagnostic] = field(default_factory=list)
    skipped: str = ""
    error: str = ""

    def add(self, finding: Diagnostic) -> None:
        """Adds a finding."""
        (self.failures if finding.level == "error" else self.others).append(finding)

    def xml(self) -> str:
        """The element."""
        inner = "".join(
            f"      <failure type={_quoted(each.rule)} message={_quoted(each.message)}>{_text(each)}</failure>\n"
            for each in self.failures
        )
        inner += f"      <error message={_quoted(self.error)}/>\n" if self.error else ""
        inner += f"      <skipped message={_quoted(self.skipped)}/>\n" if self.skipped else ""
        if self.others:
            inner += f"      <system-out>{''.join(map(_text, self.others))}</system-out>\n"
        head = f"    <testcase classname={_quoted(self.classname)} name={_quoted(self.name)}"
        return f"{head}>\n{inner}    </testcase>\n" if inner else f"{head}/>\n"


def render(report: Report) -> str:
    """``report`` as one XML document, in ASCII only."""
    endpoints = report.endpoints if isinstance(report, VerifyReport) else ()
    names = {endpoint.name for endpoint in endpoints}
    run = [each for each in report.findings if isinstance(each, RunFinding)]
    static = _of_findings(STATIC, (each for each in report.findings if not isinstance(each, RunFinding)))
    static += [_Case(STATIC, f"read {file}", error=message) for file, message in report.unreadable]
    suites = [(STATIC, static or [_Case(STATIC, STATIC)])]
    others = [each for each in run if each.endpoint not in names]
    if others:
        suites.append((ARCHIVE, _of_findings(ARCHIVE, others)))
    for endpoint in endpoints:
        suites.append((endpoint.name, _of_endpoint(endpoint, [each for each in run if each.endpoint == endpoint.name])))
    body = "".join(_suite(name, cases) for name, cases in suites)
    name = report.archive if isinstance(report, VerifyReport) else report.command
    counts = _counts([case for _, cases in suites for case in cases])
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={_quoted(name)} {counts}>\n'
    return f"{head}{body}</testsuites>\n".encode("ascii", "xmlcharrefreplace").decode("ascii")


def _of_findings(classname: str, findings: Iterable[Diagnostic]) -> list[_Case]:
    """A case for each rule and place."""
    cases: dict[str, _Case] = {}
    for finding in findings:
        name = f"{finding.rule} {short_path(finding.path)}".rstrip()
        cases.setdefault(name, _Case(classname, name)).add(finding)
    return list(cases.values())


def _of_endpoint(endpoint: EndpointReport, findings: Sequence[RunFinding]) -> list[_Case]:
    """A case for each call, and for each finding that no call shows."""
    cases = {call: _Case(endpoint.name, f"{call[0]} {call[1]}") for call in endpoint.cases}
    further: list[Diagnostic] = []
    for finding in findings:
        shown = _cases_of(finding, cases)
        for case in shown:
            case.add(finding)
        if not shown:
            further.append(finding)
    found = [*cases.values(), *_of_findings(endpoint.name, further)]
    return found or [_Case(endpoint.name, "not run", skipped="; ".join(endpoint.notes) or "no call was made")]


def _cases_of(finding: RunFinding, cases: dict[tuple[str, str], _Case]) -> list[_Case]:
    """The cases of the calls that show a finding; one of an alias or a receiver has the signature beside the way."""
    found = []
    for way, case in finding.calls:
        exact = cases.get((way, case))
        others = [each for (name, of), each in cases.items() if of == case and name.startswith(f"{way} ")]
        is_of_another = finding.path[:1] == ("default",) and others
        found += others if is_of_another or exact is None else [exact]
    return found


def _suite(name: str, cases: Sequence[_Case]) -> str:
    return (
        f"  <testsuite name={_quoted(name)} {_counts(cases)}>\n{''.join(case.xml() for case in cases)}  </testsuite>\n"
    )


def _counts(cases: Sequence[_Case]) -> str:
    failures, skipped = sum(bool(case.failures) for case in cases), sum(bool(case.skipped) for case in cases)
    errors = sum(bool(case.error) for case in cases)
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _text(finding: Diagnostic) -> str:
    lines = [f"{finding.place}{finding.level}: {finding.rule}: {finding.message}"]
    if isinstance(finding, RunFinding):
        lines += [f"   = {detail}" for detail in finding.details]
        lines += [f"   = shown by {counted(len(finding.calls), 'call')}"] if len(finding.calls) > 1 else []
    lines += [f"   = hint: {finding.hint}"] if finding.hint else []
    return "".join(f"{escape(_legal(line))}\n" for line in lines)


def _quoted(text: str) -> str:
    return quoteattr(_legal(text))


def _legal(text: str) -> str:
    return _ILLEGAL.sub(lambda match: f"\\u{ord(match[0]):04x}", printable(text))
