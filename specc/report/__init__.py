"""Formats of findings, for people and for machines."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from specc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from specc.change import Change, Verdict
    from specc.run_finding import EndpointReport

MAX_TENSORS = 10_000
"""How many tensors the witnesses of a report have about at most."""


@dataclass(frozen=True)
class Report:
    """The result of one run of ``command``; ``unreadable`` has each file that could not be read, with the reason."""

    findings: Sequence[Diagnostic] = ()
    unreadable: Sequence[tuple[str, str]] = ()
    files: int = 0
    command: str = ""

    def limited(self, count: int | None) -> Self:
        """The same report with at most ``count`` findings."""
        return replace(self, findings=self.findings[:count])

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.level == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return sum(finding.level == "warning" for finding in self.findings)


@dataclass(frozen=True)
class DiffReport(Report):
    """The result of a comparison.

    Its findings are those of the changes that are shown, file by file, and then warnings of waivers without a change.
    """

    verdict: Verdict | None = None
    """None where a side is invalid, and nothing was compared."""
    all_changes: Sequence[Change] = ()
    """All changes, of which the findings may be a part."""
    shown: Mapping[str, Sequence[Change]] = field(default_factory=dict)
    """The changes among the findings, by the name of NEW."""
    has_refs: bool = False
    """Whether NEW was compared with several others, so that each finding has the refs where it holds."""
    call_of: Callable[[Change], str] = lambda _: ""
    """The call of a client that a change breaks, as code."""
    examples_of: Callable[[Change], Sequence[str]] = lambda _: ()
    """The declared examples of OLD that would be refused because of a change."""

    def witnessed(self) -> frozenset[int]:
        """The positions of the findings whose witness is printed: the first ones, up to MAX_TENSORS tensors.

        Each witness has a whole request. Those of a document with many inputs that all changed would be quadratic.
        """
        from specc.change import Change  # noqa: PLC0415  # most reports are not of a comparison

        found, tensors = set(), 0
        for index, finding in enumerate(self.findings):
            if isinstance(finding, Change) and finding.witness is not None and tensors < MAX_TENSORS:
                found.add(index)
                tensors += len(finding.witness.inputs) + len(finding.witness.outputs or ())
        return frozenset(found)

    def limited(self, count: int | None) -> Self:
        """The same report with at most ``count`` findings."""
        left = len(self.findings) if count is None else count
        shown = {}
        for file, changes in self.shown.items():
            shown[file] = changes[:left]
            left -= len(shown[file])
        return replace(self, findings=self.findings[:count], shown=shown)


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
