"""Tolerance: how near the numbers of an answer must be to those that are expected."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from specc.language.dtypes import DTYPES, Family
from specc.language.record import Record
from specc.language.scalars import NonEmpty, describe, problem


def _check_distance(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise problem("wrong-type", f"expected a number, found {describe(value)}")
    if not 0 <= value < math.inf:
        raise problem("bad-tolerance", f"{value!r} is not a tolerance", "for example 1e-4")
    return value


def _check_share(value: Any) -> Any:
    if _check_distance(value) > 1:
        raise problem("bad-tolerance", f"{value!r} is not a share of the elements", "for example 1e-4, one in 10,000")
    return value


Distance = Annotated[Any, BeforeValidator(_check_distance), WithJsonSchema({"type": "number", "minimum": 0})]
Share = Annotated[Any, BeforeValidator(_check_share), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]


class OutputTolerance(Record):
    """How near one output must be."""

    rtol: Distance | None = None
    """The distance that is allowed, as a multiple of the expected number."""
    atol: Distance | None = None
    """The distance that is allowed in addition; by default a tenth of rtol times the output's largest number."""
    mismatched: Share = 0
    """The share of the elements that may be wrong: for masks, and for the position of a largest number."""


class Tolerance(Record):
    """How near the numbers of an endpoint's answers must be: |found - expected| <= atol + rtol |expected|."""

    rtol: Distance | None = None
    """The distance that is allowed, as a multiple of the expected number; by default that of the dtype."""
    atol: Distance | None = None
    """The distance that is allowed in addition; by default a tenth of rtol times the output's largest number."""
    outputs: dict[NonEmpty, OutputTolerance] = Field(default_factory=dict)
    """What holds for single outputs, by wire name."""


Origin = Literal["here", "elsewhere"]
"""Where expected numbers are from: from one machine and one set of weights, or a recording or another archive."""

_UNSAID: dict[Origin, dict[int, float]] = {
    "here": {64: 1e-9, 32: 1e-5, 16: 2e-3, 8: 2e-2},
    "elsewhere": {64: 1e-7, 32: 1e-4, 16: 1e-2, 8: 5e-2},
}
"""The rtol of float64, float32, float16, and of bfloat16 and the smaller ones."""


class Allowance(NamedTuple):
    """How far the elements of one output may be off: |found - expected| <= atol + rtol |expected|.

    ``atol`` is None where the endpoint leaves it out: it is a tenth of rtol times the largest finite |expected|.
    Integers, booleans and strings have 0 for both. ``mismatched`` is the share of elements that may be wrong.
    """

    rtol: float
    atol: float | None
    mismatched: float


def is_inexact(dtype: str) -> bool:
    """Whether numbers of ``dtype`` are compared with a tolerance."""
    return DTYPES[dtype].family in (Family.FLOAT, Family.COMPLEX)


def allowance(tolerance: Tolerance, output: str, dtype: str, origin: Origin) -> Allowance:
    """The Allowance of an output leaf of ``dtype``; ``output`` is its wire name, without that of a component."""
    own = tolerance.outputs.get(output, OutputTolerance())
    mismatched = float(own.mismatched)
    if not is_inexact(dtype):
        return Allowance(0.0, 0.0, mismatched)
    rtol, atol = _said(own.rtol, tolerance.rtol), _said(own.atol, tolerance.atol)
    return Allowance(_unsaid(dtype, origin) if rtol is None else rtol, atol, mismatched)


def _said(own: Any, general: Any) -> float | None:
    said = general if own is None else own
    return None if said is None else float(said)


def _unsaid(dtype: str, origin: Origin) -> float:
    bits = 8 if dtype == "bfloat16" else DTYPES[dtype].bits
    if DTYPES[dtype].family is Family.COMPLEX:
        bits //= 2
    return _UNSAID[origin][max(bits, 8)]
