"""The dtypes that a TensorSpec can hold, by TensorFlow's own names.

``resource`` and ``variant`` save silently but have no meaning in another process, so they cannot be written in a spec.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Family(Enum):
    """The type of a dtype's values, which determines how a default or a bound is written."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"
    COMPLEX = "complex"
    STRING = "string"


class Dtype(NamedTuple):
    """A dtype: its family, its width in bits (0 for strings), whether integers are signed, and whether quantised."""

    family: Family
    bits: int
    signed: bool = True
    quantized: bool = False

    @property
    def range(self) -> tuple[int, int]:
        """The smallest and the largest value of an integer dtype."""
        return (-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1) if self.signed else (0, (1 << self.bits) - 1)


DTYPES: dict[str, Dtype] = {
    "bool": Dtype(Family.BOOLEAN, 8),
    "string": Dtype(Family.STRING, 0),
    **{f"int{bits}": Dtype(Family.INTEGER, bits) for bits in (2, 4, 8, 16, 32, 64)},
    **{f"uint{bits}": Dtype(Family.INTEGER, bits, signed=False) for bits in (2, 4, 8, 16, 32, 64)},
    **{f"qint{bits}": Dtype(Family.INTEGER, bits, quantized=True) for bits in (8, 16, 32)},
    **{f"quint{bits}": Dtype(Family.INTEGER, bits, signed=False, quantized=True) for bits in (8, 16)},
    "bfloat16": Dtype(Family.FLOAT, 16),
    **{f"float{bits}": Dtype(Family.FLOAT, bits) for bits in (16, 32, 64)},
    "float4_e2m1fn": Dtype(Family.FLOAT, 4),
    "float8_e4m3b11fnuz": Dtype(Family.FLOAT, 8),
    "float8_e4m3fn": Dtype(Family.FLOAT, 8),
    "float8_e4m3fnuz": Dtype(Family.FLOAT, 8),
    "float8_e5m2": Dtype(Family.FLOAT, 8),
    "float8_e5m2fnuz": Dtype(Family.FLOAT, 8),
    "complex64": Dtype(Family.COMPLEX, 64),
    "complex128": Dtype(Family.COMPLEX, 128),
}
"""Every dtype of the language. The installed TensorFlow may lack some: the 2- and 4-bit ones are newer than 2.16."""
NUMPY_DTYPES = frozenset(
    name
    for name, dtype in DTYPES.items()
    if name != "bfloat16"
    and not dtype.quantized
    and dtype.bits >= {Family.FLOAT: 16, Family.INTEGER: 8}.get(dtype.family, 0)
)
"""The dtypes that NumPy has too, under the same names; strings are its objects."""
