"""Findings as one JSON object, which ``schemas/specc-findings.v1.schema.json`` describes."""

from __future__ import annotations

import json
from typing import Any

from specc.diagnostics import Diagnostic
from specc.report import Report

VERSION = 1


def render(report: Report) -> str:
    """``report`` as JSON, in ASCII alone."""
    data = {
        "version": VERSION,
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        "findings": [_finding(finding) for finding in report.findings],
        "unreadable": [{"file": file, "message": message} for file, message in report.unreadable],
    }
    return json.dumps(data, indent=2) + "\n"


def _finding(finding: Diagnostic) -> dict[str, Any]:
    where = finding.location
    return {
        "rule": finding.rule,
        "level": finding.level,
        "message": finding.message,
        "hint": finding.hint,
        "file": finding.file,
        "path": list(finding.path),
        "location": None
        if where is None
        else {
            "line": where.line,
            "column": where.column,
            "end_line": where.end_line,
            "end_column": where.end_column,
            "excerpt": where.excerpt,
            "excerpt_column": where.excerpt_column,
        },
    }


def _object(description: str, **properties: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _typed(kind: str, description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "type": kind, **more}


def findings_schema() -> dict[str, Any]:
    """The JSON Schema of what ``--format json`` prints."""
    count = {"minimum": 0}
    place = {"minimum": 1}
    location = _object(
        "Where the finding stands in its file. Columns count characters.",
        line=_typed("integer", "The first line, from 1.", **place),
        column=_typed("integer", "The first column, from 1.", **place),
        end_line=_typed("integer", "The last line.", **place),
        end_column=_typed("integer", "The column behind the last one.", **place),
        excerpt=_typed("string", "The first line, or of a long one the part around the finding."),
        excerpt_column=_typed("integer", "The column at which the excerpt begins.", **place),
    )
    finding = _object(
        "One finding.",
        rule=_typed(
            "string", "An id that never changes; specc explain tells more.", pattern="^[a-z0-9]+(-[a-z0-9]+)*$"
        ),
        level={"description": "How grave it is.", "enum": ["error", "warning"]},
        message=_typed("string", "What is wrong."),
        hint=_typed("string", "How to mend it, or empty."),
        file=_typed("string", "The file as it was named on the command line."),
        path=_typed(
            "array", "Keys and positions from the root of the document.", items={"type": ["string", "integer"]}
        ),
        location={"if": {"not": {"type": "null"}}, "then": location},
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
            version={"description": "The version of this format.", "const": VERSION},
            files=_typed("integer", "How many files were read and checked.", **count),
            errors=_typed("integer", "How many findings are errors.", **count),
            warnings=_typed("integer", "How many findings are warnings.", **count),
            findings=_typed("array", "The findings, file by file, in the order of the text.", items=finding),
            unreadable=_typed("array", "The files that could not be read.", items=unreadable),
        ),
    }
