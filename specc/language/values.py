"""Defaults and bounds as JSON, with NaN, infinities, bytes and complex numbers, which JSON lacks.

A value is kept in its JSON form, which compares equal to itself, unlike NaN:

* a number, ``true``/``false``, or a text for a string tensor;
* ``"NaN"``, ``"Infinity"`` and ``"-Infinity"`` for a float tensor, as protobuf's JSON mapping writes them;
* ``{"base64": "/wA="}`` for a string tensor's bytes that are not UTF-8;
* ``{"real": 1.0, "imag": "NaN"}`` for a complex tensor;
* arrays of these, nested like the shape.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from specc.diagnostics import did_you_mean, shorten
from specc.language.dtypes import DTYPES, Family
from specc.language.json_schema.parts import closed, described
from specc.language.scalars import END, describe, problem

SPECIAL_FLOATS = ("NaN", "Infinity", "-Infinity")
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"

_NOT_A_NUMBER = 'Expected a number, "NaN", "Infinity" or "-Infinity".'
REAL_SCHEMA: dict[str, Any] = {
    "title": "A number; NaN and infinities are strings.",
    "examples": [0.5, "NaN", "-Infinity"],
    "if": {"type": "string"},
    "then": {"enum": list(SPECIAL_FLOATS), "errorMessage": _NOT_A_NUMBER},
    "else": {"type": "number", "errorMessage": _NOT_A_NUMBER},
}
_REAL = {"$ref": "#/$defs/Real"}
VALUE_SCHEMA: dict[str, Any] = {
    "title": "A number, true or false, a text, NaN and infinities as strings, bytes as base64, "
    "a complex number as its parts, or arrays of these.",
    "examples": [0.5, True, "text", "NaN", {"base64": "/wA="}, {"real": 1.0, "imag": "NaN"}, [[1, 2], [3, 4]]],
    "if": {"type": "object"},
    "then": {
        "properties": {
            "base64": {
                **described("base64", "Bytes that are not UTF-8.", ["/wA="]),
                "type": "string",
                "pattern": f"^{_BASE64}{END}",
                "patternErrorMessage": "Expected base64 with its padding, for example '/wA='.",
            },
            "real": {**described("real", "The real part of a complex number.", [1.0, "NaN"]), "allOf": [_REAL]},
            "imag": {**described("imag", "The imaginary part of a complex number.", [0.0, "NaN"]), "allOf": [_REAL]},
        },
        **closed(
            ("base64", "real", "imag"),
            {
                "if": {"required": ["base64"]},
                "then": {"maxProperties": 1},
                "else": {"required": ["real"], "dependentRequired": {"real": ["imag"]}},
            },
        ),
        "errorMessage": 'Expected {"base64": "..."} for bytes, or {"real": 1.0, "imag": 0.0}.',
    },
    "else": {
        "type": ["number", "boolean", "string", "array"],
        "items": {"$ref": "#/$defs/Value"},
        "errorMessage": "Expected a number, true or false, a text, an object for bytes or a complex number, or arrays.",
    },
}


def is_real(value: Any) -> bool:
    """Whether ``value`` is the encoding of a real number."""
    return (isinstance(value, (int, float)) and not isinstance(value, bool)) or value in SPECIAL_FLOATS


def is_encoded_bytes(value: Any) -> bool:
    """Whether ``value`` is the encoding of bytes that are not UTF-8."""
    match value:
        case {"base64": str(text), **rest}:
            return not rest and re.fullmatch(_BASE64, text) is not None
    return False


def is_encoded_complex(value: Any) -> bool:
    """Whether ``value`` is the encoding of a complex number by its parts."""
    match value:
        case {"real": real, "imag": imag, **rest}:
            return not rest and is_real(real) and is_real(imag)
    return False


def _check_value(value: Any) -> Any:
    match value:
        case list() | tuple():
            return tuple(_check_value(item) for item in value)
        case bool() | int() | float() | str():
            return value
        case {"base64": _} if is_encoded_bytes(value):
            return value
        case {"real": real, "imag": imag} if is_encoded_complex(value):
            return {"real": real, "imag": imag}
        case {"base64": str(text)} if len(value) == 1:
            hint = "write four characters of A-Z, a-z, 0-9, + and / for three bytes, padded with ="
            raise problem("bad-value", f"{shorten(text)!r} is not base64", hint)
        case _:
            raise problem(
                "bad-value",
                f"{describe(value)} is not a tensor value",
                'expected a number, true or false, a string, {"base64": "..."}, {"real": 1.0, "imag": 0.0}, '
                "or arrays of these",
            )


def _check_bound(value: Any) -> Any:
    if not is_real(value):
        raise problem(
            "bad-value", f"expected a number, found {describe(value)}", "write infinities as 'Infinity' and '-Infinity'"
        )
    return value


Value = Annotated[Any, BeforeValidator(_check_value), WithJsonSchema({"$ref": "#/$defs/Value"})]
Bound = Annotated[Any, BeforeValidator(_check_bound), WithJsonSchema(_REAL)]


def normalize_value(value: Any, dtype: str) -> Any:
    """``value`` in normal form for ``dtype``: 1.0 for float tensors, 1 for integer ones, UTF-8 bytes as text."""
    match value:
        case tuple():
            return tuple(normalize_value(item, dtype) for item in value)
        case {"base64": text} if DTYPES[dtype].family is Family.STRING:
            return encode_value(base64.b64decode(text))
        case {"real": real, "imag": imag}:
            return {"real": normalize_value(real, "float64"), "imag": normalize_value(imag, "float64")}
        case int() if not isinstance(value, bool) and DTYPES[dtype].family in (Family.FLOAT, Family.COMPLEX):
            return _as_float(value)
        case float() if DTYPES[dtype].family is Family.INTEGER and value.is_integer():
            return int(value)
        case _:
            return value


def _as_float(value: int) -> int | float:
    try:
        number = float(value)
    except OverflowError:
        return value
    return number if number == value else value


def scalars(value: Any) -> Iterator[Any]:
    """The scalars of a nested value, in row-major order."""
    if isinstance(value, tuple):
        for item in value:
            yield from scalars(item)
    else:
        yield value


def placed_scalars(value: Any, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The scalars of a nested value in row-major order, each with its indices."""
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from placed_scalars(item, (*place, index))
    else:
        yield place, value


def fits_dtype(scalar: Any, dtype: str) -> bool:
    """Whether one scalar can be an element of a ``dtype`` tensor without loss of meaning."""
    kind = DTYPES[dtype]
    match kind.family:
        case Family.BOOLEAN:
            return isinstance(scalar, bool)
        case Family.STRING:
            return isinstance(scalar, str) or (isinstance(scalar, dict) and "base64" in scalar)
        case Family.INTEGER:
            low, high = kind.range
            return isinstance(scalar, int) and not isinstance(scalar, bool) and low <= scalar <= high
        case Family.FLOAT:
            return is_real(scalar)
        case Family.COMPLEX:
            return is_real(scalar) or (isinstance(scalar, dict) and "real" in scalar)


def value_hint(value: object, dtype: str) -> str:
    """A hint with the value of ``dtype`` to write instead of ``value``, where the intended one is clear."""
    family = DTYPES[dtype].family
    if family is Family.FLOAT and isinstance(value, str):
        return did_you_mean(value, SPECIAL_FLOATS)
    if family is Family.BOOLEAN and value in (0, 1):
        return f"write {'true' if value else 'false'}"
    return ""


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape of a nested value, or None where its rows differ in length or depth."""
    if not isinstance(value, tuple):
        return ()
    inner = {shape_of(item) for item in value}
    if len(inner) > 1 or None in inner:
        return None
    rest = inner.pop() if inner else ()
    return None if rest is None else (len(value), *rest)


def decode_value(value: Any, dtype: str) -> Any:
    """A value as Python numbers, text becoming bytes; nested lists where the value is nested."""
    match value:
        case tuple():
            return [decode_value(item, dtype) for item in value]
        case {"base64": text}:
            return base64.b64decode(text)
        case {"real": real, "imag": imag}:
            return complex(float(real), float(imag))
        case str() if DTYPES[dtype].family is Family.STRING:
            return value.encode("utf-8")
        case str():
            return float(value)
        case _:
            return value


def encode_value(value: Any) -> Any:
    """The JSON form of Python numbers, booleans, text and bytes, nested lists included: what decode_value reads."""
    match value:
        case list() | tuple():
            return tuple(encode_value(item) for item in value)
        case bool() | int() | str():
            return value
        case bytes():
            try:
                return value.decode("utf-8")
            except UnicodeDecodeError:
                return {"base64": base64.b64encode(value).decode("ascii")}
        case complex():
            return {"real": encode_value(value.real), "imag": encode_value(value.imag)}
        case float() if math.isnan(value):
            return "NaN"
        case float() if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        case _:
            return float(value)
