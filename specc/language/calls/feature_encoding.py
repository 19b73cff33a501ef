"""The protobuf encoding of tf.train.Features, written by hand: without generated code, and without TensorFlow."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

_LISTS = {"string": 1, "float32": 2, "int64": 3}
"""The fields of a ``Feature``."""


def feature(values: Sequence[Any], dtype: str) -> bytes:
    """A ``Feature`` of values of one of the three dtypes."""
    match dtype:
        case "string":
            content = b"".join(field(1, value) for value in values)
        case "float32":
            content = field(1, struct.pack(f"<{len(values)}f", *values))
        case _:
            content = field(1, b"".join(varint(int(value)) for value in values))
    return field(_LISTS[dtype], content)


def map_entry(key: str, value: bytes, number: int = 1) -> bytes:
    """One entry of a map, which is the field ``number`` of its message."""
    return field(number, field(1, key.encode("utf-8")) + field(2, value))


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """A number in base 128; a negative one in two's complement."""
    rest, written = value & ((1 << 64) - 1), bytearray()
    while rest > 0x7F:
        written.append(rest & 0x7F | 0x80)
        rest >>= 7
    written.append(rest)
    return bytes(written)
