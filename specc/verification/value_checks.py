"""Checks of the numbers in one output: finite, and within the declared bounds."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from specc.diagnostics import SpecPath
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.leaf_checks import limit_of
from specc.language.calls.leaf_values import index_of
from specc.language.calls.sizes import shape_text
from specc.language.dtypes import DTYPES, Family
from specc.language.tensor_bytes import to_json
from specc.language.tolerance import allowance
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf
from specc.rules.table import RunningRule
from specc.verification.comparison import element_chunks, largest_finite
from specc.verification.subject import Subject

_NUMBERS = (Family.INTEGER, Family.FLOAT, Family.COMPLEX)


class AnswerProblem(NamedTuple):
    """What is wrong with one answer."""

    rule: RunningRule
    path: SpecPath
    message: str
    row: int | None = None
    """The first row that has a number that is not finite."""


def find_bad_values(
    subject: Subject, bound: BoundLeaf, outputs: Mapping[str, FlatTensor], not_finite: Mapping[str, Collection[str]]
) -> Iterator[AnswerProblem]:
    """The first number of an output that is not finite, or that is beyond a bound and what rounding explains.

    ``not_finite`` has the numbers that are not finite and yet expected, by wire name.
    """
    component = next(part for part in bound.components if part.part in ("", "values"))
    tensor, family = outputs[component.wire_name], DTYPES[component.dtype].family
    if family not in _NUMBERS:
        return
    leaf = bound.leaf
    limits = (leaf.minimum, leaf.maximum) if isinstance(leaf, Tensor) else (None, None)
    if family is not Family.INTEGER:
        allowed = {limit for limit in limits if limit is not None} | set(not_finite.get(component.wire_name, ()))
        strange = [item for item in _numbered(tensor) if not _is_finite(item[1], allowed)]
        if strange:
            position, value = strange[0]
            index = index_of(position, tensor.shape)
            many = f", and {len(strange) - 1:,} more" if len(strange) > 1 else ""
            row = index[0] if index and not component.part else None
            message = f"{to_json(value, component.dtype)} at {shape_text(index)}{many}"
            yield AnswerProblem("not-finite", bound.path, message, row)
            return
    if limits != (None, None):
        yield from _out_of_bounds(subject, bound, tensor, limits)


def _out_of_bounds(
    subject: Subject, bound: BoundLeaf, tensor: FlatTensor, limits: tuple[Any, Any]
) -> Iterator[AnswerProblem]:
    allowed = allowance(subject.endpoint.tolerance, bound.name, tensor.dtype, "here")
    slack = allowed.rtol / 10 * largest_finite(tensor) if allowed.atol is None else allowed.atol
    low, high = limit_of(limits[0], tensor.dtype, -allowed.rtol), limit_of(limits[1], tensor.dtype, allowed.rtol)
    for position, value in _numbered(tensor):
        if (low is not None and value < low - slack) or (high is not None and value > high + slack):
            said = zip(("minimum", "maximum"), limits, strict=True)
            bounds = ", ".join(f"{word} {limit}" for word, limit in said if limit is not None)
            where = shape_text(index_of(position, tensor.shape))
            message = f"{to_json(value, tensor.dtype)} at {where} is outside of the bounds: {bounds}"
            yield AnswerProblem("out-of-bounds", bound.path, message)
            return


def _numbered(tensor: FlatTensor) -> Iterator[tuple[int, Any]]:
    position = 0
    for chunk in element_chunks(tensor):
        yield from enumerate(chunk, position)
        position += len(chunk)


def not_finite_numbers(tensor: FlatTensor) -> set[str]:
    """The numbers of a tensor that are not finite, in the encoding of bounds."""
    if DTYPES[tensor.dtype].family not in (Family.FLOAT, Family.COMPLEX):
        return set()
    return {str(to_json(value, tensor.dtype)) for _, value in _numbered(tensor) if not _is_finite(value, ())}


def _is_finite(value: Any, allowed: Collection[object]) -> bool:
    if isinstance(value, complex):
        return (math.isfinite(value.real) and math.isfinite(value.imag)) or bool(allowed)
    if math.isfinite(value):
        return True
    word = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return word in allowed
