"""``[tool.specc]`` of the pyproject.toml that is nearest to a spec."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, get_args

from specc.checks import CHECKS, LEVELS, Settings
from specc.diagnostics import did_you_mean
from specc.errors import SettingsError
from specc.language.document import Target
from specc.rules import rule_ids

TARGETS: tuple[Target, ...] = get_args(Target)
_FILE = "pyproject.toml"
_TABLE = b"specc"
_KEYS = ("levels", "targets")


def settings_for(file: str) -> Settings:
    """The settings for a spec file: those of the nearest pyproject.toml above it that has any.

    Raises:
        SettingsError: they make no sense.
    """
    try:
        return _settings_in(Path(os.path.abspath(os.path.dirname(file))))  # noqa: PTH100, PTH120  # once a file
    except (OSError, ValueError):  # the file's own name is broken, which reading it will tell
        return Settings()


@cache
def _settings_in(directory: Path) -> Settings:
    file = directory / _FILE
    try:
        content = file.read_bytes()
    except PermissionError:  # it may say that what follows is an error, or none
        raise SettingsError(f"cannot read {file}: permission denied") from None
    except OSError:
        content = b""
    if _TABLE in content:  # so that nobody else waits for a TOML parser
        table = _table(file, content)
        if table is not None:
            return _settings(table, file)
    return _settings_in(directory.parent) if directory.parent != directory else Settings()


def _table(file: Path, content: bytes) -> dict[str, Any] | None:
    import tomllib

    try:
        tool = tomllib.loads(content.decode("utf-8")).get("tool", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"cannot read {file}: {error}") from None
    if not isinstance(tool, dict):
        raise SettingsError(f"cannot read {file}: tool is no table")
    table = tool.get("specc")
    if table is not None and not isinstance(table, dict):
        raise SettingsError(f"{file}: tool.specc is no table")
    return table


def _settings(table: dict[str, Any], file: Path) -> Settings:
    place = f"{file}: [tool.specc]"
    for key in table:
        if key not in _KEYS:
            raise SettingsError(f"{place} has no key {key!r}; {_near(key, _KEYS)}")
    levels, targets = table.get("levels", {}), table.get("targets", [])
    if not isinstance(levels, dict):
        raise SettingsError(f'{place}: levels is a table, such as {{unused-dim = "error"}}')
    for rule, level in levels.items():
        if rule in rule_ids() and rule not in CHECKS:
            raise SettingsError(f"{place}: {rule} is always an error; only the level of a check can change")
        if rule not in CHECKS:
            raise SettingsError(f"{place}: there is no check {rule!r} whose level could change; {_near(rule, CHECKS)}")
        if level not in LEVELS:
            raise SettingsError(f"{place}: the level of {rule} is one of {', '.join(LEVELS)}, not {level!r}")
    if not isinstance(targets, list):
        raise SettingsError(f'{place}: targets is an array, such as ["tf-serving"]')
    for target in targets:
        if target not in TARGETS:
            raise SettingsError(f"{place}: there is no target {target!r}; {_near(str(target), TARGETS)}")
    return Settings(levels, frozenset(targets))


def _near(word: str, known: Any) -> str:
    return did_you_mean(word, known) or f"there are {', '.join(known)}"
