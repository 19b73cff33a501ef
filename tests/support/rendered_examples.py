"""The rendered findings of the bad examples of all pages: run this file to write them anew."""

from __future__ import annotations

import sys
from pathlib import Path

from rule_examples import Example, examples

from specc.checks import CHECKS, Settings, find_opinions
from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.load import BUILDABLE
from specc.language.validation.pipeline import read_spec
from specc.report.text import findings_text
from specc.rules import RULES

RENDERED = Path(__file__).parents[1] / "rules" / "rendered_examples.txt"
STAGES = ("text", "document", "check")
"""The stages whose rules are found in a spec alone."""


def rendered_examples() -> str:
    """The text of ``specc validate`` for the bad example of each page, under the id of its rule."""
    return "\n".join(f"# {each.rule}\n\n{findings_text(_findings(each))}" for each in bad_examples())


def bad_examples() -> list[Example]:
    """The bad examples that are found in their spec alone; the file of not-canonical is valid."""
    return [
        each
        for each in examples()
        if each.kind == "Bad" and each.spec and RULES[each.rule].stage in STAGES and each.rule != "not-canonical"
    ]


def _findings(example: Example) -> list[Diagnostic]:
    try:
        spec = read_spec(example.spec, "ranker.specc.json", BUILDABLE, RENDERED.parent)
    except SpecError as error:
        return list(error.diagnostics)
    rule = RULES[example.rule]
    levels = {rule.id: "warning"} if example.rule in CHECKS and rule.level == "off" else {}
    return spec.locate(find_opinions(spec.document, Settings(levels)))


if __name__ == "__main__":
    RENDERED.write_text(rendered_examples(), encoding="utf-8")
    sys.stdout.write(f"wrote {RENDERED}\n")
