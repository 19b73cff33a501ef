"""The findings about one example, and what of its leaves was found."""

from __future__ import annotations

from typing import NamedTuple

from specc.diagnostics import Diagnostic, Place, SpecPath, finding
from specc.rules.table import RuleId
from specc.source.limits import MAX_FINDINGS


class EnoughError(Exception):
    """There are as many findings as are ever shown."""


class Found(NamedTuple):
    """One flat tensor of an example.

    A size is None where JSON does not show it, after a size of 0. ``values`` are those of a FlatTensor, or None if only
    the head of a file is read.
    """

    dtype: str
    shape: tuple[int | None, ...]
    values: bytes | tuple[bytes, ...] | None


class Findings:
    """Collects the findings about one example."""

    def __init__(self) -> None:
        self.all: list[Diagnostic] = []

    def add(  # each is one field
        self,
        path: SpecPath,
        message: str,
        hint: str = "",
        *,
        rule: RuleId = "bad-example",
        on_key: bool = False,
        related: tuple[Place, ...] = (),
    ) -> None:
        """Adds a finding.

        Raises:
            EnoughError: there are MAX_FINDINGS.
        """
        self.all.append(finding(rule, path, message, hint, on_key=on_key, related=related))
        if len(self.all) >= MAX_FINDINGS:
            raise EnoughError
