"""A spec's text with its data, kept with the document so that later findings have a line and a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from specc.diagnostics import Diagnostic


@dataclass(frozen=True)
class SpecSource:
    """One JSON text, with its file name in findings, its data, and the number of values in it.

    ``defects`` are the findings about the text itself that did not prevent reading it.
    """

    name: str
    text: str
    data: Any
    values: int
    defects: tuple[Diagnostic, ...] = ()

    def locate(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """``findings``, whose paths lead through ``data``, with their file and location, in the order of the text."""
        from specc.source.locations import locate  # noqa: PLC0415  # most specs have no finding

        return [finding.in_file(self.name) for finding in locate(self.text, findings)]
