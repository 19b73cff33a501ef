"""The recorded examples of the repository's specs: each archive gives what they say, on every way."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_archives import SPECS, build_example
from running_here import verify_here

import specc

pytestmark = pytest.mark.tensorflow

RECORDED = [spec for spec in SPECS if any(each.examples for each in specc.load(spec).endpoints.values())]


def test_there_are_some() -> None:
    assert {spec.name.removesuffix(".specc.json") for spec in RECORDED} >= {"two_tower", "adder", "multiplier"}


@pytest.mark.parametrize("spec", RECORDED, ids=lambda spec: spec.name)
def test_an_archive_gives_what_is_recorded(spec: Path, tmp_path: Path) -> None:
    built = build_example(spec.name.removesuffix(".specc.json"), tmp_path)
    document = specc.load(spec)
    verification = verify_here(document, built.path, cases=0)
    assert verification.ok, verification.text()
    called = {each.name: each.examples for each in verification.endpoints}
    assert called == {name: len(endpoint.examples) for name, endpoint in document.endpoints.items()}
