"""The signature for MLflow: its tensors, and what it does not have."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_documents import ranker

import specc
from specc.errors import UsageError
from specc.language.load import from_json


def tensors(data: bytes, side: str) -> dict[str, tuple[str, list[int]]]:
    specs = json.loads(json.loads(data)[side])
    return {spec["name"]: (spec["tensor-spec"]["dtype"], spec["tensor-spec"]["shape"]) for spec in specs}


def test_the_default_endpoint_is_described_by_its_wire_tensors() -> None:
    made = specc.emit("mlflow", ranker())
    assert tensors(made.data, "inputs") == {
        "country": ("object", [-1]),
        "fresh": ("bool", [-1]),
        "user_history": ("int32", [-1, -1]),
        "user_id": ("int64", [-1]),
        "weight": ("float32", [-1]),
    }
    assert list(tensors(made.data, "inputs")) == sorted(tensors(made.data, "inputs"))
    assert tensors(made.data, "outputs")["click"] == ("float32", [-1, 1])
    assert json.loads(made.data)["params"] is None
    (lossy,) = made.findings
    assert lossy.message == "MLflow does not check minimum and maximum or the bounds of dims of 'score'"


def test_a_composite_is_its_components_and_a_plain_receiver_its_messages() -> None:
    data = ranker().to_json()
    data["endpoints"]["rank"]["outputs"] = "float32[batch]"
    rank = specc.emit("mlflow", from_json(data), endpoints=["rank"])
    assert tensors(rank.data, "inputs")["cross_indices"] == ("int64", [-1, 2])
    assert "defaults" in rank.findings[0].message
    price = specc.emit("mlflow", ranker(), endpoints=["price"])
    assert tensors(price.data, "inputs") == {"inputs": ("object", [-1])}


@pytest.mark.parametrize("leaf", ["float32[...]", "bfloat16[]", "float8_e5m2[]", "int4[]", "qint8[]", "uint2[]"])
def test_what_mlflow_cannot_describe_is_an_error(leaf: str) -> None:
    made = specc.emit("mlflow", from_json({"specc": 1, "endpoints": {"f": {"inputs": [leaf], "outputs": "bool[]"}}}))
    assert made.data == b""
    assert [finding.rule for finding in made.findings] == ["emit-nothing"]


@pytest.mark.parametrize(
    ("default", "endpoints", "message"),
    [(None, [], "the contract has no default"), ("score", ["score", "embed"], "several are chosen")],
)
def test_one_endpoint_has_to_be_chosen(default: Any, endpoints: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        specc.emit("mlflow", ranker(default=default), endpoints=endpoints)
