"""The values that a contract allows for a tensor, compared in the precision of its dtype."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from specc.language.dtypes import DTYPES, Family
from specc.language.floats import nearest
from specc.language.trees import Leaf, Tensor

Number = int | float


class Range(NamedTuple):
    """Values from ``low`` to ``high``; None where there is no bound, or only one that the dtype has anyway."""

    low: Number | None = None
    high: Number | None = None

    def hold(self, other: Range) -> bool:
        """Whether all values of ``other`` are in this range."""
        lowest = self.low is None or (other.low is not None and self.low <= other.low)
        return lowest and (self.high is None or (other.high is not None and other.high <= self.high))

    def meet(self, other: Range) -> Range:
        """The values in both ranges; empty if ``low`` is above ``high``."""
        lows = [low for low in (self.low, other.low) if low is not None]
        highs = [high for high in (self.high, other.high) if high is not None]
        return Range(max(lows, default=None), min(highs, default=None))

    @property
    def is_empty(self) -> bool:
        """Whether there is no value."""
        return self.low is not None and self.high is not None and self.low > self.high

    @property
    def example(self) -> Number:
        """A value of the range: 0 or 1 if possible, else the bound that is nearest to 0."""
        simple = next((value for value in (0, 1, -1) if self.hold(Range(value, value))), None)
        if simple is not None:
            return simple
        bounds = [bound for bound in self if bound is not None]
        return min(bounds, key=abs)

    def outside(self, other: Range) -> Number:
        """A value of this range that is not in ``other``, which does not hold it."""
        if other.low is not None and (self.low is None or self.low < other.low):
            below = _beyond(other.low, -1) if self.high is None else min(_beyond(other.low, -1), self.high)
            return below if self.low is None else max(below, self.low)
        assert other.high is not None
        above = _beyond(other.high, 1) if self.low is None else max(_beyond(other.high, 1), self.low)
        return above if self.high is None else min(above, self.high)


def _beyond(bound: Number, step: int) -> Number:
    """A number a little beyond ``bound``; of a large float a little is as much as itself."""
    if isinstance(bound, int) or abs(bound) < 1:
        return bound + step
    return bound + step * abs(bound)


def value_range(leaf: Leaf) -> Range:
    """The Range of a leaf."""
    if not isinstance(leaf, Tensor) or (leaf.minimum is None and leaf.maximum is None):
        return Range()
    low, high = (_in_dtype(bound, leaf.dtype) for bound in (leaf.minimum, leaf.maximum))
    least, most = _limits(leaf.dtype)
    return Range(None if low is None or low <= least else low, None if high is None or high >= most else high)


def _in_dtype(bound: Any, dtype: str) -> Number | None:
    if bound is None:
        return None
    if DTYPES[dtype].family is Family.INTEGER:
        return int(bound)
    try:
        return nearest(float(bound), dtype)
    except OverflowError:
        return math.copysign(math.inf, bound)


def _limits(dtype: str) -> tuple[Number, Number]:
    """The smallest and the largest value of a dtype: infinities, where it has them."""
    if DTYPES[dtype].family is Family.INTEGER:
        return DTYPES[dtype].range
    if dtype.endswith(("fn", "fnuz")):  # formats of finite numbers
        most = nearest(1e30, dtype)
        return -most, most
    return -math.inf, math.inf
