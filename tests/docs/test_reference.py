"""The generated parts of the documentation are fresh, and name all there is."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from pages import ROOT, Page, pages

import specc
from specc.cli import COMMANDS, main
from specc.cli.reference import fill, parts
from specc.language.trees import KINDS
from specc.language.wire_names import input_leaves, output_leaves
from specc.rules import RULES
from specc.rules.table import Target

GENERATED = re.compile(r"^<!-- generated: (.+) -->$", re.MULTILINE)
PAGES = [page for page in pages() if page.name.startswith("docs/")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_generated_parts_are_fresh(page: Page) -> None:
    text = page.path.read_text(encoding="utf-8")
    assert fill(text) == text, "run: make docs"


def test_each_part_is_on_one_page() -> None:
    text = "\n".join(page.path.read_text(encoding="utf-8") for page in PAGES)
    assert sorted(GENERATED.findall(text)) == sorted(parts())
    assert text.count("<!-- generated: ") == text.count("<!-- end -->") == len(parts())


def test_a_stale_part_is_filled_and_an_unknown_one_is_an_error() -> None:
    page = "Before.\n<!-- generated: command digest -->\n\nold\n<!-- end -->\nAfter.\n"
    filled = fill(page)
    assert "old" not in filled
    assert "```text\nspecc digest ARCHIVE... [--contract]\n```" in filled
    assert filled.startswith("Before.\n<!-- generated: command digest -->\n")
    assert filled.endswith("<!-- end -->\nAfter.\n")
    assert fill(filled) == filled
    with pytest.raises(KeyError):
        fill("<!-- generated: coffee -->\n<!-- end -->")


def test_a_synopsis_says_what_is_required_and_what_excludes_what() -> None:
    text = parts()["command build"]()
    assert "\nspecc build FILE... (--out DIR | --base DIR) [--version next|timestamp|N]" in text
    assert "| `--version next\\|timestamp\\|N` |" in text
    assert "DIR/<integer>" not in text  # GitHub would take it for HTML
    assert "[options for findings](#options-for-findings)" in text
    assert "options-for-findings" not in parts()["command explain"]()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_that_help_has_is_on_the_page(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    text = parts()[f"command {command}"]()
    if "options-for-findings" in text:
        text += parts()["options for findings"]()
    assert {option for option in options if option not in text} == set()


def test_checks_are_in_one_table_each() -> None:
    general, of_targets = parts()["checks"](), parts()["checks of targets"]()
    for rule in RULES.values():
        table = of_targets if rule.target else general
        link = f"[{rule.id}](rules.md#{rule.id})"
        assert (general + of_targets).count(link) == (rule.stage == "check")
        assert (link in table) == (rule.stage == "check")
    assert all(f"| `{target}` |" in of_targets for target in get_args(Target))


def test_every_kind_of_the_language_is_on_its_page() -> None:
    text = Page("docs/language.md").path.read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []


def test_the_wire_names_on_the_page_are_those_of_its_spec() -> None:
    page = Page("docs/language.md")
    endpoint = specc.loads(page.blocks[0].text).endpoints["score"]
    section = page.path.read_text(encoding="utf-8").partition("## Wire names")[2].partition("## Legal names")[0]
    leaves = (*input_leaves(endpoint), *output_leaves(endpoint))
    names = {part.wire_name for leaf in leaves for part in leaf.components}
    assert {name for name in names if f"`{name}`" not in section} == set()
    assert len(names) == 8


def test_every_public_name_is_on_a_page() -> None:
    text = "\n".join(page.path.read_text(encoding="utf-8") for page in PAGES if page.name != "docs/rules.md")
    assert [name for name in specc.__all__ if not re.search(rf"`(specc[.:])?{name}\b|specc[.:]{name}\b", text)] == []


def test_make_docs_writes_what_is_tested() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "python -m specc.cli.reference docs" in makefile
