"""Comparison of tensors: which elements are near, and what is said about those that are not."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.tolerance import Allowance
from specc.verification.comparison import Compared, compare, comparison_lines

HERE = Allowance(1e-5, None, 0.0)
EXACT = Allowance(0.0, 0.0, 0.0)
NAN, INF = math.nan, math.inf


def compared(dtype: str, found: list[Any], expected: list[Any], allowed: Allowance = HERE) -> Compared:
    tensors = (tensor_of(dtype, (len(each),), each) for each in (found, expected))
    return compare(*tensors, allowed)


@pytest.mark.parametrize(
    ("dtype", "found", "expected", "near"),
    [
        ("float32", [1.0, 2.0], [1.0, 2.0], True),
        ("float32", [1.000009, 2.0], [1.0, 2.0], True),
        ("float32", [1.00002, 0.0], [1.0, 0.0], False),
        ("float32", [1e-7, 1.0], [0.0, 1.0], True),  # a tenth of rtol times the largest
        ("float32", [1e-5, 1.0], [0.0, 1.0], False),
        ("float32", [2e-6], [1e-6], False),  # small outputs are not waved through
        ("float32", [NAN, 1.0], [NAN, 1.0], True),
        ("float32", [1.0, NAN], [NAN, 1.0], False),
        ("float32", [INF, -INF], [INF, -INF], True),
        ("float32", [INF], [-INF], False),
        ("float32", [3e38], [INF], False),
        ("float32", [INF], [3e38], False),
        ("float32", [-0.0], [0.0], True),
        ("bfloat16", [1.0], [1.0], True),
        ("bfloat16", [1.0], [1.5], False),
        ("complex64", [1 + 1j], [1 + 1j], True),
        ("complex64", [1 + 1j], [1 - 1j], False),
        ("complex64", [complex(NAN, 0)], [complex(NAN, 0)], True),
        ("bool", [True], [False], False),
        ("string", [b"a", b""], [b"a", b""], True),
        ("string", [b"a"], [b"b"], False),
    ],
)
def test_elements_are_near_or_not(dtype: str, found: list[Any], expected: list[Any], near: bool) -> None:
    assert (compared(dtype, found, expected).problem == "") == near


@pytest.mark.parametrize(("found", "near"), [([5], False), ([4], True)])
def test_integers_are_equal_or_wrong(found: list[int], near: bool) -> None:
    assert (compared("int64", found, [4], EXACT).problem == "") == near


def test_one_wrong_element_of_many_is_wrong() -> None:
    """Some comparisons call a discrete output wrong only if every element differs."""
    right = list(range(1000))
    wrong = [*right[:-1], 0]
    assert compared("int64", wrong, right, EXACT).problem == "differs in 1 of 1,000 elements"
    assert compared("int64", wrong, right, EXACT._replace(mismatched=0.001)).problem == ""
    assert compared("int64", wrong, right, EXACT._replace(mismatched=0.0009)).problem != ""


def test_rtol_is_relative_to_what_is_expected() -> None:
    assert compared("float64", [100.0], [101.0], Allowance(0.01, 0.0, 0.0)).problem == ""
    assert compared("float64", [101.0], [100.0], Allowance(0.0, 1.0, 0.0)).problem == ""
    assert compared("float64", [101.0], [100.0], Allowance(0.009, 0.0, 0.0)).problem != ""


def test_a_comparison_says_where_and_by_how_much() -> None:
    found = tensor_of("float32", (2, 2), [1.0, 3.0, 8.0, NAN])
    expected = tensor_of("float32", (2, 2), [1.0, 2.0, 10.0, 0.0])
    result = compare(found, expected, HERE)
    comparison = result.comparison
    assert comparison is not None
    assert (comparison.elements, comparison.differing, comparison.index) == (4, 3, (0, 1))
    assert (comparison.found, comparison.expected) == (3.0, 2.0)
    assert (comparison.largest_absolute, comparison.largest_absolute_index) == (2.0, (1, 0))
    assert (comparison.largest_relative, comparison.largest_relative_index) == (0.5, (0, 1))
    assert (comparison.rtol, comparison.atol) == (1e-5, pytest.approx(1e-5))
    assert result.largest == 2.0
    assert comparison_lines(comparison, "float32") == [
        "3 of 4 elements differ; the first is [0, 1]: 3.0 instead of 2.0",
        "largest difference 2 at [1, 0], 0.5 of the expected, 2,097,152 ULP; allowed 1e-05 |x| + 1e-05",
    ]


def next_float(value: float) -> float:
    (bits,) = struct.unpack("<i", struct.pack("<f", value))
    return struct.unpack("<f", struct.pack("<i", bits + 1))[0]


@pytest.mark.parametrize(
    ("found", "expected", "ulps"), [(next_float(1.0), 1.0, 1), (1e-45, -1e-45, 2), (0.5, 1.0, 1 << 23)]
)
def test_ulps_count_the_floats_between(found: float, expected: float, ulps: int) -> None:
    comparison = compared("float32", [found], [expected], EXACT).comparison
    assert comparison is not None
    assert comparison.ulps == ulps


def test_the_dtype_and_the_shape_come_first() -> None:
    one = tensor_of("float32", (2,), [1.0, 2.0])
    assert compare(tensor_of("float64", (2,), [1.0, 2.0]), one, HERE).problem == (
        "has the dtype float64 instead of float32"
    )
    assert compare(tensor_of("float32", (1, 2), [1.0, 2.0]), one, HERE).problem == (
        "has the shape [1, 2] instead of [2]"
    )
    empty, open_axis = FlatTensor("float32", (0, 3), b""), FlatTensor("float32", (0, 0), b"")
    assert compare(empty, open_axis, HERE, (1,)).problem == ""
    assert compare(empty, open_axis, HERE).problem != ""


def test_large_tensors_are_compared_in_parts() -> None:
    values = [float(number % 100) for number in range(100_000)]
    wrong = [*values]
    wrong[70_001] += 1
    comparison = compared("float32", wrong, values).comparison
    assert comparison is not None
    assert (comparison.index, comparison.differing) == ((70_001,), 1)
