"""What an endpoint says about its answers: examples and tolerance are evidence, pure and rowwise promises."""

from __future__ import annotations

from typing import Any

import pytest
from finding_cases import Case, assert_case, batched, errors, ragged, spec, tensor
from hypothesis import given
from strategies import documents

from specc.language.contract import write_contract
from specc.language.document import Document
from specc.language.load import digest, dump, from_json, loads, require_buildable
from specc.language.tolerance import Allowance, Tolerance, allowance


def one(**endpoint: Any) -> Document:
    said = {"inputs": ["float32[batch]"], "outputs": "float32[batch]", **endpoint}
    return from_json(batched({"e": said}))


EXAMPLES = {"a": {"inputs": [[1]], "outputs": [2]}}


def test_examples_and_tolerance_are_not_promised() -> None:
    plain, full = one(rowwise=True), one(rowwise=True, examples=EXAMPLES, tolerance={"rtol": 1e-3})
    assert full != plain
    assert full.promises() == plain == plain.promises()
    assert digest(full) == digest(plain)
    assert write_contract(full) == write_contract(plain)


@pytest.mark.parametrize("key", ["pure", "rowwise"])
def test_pure_and_rowwise_are_promised_and_unsaid_is_not_false(key: str) -> None:
    documents = [one(), one(**{key: True}), one(**{key: False})]
    assert len({digest(each) for each in documents}) == 3
    assert len({dump(each) for each in documents}) == 3
    assert all(each.promises() is each for each in documents)


@given(documents())
def test_a_document_promises_itself_without_its_evidence(document: Document) -> None:
    promises = document.promises()
    data = document.to_json()
    for endpoint in data["endpoints"].values():
        endpoint.pop("examples", None)
        endpoint.pop("tolerance", None)
    assert promises.to_json() == data
    assert promises.promises() is promises
    assert promises.default_is_said == document.default_is_said


def test_building_needs_no_example() -> None:
    named = {"x": {"inputs": [{"file": "missing.npy"}]}}
    require_buildable(one(examples=named).in_directory("/nowhere"))


@pytest.mark.parametrize(
    ("inputs", "outputs", "good", "path", "finding"),
    [
        (["float32[3]"], "float32[]", ["float32[batch]"], "rowwise", 'no tensor has rows: none has a named dim that comes first; name the first dim, such as "batch"'),
        (["float32[batch]", "int8[?]"], "float32[]", ["float32[batch]", "int8[]"], "inputs[1]", "'x1' has no row for each of 'batch': its first dim is '?'; begin its shape with \"batch\""),
        (["float32[batch]", "int8[n]"], "float32[]", ["float32[n]", "int8[n]"], "inputs[1]", "'x1' has no row for each of 'batch': its first dim is 'n'; begin its shape with \"batch\""),
        (["float32[batch]", "int8[...]"], "float32[]", ["float32[batch]", "int8[batch]"], "inputs[1]", "'x1' has no row for each of 'batch': its rank is unknown; begin its shape with \"batch\""),
        ([ragged("int8", ["batch", "?"]), ragged("int8", ["?", "?"])], "float32[batch]", [ragged("int8", ["batch", "?"])] * 2, "inputs[1]", "'x1' has no row for each of 'batch': its first dim is '?'; begin its shape with \"batch\""),
    ],
)  # fmt: skip
def test_rowwise_needs_rows(inputs: Any, outputs: Any, good: Any, path: str, finding: str) -> None:
    def data(trees: Any) -> Any:
        names = {"arguments": [f"x{index}" for index in range(len(trees))]}
        return spec({"e": {"inputs": trees, "outputs": outputs, "rowwise": True, **names}}, dims={"batch": {}, "n": {}})

    assert_case(Case(data(inputs), [f"endpoints.e.{path}: {finding}"], data(good)), "rowwise-without-rows")
    unsaid = data(inputs)
    unsaid["endpoints"]["e"]["rowwise"] = False
    assert errors(unsaid) == ()


@pytest.mark.parametrize(
    ("tolerance", "good", "finding"),
    [
        ({"rtol": -1}, {"rtol": 0}, ".rtol: -1 is not a tolerance; for example 1e-4"),
        ({"outputs": {"f": {"mismatched": 1.5}}}, {"outputs": {"f": {"mismatched": 1}}}, ".outputs.f.mismatched: 1.5 is not a share of the elements; for example 1e-4, one in 10,000"),
        ({"outputs": {"fs": {}}}, {"outputs": {"f": {}}}, ".outputs.fs: no output is called 'fs'; did you mean 'f'?"),
        ({"outputs": {"r_values": {}}}, {"outputs": {"r": {"rtol": 1}}}, ".outputs.r_values: no output is called 'r_values'; the outputs are f, i, r"),
        ({"outputs": {"i": {"atol": 1}}}, {"outputs": {"i": {"mismatched": 0.5}}}, ".outputs.i: 'i' is int8, whose values are equal or wrong; say \"mismatched\": the share of them that may be wrong"),
    ],
)  # fmt: skip
def test_a_tolerance_is_about_an_output_that_can_have_it(tolerance: Any, good: Any, finding: str) -> None:
    outputs = {"f": "float32[]", "i": "int8[]", "r": ragged("float64", ["?", "?"])}
    cases = (
        spec({"e": {"inputs": [], "outputs": outputs, "arguments": [], "tolerance": each}})
        for each in (tolerance, good)
    )
    assert_case(Case(next(cases), [f"endpoints.e.tolerance{finding}"], next(cases)), "bad-tolerance")


def test_how_near_is_near() -> None:
    unsaid = Tolerance()
    found = {dtype: allowance(unsaid, "x", dtype, "elsewhere").rtol for dtype in ("float64", "complex128", "float32", "complex64", "float16", "bfloat16", "float8_e5m2", "float4_e2m1fn")}  # fmt: skip
    assert list(found.values()) == [1e-7, 1e-7, 1e-4, 1e-4, 1e-2, 5e-2, 5e-2, 5e-2]
    assert allowance(unsaid, "x", "float32", "here") == Allowance(1e-5, None, 0.0)
    assert allowance(unsaid, "x", "int8", "here") == Allowance(0.0, 0.0, 0.0)
    said = Tolerance.model_validate({"rtol": 1, "outputs": {"x": {"atol": 2, "mismatched": 0.5}, "y": {"rtol": 0}}})
    assert allowance(said, "x", "float32", "here") == Allowance(1.0, 2.0, 0.5)
    assert allowance(said, "y", "float32", "elsewhere") == Allowance(0.0, None, 0.0)
    assert allowance(said, "z", "string", "here") == Allowance(0.0, 0.0, 0.0)


def test_a_row_of_an_example_is_a_line_and_its_keys_are_sorted() -> None:
    row = [0.1 + index for index in range(40)]
    example = {"outputs": None, "inputs": [[row, row], {"b": 1, "a": {"base64": "/w=="}}], "description": "d"}
    inputs = [tensor("float32", [2, 40]), {"a": "string[]", "b": "int64[]"}]
    document = from_json(
        spec({"e": {"inputs": inputs, "arguments": ["x", "y"], "outputs": "bool[]", "examples": {"x": example}}})
    )
    lines = [line.strip() for line in dump(document).splitlines()]
    assert sum(line.startswith("[0.1, 1.1, 2.1,") and line.rstrip(",").endswith(", 39.1]") for line in lines) == 2
    assert '{"a": {"base64": "/w=="}, "b": 1}' in lines
    assert loads(dump(document)) == document
    swapped = {**example, "inputs": [[row, row], {"a": {"base64": "/w=="}, "b": 1}]}
    again = from_json(
        spec({"e": {"inputs": inputs, "arguments": ["x", "y"], "outputs": "bool[]", "examples": {"x": swapped}}})
    )
    assert again == document
