"""Converted models answer as the models do, or fail as docs/consumers.md says; specc's checks predict just that."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from consumer_archives import CASES, Archive, run_names, runs
from converted_tfjs import without_unneeded
from converters import RUNTIMES
from expected_failures import ExpectedFailure, expected_failure, hold

from specc.checks import BUILT_CHECKS, CHECKS, Built, Settings, run_build_checks, run_checks
from specc.checks.converter_ops import converted_ops
from specc.compiler.converted_graphs import examine, own_signatures, refused_by_litert
from specc.compiler.litert_conversion import conversions
from specc.rules import RULES
from specc.rules.table import Target

TESTED_ELSEWHERE = {"litert-dtype", "onnx-nested-table"}
"""Dtypes that no model here has (tests/compiler/test_targets.py), and a failure that depends on how TensorFlow inlines."""


@pytest.fixture(scope="module")
def runtime() -> Callable[[str], Any]:
    """The runtime of a target; it keeps what it converted last."""
    return cache(lambda target: RUNTIMES[target]())


@pytest.mark.parametrize(("case", "run"), runs())
@pytest.mark.parametrize("target", RUNTIMES)
def test_it_answers_as_the_model(
    target: str, case: str, run: str, archives: Callable[[str], Any], runtime: Callable[[str], Any], need: Any
) -> None:
    if target == "tfjs":
        need(shutil.which("node") and shutil.which("npm"), "needs node and npm")
    hold(target, archives(case), run, runtime(target))


@pytest.fixture(scope="module")
def found(archives: Callable[[str], Any]) -> Callable[[str, Target], set[str]]:
    """The rules of a target's findings about a case, of its document and of its build."""

    @cache
    def built(case: str, with_litert: bool) -> Built:
        archive: Archive = archives(case)
        found = examine(archive.document, archive.path, with_litert=False)
        if not with_litert:
            return found
        # In this process: a build does it in one of its own, which takes seconds to start.
        keys = own_signatures(archive.document)
        refused = {key: tuple(ops) for key, ops in conversions(str(archive.path), keys, archive.tags) if ops}
        return replace(found, refused_by_litert=refused)

    def rules(case: str, target: Target) -> set[str]:
        document, settings = archives(case).document, Settings(targets=frozenset([target]))
        checks = (
            *run_checks(document, settings),
            *run_build_checks(document, settings, built(case, target == "litert")),
        )
        return {each.rule for each in checks if RULES[each.rule].target == target}

    return rules


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("target", RUNTIMES)
def test_the_checks_predict_what_fails(target: Target, case: str, found: Callable[[str, Target], set[str]]) -> None:
    """Each expected failure has a finding of its rule, and a case with findings has an expected failure."""
    rows = [row for run in run_names(case) if (row := expected_failure(target, case, run))]
    rules = found(case, target)
    assert predicted(rows) <= rules
    assert bool(rows) == bool(rules)


def test_a_build_asks_litert_in_a_process_of_its_own(archives: Callable[[str], Any]) -> None:
    archive = archives("string")
    built = examine(archive.document, archive.path, with_litert=True)
    assert built.refused_by_litert == {"serve": ("StringJoin", "StringLength")}
    assert refused_by_litert(archive.path, ["nothing"], ["serve"]) == {"nothing": ("its process ended with 1",)}


def predicted(rows: list[ExpectedFailure]) -> set[str]:
    return {row.predicted for row in rows}


@pytest.mark.parametrize("target", RUNTIMES)
def test_every_check_of_a_converter_predicts_a_failure(
    target: Target, found: Callable[[str, Target], set[str]]
) -> None:
    """No rule is there for its own sake: each finds something in a case that fails."""
    checks = {rule for rule in (*CHECKS, *BUILT_CHECKS) if RULES[rule].target == target}
    assert checks - TESTED_ELSEWHERE <= {rule for case in CASES for rule in found(case, target)}


def test_the_lists_of_ops_are_those_of_the_packages() -> None:
    import tf2onnx.tfonnx  # noqa: F401  # registers the handlers
    from tf2onnx.handler import tf_op

    assert converted_ops("onnx") == {op for version in tf_op.get_opsets()[""] for op in version}
    with without_unneeded():
        from tensorflowjs import resource_loader
    lists = [name for name in resource_loader.list_dir("op_list") if name.endswith(".json")]
    of_tfjs = {op["tfOpName"] for name in lists for op in json.load(resource_loader.open_file(f"op_list/{name}"))}
    assert converted_ops("tfjs") == of_tfjs
