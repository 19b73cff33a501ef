"""Shrinking: the smallest call that shows a finding, found by trying smaller ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.calls.sizes import leaf_shape
from specc.language.dtypes import DTYPES, Family
from specc.language.trees import Tensor
from specc.language.wire_names import BoundLeaf
from specc.run_finding import RunFinding
from specc.verification.call_sizes import Free
from specc.verification.endpoint_calls import EndpointCalls
from specc.verification.planned_call import PlannedCall, named_sizes, with_rows
from specc.verification.rows import crop, row_count

MAX_CALLS = 60
MAX_SECONDS = 5.0

Judge = Callable[[PlannedCall], Sequence[RunFinding]]
"""Makes a call, with whatever else shows a finding, and returns its findings."""


class Shrinker:
    """Makes a call smaller, as long as ``judge`` has the finding of the same rule at the same place."""

    def __init__(self, calls: EndpointCalls, judge: Judge, finding: RunFinding) -> None:
        self._calls, self._judge, self._finding = calls, judge, finding
        self._end = time.monotonic() + MAX_SECONDS
        self._most = calls.session.calls + MAX_CALLS

    def shrink(self, planned: PlannedCall) -> RunFinding:
        """The finding about the smallest call that was tried."""
        before = _text(self._sizes(planned))
        kept = planned
        for step in (self._rows, self._dims, self._values):
            for attempt in step(kept):
                kept = attempt
        if kept is planned:
            return self._finding
        smallest = _text(self._sizes(kept))
        where = f"in {planned.title}" + (f" with {before}" if before else "")
        if smallest and smallest != before:
            where += f"; the smallest call that fails: {smallest}"
        return replace(self._finding, details=(where, *self._finding.details[1:]))

    def _sizes(self, planned: PlannedCall) -> dict[str, int]:
        return named_sizes(self._calls.subject.inputs, planned.inputs)

    def _still_fails(self, planned: PlannedCall) -> bool:
        """Whether a smaller call shows the finding, which is then the one that is kept."""
        if time.monotonic() > self._end or self._calls.session.calls >= self._most:
            return False
        for found in self._judge(planned):
            if (found.rule, found.path, found.level) == (self._finding.rule, self._finding.path, self._finding.level):
                self._finding = replace(found, case=self._finding.case)
                return True
        return False

    def _rows(self, planned: PlannedCall) -> Iterator[PlannedCall]:
        """Calls with half of the rows, then with half of these, as long as they fail."""
        rows = next((free for free in self._calls.axes.free if free.name == self._calls.axes.rows), None)
        while rows is not None:
            count = self._row_count(planned)
            half = max(rows.least, 1, count // 2)
            if half >= count:
                return
            halves = (lambda _, n=half: range(n)), (lambda every, n=half: range(every - n, every))
            for choose in halves:
                smaller = with_rows(planned, self._calls.axes, choose)
                if smaller is not None and self._still_fails(smaller):
                    planned = smaller
                    yield planned
                    break
            else:
                return

    def _row_count(self, planned: PlannedCall) -> int:
        axes = self._calls.axes
        with_row = (leaf for leaf in axes.leaves if axes.axes[leaf.name][:1] == (axes.rows,))
        return next((row_count(leaf, planned.inputs) or 0 for leaf in with_row), 0)

    def _dims(self, planned: PlannedCall) -> Iterator[PlannedCall]:
        """Calls of which one dim after the other is halved, as long as they fail."""
        for free in self._calls.axes.free:
            while free.name != self._calls.axes.rows:
                smaller = self._with_half(planned, free)
                if smaller is None or not self._still_fails(smaller):
                    break
                planned = smaller
                yield planned

    def _with_half(self, planned: PlannedCall, free: Free) -> PlannedCall | None:
        axes, inputs, changed = self._calls.axes, dict(planned.inputs), False
        for leaf in axes.leaves:
            places = [axis for axis, name in enumerate(axes.axes[leaf.name]) if name == free.name]
            shape = leaf_shape(leaf, planned.inputs)
            sizes = [size for axis in places if axis < len(shape) and (size := shape[axis]) is not None]
            if sizes and (half := max(free.least, 1, sizes[0] // 2)) < sizes[0]:
                inputs |= crop(leaf, planned.inputs, dict.fromkeys(places, half))
                changed = True
        return replace(planned, inputs=inputs) if changed else None

    def _values(self, planned: PlannedCall) -> Iterator[PlannedCall]:
        """Calls of which one leaf after the other is all zero, or all one bound, or the empty text."""
        for leaf in self._calls.axes.leaves:
            if self._finding.rule == "call-failed" and not _is_promised(leaf):
                continue  # a zero may be refused rightly
            component = next(part for part in leaf.components if part.part in ("", "values"))
            simple = _simplest(leaf, planned.inputs[component.wire_name])
            if simple != planned.inputs[component.wire_name]:
                smaller = replace(planned, inputs={**planned.inputs, component.wire_name: simple})
                if self._still_fails(smaller):
                    planned = smaller
                    yield planned


def _text(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name}={size}" for name, size in sizes.items())


def _is_promised(leaf: BoundLeaf) -> bool:
    return isinstance(leaf.leaf, Tensor) and None not in (leaf.leaf.minimum, leaf.leaf.maximum)


def _simplest(leaf: BoundLeaf, tensor: FlatTensor) -> FlatTensor:
    if tensor.dtype == "string":
        return FlatTensor("string", tensor.shape, (b"",) * tensor.size)
    value: float = 0
    if isinstance(leaf.leaf, Tensor) and DTYPES[tensor.dtype].family in (Family.INTEGER, Family.FLOAT):
        low, high = leaf.leaf.minimum, leaf.leaf.maximum
        if low is not None and float(low) > 0:
            value = low if isinstance(low, int) else float(low)
        elif high is not None and float(high) < 0:
            value = high if isinstance(high, int) else float(high)
    one = tensor_of(tensor.dtype, (1,), (value,))
    return FlatTensor(tensor.dtype, tensor.shape, one.values * tensor.size)
