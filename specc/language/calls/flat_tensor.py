"""FlatTensor: one dense tensor as it is on the wire, without NumPy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

from specc.language.dtypes import DTYPES, Family
from specc.language.tensor_bytes import element_code, element_size, nested, pack, to_json, unpack
from specc.source.limits import MAX_VALUES


@dataclass(frozen=True)
class FlatTensor:
    """One dense tensor.

    ``values`` has its elements in row-major order: for a string tensor a tuple of bytes, for every other dtype their
    little-endian bytes, as ``numpy.frombuffer(values, numpy_type(dtype)).reshape(shape)`` takes them. A dtype that
    NumPy lacks is its bits, in the unsigned integer of 8 or 16 bits that holds one element, as ``ml_dtypes`` has them.
    """

    dtype: str
    """A dtype of the language."""
    shape: tuple[int, ...]
    values: bytes | tuple[bytes, ...]

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def elements(self) -> list[Any]:
        """The elements as Python values, in row-major order: bool, int, float, complex or bytes."""
        return unpack(self.values, self.dtype) if isinstance(self.values, bytes) else list(self.values)

    def to_json(self) -> Any:
        """The elements in the encoding of examples, in tuples nested like the shape: ``((0.1, "NaN"),)``.

        Floats are the shortest text that reads back the same in the dtype. Sizes after one of 0 are not shown.

        Raises:
            ValueError: there are no elements, but more empty arrays than a document may hold.
        """
        if self.size == 0 and prod(self.shape[: self.shape.index(0)]) > MAX_VALUES:
            raise ValueError(f"a tensor of the shape {list(self.shape)} has too many empty rows to be written as JSON")
        return nested(iter([to_json(value, self.dtype) for value in self.elements()]), self.shape)


def numpy_type(dtype: str) -> str:
    """NumPy's type string of the bytes of one element, such as ``<f4``; ``<u2`` for bfloat16. Strings have none."""
    kind, size = DTYPES[dtype], element_size(dtype)
    order = "|" if size == 1 else "<"
    match kind.family:
        case Family.BOOLEAN:
            return "|b1"
        case Family.COMPLEX:
            return f"<c{size}"
        case _ if element_code(dtype) in ("e", "f", "d"):
            return f"<f{size}"
        case _:
            return f"{order}{'u' if element_code(dtype).isupper() else 'i'}{size}"


def tensor_of(dtype: str, shape: Iterable[int], values: Iterable[Any]) -> FlatTensor:
    """The tensor of Python values, as :meth:`FlatTensor.elements` gives them; floats are rounded.

    Raises:
        NoElementError: the dtype cannot represent one of them.
    """
    listed = tuple(values)
    return FlatTensor(dtype, tuple(shape), listed if dtype == "string" else pack(listed, dtype))
