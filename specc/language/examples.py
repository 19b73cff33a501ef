"""Examples: calls of an endpoint with what they give, as JSON or as names of files beside the spec.

An example is nested as the trees of its endpoint. Which values are right where is up to these trees, so a single
example says only that it is JSON; :mod:`specc.language.calls` reads it.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from specc.language.record import Record
from specc.language.scalars import Text, problem, string_pattern
from specc.source.limits import MAX_DEPTH

EXAMPLE_VALUE_SCHEMA: dict[str, Any] = {
    "title": "The values of a call: an array for a list or tuple, an object for a dict or namedtuple; at a leaf "
    "a number, true or false, a text, arrays of these, or a file.",
    "examples": [
        [[[0.1, 0.2], ["NaN", 0]]],
        [{"id": [7, 9], "history": [[1, 2], []]}],
        {"file": "ranker.examples/night.npz"},
    ],
    "type": ["number", "boolean", "string", "null", "array", "object"],
    "items": {"$ref": "#/$defs/ExampleValue"},
    "additionalProperties": {"$ref": "#/$defs/ExampleValue"},
}


def _check_json(value: Any, depth: int = 0) -> Any:
    """``value``, with tuples for arrays; raises the problem if it is not JSON."""
    if depth > MAX_DEPTH:
        raise problem("bad-example", f"the value is nested deeper than {MAX_DEPTH} levels")
    match value:
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case float():
            raise problem("bad-example", f"{value!r} is not a number in JSON", "write 'NaN', 'Infinity' or '-Infinity'")
        case list() | tuple():
            return tuple([_check_json(item, depth + 1) for item in value])
        case dict() if all(isinstance(key, str) for key in value):
            return {key: _check_json(item, depth + 1) for key, item in value.items()}
        case _:
            raise problem(
                "bad-example", f"a {type(value).__name__} is not JSON", "write numbers, text, arrays, objects"
            )


ExampleValue = Annotated[Any, BeforeValidator(_check_json), WithJsonSchema({"$ref": "#/$defs/ExampleValue"})]
ExampleName = Annotated[
    str, *string_pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]*", "bad-name", "a name for an example", "'returning_user'")
]


_ONE_END_SCHEMA: JsonDict = {
    "not": {"type": "object", "required": ["outputs", "error"]},
    "errorMessage": "A call has outputs or an error, and not both.",
}


class Example(Record):
    """One call of an endpoint, with what it gives: outputs, or an error; without both, any legal answer."""

    model_config = ConfigDict(json_schema_extra={"allOf": [_ONE_END_SCHEMA]})

    description: Text = ""
    """What the call is an example of."""
    inputs: ExampleValue
    """The list of positional arguments, nested as the trees of the inputs; or an .npz file, by wire name."""
    outputs: ExampleValue = None
    """The answer, nested as the tree of the outputs, or an .npz file; what is missing or null is not compared."""
    error: Text | None = None
    """The call must be refused; the text is a part of the message, and may be empty."""

    @model_validator(mode="after")
    def _has_one_end(self) -> Example:
        if {"outputs", "error"} <= self.model_fields_set:
            raise problem("bad-example", "a call has outputs or an error, and not both", "remove one of them")
        return self
