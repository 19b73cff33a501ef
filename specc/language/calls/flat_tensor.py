"""FlatTensor: one dense tensor as it is on the wire, without NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FlatTensor:
    """One dense tensor.

    ``values`` has its elements in row-major order: for a string tensor a tuple of bytes, for every other dtype their
    little-endian bytes, as ``numpy.frombuffer(values, dtype).reshape(shape)`` takes them. A dtype that NumPy lacks
    (bfloat16, and those of at most 8 bits that are not bool, int8 or uint8) is its bits, in the unsigned integer of 8
    or 16 bits that holds one element.
    """

    dtype: str
    """A dtype of the language."""
    shape: tuple[int, ...]
    values: bytes | tuple[bytes, ...]

    def to_json(self) -> Any:
        """The elements in the encoding of examples, nested like the shape: ``[[0.1, "NaN"]]``.

        Floats are the shortest text that reads back the same in the dtype.
        """
        raise NotImplementedError


def storage(dtype: str) -> str:
    """The NumPy type of the bytes of one element, such as ``<f4``, ``|b1``, or ``<u2`` for bfloat16."""
    raise NotImplementedError


def tensor_of(dtype: str, shape: Sequence[int], scalars: Sequence[Any]) -> FlatTensor:
    """The tensor of ``scalars``, each in the encoding of examples and of the dtype, in row-major order."""
    raise NotImplementedError
