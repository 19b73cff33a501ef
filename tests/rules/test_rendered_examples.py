"""The exact text of the findings about the bad example of each page: the place, the marked line and the hint."""

from __future__ import annotations

from rendered_examples import RENDERED, STAGES, bad_examples, rendered_examples

from specc.rules import RULES

NO_EXAMPLE = {
    "byte-order-mark",  # bytes that a page cannot hold: tests/source/test_json_text.py
    "not-utf-8",
    "large-example",  # a thousand numbers: tests/checks/test_checks.py
    "too-large",
    "too-many-findings",  # tests/language/test_reading.py
    "not-canonical",  # found by specc fmt only
}


def test_the_text_of_each_bad_example() -> None:
    assert RENDERED.read_text(encoding="utf-8") == rendered_examples(), "run: python tests/support/rendered_examples.py"


def test_every_rule_of_a_spec_is_rendered() -> None:
    of_a_spec = {rule.id for rule in RULES.values() if rule.stage in STAGES}
    assert {example.rule for example in bad_examples()} == of_a_spec - NO_EXAMPLE
