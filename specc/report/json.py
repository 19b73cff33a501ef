"""Findings as one JSON object, which ``schemas/specc-findings.v1.schema.json`` describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

from specc.diagnostics import Diagnostic, Level, Place
from specc.report import Report

VERSION = 1


def render(report: Report) -> str:
    """``report`` as JSON, in ASCII only."""
    data = {
        "version": VERSION,
        "command": report.command,
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        "findings": [_finding_to_json(finding) for finding in report.findings],
        "unreadable": [{"file": file, "message": message} for file, message in report.unreadable],
    }
    return json.dumps(data, indent=2) + "\n"


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


def _place_to_json(place: Place) -> dict[str, Any]:
    location = None if place.location is None else asdict(place.location)
    return {"file": place.file, "path": list(place.path), "location": location}


def _object_schema(description: str, **properties: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _typed_schema(kind: str, description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "type": kind, **more}


def findings_schema() -> dict[str, Any]:
    """The JSON Schema of what ``--format json`` prints."""
    count = {"minimum": 0}
    from_one = {"minimum": 1}
    location = _object_schema(
        "Where the finding is in its file. Columns count characters.",
        line=_typed_schema("integer", "The first line, from 1.", **from_one),
        column=_typed_schema("integer", "The first column, from 1.", **from_one),
        end_line=_typed_schema("integer", "The last line.", **from_one),
        end_column=_typed_schema("integer", "The column after the last one.", **from_one),
        excerpt=_typed_schema("string", "The first line, or of a long one the part around the finding."),
        excerpt_column=_typed_schema("integer", "The column at which the excerpt begins.", **from_one),
    )
    place_of = {
        "file": _typed_schema("string", "The file as it was named on the command line."),
        "path": _typed_schema(
            "array", "Keys and positions from the root of the document.", items={"type": ["string", "integer"]}
        ),
        "location": {"if": {"not": {"type": "null"}}, "then": location},
    }
    related = _object_schema("Another place.", message=_typed_schema("string", "What is there."), **place_of)
    finding = _object_schema(
        "One finding.",
        rule=_typed_schema(
            "string", "An id that never changes; specc explain describes the rule.", pattern="^[a-z0-9]+(-[a-z0-9]+)*$"
        ),
        level={"description": "The severity.", "enum": list(get_args(Level))},
        message=_typed_schema("string", "What is wrong."),
        hint=_typed_schema("string", "How to fix it, or empty."),
        **place_of,
        related=_typed_schema("array", "Other places that the finding is about.", items=related),
        fingerprint=_typed_schema(
            "string", "Stays the same while lines move and messages are reworded.", pattern="^[0-9a-f]{12}$"
        ),
    )
    unreadable = _object_schema(
        "A file that could not be read.",
        file=_typed_schema("string", "The file as it was named."),
        message=_typed_schema("string", "Why it could not be read."),
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:specc:findings:v{VERSION}",
        "title": "specc findings",
        **_object_schema(
            "What specc --format json prints.",
            version={"description": "The version of this format.", "const": VERSION},
            command=_typed_schema("string", "The command that ran, such as validate."),
            files=_typed_schema("integer", "How many files were read and checked.", **count),
            errors=_typed_schema("integer", "How many findings are errors.", **count),
            warnings=_typed_schema("integer", "How many findings are warnings.", **count),
            findings=_typed_schema("array", "The findings, file by file, in the order of the text.", items=finding),
            unreadable=_typed_schema("array", "The files that could not be read.", items=unreadable),
        ),
    }
