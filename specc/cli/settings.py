"""``[tool.specc]`` of the pyproject.toml that is nearest to a spec."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from specc.checks import BUILT_CHECKS, CHECKS, Settings
from specc.diagnostics import did_you_mean
from specc.errors import SettingsError
from specc.rules import RULES, Rule
from specc.rules.table import LEVELS, Target

if TYPE_CHECKING:
    from specc.change import Waived

TARGETS: tuple[Target, ...] = get_args(Target)
_PYPROJECT = "pyproject.toml"
_TABLE_NAME = b"specc"
_KEYS = ("levels", "targets", "verify", "waivers")
_WAIVER_KEYS = ("fingerprint", "reason", "until")
_FINGERPRINT = re.compile(r"[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class ProjectSettings(Settings):
    """All settings of a project: those of checks, and the waivers of changes by their fingerprints."""

    waivers: Mapping[str, Waived] = field(default_factory=dict)
    file: Path | None = None
    """The pyproject.toml; None for the settings of a project that has none."""


class SettingsFinder:
    """Finds the settings of the files of one run; each pyproject.toml is read once."""

    def __init__(self) -> None:
        self._known: dict[str, ProjectSettings] = {}

    def settings_for(self, file: str) -> ProjectSettings:
        """The settings for a spec file, from the nearest pyproject.toml above it that has any.

        Raises:
            SettingsError: they are invalid.
        """
        try:
            return self._settings_in(os.path.abspath(os.path.dirname(file)))  # noqa: PTH100, PTH120  # once a file
        except (OSError, ValueError):  # the file's own name is invalid, which reading it will report
            return ProjectSettings()

    def _settings_in(self, directory: str) -> ProjectSettings:
        if directory not in self._known:
            parent = os.path.dirname(directory)  # noqa: PTH120
            table = _read_table(Path(directory, _PYPROJECT))
            if table is not None:
                self._known[directory] = table
            else:
                self._known[directory] = self._settings_in(parent) if parent != directory else ProjectSettings()
        return self._known[directory]


def _read_table(file: Path) -> ProjectSettings | None:
    """The settings in a pyproject.toml, or None if it does not exist or has none."""
    try:
        content = file.read_bytes()
    except PermissionError:  # its settings are unknown, and must not be ignored
        raise SettingsError(f"cannot read {file}: permission denied") from None
    except OSError:
        return None
    if _TABLE_NAME not in content:  # so that other projects do not wait for a TOML parser
        return None
    return read_settings(file, content)


def read_settings(file: Path, content: bytes) -> ProjectSettings | None:
    """The settings in the ``content`` of a pyproject.toml, or None if it has none.

    Raises:
        SettingsError: they are invalid.
    """
    table = _tool_table(file, content)
    return None if table is None else _parse_settings(table, file)


def _tool_table(file: Path, content: bytes) -> dict[str, Any] | None:
    import tomllib

    try:
        tool = tomllib.loads(content.decode("utf-8")).get("tool", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read {file}: {error}") from None
    if not isinstance(tool, dict):
        raise SettingsError(f"cannot read {file}: tool is not a table")
    table = tool.get("specc")
    if table is not None and not isinstance(table, dict):
        raise SettingsError(f"{file}: tool.specc is not a table")
    return table


def _parse_settings(table: dict[str, Any], file: Path) -> ProjectSettings:
    place = f"{file}: [tool.specc]"
    for key in table:
        if key not in _KEYS:
            raise SettingsError(f"{place} has no key {key!r}; {_suggest(key, _KEYS)}")
    levels, targets = table.get("levels", {}), table.get("targets", [])
    if not isinstance(levels, dict):
        raise SettingsError(f'{place}: levels must be a table, such as {{unused-dim = "error"}}')
    others = (
        id for id, rule in RULES.items() if rule.stage == "diff" or (rule.stage, rule.level) == ("emit", "warning")
    )
    checks = (*CHECKS, *BUILT_CHECKS, *others)
    for rule, level in levels.items():
        if rule in RULES and rule not in checks:
            level_of = "an error" if RULES[rule].level == "error" else "a warning"
            raise SettingsError(
                f"{place}: {rule} is always {level_of}; "
                "only the levels of checks, of changes and of warnings of emit can be changed"
            )
        if rule not in checks:
            raise SettingsError(f"{place}: there is no check {rule!r}; {_suggest(rule, checks)}")
        if level not in LEVELS:
            raise SettingsError(f"{place}: the level of {rule} must be one of {', '.join(LEVELS)}, not {level!r}")
    if not isinstance(targets, list):
        raise SettingsError(f'{place}: targets must be an array, such as ["tf-serving"]')
    for target in targets:
        if target not in TARGETS:
            raise SettingsError(f"{place}: there is no target {target!r}; {_suggest(str(target), TARGETS)}")
    verify = table.get("verify", False)
    if not isinstance(verify, bool):
        raise SettingsError(f"{place}: verify must be true or false, not {verify!r}")
    waivers = table.get("waivers", [])
    if not isinstance(waivers, list):
        raise SettingsError(f"{place}: waivers must be an array of tables, each below [[tool.specc.waivers]]")
    return ProjectSettings(levels, frozenset(targets), verify, _waivers(waivers, file), file)


def _is_changeable(rule: Rule) -> bool:
    return rule.stage == "diff" or (rule.stage == "emit" and rule.level == "warning")


def _waivers(waivers: list[Any], file: Path) -> dict[str, Waived]:
    found: dict[str, Waived] = {}
    for number, waiver in enumerate(waivers, start=1):
        place = f"{file}: [[tool.specc.waivers]], number {number}:"
        if not isinstance(waiver, dict):
            raise SettingsError(f"{place} expected a table with {', '.join(_WAIVER_KEYS)}")
        for key in waiver:
            if key not in _WAIVER_KEYS:
                raise SettingsError(f"{place} there is no key {key!r}; {_suggest(key, _WAIVER_KEYS)}")
        fingerprint, waived = waiver.get("fingerprint"), waived_of(place, **waiver)
        if fingerprint in found:
            raise SettingsError(f"{place} {fingerprint} has a waiver already")
        found[str(fingerprint)] = waived
    return found


def waived_of(place: str, fingerprint: Any = None, reason: Any = None, until: Any = None) -> Waived:
    """The Waived of the values of a waiver; raises SettingsError, which begins with ``place``, if one is wrong."""
    if not isinstance(fingerprint, str) or not _FINGERPRINT.fullmatch(fingerprint):
        expected = "the 12 hex digits that specc diff prints with the change"
        raise SettingsError(f"{place} the fingerprint must be {expected}, not {fingerprint!r}")
    if not isinstance(reason, str) or not reason.strip():
        raise SettingsError(f"{place} {fingerprint} needs a reason: a text, not {reason!r}")
    date = until.isoformat() if type(until) is datetime.date else until  # a datetime is a date too
    try:
        if not isinstance(date, str) or not _DATE.fullmatch(date):
            raise ValueError
        datetime.date.fromisoformat(date)
    except ValueError:
        raise SettingsError(f"{place} {fingerprint} needs until: a date such as 2027-03-01, not {until!r}") from None
    from specc.change import Waived  # few projects have a waiver

    return Waived(reason, date)


def _suggest(word: str, known: Any) -> str:
    return did_you_mean(word, known) or f"expected one of {', '.join(known)}"
