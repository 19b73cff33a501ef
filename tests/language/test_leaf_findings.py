"""Dtypes, shapes, dims, bounds and defaults of leaves: the errors, and the valid neighbour of each."""

from __future__ import annotations

from typing import Any

import pytest
from finding_cases import Case, assert_case, batched, described, errors, ragged, spec, tensor

LEAF = "endpoints.score.inputs[0]"


def with_input(leaf: Any) -> dict[str, Any]:
    return spec({"score": {"inputs": [leaf], "outputs": "bool[]"}})


@pytest.mark.parametrize(
    ("rule", "leaf", "corrected", "finding"),
    [
        ("bad-bound", tensor("string", [], minimum=0), tensor("string", []), ".minimum: dtype string is not ordered, so it cannot have bounds"),
        ("bad-bound", tensor("float32", [], minimum="NaN"), tensor("float32", [], minimum="-Infinity"), ".minimum: 'NaN' is not a valid bound for dtype float32"),
        ("bad-bound", tensor("int8", [], maximum=1.5), tensor("int8", [], maximum=1), ".maximum: 1.5 is not a valid bound for dtype int8"),
        ("bad-bound", tensor("uint8", [], minimum=-1), tensor("uint8", [], minimum=0), ".minimum: -1 is not a valid bound for dtype uint8"),
        ("bad-bound", tensor("float32", [], minimum=2, maximum=1), tensor("float32", [], minimum=1, maximum=2), ": no value is legal: the maximum 1.0 is below the minimum 2.0"),
        ("bad-choice", ragged("bool", [2, "?"], row_splits_dtype="int16"), ragged("bool", [2, "?"], row_splits_dtype="int32"), ".row_splits_dtype: expected 'int32' or 'int64', found the string 'int16'; did you mean 'int64'?"),
        ("bad-default", tensor("float32", [], default="1"), tensor("float32", [], default=1), ".default: '1' is not a value of dtype float32"),
        ("bad-default", tensor("float32", ["?"], default=[1]), tensor("float32", [1], default=[1]), ".default: an input with a default needs fixed dimensions: a default is one value of one shape"),
        ("bad-default", tensor("float32", [2], default=[1, 2, 3]), tensor("float32", [2], default=[1, 2]), ".default: the default has shape [3], not [2]"),
        ("bad-default", tensor("float32", [2, 2], default=[[1], [2, 3]]), tensor("float32", [2, 2], default=[[1, 0], [2, 3]]), ".default: the default has rows of different lengths, not [2, 2]"),
        ("bad-default", tensor("float32", [], minimum=0, default=-1), tensor("float32", [], minimum=0, default=0), ".default: the default -1.0 is outside the tensor's bounds"),
        ("bad-default", tensor("int8", [], default=128), tensor("int8", [], default=127), ".default: 128 is not a value of dtype int8"),
        ("bad-dim", tensor("float32", ["a b"]), tensor("float32", ["?"]), ".shape[0]: 'a b' is not a dimension; expected a size, a name or '?'"),
        ("bad-dtype", tensor("str", []), tensor("string", []), ".dtype (str): 'str' is not a dtype; did you mean 'string'?"),
        ("bad-ragged-rank", ragged("bool", "...", ragged_rank=0), ragged("bool", "...", ragged_rank=1), ".ragged_rank: 0 is not a ragged rank: expected 1 to 16"),
        ("bad-shape", tensor("float32", "[2]"), tensor("float32", [2]), '.shape: the string \'[2]\' is not a shape; write an array such as ["batch", 3, "?"], or "..." for unknown rank'),
        ("bad-shape", tensor("float32", [1] * 255), tensor("float32", [1] * 254), ".shape: a tensor has at most 254 dimensions, not 255"),
        ("bad-value", tensor("float32", [], default=None), tensor("float32", [], default=0), '.default: null is not a tensor value; expected a number, true or false, a string, {"base64": "..."}, {"real": 1.0, "imag": 0.0}, or arrays of these'),
        ("bad-value", tensor("float32", [], default={"real": 1}), tensor("complex64", [], default={"real": 1, "imag": 0}), '.default: an object is not a tensor value; expected a number, true or false, a string, {"base64": "..."}, {"real": 1.0, "imag": 0.0}, or arrays of these'),
        ("bad-value", tensor("string", [], default={"base64": "/w"}), tensor("string", [], default={"base64": "/w=="}), ".default: '/w' is not base64; write four characters of A-Z, a-z, 0-9, + and / for three bytes, padded with ="),
        ("bad-value", tensor("float32", [], maximum="max"), tensor("float32", [], maximum="Infinity"), ".maximum: expected a number, found the string 'max'; write infinities as 'Infinity' and '-Infinity'"),
    ],
)  # fmt: skip
def test_a_leaf_and_its_correction(rule: str, leaf: Any, corrected: Any, finding: str) -> None:
    assert_case(Case(with_input(leaf), [f"{LEAF}{finding}"], with_input(corrected)), rule)


def test_an_output_has_no_default() -> None:
    output = {"score": {"inputs": ["bool[]"], "outputs": tensor("float32", [], default=1)}}
    (found,) = errors(spec(output))
    assert found.rule == "bad-default"
    assert described([found]) == ["endpoints.score.outputs.default: an output cannot have a default; remove it"]


CASES = {
    "bad-size": Case(
        spec(
            {"score": {"inputs": ["bool[]"], "outputs": "bool[]"}},
            dims={"time": {"min": -1, "max": 1000000000000000000}},
        ),
        [
            "dims.time.min: -1 is not a size: expected a whole number from 0 to 999999999999999999",
            "dims.time.max: 1000000000000000000 is not a size: expected a whole number from 0 to 999999999999999999",
        ],
        spec(
            {"score": {"inputs": ["bool[]"], "outputs": "bool[]"}},
            dims={"time": {"min": 0, "max": 999999999999999999}, "fixed": {"min": 2, "max": 2}},
        ),
    ),
    "undeclared-dim": Case(
        batched({"score": {"inputs": ["bool[bach, n, None]"], "outputs": "bool[]"}}),
        [
            "endpoints.score.inputs[0] (bach): the dim 'bach' is not declared; did you mean 'batch'?",
            'endpoints.score.inputs[0] (n): the dim \'n\' is not declared; declare it in "dims": {"n": {}}',
            "endpoints.score.inputs[0] (None): the dim 'None' is not declared; a dimension of any size is '?'",
        ],
        spec({"score": {"inputs": ["bool[batch, n, ?]"], "outputs": "bool[]"}}, dims={"batch": {}, "n": {}}),
    ),
    "named-variable-dim": Case(
        spec(
            {"score": {"inputs": ["bool[]"], "outputs": "bool[]"}},
            dims={"n": {}},
            variable_collections={
                "a": [{"from": "variables", "content": {"k": "bool[n]"}}],
                "b": ["variables", {"from": "variables", "content": {"k": "bool[n]"}}],
            },
        ),
        [
            "variable_collections.a[0].content.k: a variable cannot have named dimensions; write a size or '?'",
            "variable_collections.b[1].content.k: a variable cannot have named dimensions; write a size or '?'",
        ],
        spec(
            {"score": {"inputs": ["bool[]"], "outputs": "bool[]"}},
            dims={"n": {}},
            variable_collections={
                "a": [{"from": "variables", "content": {"k": "bool[?]"}}],
                "b": ["variables", {"from": "variables", "content": {"k": "bool[2]"}}],
            },
        ),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_findings_and_their_correction(rule: str) -> None:
    assert_case(CASES[rule], rule)
