"""Comparison of a found tensor with an expected one: which elements differ, and by how much."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.leaf_values import index_of
from specc.language.calls.sizes import shape_text
from specc.language.dtypes import DTYPES, Family
from specc.language.tensor_bytes import element_size, to_json, unpack
from specc.language.tolerance import Allowance, Origin, Tolerance, allowance, is_inexact
from specc.language.wire_names import BoundLeaf
from specc.run_finding import Comparison

_EXACT = Allowance(0.0, 0.0, 0.0)
_CHUNK = 1 << 14
"""How many elements are Python objects at a time."""


class Compared(NamedTuple):
    """The result of a comparison: ``problem`` completes "the answer ...", and is empty where the tensors are near.

    ``largest`` is the largest finite absolute difference, within the tolerance or not.
    """

    problem: str = ""
    comparison: Comparison | None = None
    largest: float = 0.0


def compare_leaf(
    bound: BoundLeaf,
    found: Mapping[str, FlatTensor],
    expected: Mapping[str, FlatTensor],
    tolerance: Tolerance,
    origin: Origin,
    open_axes: Mapping[str, tuple[int, ...]] | None = None,
) -> Compared:
    """The components of an output leaf, those that determine its shape first; one that is not expected is not compared.

    ``open_axes`` are the axes of expected components of which every size is right.
    """
    largest = 0.0
    for component in sorted(bound.components, key=lambda component: component.part in ("", "values")):
        name = component.wire_name
        if name not in expected:
            continue
        if name not in found:
            return Compared(f"has no {name!r}")
        is_value = component.part in ("", "values")
        allowed = allowance(tolerance, bound.name, component.dtype, origin) if is_value else _EXACT
        result = compare(found[name], expected[name], allowed, (open_axes or {}).get(name, ()))
        largest = max(largest, result.largest)
        if result.problem:
            of = f" in its {component.part}" if component.part not in ("", "values") else ""
            return Compared(result.problem + of, result.comparison, largest)
    return Compared(largest=largest)


def is_identical(found: Mapping[str, FlatTensor], expected: Mapping[str, FlatTensor]) -> bool:
    """Whether two answers are the same bit for bit."""
    return dict(found) == dict(expected)


def compare(found: FlatTensor, expected: FlatTensor, allowed: Allowance, open_axes: Collection[int] = ()) -> Compared:
    """``found`` held against ``expected``: the dtype, then the shape, then the elements."""
    if found.dtype != expected.dtype:
        return Compared(f"has the dtype {found.dtype} instead of {expected.dtype}")
    sizes = [size for axis, size in enumerate(found.shape) if axis not in open_axes]
    if len(found.shape) != len(expected.shape) or sizes != [
        size for axis, size in enumerate(expected.shape) if axis not in open_axes
    ]:
        return Compared(f"has the shape {shape_text(found.shape)} instead of {shape_text(expected.shape)}")
    if found.values == expected.values:
        return Compared()
    return _Elements(found, expected, allowed).compare()


class _Elements:
    """Compares the elements of two tensors of one dtype and shape."""

    def __init__(self, found: FlatTensor, expected: FlatTensor, allowed: Allowance) -> None:
        self._found, self._expected = found, expected
        self._dtype = found.dtype
        self._rtol = allowed.rtol
        self._atol = self._atol_of(allowed)
        self._mismatched = allowed.mismatched
        self._differing = 0
        self._first: tuple[int, Any, Any] | None = None
        self._absolute: tuple[float, int] = (0.0, -1)
        self._relative: tuple[float, int] = (0.0, -1)

    def _atol_of(self, allowed: Allowance) -> float:
        if allowed.atol is not None:
            return allowed.atol
        return allowed.rtol / 10 * largest_finite(self._expected)

    def compare(self) -> Compared:
        self._walk()
        count = self._found.size
        largest = float(self._absolute[0])
        if self._first is None or self._differing <= self._mismatched * count:
            return Compared(largest=largest)
        position, found, expected = self._first
        comparison = Comparison(
            elements=count,
            differing=self._differing,
            index=self._index(position),
            found=to_json(found, self._dtype),
            expected=to_json(expected, self._dtype),
            largest_absolute=largest if self._absolute[1] >= 0 else None,
            largest_absolute_index=self._index(self._absolute[1]) if self._absolute[1] >= 0 else None,
            largest_relative=self._relative[0] if self._relative[1] >= 0 else None,
            largest_relative_index=self._index(self._relative[1]) if self._relative[1] >= 0 else None,
            ulps=self._ulps(self._absolute[1]) if self._absolute[1] >= 0 else None,
            rtol=self._rtol,
            atol=self._atol,
        )
        return Compared(f"differs in {self._differing:,} of {count:,} elements", comparison, largest)

    def _walk(self) -> None:
        rtol, atol = self._rtol, self._atol
        is_text = self._dtype == "string"
        for position, found, expected in _unlike(self._found, self._expected):
            if found == expected or (found != found and expected != expected):  # noqa: PLR0124  # NaN
                continue
            if not is_text:
                distance = _distance(found, expected)
                if distance < math.inf:
                    self._note(position, distance, abs(expected))
                    if distance <= atol + rtol * abs(expected):
                        continue
            self._differing += 1
            if self._first is None:
                self._first = position, found, expected

    def _note(self, position: int, distance: float, size: float) -> None:
        if distance > self._absolute[0]:
            self._absolute = distance, position
        if size and distance / size > self._relative[0]:
            self._relative = float(distance / size), position

    def _index(self, position: int) -> tuple[int, ...]:
        return index_of(position, self._found.shape)

    def _ulps(self, position: int) -> int | None:
        """How many numbers of the dtype lie from one element to the other."""
        if DTYPES[self._dtype].family is not Family.FLOAT:
            return None
        width, sign = element_size(self._dtype), 1 << (DTYPES[self._dtype].bits - 1)

        def rank(tensor: FlatTensor) -> int:
            assert isinstance(tensor.values, bytes)
            bits = int.from_bytes(tensor.values[position * width : (position + 1) * width], "little")
            return -(bits - sign) if bits & sign else bits

        return abs(rank(self._found) - rank(self._expected))


def _distance(found: Any, expected: Any) -> float:
    """The absolute difference; infinite where one of two numbers is not finite, or the other kind of not finite."""
    try:
        distance: float = abs(found - expected)
    except OverflowError:
        return math.inf
    return distance if distance == distance and abs(expected) < math.inf else math.inf  # noqa: PLR0124  # NaN


def largest_finite(tensor: FlatTensor) -> float:
    """The largest absolute value of the finite numbers of a tensor."""
    largest = 0.0
    for chunk in element_chunks(tensor):
        largest = max(largest, max((abs(value) for value in chunk if abs(value) < math.inf), default=0.0))
    return largest


def element_chunks(tensor: FlatTensor) -> Iterator[list[Any]]:
    """The elements of a tensor that is not of strings, some at a time: all of them may not fit into memory."""
    if not isinstance(tensor.values, bytes):
        return
    step = _CHUNK * element_size(tensor.dtype)
    for start in range(0, len(tensor.values), step):
        yield unpack(tensor.values[start : start + step], tensor.dtype)


def _unlike(found: FlatTensor, expected: FlatTensor) -> Iterator[tuple[int, Any, Any]]:
    """The elements of all parts of two tensors that are not the same bytes, with their positions."""
    if not isinstance(found.values, bytes) or not isinstance(expected.values, bytes):
        for position, (one, other) in enumerate(zip(found.values, expected.values, strict=True)):
            yield position, one, other
        return
    width = element_size(found.dtype)
    step = _CHUNK * width
    for start in range(0, len(found.values), step):
        one, other = found.values[start : start + step], expected.values[start : start + step]
        if one != other:
            pairs = zip(unpack(one, found.dtype), unpack(other, found.dtype), strict=True)
            for offset, (left, right) in enumerate(pairs):
                yield start // width + offset, left, right


def comparison_lines(comparison: Comparison, dtype: str) -> list[str]:
    """The lines of a report about a comparison."""
    index = shape_text(comparison.index)
    lines = [
        f"{comparison.differing:,} of {comparison.elements:,} elements differ; the first is {index}: "
        f"{_shown(comparison.found)} instead of {_shown(comparison.expected)}"
    ]
    if comparison.largest_absolute is not None and comparison.largest_absolute_index is not None:
        text = (
            f"largest difference {comparison.largest_absolute:.3g} at {shape_text(comparison.largest_absolute_index)}"
        )
        if comparison.largest_relative is not None:
            text += f", {comparison.largest_relative:.3g} of the expected"
        if comparison.ulps is not None:
            text += f", {comparison.ulps:,} ULP"
        if is_inexact(dtype):
            text += f"; allowed {comparison.rtol:g} |x| + {comparison.atol:.3g}"
        lines.append(text)
    return lines


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
