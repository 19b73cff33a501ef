"""The request that works: the first example, or else values that the emitted schema accepts."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from rest_documents import ranker
from strategies import buildable_documents

import specc
from specc.language.document import Document
from specc.language.load import from_json
from specc.rest.exchanges import tensor_value
from specc.rest.sample import sample_inputs, smallest_inputs
from specc.rest.signatures import rest_service
from specc.rest.values import is_json


def in_columns(tensors: Any) -> dict[str, Any]:
    return {name: tensor_value(tensor) for name, tensor in tensors.items()}


def test_the_first_example_is_taken_that_must_not_be_refused() -> None:
    assert in_columns(sample_inputs(ranker(), "score"))["user_id"] == [7]


def test_else_the_smallest_values_are_made() -> None:
    assert in_columns(sample_inputs(ranker(), "embed")) == {"inputs": [[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]}
    assert in_columns(sample_inputs(ranker(), "rank")) == {
        "items_values": [0],
        "items_row_splits": [0, 1],
        "cross_indices": [[0, 0]],
        "cross_values": [0.0],
        "cross_dense_shape": [1, 100],
        "temperature": 0.0,
    }


@pytest.mark.parametrize(
    ("dtype", "bounds", "value"),
    [
        ("int32", {"minimum": 3}, 3),
        ("int32", {"maximum": -3}, -3),
        ("int32", {"minimum": -3, "maximum": 3}, 0),
        ("float32", {"minimum": 0.5}, 0.5),
        ("float64", {"minimum": "-Infinity", "maximum": -0.5}, -0.5),
    ],
)
def test_numbers_are_within_bounds(dtype: str, bounds: dict[str, Any], value: Any) -> None:
    leaf = {"kind": "tensor", "dtype": dtype, "shape": [], **bounds}
    document = from_json({"specc": 1, "endpoints": {"f": {"inputs": [leaf], "outputs": "float32[]"}}})
    assert in_columns(smallest_inputs(document, "f")) == {"inputs": value}


def test_dims_have_their_least_size_and_ragged_rows_one_item() -> None:
    leaf = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?", "?", 2], "ragged_rank": 2, "name": "x"}
    data = {
        "specc": 1,
        "dims": {"batch": {"min": 2}},
        "endpoints": {"f": {"inputs": [leaf], "outputs": "int64[batch]"}},
    }
    assert in_columns(smallest_inputs(from_json(data), "f")) == {
        "x_values": [[0, 0], [0, 0]],
        "x_row_splits_0": [0, 1, 2],
        "x_row_splits_1": [0, 1, 2],
    }


def test_what_is_too_large_is_not_made() -> None:
    data = {"specc": 1, "endpoints": {"f": {"inputs": ["float32[1000000000000]"], "outputs": "float32[]"}}}
    assert smallest_inputs(from_json(data), "f") is None


@settings(max_examples=settings.default.max_examples // 4)
@given(document=buildable_documents())
def test_the_schema_accepts_it(document: Document) -> None:
    made = specc.emit("payload-schema", document, name="m")
    schema = json.loads(made.data) if made.data else {}
    for signature in rest_service(document).signatures:
        tensors = smallest_inputs(document, signature.name)
        if signature.receiver is not None or signature.verb != "predict" or tensors is None:
            continue
        request = {"signature_name": signature.key, "inputs": in_columns(tensors)}
        if is_json(request) and not any(0 in tensor.shape[:-1] for tensor in tensors.values()):
            jsonschema.Draft202012Validator(schema).validate(request)
