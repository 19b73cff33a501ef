"""Traces of an endpoint with fixed sizes: which sizes of its dimensions a function takes, and their limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from specc.language.document import Dim, Document, Endpoint
from specc.language.tensor_string import ANY, Dimension
from specc.scaffold.from_model.candidates import Candidate
from specc.scaffold.from_model.trace_results import result_shapes
from specc.scaffold.open_dims import with_input_leaves, with_shape
from specc.verification.call_sizes import Axis, InputAxes, Sizes

_LARGE = (257, 1025)
"""Sizes above most limits on the length of a sequence."""
_STEPS = (2, 4, 8, 16, 32, 64)


class FixedTraces:
    """Whether a function can be traced with fixed sizes. A trace of open sizes shows less.

    TensorFlow's convolutions answer with numbers from anywhere where an open size is smaller than their window.
    """

    def __init__(self, candidate: Candidate, document: Document) -> None:
        self._candidate, self._endpoint = candidate, document.endpoints[candidate.name]
        self.axes = InputAxes(document, candidate.name)
        self._known: dict[tuple[tuple[str, int], ...], bool] = {}

    def works(self, sizes: Sizes) -> bool:
        """Whether the function can be traced with these sizes of the dimensions."""
        key = tuple(sorted(sizes.items()))
        if key not in self._known:
            self._known[key] = result_shapes(self._candidate, self._sized(sizes)) is not None
        return self._known[key]

    def _sized(self, sizes: Sizes) -> Endpoint:
        """The endpoint with these sizes in place of its dimensions."""

        def sized(axes: tuple[Axis, ...], axis: int, dim: Dimension) -> Dimension:
            name = axes[axis]
            return sizes[name] if isinstance(name, str) else dim

        leaves = (with_shape(bound.leaf, partial(sized, self.axes.axes[bound.name])) for bound in self.axes.leaves)
        return with_input_leaves(self._endpoint, leaves)


def find_limits(
    traces: FixedTraces, runs: Callable[[Sizes], bool], working: Sizes
) -> tuple[dict[str, Dim], dict[str, int]]:
    """The least and largest sizes of dimensions, and the number of which the sizes of others have to be multiples.

    Args:
        traces: whether the function can be traced with some sizes.
        runs: whether it runs with larger sizes, on the same values: others might fail by themselves.
        working: sizes with which it can be traced and runs. The rows are not limited.
    """
    rows = traces.axes.rows
    names = [free.name for free in traces.axes.free if free.name != rows and not free.name.startswith(ANY)]
    limits: dict[str, Dim] = {}
    steps: dict[str, int] = {}
    if not names or not traces.works(working):
        return limits, steps
    is_none_too_small = traces.works({**working, **dict.fromkeys(names, 1)})
    too_large = next((size for size in _LARGE if not runs({**working, **dict.fromkeys(names, size)})), None)
    for name in names:
        is_traced = partial(_works, traces.works, working, name)
        least = 0 if is_none_too_small else _least(is_traced, working[name], limits)
        if least is None:
            step = next((step for step in _STEPS if is_traced(step * 3) and is_traced(step * 5)), None)
            steps |= {name: step} if step else {}
            continue
        is_run = partial(_works, runs, working, name)
        most = None
        if too_large is not None and not is_run(too_large):
            most = _largest(is_run, working[name], too_large)
        if least or most is not None:
            limits[name] = Dim(min=least, max=most)
    return limits, steps


def _least(works: Callable[[int], bool], working: int, known: Mapping[str, Dim]) -> int | None:
    """The least size that works, often that of another dimension; None if some larger ones fail."""
    if works(1):
        return 0
    usual = next((dim.min for dim in known.values() if dim.min and works(dim.min)), None)
    if usual and not works(usual - 1):
        return usual
    least = working if not works(working - 1) else _edge(works, working - 1, 1)
    return least if works(least + 1) and works(working + 1) else None


def _works(takes: Callable[[Sizes], bool], working: Sizes, name: str, size: int) -> bool:
    return takes({**working, name: size})


def _largest(works: Callable[[int], bool], working: int, fails: int) -> int:
    """The largest size that works; most limits are powers of two, which are tried first."""
    powers = [2**exponent for exponent in range(fails.bit_length()) if working < 2**exponent < fails]
    low, high = working, fails
    while powers:
        middle = powers[len(powers) // 2]
        low, high = (middle, high) if works(middle) else (low, middle)
        powers = [power for power in powers if low < power < high]
    return low if not works(low + 1) else _edge(works, low + 1, high)


def _edge(works: Callable[[int], bool], working: int, fails: int) -> int:
    """The size nearest to ``fails`` that works, by bisection."""
    while abs(fails - working) > 1:
        middle = (fails + working) // 2
        working, fails = (middle, fails) if works(middle) else (working, middle)
    return working
