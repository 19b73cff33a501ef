"""The rules: a table of them, and a page for each, which are the Markdown files beside this one.

A page has the id of the rule as its title, a sentence that summarizes the rule, the reasons for it and the fix, a bad
and a good example, and in its last line the level of the findings. A page about a change has an old and a new document
as its example, and in its last line the judgements and the mirror.
"""

from __future__ import annotations

from pathlib import Path

from specc.rules.table import RULES as RULES
from specc.rules.table import Rule as Rule
from specc.rules.table import RuleId as RuleId

_PAGES = Path(__file__).parent
_LEVELS = {"breaking": "error", "warning": "warning", "safe": "info"}
"""Of a change, by its judgement; the most severe one first."""


def rule_page(rule: str) -> str:
    """The page of a rule in Markdown; raises KeyError if there is none."""
    if rule not in RULES:
        raise KeyError(rule)
    return (_PAGES / f"{rule}.md").read_text(encoding="utf-8")


def rule_level(rule: RuleId) -> str:
    """The level of a rule's findings; of a change, whose level depends on the surfaces, the most severe one."""
    from specc.rules.change_rows import ROWS  # noqa: PLC0415  # most runs compare nothing

    if RULES[rule].stage != "diff":
        return RULES[rule].level
    judgements = " ".join(ROWS[rule][1:4])  # type: ignore[index]  # the rules of that stage have rows
    return next(level for judgement, level in _LEVELS.items() if judgement in judgements)


def rule_summary(rule: str) -> str:
    """The first sentence of a rule's page, or the empty string if it has none."""
    if rule not in RULES:
        return ""
    _, _, text = rule_page(rule).partition("\n\n")
    return " ".join(text.partition("\n\n")[0].split())
