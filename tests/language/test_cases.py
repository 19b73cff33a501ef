"""Every rule has a folder in ``tests/cases``: a bad file, the output for it, and the file with the mistake fixed.

Those of the checks are in ``tests/checks/test_checks.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from specc.checks import CHECKS
from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.load import BUILDABLE, loads
from specc.language.validation.pipeline import read_spec
from specc.report.text import findings_text
from specc.rules import table

CASES = Path(__file__).parents[1] / "cases"
RULES = sorted(folder.name for folder in CASES.iterdir() if folder.name not in CHECKS)
FOUND_IN_CODE = {
    "not-canonical",  # of specc fmt
    "too-large",  # 16 MiB of file
    "too-many-findings",
}


def findings(path: Path) -> tuple[Diagnostic, ...]:
    try:
        read_spec(path.read_bytes(), path.name, BUILDABLE)
    except SpecError as error:
        return error.diagnostics
    return ()


@pytest.mark.parametrize("rule", RULES)
def test_the_bad_file_gives_the_expected_findings(rule: str) -> None:
    found = findings(CASES / rule / "bad.specc.json")
    assert findings_text(found) == (CASES / rule / "expected.txt").read_text()
    assert {finding.rule for finding in found} == {rule}


@pytest.mark.parametrize("rule", RULES)
def test_the_mended_file_gives_none(rule: str) -> None:
    assert findings(CASES / rule / "good.specc.json") == ()


def test_every_rule_has_a_case() -> None:
    of_a_spec = {rule.id for rule in table.RULES.values() if rule.stage in ("text", "document")}
    assert set(RULES) | FOUND_IN_CODE == of_a_spec


def test_a_thousand_findings_are_enough() -> None:
    with pytest.raises(SpecError) as caught:
        loads('{"specc": 1, "endpoints": {"a": {"inputs": [' + ", ".join(["3"] * 5000) + '], "outputs": "bool[]"}}}')
    assert len(caught.value.diagnostics) == 1000
    assert str(caught.value.diagnostics[-1]) == "1:1: too-many-findings: there are more findings; fix these first"
