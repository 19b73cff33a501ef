"""Findings as one JSON object, which ``schemas/specc-findings.v1.schema.json`` describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from specc.change import SURFACES, Change, Side, Witness
from specc.diagnostics import Diagnostic, Place, SpecPath, with_short_names
from specc.report import DiffReport, Report, VerifyReport
from specc.run_finding import EndpointReport, RunFinding

VERSION = 1
_STATES = {"ok": "ok", "FAILS": "fails", "-": None}


def render(report: Report) -> str:
    """``report`` as JSON, in ASCII only."""
    data = {
        "version": VERSION,
        "command": report.command,
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        **({"verdict": report.verdict and dict(report.verdict)} if isinstance(report, DiffReport) else {}),
        **(_verified(report) if isinstance(report, VerifyReport) else {}),
        "findings": _findings(report),
        "unreadable": [{"file": file, "message": message} for file, message in report.unreadable],
    }
    return json.dumps(data, indent=2) + "\n"


def _findings(report: Report) -> list[dict[str, Any]]:
    if isinstance(report, VerifyReport):
        return [_finding_to_json(finding) | _run(finding) for finding in report.findings]
    if not isinstance(report, DiffReport):
        return [_finding_to_json(finding) for finding in report.findings]
    witnessed = report.witnessed()
    found = []
    for index, finding in enumerate(report.findings):
        data = _finding_to_json(finding)
        if isinstance(finding, Change):
            data |= {"against": list(finding.against)} if report.has_refs else {}
            data |= _change(finding)
            data["witness"] = _witness(finding.witness) if index in witnessed else None
        found.append(data)
    return found


def _finding_to_json(finding: Diagnostic) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": finding.level,
        "message": finding.message,
        "hint": finding.hint,
        **_place_to_json(finding),
        "related": [{"message": place.message, **_place_to_json(place)} for place in finding.related],
        "fingerprint": finding.fingerprint,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "surfaces": {surface: change.surfaces[surface] for surface in SURFACES if surface in change.surfaces},
        "old": _side(change.old),
        "new": _side(change.new),
        "waived": None if change.waived is None else change.waived._asdict(),
    }


def _side(side: Side | None) -> dict[str, Any] | None:
    return None if side is None else {"path": _path_to_json(side.path), "value": side.value}


def _witness(witness: Witness | None) -> dict[str, Any] | None:
    if witness is None:
        return None
    outputs = None if witness.outputs is None else {name: dict(each) for name, each in witness.outputs.items()}
    return {
        "surface": witness.surface,
        "attribute" if witness.surface == "python" else "signature": witness.address,
        "inputs": {name: dict(each) for name, each in witness.inputs.items()},
        "outputs": outputs,
        "reason": witness.reason,
    }


def _verified(report: VerifyReport) -> dict[str, Any]:
    return {
        "archive": report.archive,
        "spec": report.spec,
        "seed": report.seed,
        "tensorflow": report.tensorflow or None,
        "endpoints": [_endpoint(endpoint) for endpoint in report.endpoints],
    }


def _endpoint(endpoint: EndpointReport) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "examples": endpoint.examples,
        "generated": endpoint.generated,
        "calls": dict(endpoint.calls),
        "ways": {way: _STATES[state] for way, state in endpoint.ways.items()},
        "latency": None if endpoint.latency is None else asdict(endpoint.latency),
        "largest": dict(endpoint.largest),
        "notes": list(endpoint.notes),
    }


def _run(finding: Diagnostic) -> dict[str, Any]:
    """How an archive was called where a finding shows; the endpoint of a static finding is that of its path."""
    if not isinstance(finding, RunFinding):
        endpoint = finding.path[1] if finding.path[:1] == ("endpoints",) and len(finding.path) > 1 else None
        return {"endpoint": endpoint, "ways": None, "case": None, "comparison": None, "example": None}
    return {
        "endpoint": finding.endpoint,
        "ways": list(finding.ways) or None,
        "case": finding.case,
        "comparison": None if finding.comparison is None else asdict(finding.comparison),
        "example": finding.example,
    }


def _place_to_json(place: Place) -> dict[str, Any]:
    location = None if place.location is None else asdict(place.location)
    return {"file": place.file, "path": _path_to_json(place.path), "location": location}


def _path_to_json(path: SpecPath) -> list[str | int]:
    """A path, in which long keys are shortened: one key may be that of thousands of findings."""
    return [with_short_names(part) if isinstance(part, str) else part for part in path]
