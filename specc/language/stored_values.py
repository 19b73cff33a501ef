"""Values as a tensor stores them: rounded to the precision of its dtype."""

from __future__ import annotations

from typing import Any

from specc.language.dtypes import DTYPES, Family
from specc.language.floats import nearest
from specc.language.tensor_bytes import to_json
from specc.language.values import decode_value


def stored_value(value: Any, dtype: str) -> Any:
    """A document's ``value`` after storage in a ``dtype`` tensor: floats are rounded to its precision."""
    if isinstance(value, tuple):
        return tuple(stored_value(item, dtype) for item in value)
    decoded = decode_value(value, dtype)
    match DTYPES[dtype].family:
        case Family.FLOAT:
            return to_json(nearest(float(decoded), dtype), dtype)
        case Family.COMPLEX:
            part = "float32" if dtype == "complex64" else "float64"
            number = complex(decoded)
            return to_json(complex(nearest(number.real, part), nearest(number.imag, part)), dtype)
        case Family.BOOLEAN | Family.INTEGER | Family.STRING:
            return to_json(decoded, dtype)
