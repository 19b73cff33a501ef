"""What a project makes of changes: the surfaces that count, the levels of rules, and waivers."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from specc.change import SURFACES, Change, Surface, Waived
from specc.diagnostics import Level
from specc.rules.table import RuleLevel

_LEVELS: Mapping[str, Level] = {"breaking": "error", "warning": "warning", "safe": "info"}


def today() -> str:
    """The date as waivers have it: ``2027-03-01``."""
    return datetime.date.today().isoformat()


@dataclass(frozen=True)
class Policy:
    """What decides the level of a change; nothing here changes what a change is."""

    surfaces: Collection[Surface] = SURFACES
    """The surfaces that count."""
    levels: Mapping[str, RuleLevel] = field(default_factory=dict)
    """The levels of rules that differ from their own; ``off`` is ``info``, since no change goes unreported."""
    waivers: Mapping[str, Waived] = field(default_factory=dict)
    """The waiver of each fingerprint."""

    def judged(self, changes: Iterable[Change]) -> list[Change]:
        """``changes``, each with its level, and with its waiver if it has one."""
        date = today() if self.waivers else ""
        return [self._judged(change, date) for change in changes]

    def _judged(self, change: Change, date: str) -> Change:
        level = self._level(change)
        waiver = self.waivers.get(change.fingerprint) if self.waivers else None
        if waiver is None:
            return change if level == change.level else change.with_fields(level=level)
        if date > waiver.until:
            return change.with_fields(level=level, message=f"{change.message}; its waiver ended on {waiver.until}")
        return change.with_fields(level="info", waived=waiver)

    def _level(self, change: Change) -> Level:
        """The level from the surfaces that count, unless the project sets another one for the rule."""
        seen = {change.surfaces[surface] for surface in self.surfaces if surface in change.surfaces}
        if not seen:
            return "info"
        own = next(_LEVELS[judgement] for judgement in _LEVELS if judgement in seen)
        level = self.levels.get(change.rule, own)
        return "info" if level == "off" else level
