"""Floating-point values of every width, without NumPy: from bits, rounded, and as the shortest decimal."""

from __future__ import annotations

import math
import struct
from bisect import bisect_left
from functools import cache
from typing import NamedTuple


class _Small(NamedTuple):
    """A format of at most 8 bits. ``infinite``: with infinities, as in IEEE; ``unsigned_zero``: -0 is NaN."""

    exponent: int
    mantissa: int
    bias: int
    infinite: bool = False
    unsigned_zero: bool = False
    nan: bool = True


_SMALL = {
    "float8_e5m2": _Small(5, 2, 15, infinite=True),
    "float8_e4m3fn": _Small(4, 3, 7),
    "float8_e5m2fnuz": _Small(5, 2, 16, unsigned_zero=True),
    "float8_e4m3fnuz": _Small(4, 3, 8, unsigned_zero=True),
    "float8_e4m3b11fnuz": _Small(4, 3, 11, unsigned_zero=True),
    "float4_e2m1fn": _Small(2, 1, 1, nan=False),
}
_DIGITS = {"float32": 9, "float16": 5, "bfloat16": 4}


def from_bits(bits: int, dtype: str) -> float:
    """The value of ``bits`` in a float format of at most 16 bits."""
    if dtype == "float16":
        return float(struct.unpack("<e", struct.pack("<H", bits & 0xFFFF))[0])
    if dtype == "bfloat16":
        return float(struct.unpack("<f", struct.pack("<I", (bits & 0xFFFF) << 16))[0])
    return _table(dtype)[bits & (len(_table(dtype)) - 1)]


@cache
def _table(dtype: str) -> tuple[float, ...]:
    form = _SMALL[dtype]
    return tuple(_small(bits, form) for bits in range(1 << (1 + form.exponent + form.mantissa)))


def _small(bits: int, form: _Small) -> float:
    width = form.exponent + form.mantissa
    negative, rest = bits >> width, bits & ((1 << width) - 1)
    exponent, mantissa = rest >> form.mantissa, rest & ((1 << form.mantissa) - 1)
    top = exponent == (1 << form.exponent) - 1
    if form.unsigned_zero:
        if negative and rest == 0:
            return math.nan
    elif form.infinite and top:
        return math.nan if mantissa else (-math.inf if negative else math.inf)
    elif form.nan and rest == (1 << width) - 1:
        return math.nan
    unit = 2.0 ** (max(exponent, 1) - form.bias - form.mantissa)
    value = (mantissa + (1 << form.mantissa if exponent else 0)) * unit
    return -value if negative else value


def nearest(value: float, dtype: str) -> float:
    """The value of ``dtype`` that is nearest to ``value``, ties to even."""
    if dtype == "float64" or not math.isfinite(value):
        return value
    if dtype in ("float32", "float16"):
        code = "<f" if dtype == "float32" else "<e"
        try:
            return float(struct.unpack(code, struct.pack(code, value))[0])
        except OverflowError:
            return math.copysign(math.inf, value)
    if dtype == "bfloat16":
        return _nearest_bfloat16(value)
    found = _positive(dtype)[_position(abs(value), dtype)]
    return 0.0 if found == 0 and _SMALL[dtype].unsigned_zero else math.copysign(found, value)


@cache
def _positive(dtype: str) -> tuple[float, ...]:
    """The finite numbers of a small format from 0 on, in order: the position of each is its bits."""
    return tuple(number for number in _table(dtype)[: len(_table(dtype)) // 2] if math.isfinite(number))


def _position(magnitude: float, dtype: str) -> int:
    """The position of the number in ``_positive`` that is nearest to ``magnitude``, ties to even."""
    numbers = _positive(dtype)
    above = bisect_left(numbers, magnitude)
    if above in (0, len(numbers)):
        return min(above, len(numbers) - 1)
    below = above - 1
    to_above, to_below = numbers[above] - magnitude, magnitude - numbers[below]
    return below if to_below < to_above or (to_below == to_above and below % 2 == 0) else above


def _nearest_bfloat16(value: float) -> float:
    single = nearest(value, "float32")
    if math.isinf(single):
        return single
    bits = int(struct.unpack("<I", struct.pack("<f", single))[0])
    return from_bits((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16, "bfloat16")


def to_bits(value: float, dtype: str) -> int:
    """The bits of the number of bfloat16, or of a format of at most 8 bits, that is nearest to ``value``.

    Raises:
        OverflowError: ``value`` is beyond its largest number, or one of the infinities or NaN, which it lacks.
    """
    if dtype == "bfloat16":
        rounded = nearest(value, dtype)
        if math.isinf(rounded) and not math.isinf(value):
            raise OverflowError
        return int(struct.unpack("<I", struct.pack("<f", rounded))[0]) >> 16
    numbers, half = _positive(dtype), len(_table(dtype)) // 2
    if not math.isfinite(value):
        for bits, number in enumerate(_table(dtype)):
            if number == value or (math.isnan(number) and math.isnan(value)):
                return bits
        raise OverflowError
    if abs(value) >= numbers[-1] + (numbers[-1] - numbers[-2]) / 2:
        raise OverflowError
    bits = _position(abs(value), dtype)
    is_negative = math.copysign(1.0, value) < 0 and not (bits == 0 and _SMALL[dtype].unsigned_zero)
    return bits + half if is_negative else bits


def shortest(value: float, dtype: str) -> float:
    """The number with the fewest digits that rounds to ``value`` in ``dtype``: 0.1, not 0.10000000149011612."""
    if math.isfinite(value):
        for digits in range(1, _DIGITS.get(dtype, 0) + 1):
            short = float(f"{value:.{digits}g}")
            if nearest(short, dtype) == value:
                return short
    return value
