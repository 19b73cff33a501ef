"""``[tool.specc]`` of the pyproject.toml that is nearest to a spec."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args

from specc.checks import BUILT_CHECKS, CHECKS, Settings
from specc.diagnostics import did_you_mean
from specc.errors import SettingsError
from specc.rules import RULES
from specc.rules.table import LEVELS, Target

TARGETS: tuple[Target, ...] = get_args(Target)
_FILE = "pyproject.toml"
_TABLE = b"specc"
_KEYS = ("levels", "targets", "verify")


class SettingsFinder:
    """Finds the settings of the files of one run; each pyproject.toml is read once."""

    def __init__(self) -> None:
        self._known: dict[str, Settings] = {}

    def settings_for(self, file: str) -> Settings:
        """The settings for a spec file, from the nearest pyproject.toml above it that has any.

        Raises:
            SettingsError: they are invalid.
        """
        try:
            return self._settings_in(os.path.abspath(os.path.dirname(file)))  # noqa: PTH100, PTH120  # once a file
        except (OSError, ValueError):  # the file's own name is invalid, which reading it will report
            return Settings()

    def _settings_in(self, directory: str) -> Settings:
        if directory not in self._known:
            parent = os.path.dirname(directory)  # noqa: PTH120
            table = _read_table(Path(directory, _FILE))
            if table is not None:
                self._known[directory] = table
            else:
                self._known[directory] = self._settings_in(parent) if parent != directory else Settings()
        return self._known[directory]


def _read_table(file: Path) -> Settings | None:
    """The settings in a pyproject.toml, or None if it does not exist or has none."""
    try:
        content = file.read_bytes()
    except PermissionError:  # its settings are unknown, and must not be ignored
        raise SettingsError(f"cannot read {file}: permission denied") from None
    except OSError:
        return None
    if _TABLE not in content:  # so that other projects do not wait for a TOML parser
        return None
    table = _table(file, content)
    return None if table is None else _settings(table, file)


def _table(file: Path, content: bytes) -> dict[str, Any] | None:
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


def _settings(table: dict[str, Any], file: Path) -> Settings:
    place = f"{file}: [tool.specc]"
    for key in table:
        if key not in _KEYS:
            raise SettingsError(f"{place} has no key {key!r}; {_near(key, _KEYS)}")
    levels, targets = table.get("levels", {}), table.get("targets", [])
    if not isinstance(levels, dict):
        raise SettingsError(f'{place}: levels must be a table, such as {{unused-dim = "error"}}')
    checks = (*CHECKS, *BUILT_CHECKS)
    for rule, level in levels.items():
        if rule in RULES and rule not in checks:
            raise SettingsError(f"{place}: {rule} is always an error; only the levels of checks can be changed")
        if rule not in checks:
            raise SettingsError(f"{place}: there is no check {rule!r}; {_near(rule, checks)}")
        if level not in LEVELS:
            raise SettingsError(f"{place}: the level of {rule} must be one of {', '.join(LEVELS)}, not {level!r}")
    if not isinstance(targets, list):
        raise SettingsError(f'{place}: targets must be an array, such as ["tf-serving"]')
    for target in targets:
        if target not in TARGETS:
            raise SettingsError(f"{place}: there is no target {target!r}; {_near(str(target), TARGETS)}")
    verify = table.get("verify", False)
    if not isinstance(verify, bool):
        raise SettingsError(f"{place}: verify must be true or false, not {verify!r}")
    return Settings(levels, frozenset(targets), verify)


def _near(word: str, known: Any) -> str:
    return did_you_mean(word, known) or f"expected one of {', '.join(known)}"
