"""Stored tensors in each of their three forms, and floats of every width."""

import math
import struct
from typing import Any

import pytest
from synthetic_archive import shape

from specc.language.floats import from_bits, nearest, shortest
from specc.language.stored_values import stored_value
from specc.reader.protobuf.messages import message
from specc.reader.protobuf.tensors import UndescribableError, tensor_value
from specc.reader.protobuf.wire_format import archive_budget


def stored(dtype: int, *sizes: int, **fields: Any) -> Any:
    return tensor_value(message("TensorProto")(dtype=dtype, tensor_shape=shape(*sizes), **fields), archive_budget())


BYTES = struct.pack
FORMS: dict[str, tuple[Any, Any]] = {
    "float32, packed": (stored(1, 2, float_val=[0.1, math.nan]), ((0.1, "NaN"), "float32", (2,))),
    "float32, content": (stored(1, 2, tensor_content=BYTES("<2f", 0.1, -math.inf)), ((0.1, "-Infinity"), "float32", (2,))),
    "float32, splat": (stored(1, 2, 2, float_val=[0.5]), (((0.5, 0.5), (0.5, 0.5)), "float32", (2, 2))),
    "the last value again": (stored(3, 4, int_val=[1, 2]), ((1, 2, 2, 2), "int32", (4,))),
    "nothing is zero": (stored(9, 2), ((0, 0), "int64", (2,))),
    "a scalar": (stored(7, string_val=[b"a"]), ("a", "string", ())),
    "bytes": (stored(7, 1, string_val=[b"\xff"]), (({"base64": "/w=="},), "string", (1,))),
    "no text": (stored(7, 1), (("",), "string", (1,))),
    "no elements": (stored(1, 2, 0, 3), (((), ()), "float32", (2, 0, 3))),
    "float64": (stored(2, double_val=[0.1]), (0.1, "float64", ())),
    "float64, content": (stored(2, tensor_content=BYTES("<d", 0.1)), (0.1, "float64", ())),
    "uint8, content": (stored(4, 2, tensor_content=b"\x00\xff"), ((0, 255), "uint8", (2,))),
    "int8, content": (stored(6, 2, tensor_content=b"\x00\xff"), ((0, -1), "int8", (2,))),
    "int16, content": (stored(5, tensor_content=BYTES("<h", -300)), (-300, "int16", ())),
    "uint16": (stored(17, int_val=[65535]), (65535, "uint16", ())),
    "uint32": (stored(22, uint32_val=[2**32 - 1]), (2**32 - 1, "uint32", ())),
    "uint64": (stored(23, uint64_val=[2**64 - 1]), (2**64 - 1, "uint64", ())),
    "uint64, content": (stored(23, tensor_content=BYTES("<Q", 2**64 - 1)), (2**64 - 1, "uint64", ())),
    "int64": (stored(9, int64_val=[-(2**63)]), (-(2**63), "int64", ())),
    "bool": (stored(10, 2, bool_val=[True, False]), ((True, False), "bool", (2,))),
    "bool, content": (stored(10, 2, tensor_content=b"\x01\x00"), ((True, False), "bool", (2,))),
    "float16": (stored(19, half_val=[0x2E66]), (0.1, "float16", ())),
    "float16, content": (stored(19, tensor_content=b"\x66\x2e"), (0.1, "float16", ())),
    "bfloat16": (stored(14, half_val=[0x3DCD]), (0.1, "bfloat16", ())),
    "complex64": (stored(8, scomplex_val=[0.1, math.inf]), ({"real": 0.1, "imag": "Infinity"}, "complex64", ())),
    "complex128": (stored(18, dcomplex_val=[0.1, 0.2]), ({"real": 0.1, "imag": 0.2}, "complex128", ())),
    "complex64, content": (stored(8, tensor_content=BYTES("<2f", 0.1, 1)), ({"real": 0.1, "imag": 1.0}, "complex64", ())),
    "float8_e4m3fn": (stored(25, 3, float8_val=b"\x38\x7e\x7f"), ((1.0, 448.0, "NaN"), "float8_e4m3fn", (3,))),
    "float8_e5m2, content": (stored(24, 2, tensor_content=b"\x3c\x7c"), ((1.0, "Infinity"), "float8_e5m2", (2,))),
    "int4, content": (stored(29, 2, tensor_content=b"\x07\x0f"), ((7, -1), "int4", (2,))),
    "a reference": (stored(103, int_val=[5]), (5, "int32", ())),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_value(name: str) -> None:
    found, expected = FORMS[name]
    assert found == expected


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "more values than elements": (
        {"dtype": 1, "tensor_shape": shape(1), "float_val": [1, 2]},
        "a stored value of 1 elements with 2 values",
    ),
    "content cut short": (
        {"dtype": 1, "tensor_shape": shape(2), "tensor_content": b"12345678"[:7]},
        "a stored value of 7 bytes, which is not a whole number of float32 elements",
    ),
    "content of another size": (
        {"dtype": 1, "tensor_shape": shape(2), "tensor_content": b"1234"},
        "a stored value of 2 elements with 1 values",
    ),
    "an open shape": ({"dtype": 1, "tensor_shape": shape(-1)}, "a stored value without a full shape"),
    "no such dtype": ({"dtype": 77}, "a tensor of dtype number 77"),
    "a resource": ({"dtype": 20}, "a tensor of dtype resource"),
    "a negative size": ({"dtype": 1, "tensor_shape": shape(-7)}, "a dimension of size -7"),
    "too many dimensions": ({"dtype": 1, "tensor_shape": shape(*[1] * 255)}, "a tensor of 255 dimensions"),
    "too many elements": ({"dtype": 1, "tensor_shape": shape(1000, 1000)}, "a stored value of 1,000,000 elements"),
    "strings as content": (
        {"dtype": 7, "tensor_shape": shape(1), "tensor_content": b"\x01a"},
        "a stored value of strings in TensorFlow's own encoding",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_value_is_said(name: str) -> None:
    fields, expected = BAD[name]
    with pytest.raises(UndescribableError) as caught:
        tensor_value(message("TensorProto")(**fields), archive_budget())
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("dtype", "bits", "value"),
    [
        ("float8_e5m2", 0x7B, 57344.0),
        ("float8_e5m2", 0x01, 2.0**-16),
        ("float8_e4m3fn", 0x01, 2.0**-9),
        ("float8_e4m3fnuz", 0x7F, 240.0),
        ("float8_e5m2fnuz", 0x7F, 57344.0),
        ("float8_e4m3b11fnuz", 0x7F, 30.0),
        ("float4_e2m1fn", 0x7, 6.0),
        ("float4_e2m1fn", 0xF, -6.0),
        ("float16", 0xFBFF, -65504.0),
        ("bfloat16", 0xFF80, -math.inf),
    ],
)
def test_the_bits_of_small_floats(dtype: str, bits: int, value: float) -> None:
    assert from_bits(bits, dtype) == value


@pytest.mark.parametrize("dtype", ["float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e4m3b11fnuz"])
def test_where_there_is_no_negative_zero_its_bits_are_nan(dtype: str) -> None:
    assert math.isnan(from_bits(0x80, dtype))


def test_nearest_and_shortest_agree() -> None:
    for dtype in ("float32", "float16", "bfloat16", "float64", "float8_e4m3fn"):
        for value in (0.1, 3.14159, 1e-3, 65504.0, -1.0, 0.0):
            rounded = nearest(value, dtype)
            assert nearest(rounded, dtype) == rounded
            assert nearest(shortest(rounded, dtype), dtype) == rounded
    assert [nearest(1e39, "float32"), nearest(-1e39, "bfloat16"), nearest(1e9, "float16")] == [
        math.inf, -math.inf, math.inf,
    ]  # fmt: skip
    assert shortest(nearest(0.1, "bfloat16"), "bfloat16") == 0.1


def test_what_storing_does_to_a_value() -> None:
    assert stored_value((3.14159, "NaN"), "bfloat16") == (3.14, "NaN")
    assert stored_value(0.1, "float32") == 0.1
    assert stored_value(0.123456789123, "float32") == 0.12345679
    assert stored_value(1, "complex64") == {"real": 1.0, "imag": 0.0}
    assert stored_value(("a", {"base64": "/w=="}), "string") == ("a", {"base64": "/w=="})
