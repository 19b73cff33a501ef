"""Receivers: which leaves can be parsed from messages, and which features they may have."""

from __future__ import annotations

import pytest
from finding_cases import Case, assert_case, batched, described, errors, ragged, sparse, tensor

ENDPOINTS = {
    "scalar": (
        {"inputs": ["float32[]"], "outputs": "float32[]", "receivers": {"examples": {"kind": "tf_example"}}},
        [
            "receivers.examples: 'inputs' cannot be parsed: a scalar has no row for each message; give it a first dimension, or a default",
        ],
    ),
    "rank": (
        {"inputs": ["float32[...]"], "outputs": "float32[]", "receivers": {"examples": {"kind": "tf_example"}}},
        [
            "receivers.examples: 'inputs' cannot be parsed: its rank is unknown",
        ],
    ),
    "dtype": (
        {"inputs": ["complex64[batch]"], "outputs": "float32[]", "receivers": {"examples": {"kind": "tf_example"}}},
        [
            "receivers.examples: 'inputs' cannot be parsed: a feature cannot hold complex64; features are int64, float32 or string, or cast from one of these",
        ],
    ),
    "inner": (
        {"inputs": ["float32[batch, ?, ?]"], "outputs": "float32[]", "receivers": {"examples": {"kind": "tf_example"}}},
        [
            "receivers.examples: 'inputs' cannot be parsed: a dimension after the second is not fixed",
        ],
    ),
    "rows": (
        {
            "inputs": [{"a": "float32[2]", "b": "float32[3]"}],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        [
            "receivers.examples: the leaves have different numbers of rows, 2 (a), 3 (b), but each message is one row of every leaf",
        ],
    ),
    "sequence": (
        {
            "inputs": ["float32[batch, ?]"],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example", "features": {"inputs": {"sequence": True}}}},
        },
        [
            "receivers.examples.features.inputs: 'inputs' cannot be parsed: only a tf_sequence_example has feature lists; remove \"sequence\"",
        ],
    ),
    "default": (
        {
            "inputs": ["float32[batch, 2]"],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example", "features": {"inputs": {"default": 0.5}}}},
        },
        [
            "receivers.examples.features.inputs: 'inputs' cannot be parsed: its default has another shape: one message has the shape [2]",
        ],
    ),
    "constant": (
        {
            "inputs": [tensor("float32", [], default=0.5)],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        [
            "receivers.examples: there is nothing to parse: the endpoint has no leaf with rows",
        ],
    ),
    "differ": (
        {
            "inputs": [tensor("int64", [2], default=[1, 2])],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        [
            'receivers.examples: \'inputs\' cannot be parsed: the rows of its default differ, but a missing feature is filled with one row; give "features": {"inputs": {"default": ...}}',
        ],
    ),
    "same": (
        {
            "inputs": [{"a": "float32[batch]", "b": "float32[batch]"}],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example", "features": {"a": {"key": "b"}}}},
        },
        [
            "receivers.examples.features: the features of inputs[0].a and inputs[0].b have the same key, 'b'; give one of them another \"key\"",
        ],
    ),
    "prefix": (
        {
            "arguments": ["x", "c"],
            "inputs": [{"c": ragged("float32", ["batch", "?"])}, "float32[batch, 3]"],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        [
            "receivers.examples.features: the features of inputs[0].c and inputs[1] have the same key, 'c'; give one of them another \"key\"",
        ],
    ),
    "ambiguous": (
        {
            "arguments": ["x", "c"],
            "inputs": [{"c": ragged("float32", ["batch", "?"])}, "float32[batch, 3]"],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example", "features": {"c": {"key": "d"}}}},
        },
        [
            "receivers.examples.features: the features of inputs[0].c and inputs[1] have the same key, 'd'; give one of them another \"key\"",
            "receivers.examples.features.c: 'c' is the name of a tensor and the prefix of another leaf's components; give one of the leaves a \"name\"",
        ],
    ),
    "composite": (
        {
            "inputs": [{"r": ragged("float32", ["batch", "?", "?"]), "s": sparse("int64", ["batch", 2, 2])}],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example", "features": {"r": {"default": 0}}}},
        },
        [
            "receivers.examples: 's' cannot be parsed: its rank must be 2, not 3",
            "receivers.examples.features.r: 'r' cannot be parsed: a uniform dimension is not fixed",
            "receivers.examples.features.r: 'r' cannot be parsed: a ragged feature cannot have a default: a missing one is empty",
        ],
    ),
    "empty": (
        {
            "inputs": [{"steps": "float32[batch, ?, 0]", "points": ragged("float32", ["batch", "?", 0])}],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        [
            "receivers.examples: 'points' cannot be parsed: a dimension of size 0 leaves no values to count the steps by",
            "receivers.examples: 'steps' cannot be parsed: a dimension of size 0 leaves no values to count the steps by",
        ],
    ),
    "itself": (
        {
            "inputs": [ragged("int64", ["batch", "?", "?"], ragged_rank=2)],
            "outputs": "float32[]",
            "receivers": {"examples": {"kind": "tf_example", "features": {"inputs": {"key": "inputs_row_splits_1"}}}},
        },
        [
            "receivers.examples.features: the features of inputs[0] have the same key, 'inputs_row_splits_1'; give one of them another \"key\"",
        ],
    ),
}
GOOD = batched(
    {
        "e": {
            "inputs": [
                {
                    "id": "int64[batch]",
                    "scale": tensor("float32", [], default=0.5),
                    "history": "int32[batch, ?]",
                    "tags": ragged("string", ["batch", "?"]),
                    "clicks": sparse("float32", ["batch", "?"]),
                }
            ],
            "outputs": "float32[batch]",
            "receivers": {
                "examples": {"kind": "tf_example", "features": {"id": {"key": "uid", "default": 0}}},
                "sequences": {"kind": "tf_sequence_example"},
            },
        }
    }
)


CASES = {
    "unknown-feature": Case(
        batched(
            {
                "e": {
                    "inputs": ["float32[batch, 3]"],
                    "outputs": "float32[batch]",
                    "receivers": {"examples": {"kind": "tf_example", "features": {"input": {"key": "x"}}}},
                }
            }
        ),
        [
            "endpoints.e.receivers.examples.features.input: no leaf of the endpoint is called 'input'; did you mean 'inputs'?",
        ],
        batched(
            {
                "e": {
                    "inputs": ["float32[batch, 3]"],
                    "outputs": "float32[batch]",
                    "receivers": {"examples": {"kind": "tf_example", "features": {"inputs": {"key": "x"}}}},
                }
            }
        ),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_findings_and_their_correction(rule: str) -> None:
    assert_case(CASES[rule], rule)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_leaves_that_cannot_be_parsed(name: str) -> None:
    endpoint, expected = ENDPOINTS[name]
    found = errors(batched({"e": endpoint}, default=None))
    assert described(found) == [f"endpoints.e.{each}" for each in expected]
    assert {finding.rule for finding in found} == {"bad-receiver"}


def test_leaves_that_can_be_parsed() -> None:
    assert errors(GOOD) == ()
