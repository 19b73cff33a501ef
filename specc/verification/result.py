"""Verification: what ``specc verify`` found, as data and as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specc.diagnostics import Diagnostic, counted
from specc.errors import SpecError
from specc.run_finding import EndpointReport
from specc.verification.report_text import verification_text


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
    def all_notes(self) -> tuple[str, ...]:
        """What was not judged, and what else there is to know."""
        return (*self.notes, *(f"{each.name}: {note}" for each in self.endpoints for note in each.notes))

    @property
    def summary(self) -> str:
        """The last line of the report."""
        errors = sum(finding.level == "error" for finding in self.findings)
        warnings = sum(finding.level == "warning" for finding in self.findings)
        parts = ["nothing was run"]
        if self.tensorflow:
            parts = [counted(len(self.endpoints), "endpoint"), counted(self.calls, "call")]
        parts.append(counted(errors, "error"))
        parts += [counted(warnings, "warning")] if warnings else []
        return ", ".join((*parts, f"{self.seconds:.1f} s"))

    def text(self, shown: Sequence[Diagnostic] | None = None) -> str:
        """The report, as ``specc verify`` prints it, with all findings or those ``shown``."""
        return verification_text(self, self.findings if shown is None else shown)

    def raise_for_errors(self) -> None:
        """Raises SpecError with the errors, if there are any."""
        errors = [finding for finding in self.findings if finding.level == "error"]
        if errors:
            raise SpecError(errors)
