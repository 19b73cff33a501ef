"""Values as a tensor stores them: rounded to the precision of its dtype."""

from __future__ import annotations

from typing import Any

from specc.language.dtypes import DTYPES, Family
from specc.language.floats import nearest, shortest
from specc.language.values import decode_value, encode_value


def stored_value(value: Any, dtype: str) -> Any:
    """A document's ``value`` after storage in a ``dtype`` tensor: floats are rounded to its precision."""
    if isinstance(value, tuple):
        return tuple(stored_value(item, dtype) for item in value)
    decoded = decode_value(value, dtype)
    match DTYPES[dtype].family:
        case Family.FLOAT:
            return encoded(nearest(float(decoded), dtype), dtype)
        case Family.COMPLEX:
            part = "float32" if dtype == "complex64" else "float64"
            number = complex(decoded)
            return encoded(complex(nearest(number.real, part), nearest(number.imag, part)), dtype)
        case Family.BOOLEAN | Family.INTEGER | Family.STRING:
            return encoded(decoded, dtype)


def encoded(value: Any, dtype: str) -> Any:
    """The encoding of an element of a ``dtype`` tensor, with the fewest digits."""
    if isinstance(value, float):
        value = shortest(value, dtype)
    elif isinstance(value, complex) and dtype == "complex64":
        value = complex(shortest(value.real, "float32"), shortest(value.imag, "float32"))
    return encode_value(value)
