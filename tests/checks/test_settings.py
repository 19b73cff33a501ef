"""``[tool.specc]`` in pyproject.toml: which files it applies to, its keys, and the messages for mistakes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from specc.cli import main

DOCUMENT = {
    "specc": 1,
    "dims": {"batch": {}, "time": {}},
    "endpoints": {"score": {"inputs": ["float16[batch, 3]"], "outputs": {"score": "float32[batch]"}}},
}
UNUSED = "unused-dim: no tensor has the dim 'time'; remove it, or use it in a shape"


@pytest.fixture
def spec(tmp_path: Path) -> str:
    file = tmp_path / "models" / "ranker" / "ranker.specc.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(DOCUMENT))
    return str(file)


def configure(directory: Path, text: str) -> Path:
    file = directory / "pyproject.toml"
    file.write_text(text)
    return file


def rules(capsys: Any) -> list[str]:
    """The level and the rule of each finding that was printed."""
    return [" ".join(line.split(": ")[1:3]) for line in capsys.readouterr().out.splitlines()]


def test_without_settings_checks_warn(spec: str, capsys: Any) -> None:
    assert main(["validate", spec]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{spec}:1:36: warning: unused-dim: ")
    assert err == "1 file checked, no errors, 1 warning\n"


def test_strict_counts_warnings(spec: str, capsys: Any) -> None:
    assert main(["validate", spec, "--strict", "-q"]) == 1
    assert capsys.readouterr() == (f"{spec}:1:36: warning: {UNUSED}\n", "")


def test_a_level_makes_an_error_of_a_warning_and_turns_it_off(tmp_path: Path, spec: str, capsys: Any) -> None:
    configure(tmp_path, '[tool.specc]\nlevels = {unused-dim = "error", missing-description = "warning"}\n')
    assert main(["validate", spec, "-q"]) == 1
    assert rules(capsys) == ["warning missing-description", "error unused-dim", "warning missing-description"]
    configure(tmp_path, '[tool.specc.levels]\nunused-dim = "off"\n')
    assert main(["validate", spec, "--strict"]) == 0
    assert capsys.readouterr() == ("", "1 file checked, no errors\n")


def test_targets_of_a_project_and_of_a_document_add_up(tmp_path: Path, spec: str, capsys: Any) -> None:
    configure(tmp_path, '[tool.specc]\ntargets = ["tf-serving"]\nlevels = {unused-dim = "off"}\n')
    assert main(["validate", spec, "-q"]) == 0
    assert rules(capsys) == ["warning tf-serving-dtype"]
    Path(spec).write_text(json.dumps({**DOCUMENT, "save_options": {"extra_tags": ["gpu"]}, "targets": ["triton"]}))
    assert main(["validate", spec, "-q"]) == 0
    assert sorted(rules(capsys)) == ["warning tf-serving-dtype", "warning tf-serving-tags", "warning triton-tags"]


def test_the_nearest_file_that_has_settings_wins(tmp_path: Path, spec: str, capsys: Any) -> None:
    configure(tmp_path, '[tool.specc.levels]\nunused-dim = "error"\n')
    configure(tmp_path / "models", '[tool.specc.levels]\nunused-dim = "off"\n')
    configure(tmp_path / "models" / "ranker", "[project]\nname = 'ranker'\n")  # has none
    assert main(["validate", spec]) == 0
    assert capsys.readouterr().out == ""


def test_each_file_has_the_settings_of_its_own_place(tmp_path: Path, spec: str, capsys: Any) -> None:
    configure(tmp_path / "models", '[tool.specc.levels]\nunused-dim = "error"\n')
    other = tmp_path / "other.specc.json"
    other.write_text(json.dumps(DOCUMENT))
    assert main(["validate", spec, str(other), "-q"]) == 1
    assert rules(capsys) == ["error unused-dim", "warning unused-dim"]


def test_settings_are_found_from_another_directory(tmp_path: Path, spec: str, monkeypatch: Any, capsys: Any) -> None:
    configure(tmp_path, '[tool.specc.levels]\nunused-dim = "off"\n')
    monkeypatch.chdir(Path(spec).parent)
    assert main(["validate", "ranker.specc.json"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.specc]\nlevel = 1\n", "[tool.specc] has no key 'level'; did you mean 'levels'?"),
        ("[tool.specc]\nx = 1\n", "[tool.specc] has no key 'x'; expected one of levels, targets, verify, waivers"),
        ("[tool.specc]\nverify = 1\n", "[tool.specc]: verify must be true or false, not 1"),
        (
            "[tool.specc.levels]\nunused-dims = 'off'\n",
            "[tool.specc]: there is no check 'unused-dims'; did you mean 'unused-dim'?",
        ),
        (
            "[tool.specc.levels]\nunused-dim = 'warn'\n",
            "[tool.specc]: the level of unused-dim must be one of error, warning, info, off, not 'warn'",
        ),
        (
            "[tool.specc.levels]\nunused-dim = ['off']\n",
            "[tool.specc]: the level of unused-dim must be one of error, warning, info, off, not ['off']",
        ),
        ("[tool.specc]\nlevels = 'off'\n", '[tool.specc]: levels must be a table, such as {unused-dim = "error"}'),
        ("[tool.specc]\ntargets = 'triton'\n", '[tool.specc]: targets must be an array, such as ["tf-serving"]'),
        ("[tool.specc]\ntargets = ['tritn']\n", "[tool.specc]: there is no target 'tritn'; did you mean 'triton'?"),
        (
            "[tool.specc]\ntargets = [1]\n",
            "[tool.specc]: there is no target 1; expected one of tf-serving, triton, litert, onnx, openvino, tfjs",
        ),
        ("tool.specc = 3\n", "tool.specc is not a table"),
        ("[[tool.specc]]\n", "tool.specc is not a table"),
    ],
)
def test_a_mistake_is_wrong_usage_in_one_line(tmp_path: Path, spec: str, capsys: Any, text: str, message: str) -> None:
    file = configure(tmp_path, text)
    assert main(["validate", spec]) == 2
    assert capsys.readouterr() == ("", f"specc: error: {file}: {message}\n")


@pytest.mark.parametrize(
    "content", [b"[tool.specc]\nlevels = {\n", b"[tool.specc]\n# \xff\n", b"tool = 3 # tool.specc\n"]
)
def test_a_file_that_is_no_toml_is_wrong_usage(tmp_path: Path, spec: str, capsys: Any, content: bytes) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(content)
    assert main(["validate", spec]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"specc: error: cannot read {file}: ")
    assert err.count("\n") == 1


def test_a_file_of_somebody_else_may_be_broken(tmp_path: Path, spec: str, capsys: Any) -> None:
    configure(tmp_path / "models", "[tool.other\n")
    assert main(["validate", spec]) == 0
    assert "unused-dim" in capsys.readouterr().out


def test_a_file_that_may_not_be_read_is_wrong_usage(tmp_path: Path, spec: str, capsys: Any, monkeypatch: Any) -> None:
    file = configure(tmp_path / "models", '[tool.specc.levels]\nunused-dim = "error"\n')
    opened = os.open

    def refuse(path: Any, *arguments: Any, **more: Any) -> int:  # as for every user but root
        if path == file:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **more)

    monkeypatch.setattr(os, "open", refuse)
    assert main(["validate", spec]) == 2
    assert capsys.readouterr() == ("", f"specc: error: cannot read {file}: Permission denied\n")


def test_a_directory_of_that_name_is_passed_over(tmp_path: Path, spec: str, capsys: Any) -> None:
    (tmp_path / "models" / "pyproject.toml").mkdir()
    assert main(["validate", spec]) == 0
    assert "warning: unused-dim" in capsys.readouterr().out


def test_a_document_with_errors_asks_no_settings(tmp_path: Path, spec: str, capsys: Any) -> None:
    configure(tmp_path, "[tool.specc]\nx = 1\n")
    Path(spec).write_text('{"specc": 1}')
    assert main(["validate", spec, "-q"]) == 1
    assert rules(capsys) == ["error missing-key"]
