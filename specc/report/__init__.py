"""Formats of findings, for people and for machines."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

from specc.diagnostics import Diagnostic
from specc.run_finding import EndpointReport


@dataclass(frozen=True)
class Report:
    """The result of one run of ``command``; ``unreadable`` has each file that could not be read, with the reason."""

    findings: Sequence[Diagnostic] = ()
    unreadable: Sequence[tuple[str, str]] = ()
    files: int = 0
    command: str = ""

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.level == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return sum(finding.level == "warning" for finding in self.findings)


@dataclass(frozen=True)
class VerifyReport(Report):
    """The result of ``specc verify``: what was run, and how."""

    archive: str = ""
    spec: str | None = None
    """The spec as it was named; None for the archive's own."""
    seed: int = 0
    tensorflow: str = ""
    """The version of TensorFlow; empty where nothing ran."""
    endpoints: Sequence[EndpointReport] = ()


FORMATS = ("text", "json", "github", "sarif")


def render(report: Report, form: str) -> str:
    """``report`` in one of FORMATS other than text; only the module of that format is loaded."""
    text: str = importlib.import_module(f"specc.report.{form}").render(report)
    return text
