"""What running an archive gave, as data: findings with the calls that show them, and a report of each endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specc.diagnostics import Diagnostic


@dataclass(frozen=True)
class Comparison:
    """A found tensor held against an expected one, element by element.

    ``differing`` elements are beyond the tolerance; ``index`` is that of the first, with both values in the encoding
    of examples. Each largest difference is None where no two finite numbers differ; ``ulps`` counts the floats of the
    dtype between the two elements with the largest absolute difference.
    """

    elements: int
    differing: int
    index: tuple[int, ...]
    found: Any
    expected: Any
    largest_absolute: float | None = None
    largest_absolute_index: tuple[int, ...] | None = None
    largest_relative: float | None = None
    largest_relative_index: tuple[int, ...] | None = None
    ulps: int | None = None
    rtol: float = 0.0
    atol: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RunFinding(Diagnostic):
    """One finding of ``specc verify`` about what an archive does.

    ``case`` is the name of the example or of the generated call that shows it, ``ways`` are those that are blamed, and
    ``example`` is a call that shows it again, ready to be an example of ``endpoint``. ``details`` are further lines of
    the text report.
    """

    endpoint: str | None = None
    ways: tuple[str, ...] = ()
    case: str | None = None
    comparison: Comparison | None = None
    example: Mapping[str, Any] | None = None
    details: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    """The way and the case of every call that shows it."""


@dataclass(frozen=True)
class Latency:
    """The durations of repeated calls in a Session, in milliseconds."""

    p50: float
    p90: float
    p99: float


@dataclass(frozen=True)
class EndpointReport:
    """How one endpoint was verified."""

    name: str
    examples: int = 0
    generated: int = 0
    ways: Mapping[str, str] = field(default_factory=dict)
    """``ok``, ``FAILS``, or ``-`` where it was not called, by way."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """How many calls were made, by way, and by signature for receivers and aliases."""
    latency: Latency | None = None
    largest: Mapping[str, float] = field(default_factory=dict)
    """The largest difference found at each output."""
    notes: tuple[str, ...] = ()
    """What was not judged, and why."""
    cases: tuple[tuple[str, str], ...] = ()
    """The way, or the way and the signature, and the case of every call, each pair once."""
