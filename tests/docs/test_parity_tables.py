"""Every test that a page of the documentation names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
_NAMED = re.compile(r"`(test_\w+\.py)(?:::(test_\w+))?`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tests_that_a_page_names_exist(page: Path) -> None:
    files = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}
    missing = []
    for file, function in _NAMED.findall(page.read_text(encoding="utf-8")):
        defined = _functions(files[file]) if file in files else set()
        if file not in files or (function and function not in defined):
            missing.append(f"{file}::{function}")
    assert missing == []


def _functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_the_tables_name_tests() -> None:
    assert {page.name for page in PAGES if _NAMED.search(page.read_text(encoding="utf-8"))} >= {
        "legacy.md",
        "parity.md",
    }
