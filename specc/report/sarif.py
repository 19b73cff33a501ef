"""Findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from specc.diagnostics import Diagnostic, Level, Place, short_path
from specc.report import Report
from specc.rules import RULES, rule_page, rule_summary
from specc.run_finding import RunFinding
from specc.version import VERSION

_LEVELS: dict[Level, str] = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """``report`` as one SARIF log with one run."""
    rules = sorted({finding.rule for finding in report.findings})
    invocation: dict[str, Any] = {"executionSuccessful": not report.unreadable}
    if report.unreadable:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": message}, "locations": [_artifact_location(file)]}
            for file, message in report.unreadable
        ]
    run = {
        "tool": {"driver": {"name": "specc", "version": VERSION, "rules": [_rule_descriptor(rule) for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [_finding_result(finding, rules.index(finding.rule)) for finding in report.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule_descriptor(rule: str) -> dict[str, Any]:
    """The SARIF descriptor of a rule; a rule of other code than specc's may have no page."""
    if rule not in RULES:
        return {"id": rule}
    page = rule_page(rule)
    return {
        "id": rule,
        "shortDescription": {"text": rule_summary(rule)},
        "help": {"text": page, "markdown": page},
    }


def _finding_result(finding: Diagnostic, rule_index: int) -> dict[str, Any]:
    details = finding.details if isinstance(finding, RunFinding) else ()
    text = "; ".join(part for part in (finding.message, *details, finding.hint) if part)
    location = _place_location(finding)
    related = [
        {"id": index, **_place_location(place), "message": {"text": place.message}}
        for index, place in enumerate(finding.related)
    ]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.level],
        "message": {"text": text},
        **({"locations": [location]} if location else {}),
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {"specc/v1": finding.fingerprint},
    }


def _place_location(place: Place) -> dict[str, Any]:
    location = _artifact_location(place.file) if place.file else {}
    where = place.location
    if where is not None and place.file:
        location["physicalLocation"]["region"] = {
            "startLine": where.line,
            "startColumn": where.column,
            "endLine": where.end_line,
            "endColumn": where.end_column,
        }
    path = short_path(place.path)
    if path:
        location["logicalLocations"] = [{"fullyQualifiedName": path, "kind": "member"}]
    return location


def _artifact_location(file: str) -> dict[str, Any]:
    try:
        name = file.encode("utf-8", "surrogateescape")  # the bytes of a name that is not UTF-8
    except UnicodeEncodeError:  # half a surrogate pair, which no file name has
        name = file.encode("utf-8", "replace")
    uri = quote(name.replace(b"\\", b"/"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}}}
