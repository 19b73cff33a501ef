"""The table of all checks, and how they are run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from specc.checks.check import Check, CheckLevel
from specc.checks.no_inputs import no_inputs
from specc.checks.unused_dim import unused_dim
from specc.diagnostics import Diagnostic
from specc.language.document import Document, Target

CHECKS: dict[str, Check] = {
    check.rule: check
    for check in (
        Check("no-inputs", no_inputs),
        Check("unused-dim", unused_dim),
    )
}


@dataclass(frozen=True)
class Settings:
    """What a project says of the checks: levels other than their own, and targets beside those of each document."""

    levels: Mapping[str, CheckLevel] = field(default_factory=dict)
    targets: frozenset[Target] = frozenset()


def find_opinions(document: Document, settings: Settings) -> Iterator[Diagnostic]:
    """The findings of every check that is not off, and is not for a target that nobody named."""
    targets = settings.targets | frozenset(document.targets)
    for check in CHECKS.values():
        level = settings.levels.get(check.rule, check.level)
        if level != "off" and (check.target is None or check.target in targets):
            for finding in check.find(document):
                yield replace(finding, level=level)
