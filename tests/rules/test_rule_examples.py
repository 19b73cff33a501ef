"""The examples about building and reading archives, run with the Python of their pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rule_examples import Example, examples

import specc
from specc.cli import main
from specc.rules import RULES

pytestmark = pytest.mark.tensorflow

RUN = [example for example in examples() if example.python]
NOT_RUN = {
    "archive-mismatch",  # a bug in specc or TensorFlow
    "asset-clash",  # a file that changes while it is read
    "not-in-jax",  # Keras on JAX, see tests/jax_backend/test_jax_refusals.py
    "unregistered-op",  # a library of ops, see test_custom_ops.py
    "unsupported-dtype",  # an old TensorFlow
}


def test_every_rule_of_building_and_reading_is_run() -> None:
    here = {rule.id for rule in RULES.values() if rule.stage in ("build", "archive")}
    assert {example.rule for example in RUN} == here - NOT_RUN


@pytest.mark.parametrize("example", RUN, ids=str)
def test_an_example_has_a_finding_of_its_rule_or_none(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    found = built(example, capsys) if example.spec else executed(example)
    assert found == ({example.rule} if example.kind == "Bad" else set())


def built(example: Example, capsys: Any) -> set[str]:
    """The rules of what ``specc build`` finds in the spec of an example, whose model is beside it."""
    Path("ranker.specc.json").write_text(example.spec)
    Path("ranker.py").write_text(example.python)
    code = main(["build", "ranker.specc.json", "--out", "archive", "--quiet", "--format", "json"])
    out = capsys.readouterr().out
    assert Path("archive").exists() == (code == 0)
    report = out[out.find("\n{\n") + 1 :]  # after what is in the archive
    return {finding["rule"] for finding in json.loads(report)["findings"]} if report[:1] == "{" else set()


def executed(example: Example) -> set[str]:
    """The rules of what the Python of an example raises."""
    try:
        exec(compile(example.python, str(example), "exec"), {"__name__": "__main__"})
    except specc.SpecError as error:
        return {finding.rule for finding in error.diagnostics}
    return set()
