"""PredictionLog: TensorFlow Serving's record of one request, written by hand, and files of records.

tensorflow_serving/apis/{prediction_log,predict,classification,regression,input,model}.proto of tensorflow/serving at
9d981c5; tensorflow/core/framework/tensor.proto; tensorflow/core/lib/io/record_writer.cc.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from typing import Literal

from specc.language.calls.feature_encoding import field, map_entry, varint
from specc.language.calls.flat_tensor import FlatTensor
from specc.reader.protobuf.tensors import data_type

_MASK_DELTA = 0xA282EAD8
_POLYNOMIAL = 0x82F63B78
"""Of CRC-32C, reversed."""


def predict_log(model: str, signature: str, inputs: Mapping[str, FlatTensor]) -> bytes:
    """The record of a predict request; the tensors are in the order of their names."""
    tensors = b"".join(map_entry(name, tensor_proto(inputs[name]), 2) for name in sorted(inputs))
    return field(6, field(1, field(1, _model_spec(model, signature)) + tensors))


def examples_log(verb: Literal["classify", "regress"], model: str, signature: str, examples: Sequence[bytes]) -> bytes:
    """The record of a classify or regress request of serialized tf.Examples."""
    listed = field(1, b"".join(field(1, example) for example in examples))
    request = field(1, _model_spec(model, signature)) + field(2, listed)
    return field({"classify": 2, "regress": 3}[verb], field(1, request))


def tensor_proto(tensor: FlatTensor) -> bytes:
    """A TensorProto: numbers as their bytes, strings one by one."""
    shape = b"".join(field(2, _number(1, size)) for size in tensor.shape)
    head = _number(1, data_type(tensor.dtype)) + field(2, shape)
    if isinstance(tensor.values, bytes):
        return head + (field(4, tensor.values) if tensor.values else b"")
    return head + b"".join(field(8, value) for value in tensor.values)


def tf_records(records: Iterable[bytes]) -> bytes:
    """A file of records, each with its length and two checksums."""
    return b"".join(
        length + struct.pack("<I", _masked(length)) + record + struct.pack("<I", _masked(record))
        for record in records
        for length in (struct.pack("<Q", len(record)),)
    )


def _model_spec(model: str, signature: str) -> bytes:
    return field(1, model.encode("utf-8")) + field(3, signature.encode("utf-8"))


def _number(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def _masked(content: bytes) -> int:
    crc = crc32c(content)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def crc32c(content: bytes) -> int:
    """The checksum CRC-32C (Castagnoli) of ``content``."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in content:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    def step(crc: int, _: int) -> int:
        return crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)

    return tuple(list(accumulate(range(8), step, initial=byte))[-1] for byte in range(256))
