"""Arrays in NumPy's file format, ``.npy``: read and written without NumPy, and never a pickle.

Versions 1.0 and 2.0 are read, in C order and little-endian.
"""

from __future__ import annotations

import ast
from math import prod
from typing import IO, NamedTuple

from specc.language.leaf_fields import MAX_RANK
from specc.language.scalars import MAX_SIZE

_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 10_000
"""As in NumPy itself."""
_ALIGNED = 64
_SIZES = {"b1": 1, "i1": 1, "u1": 1, "i2": 2, "u2": 2, "f2": 2, "i4": 4, "u4": 4, "f4": 4, "i8": 8, "u8": 8, "f8": 8,
          "c8": 8, "c16": 16}  # fmt: skip


class BadArrayError(Exception):
    """A file is not an array that can be read; the text is the reason, which completes "x.npy ..."."""


class ArrayHeader(NamedTuple):
    """The head of an ``.npy`` file: NumPy's type string, the shape, and how many bytes the head itself has."""

    type: str
    shape: tuple[int, ...]
    length: int

    @property
    def size(self) -> int:
        """The number of bytes of the elements."""
        return prod(self.shape) * _SIZES[self.type[1:]]


def read_header(file: IO[bytes]) -> ArrayHeader:
    """The head of the ``.npy`` file that starts here; its elements are next.

    Raises:
        BadArrayError: it is not one, or not of the kind that can be read.
    """
    start = file.read(8)
    if start[:6] != _MAGIC:
        raise BadArrayError("is not an .npy file")
    if start[6:] not in (b"\1\0", b"\2\0"):
        raise BadArrayError("is not of version 1.0 or 2.0 of the .npy format")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    text = file.read(min(length, _MAX_HEADER + 1))
    if len(text) != length:
        raise BadArrayError("has a damaged head")
    return _parsed(text, 8 + width + length)


def _parsed(text: bytes, length: int) -> ArrayHeader:
    try:
        said = ast.literal_eval(text.decode("latin-1").strip())
        kind, order, shape = said["descr"], said["fortran_order"], said["shape"]
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise BadArrayError("has a damaged head") from None
    if isinstance(kind, list) or "O" in str(kind):
        raise BadArrayError("holds Python objects or records, which are never read")
    if isinstance(kind, str) and kind[1:2] in ("U", "S"):
        raise BadArrayError(
            "holds text of a fixed length: write strings as NAME.bytes and NAME.lengths in an .npz file"
        )
    if not isinstance(kind, str) or kind[1:] not in _SIZES:
        raise BadArrayError(f"has the type {str(kind)[:20]!r}, which no leaf has")
    if kind[0] not in "<|":
        raise BadArrayError("is not little-endian: write it with array.astype(array.dtype.newbyteorder('<'))")
    sizes = shape if isinstance(shape, tuple) else (None,)
    if len(sizes) > MAX_RANK or not all(type(size) is int and 0 <= size <= MAX_SIZE for size in sizes):
        raise BadArrayError("has a damaged head")
    if order is not False and sum(size != 1 for size in sizes) > 1:
        raise BadArrayError("is in Fortran order: write it with numpy.ascontiguousarray")
    return ArrayHeader(kind, sizes, length)


def array_content(kind: str, shape: tuple[int, ...], values: bytes) -> bytes:
    """The ``.npy`` file, of version 1.0, of an array of NumPy's type ``kind``."""
    said = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape!r}, }}"
    head = len(_MAGIC) + 4 + len(said) + 1
    said += " " * (-head % _ALIGNED) + "\n"
    return _MAGIC + b"\1\0" + len(said).to_bytes(2, "little") + said.encode("ascii") + values
