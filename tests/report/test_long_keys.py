"""Reports with a long key: its length is not multiplied by the number of findings."""

from __future__ import annotations

import json

import pytest

from specc.diagnostics import Diagnostic, finding
from specc.report import Report, render

KEY = "k" * 1_000_000
FINDINGS = [finding("bad-name", ("dims", KEY, index), f"{KEY} is long") for index in range(300)]


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_a_report_is_small(form: str) -> None:
    assert len(render(Report(FINDINGS), form)) < 1_000_000


def test_a_path_has_a_shortened_key_and_its_numbers() -> None:
    (first, *_) = json.loads(render(Report(FINDINGS), "json"))["findings"]
    assert first["path"] == ["dims", "k" * 252 + "...", 0]


def test_fingerprints_tell_long_keys_apart() -> None:
    def fingerprint(key: str) -> str:
        return Diagnostic(rule="bad-name", message="", path=("dims", key)).fingerprint

    assert fingerprint(KEY) == fingerprint(KEY) != fingerprint(f"{KEY}k")
