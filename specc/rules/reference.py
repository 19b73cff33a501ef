"""Joins the pages of all rules into ``docs/rules.md``: ``python -m specc.rules.reference > docs/rules.md``."""

from __future__ import annotations

import sys

from specc.rules import RULES, rule_page, rule_summary

_INTRODUCTION = """\
# Rules

Each finding of specc has a rule, whose id never changes. `specc explain RULE` prints its page, and all pages are below.
`make docs` generates this file from them.

The tests run the examples. An example that is only a document is run with `specc validate`, which finds exactly this
rule in the bad one and nothing in the good one. A document with Python is run with `specc build`: the Python is the
module `ranker.py` that the document names, and if a page has it once, it belongs to both documents. An example that is
only Python is run as a script.
"""


def reference() -> str:
    """The introduction, a table of all rules, and their pages."""
    rules = sorted(RULES)
    rows = [f"| [{rule}](#{rule}) | {RULES[rule].level} | {rule_summary(rule)} |" for rule in rules]
    table = "\n".join(("| rule | level | summary |", "|---|---|---|", *rows))
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
