"""Grouping: one defect is one finding, over all calls and ways that show it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from specc.diagnostics import Diagnostic, SpecPath
from specc.rules.table import RunningRule
from specc.run_finding import RunFinding
from specc.verification.subject import listed

_VALUES: frozenset[RunningRule] = frozenset(
    (
        "ways-disagree",
        "answer-differs",
        "not-finite",
        "out-of-bounds",
        "not-rowwise",
        "not-pure",
        "input-default-ignored",
    )
)
_HIDES: Mapping[str, Collection[str]] = {
    "answer-mismatch": _VALUES,
    "ways-disagree": ("answer-differs", "not-finite", "out-of-bounds", "not-rowwise"),
    "not-finite": ("answer-differs", "out-of-bounds", "not-rowwise"),
    "out-of-bounds": ("answer-differs", "not-rowwise"),
    "answer-differs": ("not-rowwise",),
    "call-failed": ("generated-refused", "empty-refused"),
}
"""What an error hides at the same place and on the same ways, since the same defect shows in both."""

_CALLS = ("load-failed", "call-failed", "generated-refused", "empty-refused", "crashed", "not-proven")
_EXPLAINED: Mapping[str, Collection[str]] = {
    "wire-crossed": (*_VALUES, "alias-differs", "answer-mismatch", "call-failed"),
    "load-failed": _CALLS,
    "not-enforced": ("not-enforced",),
    "missing-asset": _CALLS,
    "python-op": _CALLS,
    "spec-mismatch": (
        *_CALLS,
        "answer-mismatch",
        "not-enforced",
        "input-default-ignored",
        "alias-differs",
        "stale-fingerprint",
    ),
    "contract-mismatch": (*_CALLS, "answer-mismatch", "not-enforced", "input-default-ignored", "alias-differs"),
    "contract-differs": (
        "answer-mismatch",
        "not-enforced",
        "input-default-ignored",
        "alias-differs",
        "collection-mismatch",
    ),
    "collection-mismatch": ("collection-mismatch",),
}
"""What a static error explains at the same endpoint."""
_STALE: RunningRule = "stale-fingerprint"
_OF_THE_ARCHIVE = ("load-failed", "missing-asset", "python-op")
"""Static errors that explain findings about every endpoint."""


def merge(findings: Iterable[RunFinding]) -> list[RunFinding]:
    """One finding for each rule, place and level: the first, with the ways and cases of all."""
    groups: dict[tuple[str, str | None, SpecPath], list[RunFinding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.endpoint, finding.path), []).append(finding)
    return [_merged(group) for group in groups.values()]


def _merged(group: Sequence[RunFinding]) -> RunFinding:
    errors = [finding for finding in group if finding.level == "error"]
    first = (errors or group)[0]
    ways = tuple(dict.fromkeys(way for finding in (first, *group) for way in finding.ways))
    details = first.details
    further = [way for way in ways if way not in first.ways]
    if further:
        details = (*details, f"also on {listed(further)}")
    cases = [case for case in dict.fromkeys(finding.case for finding in group) if case not in (None, first.case)]
    if cases:
        shown = ", ".join(f"`{case}`" for case in cases[:3])
        more = f" and {len(cases) - 3:,} more" if len(cases) > 3 else ""
        details = (*details, f"also in {shown}{more}")
    others = [message for message in dict.fromkeys(finding.message for finding in group) if message != first.message]
    if first.rule == "not-enforced":
        details = (*details, *(f"also: {message}" for message in others[:3]))
    calls = tuple(dict.fromkeys(call for finding in group for call in finding.calls))
    return replace(first, ways=ways, details=details, calls=calls)


def without_consequences(findings: Sequence[RunFinding], static: Iterable[Diagnostic]) -> list[RunFinding]:
    """The findings that no other one explains: neither one at the same output, nor a ``static`` error."""
    errors = [finding for finding in static if finding.level == "error"]
    if errors or any(finding.level == "error" and finding.rule != _STALE for finding in findings):
        findings = [finding for finding in findings if finding.rule != _STALE]  # the other error says what was changed
    return [
        finding
        for finding in findings
        if not any(_hides(other, finding) for other in findings)
        and not any(_explains(each, finding) for each in errors)
    ]


def _hides(other: RunFinding, finding: RunFinding) -> bool:
    return (
        other.level == "error"
        and other.endpoint == finding.endpoint
        and finding.rule in _HIDES.get(other.rule, ())
        and finding.path[: len(other.path)] == other.path
        and set(finding.ways) <= set(other.ways)
    )


def _explains(static: Diagnostic, finding: RunFinding) -> bool:
    if finding.rule not in _EXPLAINED.get(static.rule, ()):
        return False
    if static.rule == "not-enforced":
        return static.path == finding.path
    if static.rule in _OF_THE_ARCHIVE or (static.path == ("mode",) and not finding.path):  # other tags
        return True
    if static.rule == "wire-crossed" and finding.rule != "ways-disagree" and "attribute" in finding.ways:
        return False  # the attribute does not use the wire names
    return static.path[:2] in (finding.path[:2], ("endpoints", finding.endpoint))
