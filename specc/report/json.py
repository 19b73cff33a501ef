"""Findings as one JSON object, which ``schemas/specc-findings.v1.schema.json`` describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

from specc.diagnostics import Diagnostic, Level, Place
from specc.report import Report, VerifyReport
from specc.run_finding import EndpointReport, RunFinding

VERSION = 1
_PERCENTILES = ("p50", "p90", "p99")
_STATES = {"ok": "ok", "FAILS": "fails", "-": None}


def render(report: Report) -> str:
    """``report`` as JSON, in ASCII only."""
    data = {
        "version": VERSION,
        "command": report.command,
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        **(_verified(report) if isinstance(report, VerifyReport) else {}),
        "findings": [
            _finding(finding) | (_run(finding) if isinstance(report, VerifyReport) else {})
            for finding in report.findings
        ],
        "unreadable": [{"file": file, "message": message} for file, message in report.unreadable],
    }
    return json.dumps(data, indent=2) + "\n"


def _finding(finding: Diagnostic) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": finding.level,
        "message": finding.message,
        "hint": finding.hint,
        **_place(finding),
        "related": [{"message": place.message, **_place(place)} for place in finding.related],
        "fingerprint": finding.fingerprint,
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


def _place(place: Place) -> dict[str, Any]:
    location = None if place.location is None else asdict(place.location)
    return {"file": place.file, "path": list(place.path), "location": location}


def _object(description: str, optional: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def _typed(kind: str, description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "type": kind, **more}


def findings_schema() -> dict[str, Any]:
    """The JSON Schema of what ``--format json`` prints."""
    count = {"minimum": 0}
    from_one = {"minimum": 1}
    location = _object(
        "Where the finding is in its file. Columns count characters.",
        line=_typed("integer", "The first line, from 1.", **from_one),
        column=_typed("integer", "The first column, from 1.", **from_one),
        end_line=_typed("integer", "The last line.", **from_one),
        end_column=_typed("integer", "The column after the last one.", **from_one),
        excerpt=_typed("string", "The first line, or of a long one the part around the finding."),
        excerpt_column=_typed("integer", "The column at which the excerpt begins.", **from_one),
    )
    place_of = {
        "file": _typed("string", "The file as it was named on the command line."),
        "path": _typed(
            "array", "Keys and positions from the root of the document.", items={"type": ["string", "integer"]}
        ),
        "location": {"if": {"not": {"type": "null"}}, "then": location},
    }
    related = _object("Another place.", message=_typed("string", "What is there."), **place_of)
    finding = _object(
        "One finding.",
        _run_schemas(),
        rule=_typed(
            "string", "An id that never changes; specc explain describes the rule.", pattern="^[a-z0-9]+(-[a-z0-9]+)*$"
        ),
        level={"description": "The severity.", "enum": list(get_args(Level))},
        message=_typed("string", "What is wrong."),
        hint=_typed("string", "How to fix it, or empty."),
        **place_of,
        related=_typed("array", "Other places that the finding is about.", items=related),
        fingerprint=_typed(
            "string", "Stays the same while lines move and messages are reworded.", pattern="^[0-9a-f]{12}$"
        ),
    )
    unreadable = _object(
        "A file that could not be read.",
        file=_typed("string", "The file as it was named."),
        message=_typed("string", "Why it could not be read."),
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:specc:findings:v{VERSION}",
        "title": "specc findings",
        **_object(
            "What specc --format json prints.",
            _verified_schemas(),
            version={"description": "The version of this format.", "const": VERSION},
            command=_typed("string", "The command that ran, such as validate."),
            files=_typed("integer", "How many files were read and checked.", **count),
            errors=_typed("integer", "How many findings are errors.", **count),
            warnings=_typed("integer", "How many findings are warnings.", **count),
            findings=_typed("array", "The findings, file by file, in the order of the text.", items=finding),
            unreadable=_typed("array", "The files that could not be read.", items=unreadable),
        ),
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"if": {"not": {"type": "null"}}, "then": schema}


def _run_schemas() -> dict[str, Any]:
    """The further keys of a finding of ``specc verify``."""
    index = {"type": ["array", "null"], "items": {"type": "integer", "minimum": 0}}
    number = {"type": ["number", "null"]}
    comparison = _object(
        "What was found, held against what was expected.",
        elements=_typed("integer", "How many elements were compared.", minimum=0),
        differing=_typed("integer", "How many of them are beyond the tolerance.", minimum=0),
        index={"description": "The index of the first of these.", **index},
        found={"description": "The element that was found there, as examples have it."},
        expected={"description": "The element that was expected there."},
        largest_absolute={"description": "The largest absolute difference of finite numbers.", **number},
        largest_absolute_index={"description": "Its index.", **index},
        largest_relative={"description": "The largest difference, relative to the expected number.", **number},
        largest_relative_index={"description": "Its index.", **index},
        ulps={"description": "The floats between both elements at the largest absolute difference.", **number},
        rtol=_typed("number", "The relative tolerance.", minimum=0),
        atol=_typed("number", "The absolute tolerance.", minimum=0),
    )
    ways = {"description": "The ways that are blamed: attribute, signature or session.", "type": ["array", "null"]}
    return {
        "endpoint": {"description": "The endpoint that was called.", "type": ["string", "null"]},
        "ways": {**ways, "items": {"type": "string"}},
        "case": {"description": "The example or the generated call that shows it.", "type": ["string", "null"]},
        "comparison": _or_null(comparison),
        "example": {"description": "A call that shows it again, as an example.", "type": ["object", "null"]},
    }


def _verified_schemas() -> dict[str, Any]:
    """The further keys of ``specc verify``."""
    count = {"minimum": 0}
    milliseconds = {key: _typed("number", f"{key[1:]} of 100 calls took no longer.", **count) for key in _PERCENTILES}
    endpoint = _object(
        "How one endpoint was verified.",
        name=_typed("string", "Its name."),
        examples=_typed("integer", "How many declared examples were called.", **count),
        generated=_typed("integer", "How many generated calls were made.", **count),
        calls=_typed("object", "How many calls were made, by way, and by the key of another signature."),
        ways=_typed("object", "ok, fails, or null where nothing was called, by way."),
        latency=_or_null(_object("How long a call takes in a Session, in milliseconds.", **milliseconds)),
        largest=_typed("object", "The largest difference that was found, by output."),
        notes=_typed("array", "What was not judged, and why.", items={"type": "string"}),
    )
    return {
        "archive": _typed("string", "The archive, as it was named on the command line."),
        "spec": {"description": "The spec, as it was named; null for the archive's own.", "type": ["string", "null"]},
        "seed": _typed("integer", "The seed of generated values.", **count),
        "tensorflow": {"description": "The version that ran it; null if nothing ran.", "type": ["string", "null"]},
        "endpoints": _typed("array", "The endpoints that were called, by name.", items=endpoint),
    }
