"""Documents with findings of one rule, and the same documents corrected."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from specc.checks import Settings, run_checks
from specc.diagnostics import Diagnostic, format_path
from specc.errors import SpecError
from specc.language.load import BUILDABLE
from specc.language.validation.pipeline import read_spec
from specc.rules import RULES


class Case(NamedTuple):
    """A document, the findings of one rule about it in the order of its text, and the document without them."""

    bad: dict[str, Any]
    findings: list[str]
    good: dict[str, Any]


def spec(endpoints: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"specc": 1, "endpoints": endpoints, **more}


def batched(endpoints: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A spec whose only dim is ``batch``."""
    return spec(endpoints, dims={"batch": {}}, **more)


def tensor(dtype: str, shape: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "tensor", "dtype": dtype, "shape": shape, **more}


def ragged(dtype: str, shape: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "ragged", "dtype": dtype, "shape": shape, **more}


def sparse(dtype: str, shape: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "sparse", "dtype": dtype, "shape": shape, **more}


def errors(data: Any) -> tuple[Diagnostic, ...]:
    """The findings of the language about plain JSON data."""
    try:
        read_spec(json.dumps(data), "", BUILDABLE)
    except SpecError as error:
        return error.diagnostics
    return ()


def opinions(content: str | bytes, rule: str) -> list[Diagnostic]:
    """The findings of the checks about a valid text at their default levels; ``rule`` is on in any case."""
    spec = read_spec(content, "", BUILDABLE)
    settings = Settings({rule: "warning"} if RULES[rule].level == "off" else {})
    return spec.locate(run_checks(spec.document, settings))


def described(findings: Iterable[Diagnostic]) -> list[str]:
    """Each finding with its path, the part of the string that is marked, its hint and the related places."""
    return [_described(each) for each in findings]


def _described(finding: Diagnostic) -> str:
    part = f" ({finding.part})" if finding.part else ""
    text = str(replace(finding, location=None, path=())).removeprefix(f"{finding.rule}: ")
    related = "".join(f"; see {format_path(place.path)}: {place.message}" for place in finding.related)
    return f"{format_path(finding.path)}{part}: {text}{related}".removeprefix(": ")


def assert_case(case: Case, rule: str) -> None:
    """The bad document has the findings of the case, all of this rule, and the good one has none."""
    found = errors(case.bad)
    assert described(found) == case.findings
    assert {finding.rule for finding in found} == {rule}
    assert errors(case.good) == ()
