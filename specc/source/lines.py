"""Conversion of offsets in a text to lines and columns, with an excerpt of the line."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right

from specc.diagnostics import Location

_BREAK = re.compile(r"\r\n|\n|\r")
"""Line breaks as in editors. Unicode's other separators may occur in a JSON string."""
_MAX_EXCERPT = 120
"""The length of an excerpt in characters: a file may be one line of megabytes."""
_BEFORE = 40
"""How many of them are before the finding."""


class Lines:
    """The lines of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        # An array and not a list: a file may be megabytes of line breaks.
        self._starts = array("L", [0])
        self._starts.extend(match.end() for match in _BREAK.finditer(text))

    def location(self, start: int, end: int) -> Location:
        """The Location of ``text[start:end]``."""
        line, column = self._position(start)
        end_line, end_column = self._position(end)
        begin = self._starts[line - 1]
        length = self._end(line) - begin
        cut = max(0, min(column - 1 - _BEFORE, length - _MAX_EXCERPT))
        excerpt = self._text[begin + cut : begin + min(length, cut + _MAX_EXCERPT)]
        return Location(line, column, end_line, end_column, excerpt, cut + 1)

    def _end(self, line: int) -> int:
        """The offset of a line's end, before its break."""
        if line == len(self._starts):
            return len(self._text)
        behind = self._starts[line]
        return behind - (2 if self._text[behind - 2 : behind] == "\r\n" else 1)

    def number(self, offset: int) -> int:
        """The number of the line that holds ``offset``."""
        return self._position(offset)[0]

    def _position(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
