"""Tolerance: how near the numbers of an answer must be to those that are expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from specc.language.document import Endpoint

Origin = Literal["here", "elsewhere"]
"""Where the expected numbers are from: one machine and one set of weights, or a recording or another archive."""


class Allowance(NamedTuple):
    """What one output may differ by: an element is near where |found - expected| <= atol + rtol |expected|.

    ``atol`` is None where the endpoint leaves it out: a tenth of rtol times the largest finite |expected| of the output.
    Integers, booleans and strings have 0 for both. ``mismatched`` is the share of elements that may be wrong.
    """

    rtol: float
    atol: float | None
    mismatched: float


def allowance(endpoint: Endpoint, output: str, origin: Origin) -> Allowance:
    """The Allowance of the output leaf called ``output`` (its wire name, without a component)."""
    raise NotImplementedError
