"""Rules for the promise ``rowwise``: the answer for a row depends only on that row, so servers may batch requests."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.promises import promise_dropped, promise_made
from specc.compatibility.sides import Comparison


def rowwise_dropped(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that was ``rowwise``, and does not promise it any more."""
    reason = "the answer for this row may be another one if other rows are sent with it"
    yield from promise_dropped(comparison, "rowwise-dropped", "rowwise", reason)


def rowwise_promised(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that is ``rowwise`` from now on."""
    yield from promise_made(comparison, "rowwise-promised", "rowwise")
