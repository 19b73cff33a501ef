"""``[tool.specc]`` of the pyproject.toml that is nearest to a spec."""

from __future__ import annotations

import datetime
import itertools
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from specc.checks import BUILT_CHECKS, CHECKS, Settings
from specc.diagnostics import did_you_mean
from specc.errors import SettingsError
from specc.rules import RULES, Rule
from specc.rules.table import LEVELS, Target
from specc.source.regular_files import read_regular
from specc.source.toml_text import MAX_BYTES, parse_toml

if TYPE_CHECKING:
    from specc.change import Waived

TARGETS: tuple[Target, ...] = get_args(Target)
PYPROJECT = "pyproject.toml"
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
        self._of_directories: dict[str, ProjectSettings] = {}
        self._in_files: dict[Path, ProjectSettings | None] = {}

    def settings_for(self, file: str) -> ProjectSettings:
        """The settings for a spec file, from the nearest pyproject.toml of its project that has any.

        Raises:
            SettingsError: they cannot be read, or are invalid.
        """
        try:
            directory = os.path.abspath(os.path.dirname(file))  # noqa: PTH100, PTH120  # once a file
        except OSError:  # the working directory was removed
            return ProjectSettings()
        if directory not in self._of_directories:
            self._of_directories[directory] = self._nearest(Path(directory)) or ProjectSettings()
        return self._of_directories[directory]

    def _nearest(self, directory: Path) -> ProjectSettings | None:
        for file in pyprojects(directory):
            if file not in self._in_files:
                self._in_files[file] = read_settings(file, read_pyproject(file))
            if (settings := self._in_files[file]) is not None:
                return settings
        return None


def pyprojects(directory: Path) -> Iterator[Path]:
    """Each pyproject.toml that may have the settings of ``directory``, the nearest first.

    The search ends with the directory that holds ``.git``: a directory or, in a worktree, a file. Without one it ends
    before the first directory of another owner, so that a file of somebody else in ``/tmp`` is not used.

    Raises:
        SettingsError: whether there is one cannot be found out: its settings must not be ignored.
    """
    for parent in _project(directory):
        file = parent / PYPROJECT
        try:
            is_directory = stat.S_ISDIR(file.lstat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise _unreadable(file, error) from None
        if not is_directory:
            yield file


def read_pyproject(file: Path) -> bytes:
    """The content of a pyproject.toml.

    Raises:
        SettingsError: it cannot be read, is not a regular file, or is too large.
    """
    try:
        content = read_regular(file, MAX_BYTES)
    except OSError as error:
        raise _unreadable(file, error) from None
    if len(content) > MAX_BYTES:
        raise SettingsError(f"cannot read {file}: it is larger than {MAX_BYTES // 2**20} MiB")
    return content


def _unreadable(file: Path, error: Exception) -> SettingsError:
    return SettingsError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}")


def _project(directory: Path) -> Iterator[Path]:
    """``directory`` and those of its parents that belong to the same project."""
    places = [directory, *directory.parents]
    for index, place in enumerate(places):
        if os.path.lexists(place / ".git"):
            yield from places[: index + 1]
            return
    owner = _owner(directory)
    yield from itertools.takewhile(lambda place: _owner(place) == owner, places)


def _owner(directory: Path) -> int | None:
    try:
        return directory.stat().st_uid
    except (OSError, ValueError):
        return None


def read_settings(file: Path, content: bytes) -> ProjectSettings | None:
    """The settings in the ``content`` of a pyproject.toml, or None if it has none.

    Raises:
        SettingsError: they are invalid.
    """
    table = _tool_table(file, content)
    return None if table is None else _parse_settings(table, file)


def _tool_table(file: Path, content: bytes) -> dict[str, Any] | None:
    if _TABLE_NAME not in content:  # so that other projects do not wait for a TOML parser
        return None
    try:
        tool = parse_toml(content).get("tool", {})
    except ValueError as error:
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
    checks = (*CHECKS, *BUILT_CHECKS, *(id for id, rule in RULES.items() if _is_changeable(rule)))
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
    """Whether the level of a rule that is not a check can be changed."""
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
