"""SARIF carries the page of each rule that it reports, so that a code scanning service can show it."""

from __future__ import annotations

import json

from specc.diagnostics import Diagnostic
from specc.report import Report, render
from specc.rules import rule_page, rule_summary


def test_each_rule_that_is_reported_has_its_page() -> None:
    findings = [Diagnostic(rule=rule, message="no") for rule in ("unknown-key", "bad-dtype", "unknown-key")]
    (run,) = json.loads(render(Report(findings, files=1), "sarif"))["runs"]
    assert run["tool"]["driver"]["rules"] == [
        {
            "id": rule,
            "shortDescription": {"text": rule_summary(rule)},
            "help": {"text": rule_page(rule), "markdown": rule_page(rule)},
        }
        for rule in ("bad-dtype", "unknown-key")
    ]
    assert [result["ruleIndex"] for result in run["results"]] == [1, 0, 1]


def test_a_rule_without_a_page_is_reported() -> None:
    (run,) = json.loads(render(Report([Diagnostic(rule="our-own", message="no")]), "sarif"))["runs"]
    assert run["tool"]["driver"]["rules"] == [{"id": "our-own"}]
