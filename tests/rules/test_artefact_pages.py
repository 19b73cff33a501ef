"""The documents on the pages of the rules about artefacts have the finding in an OpenAPI document, or none."""

from __future__ import annotations

import pytest
from rule_examples import Example, examples

import specc
from specc.rules import RULES

EMITTED = [example for example in examples() if RULES[example.rule].stage == "emit" and example.spec]


@pytest.mark.parametrize("example", EMITTED, ids=str)
def test_an_example_has_its_rule_or_no_finding(example: Example) -> None:
    found = {finding.rule for finding in specc.emit("openapi", specc.loads(example.spec)).findings}
    if example.kind == "Good":
        assert found == set()
    else:
        beside = {"emit-left-out", "tf-serving-dtype"} if example.rule.startswith("emit-") else set()
        assert example.rule in found
        assert found <= {example.rule, *beside}
