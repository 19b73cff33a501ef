"""Single values in TensorFlow Serving's JSON: which dtypes it has, and how they are written.

g3doc/api_rest.md of tensorflow/serving, "JSON mapping": types that are not listed are unsupported, as
``AddValueToTensor`` and ``AddSingleValueAndAdvance`` of util/json_tensor.cc confirm; gRPC carries all of them.
"""

from __future__ import annotations

import base64
import math
from typing import Any

from specc.language.dtypes import DTYPES, Family
from specc.language.values import SPECIAL_FLOATS

REST_DTYPES = frozenset(
    ("bool", "string", "int8", "int16", "int32", "int64", "uint8", "uint32", "uint64", "float32", "float64")
)
"""The dtypes that TensorFlow Serving's REST API reads from JSON and writes to it."""


def rest_value(value: Any, dtype: str, *, is_base64: bool = False) -> Any:
    """A value in the language's encoding as REST has it: lists, ``{"b64": ...}``, and floats that may not be finite.

    ``is_base64`` writes text as Base64, too, as an answer does where the name of the tensor says so.
    """
    match value:
        case tuple() | list():
            return [rest_value(item, dtype, is_base64=is_base64) for item in value]
        case str() if is_base64:
            return {"b64": base64.b64encode(value.encode("utf-8")).decode("ascii")}
        case {"base64": text}:
            return {"b64": text}
        case int() | float() if DTYPES[dtype].family is Family.FLOAT:
            return float(value)
        case str() if value in SPECIAL_FLOATS and DTYPES[dtype].family is Family.FLOAT:
            return float(value)
        case _:
            return value


def is_json(value: Any) -> bool:
    """Whether a value that REST takes is also JSON, which has no NaN and no infinities."""
    match value:
        case list():
            return all(map(is_json, value))
        case dict():
            return all(map(is_json, value.values()))
        case float():
            return math.isfinite(value)
        case _:
            return True
