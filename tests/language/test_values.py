"""Defaults and bounds, with NaN, bytes and complex numbers, which JSON lacks."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.language.dtypes import DTYPES
from specc.language.values import decode_value, encode_value, fits_dtype, normalize_value, scalars, shape_of

FAMILIES = {
    "bool": st.booleans(),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float64": st.floats(),
    "complex128": st.complex_numbers(),
    "string": st.binary(max_size=6),
}


@pytest.mark.parametrize("dtype", FAMILIES)
@given(data=st.data())
def test_numbers_survive_json(dtype: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.lists(FAMILIES[dtype], max_size=2), max_size=2))
    encoded = encode_value(rows)
    assert all(fits_dtype(scalar, dtype) for scalar in scalars(encoded))
    assert normalize_value(encoded, dtype) == encoded
    assert repr(decode_value(encoded, dtype)) == repr(rows)  # NaN and -0.0 included


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (b"\xff\x00", {"base64": "/wA="}),
        (b"caf\xc3\xa9", "café"),
        (1 - 2j, {"real": 1.0, "imag": -2.0}),
        (complex(math.nan, math.inf), {"real": "NaN", "imag": "Infinity"}),
        ([[True], ["x"]], ((True,), ("x",))),
    ],
)
def test_the_encoding(number: Any, encoded: Any) -> None:
    assert encode_value(number) == encoded


@pytest.mark.parametrize(
    ("value", "dtype", "normal"),
    [
        (1, "float32", "1.0"),
        (1.0, "int8", "1"),
        (-0.0, "float32", "-0.0"),
        (2**53 + 1, "float64", "9007199254740993"),
        (10**400, "float64", str(10**400)),
        (1.5, "int8", "1.5"),
        (True, "float32", "True"),
        ("1", "string", "'1'"),
        ({"base64": "aGk="}, "string", "'hi'"),
        ({"base64": ""}, "string", "''"),
        ({"base64": "/wB="}, "string", "{'base64': '/wA='}"),
        ({"real": 1, "imag": "NaN"}, "complex64", "{'real': 1.0, 'imag': 'NaN'}"),
        (((1, 2), ()), "float16", "((1.0, 2.0), ())"),
    ],
)
def test_one_value_has_one_spelling(value: Any, dtype: str, normal: str) -> None:
    assert repr(normalize_value(value, dtype)) == normal


@pytest.mark.parametrize(
    ("dtype", "inside", "outside"),
    [
        ("bool", [True], [0, 1.0, "true"]),
        ("string", ["", "NaN", {"base64": ""}], [0, True, {"real": 1, "imag": 1}]),
        ("int2", [-2, 1], [-3, 2, True, 0.0, "0"]),
        ("uint8", [0, 255], [-1, 256]),
        ("int64", [-(2**63), 2**63 - 1], [2**63, "NaN"]),
        ("float8_e5m2", [0, 1.5, "NaN", "-Infinity"], [True, "nan", {"real": 1, "imag": 1}]),
        ("complex64", [0, "NaN", {"real": 1, "imag": 1}], [True, {"base64": ""}]),
    ],
)
def test_what_fits_a_dtype(dtype: str, inside: list[Any], outside: list[Any]) -> None:
    assert [fits_dtype(value, dtype) for value in (*inside, *outside)] == [True] * len(inside) + [False] * len(outside)


def test_every_dtype_has_a_value_that_fits() -> None:
    assert [name for name in DTYPES if not any(fits_dtype(value, name) for value in (0, False, ""))] == []


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (1, ()),
        ((), (0,)),
        (((), ()), (2, 0)),
        (((1, 2), (3, 4)), (2, 2)),
        (((1,), (2, 3)), None),
        ((1, (2,)), None),
        ((((1,), 2),), None),
    ],
)
def test_the_shape_of_a_value(value: Any, shape: Any) -> None:
    assert shape_of(value) == shape
