"""The output of ``--format sarif``, checked against the schema of SARIF 2.1.0 from an npm package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from specc.diagnostics import Diagnostic, Location
from specc.report import Report, render

FINDINGS = (
    Diagnostic(
        rule="bad-dtype", message="'float23' is not a dtype", hint="did you mean 'float32'?", file="a b/ä%.specc.json",
        path=("endpoints", "score", "inputs", 0), location=Location(3, 5, 3, 12, "text"),
    ),
    Diagnostic(rule="unused-dim", message="no tensor has it", level="warning", file="b.specc.json"),
    Diagnostic(rule="bad-model", message="no place at all"),
)  # fmt: skip


@pytest.fixture(scope="session")
def schema(node_modules: Path) -> Any:
    path = node_modules / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
    return json.loads(path.read_text(encoding="utf-8"))


def errors(schema: Any, log: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(log)]


@pytest.mark.parametrize(
    "report",
    [Report(), Report(FINDINGS, files=2), Report(FINDINGS, [("c.specc.json", "there is no such file")], 3)],
    ids=["nothing", "findings", "an unreadable file"],
)
def test_the_log_is_valid(schema: Any, report: Report) -> None:
    assert errors(schema, json.loads(render(report, "sarif"))) == []


def test_the_schema_refuses_a_log_that_is_not_valid(schema: Any) -> None:
    log = json.loads(render(Report(FINDINGS), "sarif"))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert errors(schema, log) == ["0 is less than the minimum of 1"]
