"""A minimal reader of protobuf's wire format, which skips the fields that are not needed.

Most of a ``saved_model.pb`` is the graph. The outermost levels are scanned field by field, so the graph stays on disk,
and the parts are counted before any of them is parsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from specc.source.budget import ARCHIVE_LIMITS, Budget

MAX_FIELDS = 1_000_000
"""A message with more fields is refused: two bytes on disk can cost hundreds in memory."""

_VARINT, _BYTES = 0, 2
_WIDTHS = {1: 8, 5: 4}
_MAX_HEAD = 20
"""Two varints, of ten bytes at most: a tag and a length."""
_CUT_SHORT = "it ends in the middle of a field: it may be cut short"


class DamagedError(Exception):
    """The bytes are not a protobuf message, or exceed a limit; the text is the reason."""


def archive_budget() -> Budget:
    """The budget of one archive."""
    return Budget(DamagedError, ARCHIVE_LIMITS)


class Span(NamedTuple):
    """A length-delimited field: its number, and where its content starts and ends."""

    number: int
    start: int
    end: int


def spans(data: bytes, start: int, end: int, budget: Budget) -> Iterator[Span]:
    """The length-delimited fields of the message ``data[start:end]``, in order; others are skipped.

    Raises:
        DamagedError: the bytes end early, are not fields, or have too many of them.
    """
    position, count, charge = start, 0, budget.charge
    while position < end:
        number, offset, length, delimited = _read_field(data, position, end)
        position, count = offset + length, count + 1
        if position > end or count > MAX_FIELDS:
            raise _refused_field(position, end)
        charge("fields")
        if delimited:
            yield Span(number, offset, position)


def file_spans(file: BinaryIO, start: int, end: int, budget: Budget) -> Iterator[Span]:
    """The length-delimited fields in the bytes ``start`` to ``end`` of a file; only the heads of fields are read.

    Raises:
        DamagedError: as :func:`spans` does.
    """
    position, count, charge = start, 0, budget.charge
    while position < end:
        file.seek(position)
        head = file.read(min(_MAX_HEAD, end - position))
        number, offset, length, delimited = _read_field(head, 0, len(head))
        begin, position, count = position + offset, position + offset + length, count + 1
        if position > end or count > MAX_FIELDS:
            raise _refused_field(position, end)
        charge("fields")
        if delimited:
            yield Span(number, begin, position)


def varints(data: bytes, start: int, end: int, budget: Budget) -> Iterator[int]:
    """The numbers of a packed field, ``data[start:end]``.

    Raises:
        DamagedError: the bytes are not such numbers.
    """
    while start < end:
        number, start = read_varint(data, start, end)
        budget.charge("fields")
        yield number


def _refused_field(position: int, end: int) -> DamagedError:
    return DamagedError(_CUT_SHORT if position > end else f"a message has more than {MAX_FIELDS:,} fields")


def _read_field(data: bytes, position: int, end: int) -> tuple[int, int, int, bool]:
    """Number, start and length of the field at ``position``, and whether it is length-delimited."""
    tag, position = read_varint(data, position, end)
    number, kind = tag >> 3, tag & 7
    if number == 0:
        raise DamagedError("a field has the number 0")
    if kind == _BYTES:
        length, position = read_varint(data, position, end)
        return number, position, length, True
    if kind == _VARINT:
        _, position = read_varint(data, position, end)
        return number, position, 0, False
    if kind in _WIDTHS:
        return number, position, _WIDTHS[kind], False
    raise DamagedError(f"a field has the unknown wire type {kind}")


def read_varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """The number at ``position``, and the position after it.

    Raises:
        DamagedError: the bytes end in the middle of it, or it is too long.
    """
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
    raise DamagedError(_CUT_SHORT)
