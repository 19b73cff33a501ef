"""The page for developers names every folder of the package and every target of the Makefile."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import ROOT, Page

TEXT = Page("docs/development.md").path.read_text(encoding="utf-8")


@pytest.mark.xfail(reason="the page has the folders of the layout that the package is moved to")
def test_the_page_has_a_line_for_each_folder() -> None:
    packages = {_name(path) for path in (ROOT / "specc").rglob("*/") if list(path.glob("*.py"))}
    assert set(re.findall(r"^\| `(specc/[\w/]+/)` \|", TEXT, flags=re.MULTILINE)) == packages


def test_the_other_folders_exist() -> None:
    named = re.findall(r"^\| `(\w+/)` \|", TEXT, flags=re.MULTILINE)
    assert {"tests/", "examples/", "benchmarks/", "schemas/"} <= set(named)
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []


def _name(path: Path) -> str:
    return f"{path.relative_to(ROOT).as_posix()}/"


def test_the_page_has_a_line_for_each_target_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (.+)$", makefile, flags=re.MULTILINE)[0].split())
    assert set(re.findall(r"^\| `make ([\w-]+)` \|", TEXT, flags=re.MULTILINE)) == targets
