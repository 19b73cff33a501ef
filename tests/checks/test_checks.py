"""Every check has a folder in ``tests/cases`` and a page; none has a finding about a good document, or fails on any."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import buildable_documents, documents

from specc.checks import CHECKS, Settings, find_opinions
from specc.cli import main
from specc.cli.settings import SettingsFinder
from specc.diagnostics import Diagnostic
from specc.language.document import Document, Target
from specc.language.load import BUILDABLE, from_json, load_spec
from specc.language.validation.pipeline import read_spec
from specc.report.text import findings_text
from specc.rules import RULES, rule_page
from specc.source.json_text import read_content

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases"
EXAMPLES = sorted((ROOT / "examples").glob("*/*.specc.json"))
DOCUMENT: dict[str, Any] = {
    "specc": 1,
    "dims": {"batch": {}},
    "endpoints": {"score": {"inputs": ["float32[batch, 3]"], "outputs": {"score": "float32[batch]"}}},
}
EVERYTHING = Settings(dict.fromkeys(CHECKS, "error"), frozenset(get_args(Target)))


def opinions(content: str | bytes, *switched_on: str) -> list[Diagnostic]:
    """The findings of the checks about a valid document at their default levels, with those that are off as warnings."""
    settings = Settings({rule: "warning" for rule in switched_on if RULES[rule].level == "off"})
    spec = read_spec(content, "bad.specc.json", BUILDABLE)
    return spec.locate(find_opinions(spec.document, settings))


def said(data: Any, rule: str) -> list[str]:
    """The findings of one check about plain JSON data, for every target."""
    return [str(each) for each in find_opinions(from_json(data), EVERYTHING) if each.rule == rule]


def with_endpoint(**fields: Any) -> dict[str, Any]:
    return {**DOCUMENT, "endpoints": {"score": {**DOCUMENT["endpoints"]["score"], **fields}}}


@pytest.mark.parametrize("rule", CHECKS)
def test_the_bad_file_gives_the_expected_findings(rule: str) -> None:
    found = opinions(read_content(CASES / rule / "bad.specc.json"), rule)
    assert findings_text(found) == (CASES / rule / "expected.txt").read_text()
    assert {finding.rule for finding in found} == {rule}


@pytest.mark.parametrize("rule", CHECKS)
def test_the_mended_file_gives_none(rule: str) -> None:
    assert opinions(read_content(CASES / rule / "good.specc.json"), rule) == []


@pytest.mark.parametrize("rule", sorted(CHECKS))
def test_the_examples_of_the_page_are_true(rule: str) -> None:
    bad, good = re.findall(r"```json\n(.*?)```", rule_page(rule), flags=re.DOTALL)
    assert {finding.rule for finding in opinions(bad, rule)} == {rule}
    assert opinions(good, rule) == []


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_examples_are_silent(file: Path) -> None:
    document = load_spec(file).document
    assert list(find_opinions(document, SettingsFinder().settings_for(str(file)))) == []


@given(documents() | buildable_documents())
def test_no_check_falls_over_any_document(document: Document) -> None:
    for finding in find_opinions(document, EVERYTHING):
        assert finding.level == "error"
        assert finding.rule in CHECKS
        assert finding.message
        assert finding.hint


@given(buildable_documents(), st.sampled_from(get_args(Target)))
def test_a_target_adds_its_own_checks_and_nothing_else(document: Document, target: Target) -> None:
    found = {each.rule for each in find_opinions(document, Settings(targets=frozenset([target])))}
    plain = {each.rule for each in find_opinions(document, Settings())}
    assert {RULES[rule].target for rule in found - plain} <= {target}
    named = document.model_copy(update={"targets": (target,)})
    assert {each.rule for each in find_opinions(named, Settings())} == found


def test_a_level_is_the_projects_to_say() -> None:
    document = from_json({**DOCUMENT, "dims": {"batch": {}, "time": {}}})
    (finding,) = find_opinions(document, Settings())
    assert (finding.rule, finding.level) == ("unused-dim", "warning")
    assert list(find_opinions(document, Settings({"unused-dim": "error"}))) == [replace(finding, level="error")]
    assert list(find_opinions(document, Settings({"unused-dim": "off"}))) == []


@pytest.mark.parametrize(
    "name",
    ["keras_tensor", "keras_tensor_12", "input_layer_2", "input_1", "args_0", "args_0_1", "Identity_3", "dense_7"],
)
def test_a_made_up_name_is_seen(name: str) -> None:
    assert len(said(with_endpoint(inputs=[{name: "float32[batch, 3]"}]), "generated-name")) == 1
    assert len(said(with_endpoint(outputs={name: "float32[batch]"}), "generated-name")) == 1


@pytest.mark.parametrize(
    "name", ["input", "inputs", "inputs_1", "dense", "dense_features", "keras", "args", "identity"]
)
def test_a_chosen_name_is_left_alone(name: str) -> None:
    assert said(with_endpoint(inputs=[{name: "float32[batch, 3]"}]), "generated-name") == []


def test_a_name_that_a_position_makes_is_not_made_up() -> None:
    assert said(with_endpoint(inputs=[["float32[batch, 3]", "float32[batch]"]]), "generated-name") == []
    outputs = {"dense": ["float32[batch]", "float32[batch]"]}  # dense_0 and dense_1 on the wire
    assert said(with_endpoint(outputs=outputs), "generated-name") == []


def test_what_has_a_default_needs_no_batch() -> None:
    threshold = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.5}
    one = with_endpoint(arguments=["x", "threshold"], inputs=["float32[batch, 3]", threshold])
    assert said(one, "unbatched-input") == []
    assert said(with_endpoint(inputs=[threshold]), "unbatched-input") == []


def test_several_inputs_without_a_batch_are_one_finding() -> None:
    data = with_endpoint(arguments=["x", "y"], inputs=["float32[]", "float32[1]"])
    assert said(data, "unbatched-input") == [
        "endpoints.score.inputs: unbatched-input: a request to 'score' holds one example, so a server cannot batch "
        "requests; begin each shape with a dim such as 'batch', or turn the check off where one at a time is meant"
    ]


def test_training_is_not_served() -> None:
    step = {"inputs": ["float32[]"], "outputs": {"loss": "float32[]"}, "method": "train"}
    assert said({**DOCUMENT, "mode": "train", "endpoints": {"step": step}}, "unbatched-input") == []


def test_an_output_of_a_size_that_the_function_decides() -> None:
    dims = {"batch": {}, "samples": {}}
    drawn = {**with_endpoint(inputs=["int64[]"], outputs={"drawn": "float32[samples]"}), "dims": dims}
    assert said(drawn, "unknown-batch") == []
    unknown = {**with_endpoint(arguments=["x", "y"], inputs=["int64[batch]", "int64[...]"], outputs={"y": "float32[samples]"}), "dims": dims}  # fmt: skip
    assert said(unknown, "unknown-batch") == []


def test_classify_is_what_classify_requests_find() -> None:
    serialized = {"kind": "tensor", "dtype": "string", "shape": ["batch"], "name": "inputs"}
    classify = {"inputs": [serialized], "outputs": {"scores": "float32[batch, 3]"}, "method": "classify"}
    data = {**DOCUMENT, "endpoints": {"classify": classify, "predict": DOCUMENT["endpoints"]["score"]}}
    assert said({**data, "default": "classify"}, "moved-default") == []
    serve = {"classify": classify, "serve": DOCUMENT["endpoints"]["score"]}
    assert len(said({**data, "endpoints": serve, "default": "classify"}, "moved-default")) == 1


def test_functions_given_in_code_may_differ() -> None:
    score = {**DOCUMENT["endpoints"]["score"], "function": None}
    data = {**DOCUMENT, "endpoints": {"one": score, "other": score}, "default": "one"}
    assert said(data, "duplicate-endpoint") == []


def test_a_collection_that_is_what_its_name_says() -> None:
    data = {**DOCUMENT, "variable_collections": {"weights": ["weights"], "layers": {"from": "layers", "dtype": "int8"}}}
    assert [line.split(":")[0] for line in said(data, "shadowing-collection")] == ["variable_collections.layers"]


def test_serve_by_itself_is_not_lost() -> None:
    endpoint = DOCUMENT["endpoints"]["score"]
    assert said({**DOCUMENT, "endpoints": {"serve": endpoint}}, "litert-serve") == []
    several = {**DOCUMENT, "endpoints": {"serve": endpoint, "b": endpoint, "a": endpoint}}
    assert [
        line.partition("'serving_default', ")[2] for line in said({**several, "default": "serve"}, "litert-serve")
    ] == ["and drops 'a', 'b'; rename it"]
    assert [line.partition("'serving_default', ")[2] for line in said({**several, "default": "a"}, "litert-serve")] == [
        "and drops 'b', 'serve'; rename it"
    ]
    (message,) = said({**several, "default": None}, "litert-serve")
    assert "needs 'serving_default', which is missing" in message


def test_more_opinions_than_a_person_reads_are_no_error(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "a.specc.json"
    file.write_text(json.dumps({**DOCUMENT, "dims": {"batch": {}, **{f"d{index}": {} for index in range(2000)}}}))
    assert main(["validate", str(file), "-q"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1000
    assert lines[-1].endswith("warning: too-many-findings: there are more findings; fix these first")
