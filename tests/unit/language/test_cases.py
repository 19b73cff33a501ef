"""Every rule has a folder in ``tests/cases``: a bad file, what is printed of it, and the file with the mistake mended.

Those of the checks are in ``tests/unit/checks/test_checks.py``.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import specc
from specc.checks import CHECKS
from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.load import load_buildable, loads
from specc.report.text import findings_text

CASES = Path(__file__).parents[2] / "cases"
RULES = sorted(folder.name for folder in CASES.iterdir() if folder.name not in CHECKS)
FOUND_IN_CODE = {
    "too-large",  # 16 MiB of file
    "too-many-findings",
    "bad-contract",  # of what an archive carries, and no spec file
}


def findings(path: Path) -> tuple[Diagnostic, ...]:
    try:
        load_buildable(path)
    except SpecError as error:
        return error.diagnostics
    return ()


@pytest.mark.parametrize("rule", RULES)
def test_the_bad_file_gives_the_expected_findings(rule: str) -> None:
    found = findings(CASES / rule / "bad.specc.json")
    text = findings_text(finding.in_file("bad.specc.json") for finding in found)
    assert text == (CASES / rule / "expected.txt").read_text()
    assert {finding.rule for finding in found} == {rule}


@pytest.mark.parametrize("rule", RULES)
def test_the_mended_file_gives_none(rule: str) -> None:
    assert findings(CASES / rule / "good.specc.json") == ()


def test_every_rule_has_a_case() -> None:
    assert set(RULES) | FOUND_IN_CODE == _rules_in_source()


def _rules_in_source() -> set[str]:
    """The first words that look like an id in every call that makes a finding."""
    makers = {"problem", "finding", "_refusal", "spelled", "Diagnostic", "_find", "_of_name"}
    rules = set()
    for stage in ("language", "loaders"):
        for path in sorted((Path(specc.__file__).parent / stage).glob("*.py")):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and _name(call.func) in makers:
                    values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "rule")]
                    words = [
                        value.value
                        for value in values
                        if isinstance(value, ast.Constant) and isinstance(value.value, str)
                    ]
                    rules |= {word for word in words if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", word)}
    return rules


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def test_a_thousand_findings_are_enough() -> None:
    with pytest.raises(SpecError) as caught:
        loads('{"specc": 1, "endpoints": {"a": {"inputs": [' + ", ".join(["3"] * 5000) + '], "outputs": "bool[]"}}}')
    assert len(caught.value.diagnostics) == 1000
    assert str(caught.value.diagnostics[-1]) == "1:1: too-many-findings: there are more findings; mend these first"
