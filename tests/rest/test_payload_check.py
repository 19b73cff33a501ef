"""What is wrong with a request: each defect once, with its rule and the place that a client has to change."""

from __future__ import annotations

import copy
import json
import tracemalloc
from typing import Any

import pytest
from rest_documents import ranker

from specc.language.load import from_json
from specc.rest.payload import check_request
from specc.rest.signatures import rest_service
from specc.source.limits import MAX_FINDINGS

COLUMNS: dict[str, Any] = {
    "user_id": [7, 9],
    "user_history": [[1, 2], [3, 0]],
    "country": ["de", {"b64": "ZnI="}],
    "weight": [0.5, 1],
    "fresh": [True, False],
}
ROW: dict[str, Any] = {"user_id": 7, "user_history": [1, 2], "country": "de", "weight": 0.5, "fresh": True}
RANK: dict[str, Any] = {
    "items_values": [1, 2, 3],
    "items_row_splits": [0, 2, 3],
    "cross_indices": [[0, 3], [1, 0]],
    "cross_values": [0.5, 1.5],
    "cross_dense_shape": [2, 100],
    "temperature": 1.0,
}
SERVICE = rest_service(ranker())


def found(request: Any, verb: Any = None) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(finding.rule, finding.path) for finding in check_request(SERVICE, request, verb)]


def columns(**changes: Any) -> dict[str, Any]:
    return {"inputs": {name: value for name, value in {**COLUMNS, **changes}.items() if value is not None}}


def rank(**changes: Any) -> dict[str, Any]:
    return {"signature_name": "rank", "inputs": {**RANK, **changes}}


def rows(*changed: dict[str, Any]) -> dict[str, Any]:
    return {"instances": [{**ROW, **changes} for changes in changed]}


@pytest.mark.parametrize(
    "request_",
    [
        columns(),
        {"signature_name": "serving_default", **columns()},
        rows({}),
        rows({}, {"user_history": [3, 4]}),
        columns(country=["", {"b64": "ZnI"}]),
        columns(user_history=[[], []]),
        {"signature_name": "embed", "inputs": [[[0, 1, float("nan")], [0, float("inf"), 0]]]},
        {"signature_name": "embed", "instances": [[[0, 1, 2.5], [0, 0, 0]]]},
        {"signature_name": "examples:embed", "instances": [{"b64": "CgA="}]},
        rank(),
        rank(items_values=[], items_row_splits=[0, 0, 0]),
        {"signature_name": "reset", "inputs": {}},
        {"signature_name": "price", "examples": [{"area": 70.5, "rooms": [1, 2], "words": "old"}]},
        {"signature_name": "price", "context": {"rooms": [1, 2]}, "examples": [{"area": [70.5]}, {"area": 1.0}]},
        {"signature_name": "label", "examples": [{"anything": [1, 2], "text": "a"}]},
    ],
    ids=lambda request: json.dumps(request)[:60],
)
def test_a_right_request_has_no_finding(request_: Any) -> None:
    assert found(request_) == []


@pytest.mark.parametrize(
    ("request_", "rule", "path"),
    [
        ([], "payload-form", ()),
        ({}, "payload-form", ()),
        ({"user_id": [7], "weight": [0.5]}, "payload-form", ()),
        ({"intances": [ROW]}, "payload-form", ("intances",)),
        ({"inputs": {}, "instances": []}, "payload-form", ()),
        ({"signature_name": 1, **columns()}, "payload-form", ("signature_name",)),
        ({**columns(), "context": 1}, "payload-form", ("context",)),
        ({"inputs": [1]}, "payload-form", ("inputs",)),
        ({"instances": [1]}, "payload-form", ("instances", 0)),
        ({"signature_name": "price", "inputs": {}, "examples": [{"area": 1.0, "rooms": [1, 2]}]}, "payload-form", ("inputs",)),
        ({"signature_name": "price", "examples": []}, "payload-form", ("examples",)),
        ({"signature_name": "price", "examples": [1]}, "payload-form", ("examples", 0)),
        ({"signature_name": "scores", **columns()}, "payload-endpoint", ("signature_name",)),
        ({"instances": []}, "payload-rows", ("instances",)),
        ({"instances": {}}, "payload-rows", ("instances",)),
        ({"signature_name": "rank", "instances": [{}]}, "payload-rows", ("instances",)),
        (rows({}, {"user_history": [3]}), "payload-rows", ("instances", 1, "user_history")),
        (
            {"signature_name": "embed", "instances": [[[0, 1, 2], [0, 0, 0]], {"inputs": [[0, 1, 2], [0, 0, 0]]}]},
            "payload-rows",
            ("instances", 1),
        ),
        (rows(*[{}] * 65), "payload-size", ("instances",)),
        (columns(weight=None), "payload-input", ("inputs",)),
        (columns(extra=[1]), "payload-input", ("inputs", "extra")),
        (columns(weight=["0.5", 1]), "payload-type", ("inputs", "weight", 0)),
        (columns(weight=[1 << 24, 1]), "payload-type", ("inputs", "weight", 0)),
        (columns(user_id=[7, 9.0]), "payload-type", ("inputs", "user_id", 1)),
        (columns(user_id=[7, True]), "payload-type", ("inputs", "user_id", 1)),
        (columns(fresh=[True, 1]), "payload-type", ("inputs", "fresh", 1)),
        (columns(country=["de", {"base64": "ZnI="}]), "payload-type", ("inputs", "country", 1)),
        (columns(country=["de", {"b64": "Z"}]), "payload-type", ("inputs", "country", 1)),
        (columns(country=["de", None]), "payload-type", ("inputs", "country", 1)),
        (columns(weight=0.5), "payload-rank", ("inputs", "weight")),
        (columns(weight=[0.5, [1]]), "payload-rank", ("inputs", "weight", 1)),
        (columns(user_history=[1, [2]]), "payload-rank", ("inputs", "user_history", 0)),
        (columns(user_history=[[1], [2, 3]]), "payload-rank", ("inputs", "user_history", 1)),
        ({"signature_name": "embed", "inputs": []}, "payload-size", ("inputs",)),
        (rank(cross_indices=[], cross_values=[]), "payload-rank", ("inputs", "cross_indices")),
        (columns(user_history=[[1] * 7, [1] * 7]), "payload-size", ("inputs", "user_history", 0)),
        ({"signature_name": "embed", "inputs": [[[0, 1], [0, 0]]]}, "payload-size", ("inputs", 0, 0)),
        ({"signature_name": "embed", "inputs": [[[0, 1, 2], [0, 0, 0, 0]]]}, "payload-size", ("inputs", 0, 1)),
        (columns(fresh=[True]), "payload-dim", ("inputs", "fresh")),
        (columns(user_id=[7, 51]), "payload-range", ("inputs", "user_id", 1)),
        (columns(user_history=[[1, 2], [3, 1 << 31]]), "payload-range", ("inputs", "user_history", 1, 1)),
        (columns(weight=[0.5, 1.5]), "payload-range", ("inputs", "weight", 1)),
        (columns(weight=[0.5, float("nan")]), "payload-range", ("inputs", "weight", 1)),
        ({"signature_name": "rank", "inputs": {**RANK, "temperature": 1e39}}, "payload-range", ("inputs", "temperature")),
        (rank(items_row_splits=[1, 2, 3]), "payload-parts", ("inputs", "items_row_splits", 0)),
        (rank(items_row_splits=[0, 3, 2]), "payload-parts", ("inputs", "items_row_splits", 2)),
        (rank(items_row_splits=[0, 2, 2]), "payload-parts", ("inputs", "items_row_splits", 2)),
        (rank(items_row_splits=[]), "payload-parts", ("inputs", "items_row_splits")),
        (rank(cross_values=[0.5]), "payload-parts", ("inputs", "cross_values")),
        (rank(cross_indices=[[0, 3], [0, 100]]), "payload-parts", ("inputs", "cross_indices", 1)),
        (rank(cross_indices=[[0, 3], [0, 3]]), "payload-parts", ("inputs", "cross_indices", 1)),
        (rank(cross_indices=[[0, 3], [0, 2]]), "payload-parts", ("inputs", "cross_indices", 1)),
        (rank(cross_dense_shape=[2, 99]), "payload-parts", ("inputs", "cross_indices")),
        (rank(cross_dense_shape=[3, 100]), "payload-parts", ("inputs", "cross_indices")),
        ({"signature_name": "price", "examples": [{"area": 70.5}]}, "payload-feature", ("examples", 0)),
        ({"signature_name": "price", "examples": [{"area": 70, "rooms": [1, 2]}]}, "payload-feature", ("examples", 0, "area")),
        ({"signature_name": "price", "examples": [{"area": 7.0, "rooms": [1]}]}, "payload-feature", ("examples", 0, "rooms")),
        (
            {"signature_name": "price", "examples": [{"area": 7.0, "rooms": [1, 2], "more": 1}]},
            "payload-feature",
            ("examples", 0, "more"),
        ),
        ({"signature_name": "label", "examples": [{"x": [1, "a"]}]}, "payload-feature", ("examples", 0, "x", 1)),
        ({"signature_name": "label", "examples": [{"x": {"b64": "Z"}}]}, "payload-feature", ("examples", 0, "x")),
        ({"signature_name": "label", "examples": [{}] * 65}, "payload-size", ("examples",)),
        ({"signature_name": "examples:embed", "inputs": []}, "payload-size", ("inputs",)),
        ({"signature_name": "examples:embed", "instances": [{"b64": ""}] * 65}, "payload-size", ("instances",)),
    ],
    ids=lambda value: json.dumps(value)[:70] if isinstance(value, (dict, list)) else None,
)  # fmt: skip
def test_a_defect_is_one_finding_at_its_place(request_: Any, rule: str, path: tuple[str | int, ...]) -> None:
    assert found(request_) == [(rule, path)]


def test_each_defect_is_found() -> None:
    request = columns(user_id=[51, 52], weight=["a", 2.0], country=None)
    rules = [rule for rule, _ in found(request)]
    assert sorted(rules) == ["payload-input", "payload-range", "payload-range", "payload-range", "payload-type"]


def test_the_later_of_two_sizes_is_blamed_and_the_other_is_related() -> None:
    request = columns(user_id=[7])
    (finding, *_) = check_request(SERVICE, request)
    assert finding.path == ("inputs", "user_history")
    assert [place.path for place in finding.related] == [
        ("endpoints", "score", "inputs", 0, "user", "history"),
        ("inputs", "user_id"),
    ]


def test_a_verb_is_that_of_the_signature() -> None:
    assert found({"signature_name": "price", "examples": [{"area": 1.0, "rooms": [1, 2]}]}, "regress") == []
    assert found({"signature_name": "price", "examples": [{}]}, "predict") == [
        ("payload-endpoint", ("signature_name",))
    ]
    assert found(columns(), "classify") == [("payload-endpoint", ())]


def test_what_rest_cannot_call_is_said() -> None:
    data = {
        "specc": 1,
        "endpoints": {
            "half": {"inputs": ["float16[]"], "outputs": "float32[]"},
            "step": {"inputs": ["float32[]"], "outputs": {"loss": "float32[]"}, "method": "train"},
        },
        "default": None,
    }
    service = rest_service(from_json(data))
    messages = [check_request(service, {"signature_name": name, "inputs": 1})[0].message for name in ("half", "step")]
    assert "no JSON for float16" in messages[0]
    assert "is a signature of train" in messages[1]
    assert found({"inputs": 1}) == [("payload-form", ("inputs",))]
    assert check_request(service, {"inputs": 1})[0].message.startswith("there is no default signature")


def test_hints_name_what_was_meant() -> None:
    hints = {
        json.dumps(request): check_request(SERVICE, request)[0].hint
        for request in (
            {"signature_name": "scor", **columns()},
            columns(country=["de", {"base64": "ZnI="}]),
            columns(weight=[0.5, "NaN"]),
            columns(user_id=[7, 9.0]),
        )
    }
    assert list(hints.values()) == [
        "did you mean 'score'?",
        "did you mean 'b64'?",
        "write the token NaN, without quotes",
        "write 9",
    ]


def test_a_million_values_are_checked_without_a_path_of_each() -> None:
    data = ranker().to_json()
    data["endpoints"] = {"f": {"inputs": ["float32[?, 1000]"], "outputs": "float32[]"}}
    data.update(default="f", dims={})
    service = rest_service(from_json(data))
    values = [[0.5] * 1000 for _ in range(1000)]
    assert check_request(service, {"inputs": values}) == []
    wrong = copy.deepcopy(values)
    wrong[700][900] = "a"  # type: ignore[call-overload]
    assert [finding.path for finding in check_request(service, {"inputs": wrong})] == [("inputs", 700, 900)]


@pytest.mark.parametrize(
    "request_",
    [
        {"signature_name": "rank", "inputs": {**RANK, "items_values": ["a"] * 300_000}},
        {"inputs": {f"inputs_{number}": 1 for number in range(100_000)}},
        {f"instance_{number}": 1 for number in range(100_000)},
        {"instances": [{"x": 1}] * 100_000},
        {"signature_name": "price", "examples": [{"x": 1}] * 100_000},
    ],
    ids=["values", "inputs", "keys", "rows", "examples"],
)
def test_no_more_findings_are_made_than_a_report_has(request_: Any) -> None:
    tracemalloc.start()
    try:
        assert 0 < len(check_request(SERVICE, request_)) <= MAX_FINDINGS
        assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    finally:
        tracemalloc.stop()
