"""Helpers for the tests of projects that have specs."""

from __future__ import annotations

from collections.abc import Collection

from specc.change import SURFACES, Surface
from specc.cli.settings import SettingsFinder
from specc.compatibility.difference import changes_between
from specc.compatibility.named_sides import Contract, read_sides
from specc.compatibility.policy import Policy
from specc.report.diff_summary import contract_lines, reason


def assert_compatible(spec: Contract, *, against: Contract, surfaces: Collection[Surface] = SURFACES) -> None:
    """Fails where ``spec`` breaks one of ``surfaces`` for clients of ``against``, and no waiver allows it.

    Both are what :func:`specc.diff` takes: ``assert_compatible("ranker.specc.json", against="v1.4")``. The levels and
    the waivers are those of the nearest pyproject.toml, as for the command.

    Raises:
        AssertionError: there is a change of level error; the message lists all of them.
        SpecError: a side is invalid.
        UnreadableError, ArchiveError: a side cannot be read.
    """
    old, new = read_sides(against, spec)
    settings = SettingsFinder().settings_for(new.place)
    changes = Policy(surfaces, settings.levels, settings.waivers).judged(changes_between(old, new))
    errors = [change for change in changes if change.level == "error"]
    if errors:
        texts = (
            "\n".join([str(change), *contract_lines(change), reason(change), f"fingerprint: {change.fingerprint}"])
            for change in errors
        )
        raise AssertionError("\n\n".join(texts))
