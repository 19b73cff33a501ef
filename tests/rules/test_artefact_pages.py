"""The examples on the pages of the rules about artefacts and requests have their finding, or none."""

from __future__ import annotations

import json

import pytest
from rule_examples import Example, examples

import specc
from specc.rest.payload import check_request
from specc.rest.signatures import rest_service
from specc.rules import RULES

SENT = [example for example in examples() if example.request]
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


@pytest.mark.parametrize("example", SENT, ids=str)
def test_a_request_has_its_finding_or_none(example: Example) -> None:
    found = check_request(rest_service(specc.loads(example.spec)), json.loads(example.request))
    assert [finding.rule for finding in found] == ([example.rule] if example.kind == "Bad" else [])
