"""JSON laid out to be read: what fits on a line stays on it, so that a tree looks like the structure it describes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from specc.diagnostics import printable

WIDTH = 100
_STEP = "  "
_OPEN_LEVELS = 3
"""The document, its endpoints and each of them have a line for each key, however short they are."""


def lay_out(data: dict[str, Any]) -> str:
    """The text of a document's canonical JSON, which ends in a newline."""
    return _object(data, "", _OPEN_LEVELS) + "\n"


def _object(members: dict[str, Any], indent: str, open_levels: int = 0) -> str:
    """An object with a line for each key; so is what "endpoints" leads to, for as many levels as are left."""
    deeper, lines = indent + _STEP, []
    for key, value in members.items():
        name = f"{_compact(key)}: "
        follow = open_levels > 1 and bool(value) and (key == "endpoints" or open_levels < _OPEN_LEVELS)
        if follow:
            lines.append(name + _object(value, deeper, open_levels - 1))
        else:
            lines.append(name + _value(value, deeper, len(deeper) + len(name)))
    return _lines("{}", lines, indent)


def _value(value: Any, indent: str, before: int) -> str:
    """``value`` behind ``before`` characters of its line; on several lines where that one is too short."""
    line = _compact(value)
    if not isinstance(value, (dict, list)) or not value or before + len(line) < WIDTH:  # a comma may follow
        return line
    deeper = indent + _STEP
    if isinstance(value, dict):
        return _object(value, indent)
    if all(isinstance(item, (int, float)) for item in value):
        return _lines("[]", _rows(value, WIDTH - len(deeper)), indent)
    return _lines("[]", (_value(item, deeper, len(deeper)) for item in value), indent)


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
    # What nobody sees is written as an escape, which only strings can hold.
    return printable(json.dumps(value, ensure_ascii=False, allow_nan=False))
