"""Decodes the dtypes, shapes and tensor values stored in a SavedModel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import prod
from typing import Any

from pydantic import ValidationError

from specc.language.dtypes import DTYPES, Family
from specc.language.floats import from_bits
from specc.language.leaf_fields import MAX_RANK
from specc.language.scalars import MAX_SIZE
from specc.language.tensor_bytes import element_size, nested, to_json, unpack
from specc.language.tensor_string import ANY, Dimension, Shape
from specc.reader.protobuf.messages import Message
from specc.source.budget import Budget

MAX_ELEMENTS = 100_000
"""A stored value with more elements is left out, to keep the document readable."""

_NUMBERS = {
    1: "float32", 2: "float64", 3: "int32", 4: "uint8", 5: "int16", 6: "int8", 7: "string", 8: "complex64", 9: "int64",
    10: "bool", 11: "qint8", 12: "quint8", 13: "qint32", 14: "bfloat16", 15: "qint16", 16: "quint16", 17: "uint16",
    18: "complex128", 19: "float16", 20: "resource", 21: "variant", 22: "uint32", 23: "uint64", 24: "float8_e5m2",
    25: "float8_e4m3fn", 26: "float8_e4m3fnuz", 27: "float8_e4m3b11fnuz", 28: "float8_e5m2fnuz", 29: "int4",
    30: "uint4", 31: "int2", 32: "uint2", 33: "float4_e2m1fn",
}  # fmt: skip
"""TensorFlow's ``DataType``."""
_NUMBERS_BY_NAME = {name: number for number, name in _NUMBERS.items()}
_REFERENCE = 100
"""TensorFlow 1's references to a dtype are numbered this much higher."""

_FIELDS = {
    "float32": "float_val", "float64": "double_val", "int64": "int64_val", "bool": "bool_val", "string": "string_val",
    "uint32": "uint32_val", "uint64": "uint64_val", "float16": "half_val", "bfloat16": "half_val",
    "complex64": "scomplex_val", "complex128": "dcomplex_val",
}  # fmt: skip


class UndescribableError(Exception):
    """The graph has something that cannot be written in a spec; the text names it."""


@contextmanager
def describable() -> Iterator[None]:
    """Guards models that are built from an archive: what they refuse cannot be written in a spec.

    Raises:
        UndescribableError: a model refused a name, a shape or another value.
    """
    try:
        yield
    except ValidationError as error:
        raise UndescribableError(f"a part that is not valid in a spec ({error.errors()[0]['msg']})") from None


def dtype_name(number: int) -> str:
    """The name of a ``DataType`` in a spec.

    Raises:
        UndescribableError: the dtype cannot be written in a spec.
    """
    name = _NUMBERS.get(number - _REFERENCE if number > _REFERENCE else number, f"number {number}")
    if name not in DTYPES:
        raise UndescribableError(f"a tensor of dtype {name}")
    return name


def data_type(name: str) -> int:
    """The ``DataType`` of a dtype; the inverse of :func:`dtype_name`."""
    return _NUMBERS_BY_NAME[name]


def shape_of_proto(proto: Message, budget: Budget) -> Shape:
    """The Shape of a ``TensorShapeProto``.

    Raises:
        UndescribableError: it has too many dimensions, or one with an illegal size.
    """
    if proto.unknown_rank:
        return None
    if len(proto.dim) > MAX_RANK:
        raise UndescribableError(f"a tensor of {len(proto.dim)} dimensions")
    budget.charge("dimensions", len(proto.dim))
    return _shape_of_sizes(tuple(dim.size for dim in proto.dim))


@lru_cache(maxsize=4096)
def _shape_of_sizes(sizes: tuple[int, ...]) -> Shape:
    return tuple(map(_dim_of_size, sizes))


def _dim_of_size(size: int) -> Dimension:
    if not -1 <= size <= MAX_SIZE:
        raise UndescribableError(f"a dimension of size {size}")
    return ANY if size == -1 else size


def tensor_value(proto: Message, budget: Budget) -> tuple[Any, str, tuple[int, ...]]:
    """The value of a ``TensorProto`` as a spec has it, its dtype and its shape.

    Raises:
        UndescribableError: its dtype or shape is illegal, it has too many elements, or their count does not match.
    """
    dtype = dtype_name(proto.dtype)
    shape = tuple(dim for dim in shape_of_proto(proto.tensor_shape, budget) or () if isinstance(dim, int))
    if proto.tensor_shape.unknown_rank or len(shape) != len(proto.tensor_shape.dim):
        raise UndescribableError("a stored value without a full shape")
    count = prod(shape)
    if max(count, prod(_until_empty(shape)[:-1])) > MAX_ELEMENTS:
        raise UndescribableError(f"a stored value of {count:,} elements")
    budget.charge("elements of values", count)
    flat = _from_content(proto.tensor_content, dtype) if proto.tensor_content else _from_fields(proto, dtype)
    if len(flat) > count or (proto.tensor_content and len(flat) != count):
        raise UndescribableError(f"a stored value of {count} elements with {len(flat)} values")
    if count:
        # One short text may stand for many elements.
        if flat and isinstance(flat[-1], bytes):
            budget.charge("characters of names", len(flat[-1]) * (count - len(flat)))
        # TensorFlow leaves out the end of the list where it repeats the last value, and all of it where that is zero.
        flat = [*flat, *[flat[-1] if flat else _zero_of(dtype)] * (count - len(flat))]
    return nested(iter([to_json(value, dtype) for value in flat]), shape), dtype, shape


def _zero_of(dtype: str) -> Any:
    match DTYPES[dtype].family:
        case Family.BOOLEAN:
            return False
        case Family.INTEGER:
            return 0
        case Family.FLOAT:
            return 0.0
        case Family.COMPLEX:
            return 0j
        case Family.STRING:
            return b""


def _from_fields(proto: Message, dtype: str) -> list[Any]:
    kind = DTYPES[dtype]
    if kind.family is Family.FLOAT and kind.bits <= 8:
        return [from_bits(bits, dtype) for bits in proto.float8_val]
    values = list(getattr(proto, _FIELDS.get(dtype, "int_val")))
    if dtype in ("float16", "bfloat16"):
        return [from_bits(bits, dtype) for bits in values]
    return _complex_pairs(values) if kind.family is Family.COMPLEX else values


def _from_content(content: bytes, dtype: str) -> list[Any]:
    """The elements of ``tensor_content``, which is the tensor's memory: little-endian, at least a byte per element."""
    kind = DTYPES[dtype]
    if kind.family is Family.STRING:
        raise UndescribableError("a stored value of strings in TensorFlow's own encoding")
    if len(content) % element_size(dtype):
        raise UndescribableError(
            f"a stored value of {len(content)} bytes, which is not a whole number of {dtype} elements"
        )
    return unpack(content, dtype)


def _complex_pairs(values: Sequence[float]) -> list[complex]:
    return [complex(real, imag) for real, imag in zip(values[::2], values[1::2], strict=False)]


def _until_empty(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The dimensions that nested arrays can represent: those up to the first size of 0."""
    return shape[: shape.index(0) + 1] if 0 in shape else shape
