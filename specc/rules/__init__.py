"""A page for each rule: why it exists, what it refuses, what to write instead. The pages are files beside this one.

A page is Markdown: the id as its title, a sentence that sums the rule up, the reasons, a bad and a good example, and in
its last line the level of the rule's findings.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PAGES = Path(__file__).parent


@cache
def rule_ids() -> tuple[str, ...]:
    """The ids of all rules that have a page, sorted."""
    return tuple(sorted(page.stem for page in _PAGES.glob("*.md")))


def rule_page(rule: str) -> str:
    """The page of a rule in Markdown; raises KeyError where there is none."""
    if rule not in rule_ids():
        raise KeyError(rule)
    return (_PAGES / f"{rule}.md").read_text(encoding="utf-8")


def rule_summary(rule: str) -> str:
    """The first sentence of a rule's page, or nothing where it has none."""
    if rule not in rule_ids():
        return ""
    _, _, text = rule_page(rule).partition("\n\n")
    return " ".join(text.partition("\n\n")[0].split())


def rule_level(rule: str) -> str:
    """The level that a rule's findings have, unless a project sets another: the word in the last line of its page."""
    last = rule_page(rule).rstrip().rpartition("\n")[2]
    return last.removeprefix("Level: ").partition(".")[0]
