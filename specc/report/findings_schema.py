"""The JSON Schema of findings, which ``schemas/specc-findings.v1.schema.json`` publishes."""

from __future__ import annotations

from typing import Any, get_args

from specc.change import JUDGEMENTS, SURFACES
from specc.diagnostics import Level
from specc.report.json import VERSION

_PERCENTILES = ("p50", "p90", "p99")


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
        change | _run_schemas(),
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
            }
            | _verified_schemas(),
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


def _run_schemas() -> dict[str, Any]:
    """The further keys of a finding of ``specc verify``."""
    index = {"type": ["array", "null"], "items": {"type": "integer", "minimum": 0}}
    number = {"type": ["number", "null"]}
    comparison = _object_schema(
        "What was found, held against what was expected.",
        elements=_typed_schema("integer", "How many elements were compared.", minimum=0),
        differing=_typed_schema("integer", "How many of them are beyond the tolerance.", minimum=0),
        index={"description": "The index of the first of these.", **index},
        found={"description": "The element that was found there, as examples have it."},
        expected={"description": "The element that was expected there."},
        largest_absolute={"description": "The largest absolute difference of finite numbers.", **number},
        largest_absolute_index={"description": "Its index.", **index},
        largest_relative={"description": "The largest difference, relative to the expected number.", **number},
        largest_relative_index={"description": "Its index.", **index},
        ulps={"description": "The floats between both elements at the largest absolute difference.", **number},
        rtol=_typed_schema("number", "The relative tolerance.", minimum=0),
        atol=_typed_schema("number", "The absolute tolerance.", minimum=0),
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
    milliseconds = {
        key: _typed_schema("number", f"{key[1:]} of 100 calls took no longer.", **count) for key in _PERCENTILES
    }
    endpoint = _object_schema(
        "How one endpoint was verified.",
        name=_typed_schema("string", "Its name."),
        examples=_typed_schema("integer", "How many declared examples were called.", **count),
        generated=_typed_schema("integer", "How many generated calls were made.", **count),
        calls=_typed_schema("object", "How many calls were made, by way, and by the key of another signature."),
        ways=_typed_schema("object", "ok, fails, or null where nothing was called, by way."),
        latency=_or_null(_object_schema("How long a call takes in a Session, in milliseconds.", **milliseconds)),
        largest=_typed_schema("object", "The largest difference that was found, by output."),
        notes=_typed_schema("array", "What was not judged, and why.", items={"type": "string"}),
    )
    return {
        "archive": _typed_schema("string", "The archive, as it was named on the command line."),
        "spec": {"description": "The spec, as it was named; null for the archive's own.", "type": ["string", "null"]},
        "seed": _typed_schema("integer", "The seed of generated values.", **count),
        "tensorflow": {"description": "The version that ran it; null if nothing ran.", "type": ["string", "null"]},
        "endpoints": _typed_schema("array", "The endpoints that were called, by name.", items=endpoint),
    }
