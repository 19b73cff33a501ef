"""Rules for the promise ``pure``: the same call gives the same answer, and moves no variable."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change
from specc.compatibility.promises import promise_dropped, promise_made
from specc.compatibility.sides import Comparison


def pure_dropped(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that was ``pure``, and does not promise it any more."""
    reason = "the same call again may have another answer, or move variables"
    yield from promise_dropped(comparison, "pure-dropped", "pure", reason)


def pure_promised(comparison: Comparison) -> Iterator[Change]:
    """A change for each endpoint that is ``pure`` from now on."""
    yield from promise_made(comparison, "pure-promised", "pure")
