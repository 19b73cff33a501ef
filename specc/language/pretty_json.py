"""Pretty-printed JSON: a value that fits on a line stays on it, so that a tree looks like what it describes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from specc.diagnostics import printable

WIDTH = 100
_STEP = "  "
_OPEN_LEVELS = 3
"""Levels with a line for each key, however short: the document, its endpoints, and each endpoint."""


def lay_out(data: dict[str, Any]) -> str:
    """The text of a document's canonical JSON, with a newline at its end."""
    return _object(data, "", _OPEN_LEVELS) + "\n"


def _object(members: dict[str, Any], indent: str, open_levels: int = 0, *, unbroken: bool = False) -> str:
    """An object with a line for each key, as are the objects below "endpoints" for the remaining levels."""
    deeper, lines = indent + _STEP, []
    for key, value in members.items():
        name = f"{_compact(key)}: "
        follow = open_levels > 1 and bool(value) and (key == "endpoints" or open_levels < _OPEN_LEVELS)
        if follow:
            lines.append(name + _object(value, deeper, open_levels - 1))
        else:
            rows = unbroken or (open_levels == 1 and key == "examples")
            lines.append(name + _value(value, deeper, len(deeper) + len(name), unbroken=rows))
    return _lines("{}", lines, indent)


def _value(value: Any, indent: str, before: int, *, unbroken: bool) -> str:
    """``value`` after ``before`` characters of its line, or on several lines if it does not fit.

    ``unbroken`` is for the values of examples: an array of scalars stays on its line, so that a row is a line.
    """
    if not isinstance(value, (dict, list)) or not value:
        return _compact(value)
    is_flat = isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value)
    line = _compact(value)
    if before + len(line) < WIDTH or (unbroken and is_flat):  # a comma may follow
        return line
    deeper = indent + _STEP
    if isinstance(value, dict):
        return _object(value, indent, unbroken=unbroken)
    if is_flat and all(isinstance(item, (int, float)) for item in value):
        return _lines("[]", _rows(value, WIDTH - len(deeper)), indent)
    return _lines("[]", (_value(item, deeper, len(deeper), unbroken=unbroken) for item in value), indent)


def _rows(numbers: Iterable[int | float], width: int) -> Iterator[str]:
    """Rows of numbers, as many on each as fit: a default may have thousands."""
    row = ""
    for number in map(_compact, numbers):
        longer = f"{row}, {number}" if row else number
        if row and len(longer) >= width:
            yield row
            longer = number
        row = longer
    yield row


def _lines(brackets: str, lines: Iterable[str], indent: str) -> str:
    inner = f",\n{indent}{_STEP}".join(lines)
    return f"{brackets[0]}\n{indent}{_STEP}{inner}\n{indent}{brackets[1]}"


def _compact(value: Any) -> str:
    # Invisible characters, which only strings can contain, are written as escapes.
    return printable(json.dumps(value, ensure_ascii=False, allow_nan=False))
