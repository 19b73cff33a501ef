"""Targets of ``specc build`` that cannot be written are refused before TensorFlow is imported."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import GOOD

WITHOUT_TENSORFLOW = """
import sys
for name in ("tensorflow", "keras", "numpy", "jax"):
    sys.modules[name] = None  # an import of it raises
from specc.cli import main
sys.exit(main(sys.argv[1:]))
"""


def build(*arguments: str) -> tuple[int, list[str]]:
    """The exit code and standard error of a build in a process that cannot import TensorFlow."""
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, "build", *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.stdout == ""
    return finished.returncode, finished.stderr.splitlines()


@pytest.fixture
def files(spec: Any, tmp_path: Path, monkeypatch: Any) -> list[str]:
    monkeypatch.chdir(tmp_path)
    other = tmp_path / "other.specc.json"
    other.write_text(json.dumps({**GOOD, "model": "doubling:Double", "mode": "eval"}))
    for taken in ("taken/file", "taken/other/file", "models/3/file", "models/a/3/file"):
        (tmp_path / taken).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / taken).touch()
    (tmp_path / "file").touch()
    return [spec({**GOOD, "model": "doubling:Double"}), str(other)]


EMPTY = "choose another target, or remove it first; specc never overwrites an archive"
VERSION = "(3); choose another one, or 'next'; specc never overwrites a version"
REFUSED: dict[str, tuple[int, list[str], str]] = {
    "a directory that is not empty": (1, ["--out", "taken"], f"taken is not empty; {EMPTY}"),
    "a file": (1, ["--out", "file"], "file exists and is not a directory; choose another target"),
    "a version that exists": (1, ["--base", "models", "--version", "3"], f"models already has version 3 {VERSION}"),
    "a file as base": (1, ["--base", "file"], "file exists and is not a directory; choose another base"),
    "the second of two": (2, ["--out", "taken"], f"taken/other is not empty; {EMPTY}"),
    "the version of one of two": (2, ["--base", "models", "--version", "3"], f"models/a already has version 3 {VERSION}"),
    "a merged archive": (2, ["--out", "taken", "--merged"], f"taken is not empty; {EMPTY}"),
    "the version of a merged archive": (
        2, ["--base", "models", "--version", "3", "--merged"], f"models already has version 3 {VERSION}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_target_is_refused_before_tensorflow_is_imported(case: str, files: list[str]) -> None:
    count, arguments, expected = REFUSED[case]
    assert build(*files[:count], *arguments) == (3, [f"specc: error: {expected}"])


@pytest.mark.parametrize("arguments", [["--out", "free"], ["--base", "models"], ["--base", "models", "--version", "4"]])
@pytest.mark.parametrize("count", [1, 2])
def test_a_target_that_is_free_is_not_refused_there(arguments: list[str], count: int, files: list[str]) -> None:
    code, errors = build(*files[:count], *arguments)
    assert code == 3
    assert any("TensorFlow" in line for line in errors)
    assert not Path("free").exists()
