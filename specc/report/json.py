"""Findings as one JSON object, which ``schemas/specc-findings.v1.schema.json`` describes."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, get_args

from specc.change import JUDGEMENTS, SURFACES, Change, Side, Witness
from specc.diagnostics import Diagnostic, Level, Place
from specc.report import DiffReport, Report

VERSION = 1


def render(report: Report) -> str:
    """``report`` as JSON, in ASCII only."""
    data = {
        "version": VERSION,
        "command": report.command,
        "files": report.files,
        "errors": report.errors,
        "warnings": report.warnings,
        **({"verdict": report.verdict and dict(report.verdict)} if isinstance(report, DiffReport) else {}),
        "findings": _findings(report),
        "unreadable": [{"file": file, "message": message} for file, message in report.unreadable],
    }
    return json.dumps(data, indent=2) + "\n"


def _findings(report: Report) -> list[dict[str, Any]]:
    if not isinstance(report, DiffReport):
        return [_finding(finding) for finding in report.findings]
    witnessed = report.witnessed()
    found = []
    for index, finding in enumerate(report.findings):
        data = _finding(finding)
        if isinstance(finding, Change):
            data |= {"against": list(finding.against)} if report.has_refs else {}
            data |= _change(finding)
            data["witness"] = _witness(finding.witness) if index in witnessed else None
        found.append(data)
    return found


def _finding(finding: Diagnostic) -> dict[str, Any]:
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
    return None if side is None else {"path": list(side.path), "value": side.value}


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


def _place_to_json(place: Place) -> dict[str, Any]:
    location = None if place.location is None else asdict(place.location)
    return {"file": place.file, "path": list(place.path), "location": location}


def _object_schema(description: str, optional: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"if": {"not": {"type": "null"}}, "then": schema}


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
        "location": _or_null(location),
    }
    related = _object_schema("Another place.", message=_typed_schema("string", "What is there."), **place_of)
    change = _change_schemas()
    finding = _object_schema(
        "One finding.",
        change,
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
    of_changes = [name for name in change if name != "against"]
    finding["dependentRequired"] = dict.fromkeys(change, of_changes)
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
            {
                "verdict": _or_null(
                    _surfaces("Of diff: the worst judgement on each surface; null if a side is invalid.")
                    | {"required": list(SURFACES)}
                )
            },
            version={"description": "The version of this format.", "const": VERSION},
            command=_typed_schema("string", "The command that ran, such as validate."),
            files=_typed_schema("integer", "How many files were read and checked.", **count),
            errors=_typed_schema("integer", "How many findings are errors.", **count),
            warnings=_typed_schema("integer", "How many findings are warnings.", **count),
            findings=_typed_schema("array", "The findings, file by file, in the order of the text.", items=finding),
            unreadable=_typed_schema("array", "The files that could not be read.", items=unreadable),
        ),
    }


def _surfaces(description: str) -> dict[str, Any]:
    judgement = {"enum": list(JUDGEMENTS)}
    return {
        **_object_schema(description, dict.fromkeys(SURFACES, judgement)),
        "minProperties": 1,
    }


def _change_schemas() -> dict[str, Any]:
    """The schema of each key that only a finding of diff has."""
    steps = {"type": ["string", "integer"]}
    path = _typed_schema("array", "Keys and positions in the canonical document.", items=steps)
    side = _object_schema("What a side has.", path=path, value={"description": "The value there, as canonical JSON."})
    tensor = _object_schema(
        "One tensor.",
        {"value": {"description": "One number for all elements, where either side has bounds."}},
        dtype=_typed_schema("string", "The dtype."),
        shape=_typed_schema("array", "The sizes.", items={"type": "integer", "minimum": 0}),
    )
    tensors = {"type": "object", "additionalProperties": tensor}
    witness = _object_schema(
        "A smallest request that shows the break; null if there is none, or the report has too many tensors already.",
        {
            "signature": _typed_schema("string", "The key of the signature that is called, on wire and rest."),
            "attribute": _typed_schema("string", "The attribute that is called, in python."),
        },
        surface={"description": "A surface that breaks.", "enum": list(SURFACES)},
        inputs={"description": "The request, by wire name; in python by argument and path.", **tensors},
        outputs={
            "description": "What NEW may answer and OLD may not; null if it does not answer.",
            **_or_null(tensors),
        },
        reason=_typed_schema("string", "Why this breaks the client, in one sentence."),
    )
    witness["oneOf"] = [{"required": ["signature"]}, {"required": ["attribute"]}]
    waived = _object_schema(
        "The waiver of the change.",
        reason=_typed_schema("string", "Why the change is allowed."),
        until=_typed_schema("string", "Its last day, such as 2027-03-01.", pattern=r"^\d{4}-\d{2}-\d{2}$"),
    )
    return {
        "against": _typed_schema("array", "The refs or versions where the change holds.", items={"type": "string"}),
        "surfaces": _surfaces("What the change is on each surface on which it can be seen."),
        "old": _or_null(side),
        "new": _or_null(side),
        "witness": _or_null(witness),
        "waived": _or_null(waived),
    }
