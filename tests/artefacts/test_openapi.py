"""The emitted OpenAPI document: its paths, its examples, and what it refuses to hide."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from rest_documents import ranker
from strategies import buildable_documents

import specc
from specc.errors import UsageError
from specc.language.document import Document
from specc.language.load import from_json


def emitted(document: Document, **options: Any) -> Any:
    return json.loads(specc.emit("openapi", document, **options).data)


def test_paths_are_those_of_tensorflow_serving() -> None:
    paths = emitted(ranker())["paths"]
    assert list(paths) == [
        "/v1/models/ranker:predict",
        "/v1/models/ranker:classify",
        "/v1/models/ranker:regress",
        "/v1/models/ranker",
        "/v1/models/ranker/metadata",
    ]
    operations = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert operations == ["predict", "classify", "regress", "status", "metadata"]


def test_a_verb_without_a_signature_has_no_path() -> None:
    assert list(emitted(ranker(), endpoints=["score"])["paths"]) == [
        "/v1/models/ranker:predict",
        "/v1/models/ranker",
        "/v1/models/ranker/metadata",
    ]


@pytest.mark.parametrize(("name", "path"), [("a b", "a%20b"), ("größe", "gr%C3%B6%C3%9Fe"), ("{x}", "%7Bx%7D")])
def test_a_name_is_quoted(name: str, path: str) -> None:
    document = emitted(ranker(), name=name)
    assert document["info"]["title"] == name
    assert f"/v1/models/{path}:predict" in document["paths"]


@pytest.mark.parametrize("name", ["", "a/b", "a:b"])
def test_a_name_that_no_path_has_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a served model"):
        specc.emit("openapi", ranker(), name=name)


def test_the_version_is_that_of_the_contract() -> None:
    info = emitted(ranker())["info"]
    assert info["x-specc-contract"] == specc.digest(ranker())
    assert info["version"] == specc.digest(ranker())[:12]


def test_examples_are_requests_that_the_schema_accepts() -> None:
    document = emitted(ranker())
    content = document["paths"]["/v1/models/ranker:predict"]["post"]["requestBody"]["content"]["application/json"]
    assert list(content["examples"]) == ["score.one_user", "score.two_users"]  # the refused one is none
    root = {**content["schema"], "components": document["components"]}
    for example in content["examples"].values():
        jsonschema.Draft202012Validator(root).validate(example["value"])
    assert content["examples"]["score.two_users"]["summary"] == "Two users."


def test_an_answer_is_an_example_where_all_outputs_are_given() -> None:
    document = emitted(ranker())
    answer = document["paths"]["/v1/models/ranker:predict"]["post"]["responses"]["200"]["content"]["application/json"]
    assert list(answer["examples"]) == ["score.two_users"]
    outputs = answer["examples"]["score.two_users"]["value"]["outputs"]
    assert outputs["trace_bytes"] == [{"b64": "eA=="}, {"b64": "/w=="}]
    root = {**answer["schema"], "components": document["components"]}
    jsonschema.Draft202012Validator(root).validate({"outputs": outputs})


def test_what_json_cannot_say_is_no_example() -> None:
    endpoint = {
        "inputs": ["float32[2]"],
        "outputs": "float32[2]",
        "examples": {"odd": {"inputs": [["NaN", 1]]}, "even": {"inputs": [[0, 1]], "outputs": ["Infinity", 1]}},
    }
    (operation,) = emitted(from_json({"specc": 1, "endpoints": {"f": endpoint}}))["paths"][
        "/v1/models/model:predict"
    ].values()
    assert list(operation["requestBody"]["content"]["application/json"]["examples"]) == ["f.even"]
    assert "examples" not in operation["responses"]["200"]["content"]["application/json"]


def test_an_answer_of_bytes_is_an_example_only_where_a_server_writes_base64() -> None:
    for output, is_example in (({"a_bytes": "string[2]"}, True), ({"a": "string[2]"}, False)):
        (name,) = output
        example = {"inputs": [[1]], "outputs": {name: ["text", {"base64": "/w=="}]}}
        endpoint = {"inputs": ["int8[1]"], "outputs": output, "examples": {"one": example}}
        document = from_json({"specc": 1, "endpoints": {"f": endpoint}, "default": "f"})
        emitted = json.loads(specc.emit("openapi", document).data)["paths"]["/v1/models/model:predict"]["post"]
        assert ("examples" in emitted["responses"]["200"]["content"]["application/json"]) == is_example


def test_requests_of_two_signatures_exclude_each_other() -> None:
    document = emitted(ranker())
    schema = document["paths"]["/v1/models/ranker:predict"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    names = [reference["$ref"].rpartition("/")[2] for reference in schema["oneOf"]]
    assert names == sorted(names)
    assert len(names) == 10


def test_train_and_eval_endpoints_are_not_for_a_server() -> None:
    step = {"inputs": ["float32[batch]"], "outputs": {"loss": "float32[]"}, "method": "train"}
    served = {"inputs": ["float32[batch]"], "outputs": "float32[batch]"}
    data = {
        "specc": 1,
        "name": "m",
        "dims": {"batch": {}},
        "endpoints": {"step": step, "serve": served},
        "default": "serve",
    }
    made = specc.emit("openapi", from_json(data))
    assert made.findings == ()
    assert {name for name in json.loads(made.data)["components"]["schemas"] if name.startswith("step")} == set()


def test_what_is_left_out_is_said() -> None:
    data = {
        "specc": 1,
        "endpoints": {
            "half": {"inputs": ["float16[]"], "outputs": "float32[]"},
            "__call__": {"inputs": ["float32[]"], "outputs": "float32[]"},
            "steps": {
                "inputs": [{"time": "float32[?, ?]"}],
                "outputs": {"scores": "float32[?, 2]"},
                "method": "classify",
                "receivers": {"sequences": {"kind": "tf_sequence_example"}},
                "receiver": "sequences",
            },
        },
        "default": None,
    }
    made = specc.emit("openapi", from_json(data))
    left_out = {finding.path[1:]: finding.message for finding in made.findings if finding.rule == "emit-left-out"}
    assert set(left_out) == {("half",), ("__call__",), ("steps", "receivers", "sequences")}
    assert "float16" in left_out["half",]
    assert sorted(json.loads(made.data)["paths"]) == [
        "/v1/models/model",
        "/v1/models/model/metadata",
        "/v1/models/model:predict",
    ]


def test_nothing_is_an_error() -> None:
    made = specc.emit(
        "openapi", from_json({"specc": 1, "endpoints": {"f": {"inputs": ["int4[]"], "outputs": "int4[]"}}})
    )
    assert made.data == b""
    assert [finding.rule for finding in made.findings if finding.level == "error"] == ["emit-nothing"]


@settings(max_examples=settings.default.max_examples // 4)
@given(document=buildable_documents())
def test_any_document_gives_valid_schemas_and_the_same_bytes(document: Document) -> None:
    made = specc.emit("openapi", document, name="m")
    again = specc.emit("openapi", from_json(document.to_json()), name="m")
    assert made.data == again.data
    assert sorted(map(str, made.findings)) == sorted(map(str, again.findings))  # in the order of their document
    if not made.data:
        return
    for schema in json.loads(made.data)["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
