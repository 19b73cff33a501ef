"""JSON inside HTML: texts by their positions in one list, rows without empty ends, and what must be escaped."""

from __future__ import annotations

import json
from typing import Any

from specc.diagnostics import printable

_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


class Strings:
    """Texts, each once, by their positions; the empty one is at 0."""

    def __init__(self) -> None:
        self.texts = [""]
        self._positions = {"": 0}

    def __call__(self, text: str) -> int:
        """The position of ``text``, in which control characters are written as escapes."""
        plain = printable(text)
        position = self._positions.setdefault(plain, len(self.texts))
        if position == len(self.texts):
            self.texts.append(plain)
        return position


def trimmed(row: list[Any], least: int) -> list[Any]:
    """``row`` without the empty values at its end; the first ``least`` values stay."""
    end = len(row)
    while end > least and row[end - 1] == 0:
        end -= 1
    return row[:end]


def json_in_html(value: Any) -> str:
    """Compact JSON that no HTML parser takes for a tag, and no JavaScript for a line end."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)
