"""One value of a tensor in a request: what TensorFlow Serving reads from it.

``AddValueToTensor`` in util/json_tensor.cc of tensorflow/serving: an integer must be written as one (``IsInt``), and a
number for a float must not lose precision, since rapidjson's ``IsLosslessFloat`` is asked of integers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from specc.diagnostics import shorten
from specc.language.dtypes import DTYPES, Family
from specc.language.scalars import describe
from specc.language.trees import Tensor
from specc.rules.table import PayloadRule

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?")
"""With or without padding, as absl::Base64Unescape takes it."""
_EXACT = {"float32": 2**24 - 1, "float64": 2**53 - 1}
"""The largest integer literal that is read without loss."""
_LARGEST = {"float32": 3.4028234663852886e38}


class Problem(NamedTuple):
    """What is wrong with one value."""

    rule: PayloadRule
    message: str
    hint: str = ""


def find_problems(values: Sequence[Any], dtype: str, leaf: Tensor | None) -> Iterator[tuple[int, Problem]]:
    """What is wrong with the values of a tensor, each with its position."""
    if _are_right(values, dtype, leaf):
        return
    for index, value in enumerate(values):
        problem = find_problem(value, dtype, leaf)
        if problem is not None:
            yield index, problem


def _are_right(values: Sequence[Any], dtype: str, leaf: Tensor | None) -> bool:
    """Whether all values are certainly right: the usual case, decided for millions of values at once."""
    kinds = set(map(type, values))
    if kinds in ({str}, {bool}):
        return dtype == {str: "string", bool: "bool"}[kinds.pop()]
    if kinds not in ({int}, {float}):
        return False
    is_float = DTYPES[dtype].family is Family.FLOAT
    if is_float != (kinds == {float}) or DTYPES[dtype].family not in (Family.INTEGER, Family.FLOAT):
        return False
    if is_float and not all(map(math.isfinite, values)):
        return False
    return all(find_problem(value, dtype, leaf) is None for value in (min(values), max(values)))


def find_problem(value: Any, dtype: str, leaf: Tensor | None) -> Problem | None:
    """What is wrong with one value of a tensor of ``dtype``; ``leaf`` has the bounds, if it is a dense one."""
    family = DTYPES[dtype].family
    if family is Family.STRING:
        return _text_problem(value)
    if family is Family.BOOLEAN:
        return None if isinstance(value, bool) else _wrong_type(value, dtype)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        hint = f"write the token {value}, without quotes" if value in ("NaN", "Infinity", "-Infinity") else ""
        return _wrong_type(value, dtype, hint if family is Family.FLOAT else "")
    if family is Family.INTEGER:
        if isinstance(value, float):
            hint = f"write {int(value)}" if value.is_integer() else ""
            return Problem("payload-type", f"{value!r} is not an integer literal, as {dtype} needs one", hint)
        low, high = DTYPES[dtype].range
        if not low <= value <= high:
            return Problem("payload-range", f"{shorten(str(value))} is beyond the range of {dtype}, {low} to {high}")
    elif isinstance(value, int) and abs(value) > _EXACT[dtype]:
        hint = f"write {float(value)!r}" if abs(value) < 2**1000 else ""
        message = f"the integer literal {shorten(str(value))} is refused, since {dtype} might lose its last digits"
        return Problem("payload-type", message, hint)
    elif math.isfinite(value) and abs(value) > _LARGEST.get(dtype, math.inf):
        return Problem("payload-range", f"{value!r} is beyond the range of {dtype}")
    return None if leaf is None else _bounds_problem(value, leaf)


def _bounds_problem(value: float, leaf: Tensor) -> Problem | None:
    bounds = {"at least": leaf.minimum, "at most": leaf.maximum}
    for words, bound in bounds.items():
        if bound is None:
            continue
        limit = float(bound) if isinstance(bound, str) else bound
        if not (value >= limit if words == "at least" else value <= limit):  # NaN is within no bounds
            return Problem("payload-range", f"{json.dumps(value)} is not {words} {bound}")
    return None


def _text_problem(value: Any) -> Problem | None:
    if isinstance(value, str):
        return None
    if not isinstance(value, dict):
        return _wrong_type(value, "string")
    if set(value) != {"b64"}:
        is_misspelt = any(key.lower() in ("base64", "b64", "b_64") for key in value)
        hint = "did you mean 'b64'?" if is_misspelt else 'bytes are {"b64": "..."}'
        return Problem("payload-type", f"an object with {describe_keys(value)} is not a string", hint)
    text = value["b64"]
    if not isinstance(text, str) or not _BASE64.fullmatch(text):
        return Problem("payload-type", f"{shorten(str(text))!r} is not Base64")
    return None


def describe_keys(value: dict[str, Any]) -> str:
    """The keys of an object, for a message."""
    keys = [repr(shorten(key)) for key in list(value)[:3]]
    return f"the keys {', '.join(keys)}" if keys else "no keys"


def _wrong_type(value: Any, dtype: str, hint: str = "") -> Problem:
    return Problem("payload-type", f"expected a value of dtype {dtype}, found {describe(value)}", hint)
