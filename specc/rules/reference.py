"""Joins the pages of all rules into ``docs/rules.md``: ``python -m specc.rules.reference > docs/rules.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, get_args

from specc.rules import RULES, rule_page, rule_summary
from specc.rules.change_rows import ROWS, UNSEEN, Row
from specc.rules.table import (
    ChangeRule,
    CollectionChange,
    EndpointChange,
    InputChange,
    OutputChange,
    ReceiverChange,
)

_INTRODUCTION = """\
# Rules

Each finding of specc has a rule, whose id never changes. `specc explain RULE` prints its page, and all pages are below.
`make docs` generates this file from them.

The tests run the examples. An example that is only a document is run with `specc validate`, which finds exactly this
rule in the bad one and nothing in the good one. A document with Python is run with `specc build`: the Python is the
module `ranker.py` that the document names, and if a page has it once, it belongs to both documents. An example that is
only Python is run as a script. An old and a new document are compared with `specc diff`, which finds this change, and in
the opposite direction its mirror.
"""

_CHANGES = """\
The rules of `specc diff` are about a change from one document to another. Each has a judgement for every surface on
which the change can be seen: wire (gRPC and Sessions), rest (TensorFlow Serving's REST) and python (the revived
object).
"""

_GROUPS: dict[str, Any] = {
    "Changes of endpoints and of the archive": EndpointChange,
    "Changes of inputs": InputChange,
    "Changes of outputs": OutputChange,
    "Changes of receivers": ReceiverChange,
    "Changes of collections": CollectionChange,
}


def reference() -> str:
    """The introduction, tables of all rules, and their pages."""
    rules = sorted(RULES)
    rows = [
        f"| [{rule}](#{rule}) | {RULES[rule].level} | {rule_summary(rule)} |"
        for rule in rules
        if RULES[rule].stage != "diff"
    ]
    table = "\n".join(("| rule | level | summary |", "|---|---|---|", *rows))
    changes = (_table_of_group(title, get_args(group)) for title, group in _GROUPS.items())
    pages = (_as_section(rule_page(rule)) for rule in rules)
    return "\n".join((_INTRODUCTION, f"{table}\n", _CHANGES, *changes, *pages))


def changes_table() -> str:
    """The table of the rules about changes, with the direction of each; of what is only safe it has the mirror."""
    rows = [
        f"| {_linked(rule)} | {row.direction} | {row.wire} | {row.rest} | {row.python} | {_mirror(rule, row)} |"
        for rule, row in ROWS.items()
        if set(_judgements(row)) - {"safe", UNSEEN}
    ]
    return "\n".join(("| rule | direction | wire | rest | python | mirror |", "|---|---|---|---|---|---|", *rows))


def _table_of_group(title: str, rules: Iterable[ChangeRule]) -> str:
    rows = [f"| [{rule}](#{rule}) | {' | '.join(_judgements(ROWS[rule]))} | {rule_summary(rule)} |" for rule in rules]
    header = ("| rule | wire | rest | python | summary |", "|---|---|---|---|---|")
    return "\n".join((f"{title}:\n", *header, *rows)) + "\n"


def _judgements(row: Row) -> tuple[str, str, str]:
    return row.wire, row.rest, row.python


def _linked(rule: ChangeRule) -> str:
    return f"[`{rule}`](rules.md#{rule})"


def _mirror(rule: ChangeRule, row: Row) -> str:
    """The mirror of a rule, with what else its change can be backwards."""
    if row.mirror != rule:
        return _linked(row.mirror)
    others = [other for other, back in ROWS.items() if back.mirror == rule and other != rule]
    return "; ".join(("itself", *map(_linked, others)))


def _as_section(page: str) -> str:
    """A page with its headings one level down; in code a line may start with ``#`` too."""
    lines, in_code = [], False
    for line in page.splitlines():
        in_code ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not in_code else line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
