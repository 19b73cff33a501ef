"""What a check is: an opinion on one valid document, which a project may weigh otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from specc.checks.subject import Subject
from specc.diagnostics import Diagnostic
from specc.language.document import Target

CheckLevel = Literal["error", "warning", "off"]
LEVELS: tuple[CheckLevel, ...] = get_args(CheckLevel)


@dataclass(frozen=True)
class Check:
    """One check. ``rule`` is an id that never changes; ``target`` is the only place that it matters for, if any.

    ``find`` yields a finding for each place that the check is about; its level is set by whoever runs the check. One of
    the stage ``build`` looks at what only a build knows.
    """

    rule: str
    find: Callable[[Subject], Iterator[Diagnostic]]
    level: CheckLevel = "warning"
    target: Target | None = None
    stage: Literal["document", "build"] = "document"
