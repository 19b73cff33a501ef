"""The features of a serialized tf.Example, without TensorFlow: tensorflow/core/example/{example,feature}.proto."""

from __future__ import annotations

import struct
from typing import Any

from specc.reader.protobuf.wire_format import DamagedError, Span, spans, varints
from specc.source.budget import Budget

Features = tuple[tuple[str, str, tuple[Any, ...]], ...]
"""The key, dtype and values of each feature that has values, sorted by key."""

_DTYPES = {1: "string", 2: "float32", 3: "int64"}


class NotAnExampleError(Exception):
    """The bytes are not a tf.Example."""


def decode_example(message: bytes, budget: Budget) -> Features:
    """The features of a message. Numbers that are not packed, which no library writes, are not seen.

    Raises:
        NotAnExampleError: the bytes are not one, or have more fields than the budget of all messages has left.
    """
    found: dict[str, tuple[str, tuple[Any, ...]]] = {}
    try:
        for features in spans(message, 0, len(message), budget):
            for entry in spans(message, features.start, features.end, budget):
                key, dtype, values = _entry(message, entry, budget)
                found[key] = (dtype, values)
    except (DamagedError, UnicodeDecodeError, struct.error) as error:
        raise NotAnExampleError from error
    return tuple((key, *found[key]) for key in sorted(found) if found[key][1])


def _entry(message: bytes, entry: Span, budget: Budget) -> tuple[str, str, tuple[Any, ...]]:
    key, dtype, values = "", "", list[Any]()
    for part in spans(message, entry.start, entry.end, budget):
        if part.number == 1:
            key = message[part.start : part.end].decode("utf-8")
            continue
        for kind in spans(message, part.start, part.end, budget):
            dtype = _DTYPES.get(kind.number, "")
            for field in spans(message, kind.start, kind.end, budget):
                values += _values(message[field.start : field.end], dtype, budget)
    return key, dtype, tuple(values)


def _values(content: bytes, dtype: str, budget: Budget) -> list[Any]:
    match dtype:
        case "string":
            return [content]
        case "float32":
            return list(struct.unpack(f"<{len(content) // 4}f", content))
        case "int64":
            return [
                number - (1 << 64) if number >> 63 else number for number in varints(content, 0, len(content), budget)
            ]
        case _:
            return []
