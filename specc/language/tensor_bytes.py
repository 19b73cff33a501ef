"""The elements of a tensor in memory: little-endian, at least a byte each; and as the JSON of the language.

A Python value of an element is a bool, int, float, complex or bytes. Formats of at most 8 bits, and bfloat16, are their
bits in an unsigned integer of 8 or 16 bits.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from specc.language.dtypes import DTYPES, Family
from specc.language.floats import from_bits, shortest, to_bits
from specc.language.values import encode_value, is_encoded_bytes, is_encoded_complex, is_real

_INTEGER_CODES = {8: "b", 16: "h", 32: "i", 64: "q"}
_CODES = {"bool": "?", "float16": "e", "float32": "f", "float64": "d", "complex64": "ff", "complex128": "dd"}


class NoElementError(Exception):
    """A value is not an element of the dtype; ``index`` is its position."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@cache
def element_code(dtype: str) -> str:
    """The code of :mod:`struct` for one element of ``dtype``: ``f``, or ``H`` for the bits of a bfloat16."""
    kind = DTYPES[dtype]
    if dtype in _CODES:
        return _CODES[dtype]
    is_bits = kind.family is Family.FLOAT or kind.bits < 8
    code = _INTEGER_CODES[max(kind.bits, 8)]
    return code if kind.signed and not is_bits else code.upper()


def element_size(dtype: str) -> int:
    """The number of bytes of one element of ``dtype``, which is not string."""
    return struct.calcsize(f"<{element_code(dtype)}")


def unpack(content: bytes, dtype: str) -> list[Any]:
    """The Python values of the elements in ``content``, which has a whole number of them."""
    code = element_code(dtype)
    if len(code) > 1:
        return [complex(real, imag) for real, imag in struct.iter_unpack(f"<{code}", content)]
    flat = list(struct.unpack(f"<{len(content) // element_size(dtype)}{code}", content))
    decode = _from_bits(dtype)
    return flat if decode is None else list(map(decode, flat))


def pack(values: Sequence[Any], dtype: str) -> bytes:
    """The bytes of elements; the inverse of :func:`unpack`. Floats are rounded.

    Raises:
        NoElementError: the dtype cannot represent one of them.
    """
    try:
        return _packed(values, dtype)
    except (OverflowError, ValueError, struct.error):
        raise NoElementError(
            next(index for index, value in enumerate(values) if not _is_element(value, dtype))
        ) from None


def _packed(values: Sequence[Any], dtype: str) -> bytes:
    code = element_code(dtype)
    if len(code) > 1:
        numbers = list(map(complex, values))
        values, code = [part for number in numbers for part in (number.real, number.imag)], code[0]
    elif DTYPES[dtype].family is Family.FLOAT and dtype not in _CODES:
        values = [to_bits(float(number), dtype) for number in values]
    elif DTYPES[dtype].bits < 8:
        values = [number & ((1 << DTYPES[dtype].bits) - 1) for number in values]
    return struct.pack(f"<{len(values)}{code}", *values)


def _is_element(value: Any, dtype: str) -> bool:
    try:
        _packed([value], dtype)
    except (OverflowError, ValueError, struct.error):
        return False
    return True


def _from_bits(dtype: str) -> Callable[[int], Any] | None:
    """The function from the unsigned integer that holds an element to its value; None where it is the value."""
    kind = DTYPES[dtype]
    if dtype in _CODES or (kind.family is Family.INTEGER and kind.bits >= 8):
        return None
    if kind.family is Family.FLOAT:
        return lambda bits: from_bits(bits, dtype)
    mask, sign = (1 << kind.bits) - 1, (1 << (kind.bits - 1)) if kind.signed else 0
    return lambda bits: ((bits & mask) ^ sign) - sign


def from_json(scalar: Any, dtype: str) -> Any:
    """The Python value of one element in the encoding of the language.

    Raises:
        NoElementError: it is not a value of ``dtype``. Whether a float is in its range, :func:`pack` says.
    """
    match DTYPES[dtype].family:
        case Family.BOOLEAN if isinstance(scalar, bool):
            return scalar
        case Family.STRING if isinstance(scalar, str):
            return scalar.encode("utf-8")
        case Family.STRING if is_encoded_bytes(scalar):
            return base64.b64decode(scalar["base64"])
        case Family.INTEGER if (
            isinstance(scalar, (int, float)) and not isinstance(scalar, bool) and scalar == scalar // 1
        ):
            low, high = DTYPES[dtype].range
            if low <= scalar <= high:
                return int(scalar)
        case Family.FLOAT if is_real(scalar):
            return scalar if isinstance(scalar, int) else float(scalar)
        case Family.COMPLEX if is_real(scalar):
            return float(scalar)
        case Family.COMPLEX if is_encoded_complex(scalar):
            return complex(float(scalar["real"]), float(scalar["imag"]))
    raise NoElementError(0)


def to_json(value: Any, dtype: str) -> Any:
    """A Python value in the encoding of the language; a float is the shortest text that reads back the same."""
    if isinstance(value, float):
        value = shortest(value, dtype)
    elif isinstance(value, complex) and dtype == "complex64":
        value = complex(shortest(value.real, "float32"), shortest(value.imag, "float32"))
    return encode_value(value)


def nested(values: Iterator[Any], shape: tuple[int, ...]) -> Any:
    """Tuples of ``values``, nested like ``shape`` down to its first size of 0, after which no array can show more."""
    return tuple(nested(values, shape[1:]) for _ in range(shape[0])) if shape else next(values)
