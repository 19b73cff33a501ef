"""The difference between two sides: all changes with their places, and what they break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from specc.change import Change, Surface, Verdict, worst
from specc.compatibility import compare
from specc.compatibility.named_sides import Contract, NamedSide, read_sides
from specc.compatibility.sides import Comparison
from specc.diagnostics import Diagnostic


@dataclass(frozen=True)
class Difference:
    """All changes from one contract to another."""

    findings: tuple[Change, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all changes on each surface: ``verdict["wire"]`` is breaking, warning or safe."""
        return worst(list(self.findings))

    def breaking(self, surface: Surface) -> tuple[Change, ...]:
        """The changes that break ``surface``."""
        return tuple(change for change in self.findings if change.surfaces.get(surface) == "breaking")


def diff(old: Contract, new: Contract) -> Difference:
    """The Difference from OLD to NEW, each a Document, the file of a spec, the directory of an archive, or a revision.

    ``"main:ranker.specc.json"`` is the spec at a git revision; ``"main"`` is the other side's spec there.

    Raises:
        SpecError: a side is invalid; nothing is then compared.
        UnreadableError, ArchiveError: a side cannot be read.
        UsageError: a name makes no sense.
    """
    return Difference(tuple(changes_between(*read_sides(old, new))))


def changes_between(old: NamedSide, new: NamedSide) -> list[Change]:
    """All changes, each with its file and its location; breaking ones come first, then in the order of the text."""
    changes = compare(Comparison(old.described, new.described))
    if not new.exists:  # what is gone can only be shown where it was
        changes = [_in_old(change) for change in changes]
    found = _located(new, (change for change in changes if not change.in_old))
    found += _located(old, (change for change in changes if change.in_old))
    return in_order(found)


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Changes with errors first and safe ones last."""
    levels = ("error", "warning", "info")
    return sorted(changes, key=lambda change: levels.index(change.level))


def _in_old(change: Change) -> Change:
    return change.with_fields(in_old=True, path=change.old.path if change.old else ())


def _located(side: NamedSide, changes: Iterable[Diagnostic]) -> list[Change]:
    listed = list(changes)
    return cast(list[Change], side.in_text(listed) if listed else [])
