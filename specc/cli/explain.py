"""``specc explain [RULE]``: explains a rule, with a bad and a good example, or an old and a new document."""

from __future__ import annotations

import argparse

from specc.cli import OK, WRONG_USAGE, complain
from specc.diagnostics import did_you_mean
from specc.report.text import table
from specc.report.writer import write
from specc.rules import RULES, rule_level, rule_page, rule_summary


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument("rule", nargs="?", metavar="RULE", help="the id of a rule; without it, all are listed")


def run(options: argparse.Namespace) -> int:
    """Prints the page of a rule, or a line for each rule."""
    if options.rule is None:
        rows = [(rule, rule_level(rule), rule_summary(rule)) for rule in sorted(RULES)]
        write(table(("rule", "level", "summary"), rows))
        return OK
    try:
        write(rule_page(options.rule))
    except KeyError:
        hint = did_you_mean(options.rule, RULES) or "specc explain lists all rules"
        complain(f"there is no rule {options.rule!r}; {hint}")
        return WRONG_USAGE
    return OK
