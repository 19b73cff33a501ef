"""Fields of the leaves of a tree: dtypes, dimensions, shapes and ranks, as annotated fields of a model."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from specc.diagnostics import shorten
from specc.language.dtypes import DTYPES
from specc.language.scalars import END, IDENTIFIER, MAX_SIZE, NonEmpty, describe, problem, whole_number
from specc.language.tensor_string import ANY, Dimension, check_dtype

MAX_RANK = 254
"""TensorFlow's own limit."""
MAX_RAGGED_RANK = 16
"""Each is a separate tensor on the wire: a short text must not declare thousands of them."""


def _check_dim(value: Any) -> Dimension:
    if isinstance(value, str):
        if value == ANY or (value.isascii() and value.isidentifier()):
            return value
        hint = "a dimension of any size is '?'" if value in ("-1", "*") else "expected a size, a name or '?'"
        raise problem("bad-dim", f"{shorten(value)!r} is not a dimension", hint)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        size = whole_number(value)
        if 0 <= size <= MAX_SIZE:
            return size
    hint = "a dimension of any size is '?'" if value in (None, -1) else "expected a size, a name or '?'"
    raise problem("bad-dim", f"{describe(value)} is not a dimension", hint)


def _check_shape(value: Any) -> Any:
    if value == "...":
        return None
    if not isinstance(value, (list, tuple)):
        hint = 'write an array such as ["batch", 3, "?"], or "..." for unknown rank'
        raise problem("bad-shape", f"{describe(value)} is not a shape", hint)
    if len(value) > MAX_RANK:
        raise problem("bad-shape", f"a tensor has at most {MAX_RANK} dimensions, not {len(value)}")
    return value


def _check_dtype(value: Any) -> str:
    if not isinstance(value, str):
        raise problem("wrong-type", f"expected a dtype, found {describe(value)}")
    return check_dtype(value)


def _check_ragged_rank(value: Any) -> int:
    rank = whole_number(value)
    if not 1 <= rank <= MAX_RAGGED_RANK:
        raise problem("bad-ragged-rank", f"{rank} is not a ragged rank: expected 1 to {MAX_RAGGED_RANK}")
    return rank


def _item_to_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else _check_not_empty(value)


def _check_not_empty(value: Any) -> Any:
    """Refuses an empty container before its items are validated, so that a bad item is one finding and not two."""
    if isinstance(value, (list, tuple, dict)) and not value:
        raise problem("empty-container", f"{describe(value)} must not be empty here")
    return value


NON_EMPTY_ARRAY = (BeforeValidator(_check_not_empty), Field(json_schema_extra={"minItems": 1}))
NON_EMPTY_OBJECT = (BeforeValidator(_check_not_empty), Field(json_schema_extra={"minProperties": 1}))


_DIM_SCHEMA: dict[str, Any] = {
    "type": ["integer", "string"],
    "minimum": 0,
    "maximum": MAX_SIZE,
    "pattern": rf"^(\?|{IDENTIFIER}){END}",
    "patternErrorMessage": 'Expected a size, a name or "?" for any size.',
}
_NO_SHAPE = 'Expected an array such as ["batch", 3, "?"], or "..." for unknown rank.'
SHAPE_SCHEMA: dict[str, Any] = {
    "title": 'The dimensions in order (a size, a name, or "?" for any size), or "..." for unknown rank.',
    "examples": [["batch", 3, "?"], "..."],
    "if": {"type": "string"},
    "then": {"const": "...", "errorMessage": _NO_SHAPE},
    "else": {"type": "array", "maxItems": MAX_RANK, "items": _DIM_SCHEMA, "errorMessage": _NO_SHAPE},
}

DimValue = Annotated[Dimension, PlainValidator(_check_dim)]
ShapeValue = Annotated[
    tuple[DimValue, ...] | None, BeforeValidator(_check_shape), WithJsonSchema({"$ref": "#/$defs/Shape"})
]
DtypeValue = Annotated[str, BeforeValidator(_check_dtype), WithJsonSchema({"enum": list(DTYPES)})]
RaggedRank = Annotated[
    int,
    BeforeValidator(_check_ragged_rank),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_RAGGED_RANK}),
]
RowSplits = Annotated[
    tuple[NonEmpty, ...],
    BeforeValidator(_item_to_tuple),
    WithJsonSchema(
        {
            "if": {"type": "array"},
            "then": {"items": {"type": "string", "minLength": 1}, "minItems": 1},
            "else": {"type": "string", "minLength": 1},
        }
    ),
]
