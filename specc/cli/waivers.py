"""Waivers of ``specc diff``: adding one to a pyproject.toml, and warnings of those without a change."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from specc.cli.settings import PYPROJECT, ProjectSettings, pyprojects, read_pyproject, read_settings, waived_of
from specc.compatibility import policy
from specc.diagnostics import Diagnostic, Location
from specc.errors import SettingsError, UnreadableError
from specc.publishing.single_file import replace_file


def add_waiver(fingerprint: str, reason: str, until: str) -> str:
    """Adds a waiver at the end of the nearest pyproject.toml with settings, or else of the nearest one.

    Returns:
        A note of what was written.

    Raises:
        SettingsError: the waiver, or the settings with it, are invalid.
        UnreadableError, TargetError: the file does not exist, or cannot be read or written.
    """
    waived_of("--waive:", fingerprint, reason, until)
    if until < policy.today():
        raise SettingsError(f"--waive: {until} is in the past")
    file, content = _nearest()
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    gap = b"" if not content else newline if content.endswith(b"\n") else newline * 2
    try:
        block = newline.join(line.encode() for line in _block(fingerprint, reason, until))
    except UnicodeEncodeError:
        raise SettingsError("--waive: the reason is not valid text") from None
    changed = content + gap + block + newline
    read_settings(file, changed)
    replace_file(file, changed)
    return f"{fingerprint} is waived until {until} in {os.path.relpath(file)}"


def _block(fingerprint: str, reason: str, until: str) -> list[str]:
    text = json.dumps(reason, ensure_ascii=False).replace("\x7f", "\\u007f")  # which TOML escapes and JSON does not
    return ["[[tool.specc.waivers]]", f'fingerprint = "{fingerprint}"', f"reason = {text}", f"until = {until}"]


def _nearest() -> tuple[Path, bytes]:
    here = Path.cwd()
    nearest: tuple[Path, bytes] | None = None
    for file in pyprojects(here):
        content = read_pyproject(file)
        if read_settings(file, content) is not None:
            return file, content
        nearest = nearest or (file, content)
    if nearest is None:
        raise UnreadableError(
            f"there is no {PYPROJECT} in {here} or above it in this project; waivers are settings of a project: add one"
        )
    return nearest


def unused_waivers(settings: Collection[ProjectSettings], used: Collection[str]) -> Iterator[Diagnostic]:
    """A warning for each waiver whose fingerprint is not ``used``."""
    for each in settings:
        unused = [fingerprint for fingerprint in each.waivers if fingerprint not in used]
        lines = read_pyproject(each.file).decode("utf-8").splitlines() if unused and each.file else []
        for fingerprint in unused:
            yield Diagnostic(
                rule="unused-waiver",
                level="warning",
                file=os.path.relpath(each.file) if each.file else "",
                message=f"no change has the fingerprint {fingerprint}",
                hint="remove the waiver",
                part=fingerprint,
                location=_location(lines, fingerprint),
            )


def _location(lines: list[str], fingerprint: str) -> Location | None:
    for number, line in enumerate(lines, start=1):
        column = line.find(fingerprint) + 1
        if column:
            return Location(number, column, number, column + len(fingerprint), line)
    return None
