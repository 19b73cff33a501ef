"""What the emitted JSON Schema accepts: requests as TensorFlow Serving takes them, in both formats, and answers."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import jsonschema
import pytest
from rest_documents import ranker

import specc
from specc.language.load import from_json

ROW: dict[str, Any] = {
    "user_id": 7,
    "user_history": [1, 2],
    "country": "de",
    "weight": 0.5,
    "fresh": True,
}
COLUMNS: dict[str, Any] = {name: [value] for name, value in ROW.items()}


@cache
def schema() -> Any:
    return json.loads(specc.emit("payload-schema", ranker()).data)


def accepts(request: Any, name: str | None = None) -> bool:
    """Whether the schema, or one of its definitions, accepts ``request``."""
    root = schema() if name is None else {"$ref": f"#/$defs/{name}", "$defs": schema()["$defs"]}
    return bool(jsonschema.Draft202012Validator(root).is_valid(request))


def edited(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**COLUMNS, **changes}.items() if value is not None}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["$comment"].startswith(f"Contract {specc.digest(ranker())}.")


@pytest.mark.parametrize(
    "request_",
    [
        {"inputs": COLUMNS},
        {"signature_name": "score", "inputs": COLUMNS},
        {"signature_name": "serving_default", "inputs": COLUMNS},
        {"instances": [ROW]},
        {"instances": [ROW] * 64},
        {"signature_name": "serving_default", "instances": [ROW, ROW]},
        {"inputs": edited(country=[{"b64": "ZGU="}])},
        {"inputs": edited(user_history=[[]])},
        {"inputs": edited(user_history=[[1] * 6])},
        {"signature_name": "embed", "inputs": [[[0, 1, 2.5], [0, 0, 0]]]},
        {"signature_name": "embed", "inputs": {"inputs": [[[0, 1, 2.5], [0, 0, 0]]]}},
        {"signature_name": "embed", "instances": [[[0, 1, 2.5], [0, 0, 0]]]},
        {"signature_name": "embed", "instances": [{"inputs": [[0, 1, 2.5], [0, 0, 0]]}]},
        {"signature_name": "examples:embed", "instances": [{"b64": "CgA="}, {"b64": "CgA="}]},
        {"signature_name": "examples:embed", "inputs": {"inputs": [{"b64": "CgA="}]}},
        {
            "signature_name": "rank",
            "inputs": {
                "items_values": [1, 2],
                "items_row_splits": [0, 2],
                "cross_indices": [[0, 3]],
                "cross_values": [0.5],
                "cross_dense_shape": [1, 100],
                "temperature": 1,
            },
        },
        {"signature_name": "reset", "inputs": {}},
        {"signature_name": "price", "examples": [{"area": 70.5, "rooms": [1, 2], "words": "old"}, {"area": [1.0], "rooms": [1, 2]}]},
        {"signature_name": "raw:price", "inputs": {"area": [1.0], "rooms": [[1, 2]], "words": [["a"]]}},
        {"signature_name": "label", "examples": [{"anything": 1, "text": ["a", {"b64": "YQ=="}]}]},
    ],
    ids=lambda request: json.dumps(request)[:60],
)  # fmt: skip
def test_a_request_that_a_server_takes_is_accepted(request_: Any) -> None:
    assert accepts(request_)


@pytest.mark.parametrize(
    "request_",
    [
        {},
        [],
        {"inputs": COLUMNS, "instances": [ROW]},
        {"inputs": COLUMNS, "context": 1},
        {"inputs": edited(weight=None)},
        {"inputs": edited(extra=[1])},
        {"inputs": edited(weight=[1.5])},
        {"inputs": edited(weight=["0.5"])},
        {"inputs": edited(weight=0.5)},
        {"inputs": edited(weight=[[0.5]])},
        {"inputs": edited(user_id=[51])},
        {"inputs": edited(user_id=[0.5])},
        {"inputs": edited(user_history=[[2**31]])},
        {"inputs": edited(user_history=[[1] * 7])},
        {"inputs": edited(country=[{"base64": "ZGU="}])},
        {"inputs": edited(country=[1])},
        {"inputs": edited(fresh=[1])},
        {"inputs": edited(fresh=[])},
        {"instances": []},
        {"instances": [ROW] * 65},
        {"instances": [{**ROW, "extra": 1}]},
        {"signature_name": "scores", "inputs": COLUMNS},
        {"signature_name": "embed", "inputs": [[[0, 1], [0, 0]]]},
        {"signature_name": "embed", "inputs": []},
        {"signature_name": "embed", "instances": [[[0, 1, 2], [0, 0, 0]], {"inputs": [[0, 1, 2], [0, 0, 0]]}]},
        {"inputs": [[[0, 1, 2], [0, 0, 0]]]},
        {"signature_name": "rank", "instances": [{}]},
        {"signature_name": "reset", "inputs": {"x": 1}},
        {"signature_name": "price", "examples": [{"area": 70.5}]},
        {"signature_name": "price", "examples": [{"area": 70.5, "rooms": [1]}]},
        {"signature_name": "price", "examples": [{"area": 70.5, "rooms": [1, 2], "more": 1}]},
        {"signature_name": "price", "examples": []},
        {"signature_name": "price", "inputs": {"inputs": [{"b64": "CgA="}]}},
    ],
    ids=lambda request: json.dumps(request)[:60],
)
def test_a_request_that_a_server_refuses_is_not_accepted(request_: Any) -> None:
    assert not accepts(request_)


@pytest.mark.parametrize(
    ("name", "answer", "is_accepted"),
    [
        ("score.ColumnResponse", {"outputs": {"click": [[0.5]], "reason": ["a"], "trace_bytes": [{"b64": "/w=="}]}}, True),
        ("score.ColumnResponse", {"outputs": {"click": [[0.5]], "reason": ["a"], "trace_bytes": ["a"]}}, False),
        ("score.ColumnResponse", {"outputs": {"click": [[0.5]], "reason": ["a"]}}, False),
        ("score.ColumnResponse", {"outputs": [[0.5]]}, False),
        ("score.RowResponse", {"predictions": [{"click": [0.5], "reason": "a", "trace_bytes": {"b64": ""}}]}, True),
        ("score.RowResponse", {"predictions": [{"click": [0.5], "reason": "a", "trace_bytes": {"b64": ""}, "more": 1}]}, True),
        ("embed.ColumnResponse", {"outputs": [[0.5] * 8]}, True),
        ("embed.ColumnResponse", {"outputs": {"output_0": [[0.5] * 8]}}, False),
        ("embed.RowResponse", {"predictions": [[0.5] * 8]}, True),
        ("embed.RowResponse", {"predictions": [[0.5] * 7]}, False),
        ("rank.ColumnResponse", {"outputs": {"output_0": [[0.5]], "output_1": 1}}, True),
        ("rank.ColumnResponse", {"outputs": {"output_0": [[0.5]], "output_1": [[[[[[["deep"]]]]]]]}}, True),
        ("rank.ColumnResponse", {"outputs": {"output_0": [[0.5]], "output_1": ["text"]}}, False),
        ("RegressResponse", {"results": [0.5]}, True),
        ("ClassifyResponse", {"results": [[["a", 0.5], ["b", 0.1]]]}, True),
        ("ClassifyResponse", {"results": [[["a"]]]}, False),
    ],
)  # fmt: skip
def test_an_answer_is_described(name: str, answer: Any, is_accepted: bool) -> None:
    assert accepts(answer, name) is is_accepted


def test_rows_are_offered_where_inputs_and_outputs_are_rows() -> None:
    rows = sorted(name.removesuffix(".RowRequest") for name in schema()["$defs"] if name.endswith("RowRequest"))
    # rank has composites, reset nothing to have rows of, and the others are called with examples.
    assert rows == ["embed", "examples.embed", "raw.price", "score"]


@pytest.mark.parametrize(
    ("inputs", "outputs", "has_rows"),
    [
        (["float32[batch]", "float32[batch]"], "float32[batch]", True),
        (["float32[?]", "float32[batch]"], "float32[batch]", True),
        (["float32[2]", "float32[batch]"], "float32[batch]", True),
        (["float32[2]", "float32[3]"], "float32[batch]", False),
        (["float32[9]", "float32[few]"], "float32[few]", False),
        (["float32[]", "float32[batch]"], "float32[batch]", False),
        (["float32[...]", "float32[batch]"], "float32[batch]", False),
        (["float32[batch]", "float32[batch]"], {"a": "float32[batch]", "b": "float32[?]"}, False),
        (["float32[batch]", "float32[batch]"], {"a": "float32[?]", "b": "float32[?]"}, False),
        (["float32[batch]", "float32[batch]"], "float32[?]", True),
        (["float32[batch]", "float32[batch]"], {"a": "float32[batch]", "b": "float32[]"}, False),
    ],
)
def test_rows_need_one_number_of_them(inputs: list[str], outputs: Any, has_rows: bool) -> None:
    endpoint = {"inputs": inputs, "arguments": ["a", "b"], "outputs": outputs}
    data = {"specc": 1, "dims": {"batch": {}, "few": {"max": 5}}, "endpoints": {"f": endpoint}}
    used = json.dumps(endpoint)
    data["dims"] = {dim: bounds for dim, bounds in data["dims"].items() if dim in used}  # type: ignore[attr-defined]
    names = json.loads(specc.emit("payload-schema", from_json(data)).data)["$defs"]
    assert ("f.RowRequest" in names) is has_rows


def test_names_of_components_never_clash() -> None:
    endpoint = {"inputs": ["float32[]"], "outputs": "float32[]"}
    data = {"specc": 1, "endpoints": {"aé": endpoint, "aä": endpoint, "Base64": endpoint}, "default": None}
    names = json.loads(specc.emit("payload-schema", from_json(data)).data)["$defs"]
    assert {name for name in names if name.endswith(".Inputs")} == {"Base64.2.Inputs", "a_.2.Inputs", "a_.Inputs"}


def test_a_default_is_shown_and_required() -> None:
    leaf = schema()["$defs"]["rank.Inputs"]["properties"]["temperature"]
    assert leaf["default"] == 0.5
    assert "only gRPC" in leaf["description"]
    assert "temperature" in schema()["$defs"]["rank.Inputs"]["required"]


def test_the_schema_is_the_same_for_equal_documents() -> None:
    data = ranker().to_json()
    shuffled = copy.deepcopy(data)
    shuffled["endpoints"] = dict(reversed(list(data["endpoints"].items())))
    shuffled["dims"] = dict(reversed(list(data["dims"].items())))
    assert specc.emit("payload-schema", from_json(shuffled)).data == specc.emit("payload-schema", ranker()).data
