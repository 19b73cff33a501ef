"""Protobuf's wire format, as far as it takes to walk past what nobody reads.

Most of a ``saved_model.pb`` is the graph. Walking the outermost levels by hand, a length at a time, leaves the graph on
disk, and counts the parts before one of them is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_FIELDS = 1_000_000
"""A message with more fields is refused: two bytes on disk can cost hundreds in memory."""

_VARINT, _BYTES = 0, 2
_WIDTHS = {1: 8, 5: 4}
_HEAD = 20
"""Two varints, of ten bytes at most: a tag and a length."""
_CUT = "it ends in the middle of a field: it may be cut short"


class DamagedError(Exception):
    """The bytes are no protobuf message, or one beyond the limits; the text says why."""


class Span(NamedTuple):
    """A length-delimited field: its number, and where its content starts and ends."""

    number: int
    start: int
    end: int


def spans(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Span]:
    """The length-delimited fields of the message ``data[start:end]``, in order; others are skipped.

    Raises:
        DamagedError: the bytes end early, hold no fields, or hold too many.
    """
    position, stop = start, len(data) if end is None else end
    count = 0
    while position < stop:
        number, offset, length, delimited = _field(data, position, stop)
        position = offset + length
        count = _counted(count, position, stop)
        if delimited:
            yield Span(number, offset, position)


def file_spans(file: BinaryIO, start: int, end: int) -> Iterator[Span]:
    """Like :func:`spans`, of the bytes ``start`` to ``end`` of a file, of which it reads the heads of fields only.

    Raises:
        DamagedError: as :func:`spans` does.
    """
    position = start
    count = 0
    while position < end:
        file.seek(position)
        head = file.read(min(_HEAD, end - position))
        number, offset, length, delimited = _field(head, 0, len(head))
        begin, position = position + offset, position + offset + length
        count = _counted(count, position, end)
        if delimited:
            yield Span(number, begin, position)


def _counted(count: int, position: int, end: int) -> int:
    if position > end:
        raise DamagedError(_CUT)
    if count >= MAX_FIELDS:
        raise DamagedError(f"a message has more than {MAX_FIELDS:,} fields")
    return count + 1


def _field(data: bytes, position: int, end: int) -> tuple[int, int, int, bool]:
    """Number, start and length of the field at ``position``, and whether it says its length itself."""
    tag, position = _varint(data, position, end)
    number, kind = tag >> 3, tag & 7
    if number == 0:
        raise DamagedError("a field has the number 0")
    if kind == _BYTES:
        length, position = _varint(data, position, end)
        return number, position, length, True
    if kind == _VARINT:
        _, position = _varint(data, position, end)
        return number, position, 0, False
    if kind in _WIDTHS:
        return number, position, _WIDTHS[kind], False
    raise DamagedError(f"a field has the unknown wire type {kind}")


def _varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while position < end:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise DamagedError("a number is longer than ten bytes")
    raise DamagedError(_CUT)
