"""Verification: what ``specc verify`` found, as data and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from specc.diagnostics import Diagnostic, counted
from specc.errors import SpecError
from specc.verification.report_text import verification_text


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


@dataclass(frozen=True)
class Verification:
    """The result of verifying an archive."""

    archive: str
    findings: tuple[Diagnostic, ...] = ()
    endpoints: tuple[EndpointReport, ...] = ()
    contract: str = ""
    """The digest of the contract that the archive was held against."""
    size: int = 0
    """The bytes of the archive's files."""
    seed: int = 0
    tensorflow: str = ""
    """The version that ran it; empty where nothing ran."""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.level == "error" for finding in self.findings)

    @property
    def calls(self) -> int:
        """How many calls were made on all ways."""
        return sum(sum(endpoint.calls.values()) for endpoint in self.endpoints)

    @property
    def summary(self) -> str:
        """The last line of the report."""
        errors = sum(finding.level == "error" for finding in self.findings)
        warnings = sum(finding.level == "warning" for finding in self.findings)
        parts = [counted(len(self.endpoints), "endpoint"), counted(self.calls, "call"), counted(errors, "error")]
        parts += [counted(warnings, "warning")] if warnings else []
        return ", ".join((*parts, f"{self.seconds:.1f} s"))

    def text(self) -> str:
        """The report, as ``specc verify`` prints it."""
        return verification_text(self)

    def raise_for_errors(self) -> None:
        """Raises SpecError with the errors, if there are any."""
        errors = [finding for finding in self.findings if finding.level == "error"]
        if errors:
            raise SpecError(errors)
