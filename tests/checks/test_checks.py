"""Checks: none has a finding about the good example of its page, and none fails on any document."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from finding_cases import opinions
from hypothesis import given
from hypothesis import strategies as st
from strategies import buildable_documents, documents

from specc.checks import CHECKS, Settings, find_opinions
from specc.cli import main
from specc.cli.settings import SettingsFinder
from specc.language.document import Document, Target
from specc.language.load import from_json, load_spec
from specc.rules import RULES, rule_page

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*/*.specc.json"))
DOCUMENT: dict[str, Any] = {
    "specc": 1,
    "dims": {"batch": {}},
    "endpoints": {"score": {"inputs": ["float32[batch, 3]"], "outputs": {"score": "float32[batch]"}}},
}
EVERYTHING = Settings(dict.fromkeys(CHECKS, "error"), frozenset(get_args(Target)))


def messages(data: Any, rule: str) -> list[str]:
    """The findings of one check about plain JSON data, for every target."""
    return [str(each) for each in find_opinions(from_json(data), EVERYTHING) if each.rule == rule]


def with_endpoint(**fields: Any) -> dict[str, Any]:
    return {**DOCUMENT, "endpoints": {"score": {**DOCUMENT["endpoints"]["score"], **fields}}}


@pytest.mark.parametrize("rule", sorted(CHECKS.keys() - {"large-example"}))
def test_the_examples_of_a_page_agree_with_its_check(rule: str) -> None:
    bad, good = re.findall(r"```json\n(.*?)```", rule_page(rule), flags=re.DOTALL)
    assert {finding.rule for finding in opinions(bad, rule)} == {rule}
    assert opinions(good, rule) == []


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_example_specs_have_no_findings(file: Path) -> None:
    document = load_spec(file).document
    assert list(find_opinions(document, SettingsFinder().settings_for(str(file)))) == []


@given(documents() | buildable_documents())
def test_no_check_fails_on_any_document(document: Document) -> None:
    for finding in find_opinions(document, EVERYTHING):
        assert finding.level == "error"
        assert finding.rule in CHECKS
        assert finding.message
        assert finding.hint


@given(buildable_documents(), st.sampled_from(get_args(Target)))
def test_a_target_adds_only_its_own_checks(document: Document, target: Target) -> None:
    found = {each.rule for each in find_opinions(document, Settings(targets=frozenset([target])))}
    plain = {each.rule for each in find_opinions(document, Settings())}
    assert {RULES[rule].target for rule in found - plain} <= {target}
    named = document.model_copy(update={"targets": (target,)})
    assert {each.rule for each in find_opinions(named, Settings())} == found


def test_a_level_is_set_by_the_project() -> None:
    document = from_json({**DOCUMENT, "dims": {"batch": {}, "time": {}}})
    (finding,) = find_opinions(document, Settings())
    assert (finding.rule, finding.level) == ("unused-dim", "warning")
    assert list(find_opinions(document, Settings({"unused-dim": "error"}))) == [replace(finding, level="error")]
    assert list(find_opinions(document, Settings({"unused-dim": "off"}))) == []


@pytest.mark.parametrize(
    "name",
    ["keras_tensor", "keras_tensor_12", "input_layer_2", "input_1", "args_0", "args_0_1", "Identity_3", "dense_7"],
)
def test_a_generated_name_is_found(name: str) -> None:
    assert len(messages(with_endpoint(inputs=[{name: "float32[batch, 3]"}]), "generated-name")) == 1
    assert len(messages(with_endpoint(outputs={name: "float32[batch]"}), "generated-name")) == 1


@pytest.mark.parametrize(
    "name", ["input", "inputs", "inputs_1", "dense", "dense_features", "keras", "args", "identity"]
)
def test_a_chosen_name_has_no_finding(name: str) -> None:
    assert messages(with_endpoint(inputs=[{name: "float32[batch, 3]"}]), "generated-name") == []


def test_a_name_made_from_a_position_has_no_finding() -> None:
    assert messages(with_endpoint(inputs=[["float32[batch, 3]", "float32[batch]"]]), "generated-name") == []
    outputs = {"dense": ["float32[batch]", "float32[batch]"]}  # dense_0 and dense_1 on the wire
    assert messages(with_endpoint(outputs=outputs), "generated-name") == []


def test_an_input_with_a_default_needs_no_batch() -> None:
    threshold = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.5}
    one = with_endpoint(arguments=["x", "threshold"], inputs=["float32[batch, 3]", threshold])
    assert messages(one, "unbatched-input") == []
    assert messages(with_endpoint(inputs=[threshold]), "unbatched-input") == []


def test_several_inputs_without_a_batch_are_one_finding() -> None:
    data = with_endpoint(arguments=["x", "y"], inputs=["float32[]", "float32[1]"])
    assert messages(data, "unbatched-input") == [
        "endpoints.score.inputs: unbatched-input: a request to 'score' holds one example, so a server cannot batch "
        "requests; begin each shape with a dim such as 'batch', or turn the check off where one at a time is meant"
    ]


def test_an_example_of_more_than_a_thousand_elements_is_large() -> None:
    def found(inputs: int, outputs: Any) -> list[str]:
        example = {"inputs": [[[0, 0.5, "NaN"]] * inputs], "outputs": outputs}
        return messages(with_endpoint(examples={"many": example}), "large-example")

    assert found(333, None) == []
    assert found(333, {"score": None}) == []
    assert found(334, None) == [
        "endpoints.score.examples.many: large-example: the example has 1,002 elements in the document; "
        'write them to a file beside it: {"file": "NAME.npz"}'
    ]
    assert len(found(251, {"score": [1] * 251})) == 1


def test_training_is_not_served() -> None:
    step = {"inputs": ["float32[]"], "outputs": {"loss": "float32[]"}, "method": "train"}
    assert messages({**DOCUMENT, "mode": "train", "endpoints": {"step": step}}, "unbatched-input") == []


def test_an_output_of_a_size_that_the_function_decides() -> None:
    dims = {"batch": {}, "samples": {}}
    drawn = {**with_endpoint(inputs=["int64[]"], outputs={"drawn": "float32[samples]"}), "dims": dims}
    assert messages(drawn, "unknown-batch") == []
    unknown = {**with_endpoint(arguments=["x", "y"], inputs=["int64[batch]", "int64[...]"], outputs={"y": "float32[samples]"}), "dims": dims}  # fmt: skip
    assert messages(unknown, "unknown-batch") == []


def test_classify_requests_find_an_endpoint_called_classify() -> None:
    serialized = {"kind": "tensor", "dtype": "string", "shape": ["batch"], "name": "inputs"}
    classify = {"inputs": [serialized], "outputs": {"scores": "float32[batch, 3]"}, "method": "classify"}
    data = {**DOCUMENT, "endpoints": {"classify": classify, "predict": DOCUMENT["endpoints"]["score"]}}
    assert messages({**data, "default": "classify"}, "moved-default") == []
    serve = {"classify": classify, "serve": DOCUMENT["endpoints"]["score"]}
    assert len(messages({**data, "endpoints": serve, "default": "classify"}, "moved-default")) == 1


def test_functions_given_in_code_may_differ() -> None:
    score = {**DOCUMENT["endpoints"]["score"], "function": None}
    data = {**DOCUMENT, "endpoints": {"one": score, "other": score}, "default": "one"}
    assert messages(data, "duplicate-endpoint") == []


def test_a_collection_of_the_attribute_itself_has_no_finding() -> None:
    data = {**DOCUMENT, "variable_collections": {"weights": ["weights"], "layers": {"from": "layers", "dtype": "int8"}}}
    assert [line.split(":")[0] for line in messages(data, "shadowing-collection")] == ["variable_collections.layers"]


def test_a_single_endpoint_called_serve_is_kept() -> None:
    endpoint = DOCUMENT["endpoints"]["score"]
    assert messages({**DOCUMENT, "endpoints": {"serve": endpoint}}, "litert-serve") == []
    several = {**DOCUMENT, "endpoints": {"serve": endpoint, "b": endpoint, "a": endpoint}}
    assert [
        line.partition("'serving_default', ")[2] for line in messages({**several, "default": "serve"}, "litert-serve")
    ] == ["and drops 'a', 'b'; rename it"]
    assert [
        line.partition("'serving_default', ")[2] for line in messages({**several, "default": "a"}, "litert-serve")
    ] == ["and drops 'b', 'serve'; rename it"]
    (message,) = messages({**several, "default": None}, "litert-serve")
    assert "needs 'serving_default', which is missing" in message


def test_a_thousand_opinions_are_reported_without_an_error(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "a.specc.json"
    file.write_text(json.dumps({**DOCUMENT, "dims": {"batch": {}, **{f"d{index}": {} for index in range(2000)}}}))
    assert main(["validate", str(file), "-q"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1000
    assert lines[-1].endswith("warning: too-many-findings: there are more findings; fix these first")
