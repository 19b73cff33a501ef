"""All pages as one, which is ``docs/rules.md``: ``python -m specc.rules.reference > docs/rules.md``."""

from __future__ import annotations

import sys

from specc.rules import RULES, rule_page, rule_summary

_INTRODUCTION = """\
# Rules

Each finding of specc has a rule, whose id never changes. `specc explain RULE` prints its page, and all pages are below.
This file is made of them by `make docs`.

The tests run the examples. A document alone is for `specc validate`, which finds exactly this rule in the bad one and
nothing in the good one. Python beside a document is the module `ranker.py` that it names, and the two are for
`specc build`; where it stands once on a page, it belongs to both documents. Python alone is a script.
"""


def reference() -> str:
    """The introduction, a table of all rules, and their pages."""
    rules = sorted(RULES)
    rows = [f"| [{rule}](#{rule}) | {RULES[rule].level} | {rule_summary(rule)} |" for rule in rules]
    table = "\n".join(("| rule | level | what it says |", "|---|---|---|", *rows))
    return "\n".join((_INTRODUCTION, f"{table}\n", *(_as_section(rule_page(rule)) for rule in rules)))


def _as_section(page: str) -> str:
    """A page with its headings one level down; in code a line may start with ``#`` too."""
    lines, in_code = [], False
    for line in page.splitlines():
        in_code ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not in_code else line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
