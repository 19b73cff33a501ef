"""What the mock answers: declared examples, and else values that the contract allows, always the same ones."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from random_documents import as_document, random_document
from rest_documents import RANKER, ranker
from rest_requests import REQUESTS, edited

import specc
from specc.language.calls.feature_encoding import feature, field, map_entry
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.document import Document
from specc.language.load import from_json
from specc.language.scalars import MAX_SIZE
from specc.mock.answers import to_bytes
from specc.mock.model import MockModel
from specc.mock.refused import RefusedError
from specc.rest.components import component_names
from specc.rest.exchanges import exchanges, tensor_value
from specc.rest.payload import check_request
from specc.rest.sample import smallest_inputs
from specc.rest.signatures import RestSignature, Verb, rest_service

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.specc.json"))
VERBS: dict[str, Verb] = {"price": "regress", "label": "classify"}
TWO_USERS = REQUESTS[0]


def answer(model: MockModel, request: Any, verb: Verb | None = None) -> Any:
    wanted = verb or VERBS.get(request.get("signature_name", ""), "predict")
    return json.loads(to_bytes(model.answer(wanted, json.dumps(request).encode())))


def answer_or_refusal(model: MockModel, request: Any, verb: Verb) -> tuple[Any, str]:
    try:
        return answer(model, request, verb), ""
    except RefusedError as error:
        return None, error.text


def document(outputs: Any, **endpoint: Any) -> Document:
    parts: dict[str, Any] = {"inputs": [{"a": "float32[batch, time]", "b": "int64[batch]"}], **endpoint}
    dims = {"batch": {}, "time": {}, "few": {"min": 2, "max": 3}, "n": {}}
    data = {"specc": 1, "dims": dims, "endpoints": {"score": {**parts, "outputs": outputs}}, "default": "score"}
    return from_json(data)


def two_rows(time: int = 3) -> dict[str, Any]:
    return {"inputs": {"a": [[0.5] * time] * 2, "b": [1, 2]}}


class Schemas:
    """The schemas of the answers in the OpenAPI document of a document."""

    def __init__(self, document: Document) -> None:
        self._document = json.loads(specc.emit("openapi", document).data)
        self._names = component_names(rest_service(document).signatures)
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def check(self, signature: RestSignature, request: Any, answered: Any) -> None:
        names = {"classify": "ClassifyResponse", "regress": "RegressResponse"}
        form = "Row" if "instances" in request else "Column"
        name = names.get(signature.verb, f"{self._names[signature.key]}.{form}Response")
        if name not in self._validators:
            schema = {"$ref": f"#/components/schemas/{name}", "components": self._document["components"]}
            self._validators[name] = jsonschema_rs.Draft202012Validator(schema)
        self._validators[name].validate(answered)


def test_a_declared_example_has_its_answer_in_columns_and_in_rows() -> None:
    model = MockModel(ranker())
    outputs = {
        "click": [[0.25], [0.75]],
        "reason": ["a", "b"],
        "trace_bytes": [{"b64": "eA=="}, {"b64": "/w=="}],
    }
    assert answer(model, TWO_USERS) == {"outputs": outputs}
    inputs = TWO_USERS["inputs"]
    rows = [{name: values[row] for name, values in inputs.items()} for row in range(2)]
    predictions = [{name: values[row] for name, values in outputs.items()} for row in range(2)]
    assert answer(model, {"instances": rows}) == {"predictions": predictions}
    assert answer(model, {"signature_name": "serving_default", "inputs": inputs}) == {"outputs": outputs}
    assert answer(model, {"inputs": {**inputs, "weight": [0.5, 0.75]}}) != {"outputs": outputs}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_of_a_spec_have_their_answers(path: Path) -> None:
    loaded = specc.load(path)
    model, service = MockModel(loaded), rest_service(loaded)
    for exchange in exchanges(service, "predict"):
        answered = answer(model, exchange.request)
        assert exchange.answer is None or answered == exchange.answer


def test_the_outputs_that_an_example_does_not_state_fit_those_that_it_states() -> None:
    example = {"inputs": [{"a": [[0.5]], "b": [1]}], "outputs": {"best": [3, 1, 2]}}
    outputs = {"best": "int64[few]", "scores": "float32[few]", "x": "bool[batch]"}
    model = MockModel(document(outputs, examples={"one": example}))
    found = answer(model, {"inputs": {"a": [[0.5]], "b": [1]}})["outputs"]
    assert found["best"] == [3, 1, 2]
    assert len(found["scores"]) == 3
    assert len(found["x"]) == 1


@pytest.mark.parametrize(("error", "text"), [("too long", "too long"), ("", "the example 'no' is one that is refused")])
def test_an_example_that_is_refused_is_refused(error: str, text: str) -> None:
    example = {"inputs": [{"a": [[0.5]], "b": [1]}], "error": error}
    model = MockModel(document("float32[batch]", examples={"no": example}))
    with pytest.raises(RefusedError, match=text) as caught:
        answer(model, {"inputs": {"a": [[0.5]], "b": [1]}})
    assert caught.value.status == 400
    assert answer(model, {"inputs": {"a": [[0.5]], "b": [2]}})


def test_examples_of_messages() -> None:
    price = {
        "inputs": [{"area": [70.5, 30.1], "rooms": [[1, 2], [3, -4]], "words": [["old"], ["new"]]}],
        "outputs": [1.5, 2.5],
    }
    endpoints = {**RANKER["endpoints"], "price": {**RANKER["endpoints"]["price"], "examples": {"two": price}}}
    embed = {"inputs": [[[[0, 1, 2.5], [0, 0, 0]]]], "outputs": [[1, 2, 3, 4, 5, 6, 7, 8]]}
    endpoints["embed"] = {**endpoints["embed"], "examples": {"one": embed}}
    model = MockModel(ranker(endpoints=endpoints))
    request = {
        "signature_name": "price",
        "context": {"words": "old"},
        "examples": [{"area": 70.5, "rooms": [1, 2]}, {"words": [{"b64": "bmV3"}], "rooms": [3, -4], "area": [30.1]}],
    }
    assert answer(model, request) == {"results": [1.5, 2.5]}
    request["examples"][0]["rooms"] = [1, 3]
    assert answer(model, request) != {"results": [1.5, 2.5]}
    assert len(answer(model, request)["results"]) == 2
    message = field(1, map_entry("inputs", feature([0, 1, 2.5, 0, 0, 0], "float32")))
    sent = {"signature_name": "examples:embed", "inputs": [{"b64": base64.b64encode(message).decode()}]}
    assert answer(model, sent) == {"outputs": [[1, 2, 3, 4, 5, 6, 7, 8]]}
    sent["inputs"][0]["b64"] = base64.b64encode(message[:-1]).decode()
    assert len(answer(model, sent)["outputs"]) == 1


def test_the_same_request_has_the_same_answer() -> None:
    model, other = MockModel(ranker()), MockModel(ranker())
    answers = [answer(model, request) for request in REQUESTS]
    assert [answer(other, request) for request in reversed(REQUESTS)] == answers[::-1]
    assert [answer(MockModel(ranker(), seed=1), request) for request in REQUESTS[1:]] != answers[1:]


def test_an_answer_does_not_depend_on_how_a_request_is_written() -> None:
    model = MockModel(ranker())
    inputs = {"user_id": [7], "user_history": [[5]], "country": ["de"], "weight": [1], "fresh": [True]}
    wanted = answer(model, {"inputs": inputs})["outputs"]
    turned = dict(reversed(inputs.items()))
    assert answer(model, {"inputs": {**turned, "weight": [1.0], "country": [{"b64": "ZGU"}]}})["outputs"] == wanted
    row = {name: values[0] for name, values in inputs.items()}
    assert answer(model, {"instances": [row]})["predictions"] == [{name: wanted[name][0] for name in wanted}]
    assert answer(model, {"inputs": {**inputs, "user_id": [8]}})["outputs"] != wanted
    assert answer(model, {"inputs": {**inputs, "country": ["d"]}})["outputs"] != wanted


def test_named_dims_of_an_answer_are_those_of_the_request() -> None:
    model = MockModel(document({"x": "float32[batch, time, 2]", "y": "bool[time]", "z": "int8[few, batch]"}))
    for time in (1, 4):
        found = answer(model, two_rows(time))["outputs"]
        assert [len(found["x"]), len(found["x"][0]), len(found["x"][0][0])] == [2, time, 2]
        assert len(found["y"]) == time
        assert len(found["z"]) in (2, 3)
        assert len(found["z"][0]) == 2


def test_a_dim_that_no_request_gives_has_one_size_in_an_answer() -> None:
    model = MockModel(document({"x": "float32[batch, n]", "y": "float32[batch, n]", "z": "float32[batch, few]"}))
    sizes = set()
    for time in range(1, 20):
        found = answer(model, two_rows(time))["outputs"]
        assert len(found["x"][0]) == len(found["y"][1]) > 0
        assert len(found["z"][0]) in (2, 3)
        sizes.add(len(found["x"][0]))
    assert len(sizes) > 1


def test_an_unknown_number_of_rows_is_that_of_the_request() -> None:
    unknown = from_json({"specc": 1, "endpoints": {"f": {"inputs": ["float32[?, 2]"], "outputs": "float32[?]"}}})
    model = MockModel(unknown)
    for count in (1, 5):
        rows = [[0.5, 1.5]] * count
        assert len(answer(model, {"signature_name": "f", "inputs": rows})["outputs"]) == count
        assert len(answer(model, {"signature_name": "f", "instances": rows})["predictions"]) == count


def test_a_row_of_a_rowwise_endpoint_has_the_same_answer_in_any_request() -> None:
    text = {"kind": "tensor", "dtype": "string", "shape": []}
    inputs = [{"a": "float32[batch, 2]", "s": "string[batch]", "t": text}]
    outputs = {"x": "float32[batch, n]", "y": "string[batch]", "w": "bool[batch]"}
    model = MockModel(document(outputs, inputs=inputs, rowwise=True))
    rows = {"a": [[1, 2], [3, 4], [1, 2]], "s": ["a", "b", "a"], "t": "t"}
    found = answer(model, {"inputs": rows})["outputs"]
    assert found["x"][0] == found["x"][2] != found["x"][1]
    one = answer(model, {"inputs": {"a": [[3, 4]], "s": ["b"], "t": "t"}})["outputs"]
    assert one == {name: values[1:2] for name, values in found.items()}
    other = answer(model, {"inputs": {"a": [[3, 4]], "s": ["b"], "t": "u"}})["outputs"]
    assert other["x"] != one["x"]
    price = {**RANKER["endpoints"]["price"], "rowwise": True}
    priced = MockModel(ranker(endpoints={"price": price}, default=None))
    houses = [{"area": area, "rooms": [1, 2], "words": "old"} for area in (70.5, 30.5, 70.5)]
    prices = answer(priced, {"signature_name": "price", "examples": houses})["results"]
    assert prices[0] == prices[2] != prices[1]
    assert answer(priced, {"signature_name": "price", "examples": houses[1:2]})["results"] == prices[1:2]


def test_bounds_of_an_answer() -> None:
    low = {"kind": "tensor", "dtype": "int32", "shape": ["batch", 50], "minimum": 7, "maximum": 9}
    high = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 50], "minimum": 0.1, "maximum": 0.2}
    found = answer(MockModel(document({"low": low, "high": high})), two_rows())["outputs"]
    assert {value for row in found["low"] for value in row} == {7, 8, 9}
    assert all(0.1 <= value <= 0.2 for row in found["high"] for value in row)


def test_values_that_json_lacks_are_written_as_a_server_does() -> None:
    example = {
        "inputs": [{"a": [[0.5]], "b": [1]}],
        "outputs": {"number": ["NaN"], "text": [{"base64": "/w=="}]},
    }
    model = MockModel(document({"number": "float32[batch]", "text": "string[batch]"}, examples={"one": example}))
    request = json.dumps({"inputs": {"a": [[0.5]], "b": [1]}}).encode()
    assert to_bytes(model.answer("predict", request)) == b'{"outputs": {"number": [NaN], "text": ["\xff"]}}'


def test_results_of_a_classification() -> None:
    text = {"kind": "tensor", "dtype": "string", "shape": ["batch"], "name": "inputs"}
    for outputs, row in (
        ({"classes": "string[batch, 2]"}, [str, float]),
        ({"scores": "float32[batch, 2]"}, [str, float]),
        ({"classes": "string[batch, 2]", "scores": "float32[batch, 2]"}, [str, float]),
    ):
        model = MockModel(document(outputs, inputs=[text], method="classify"))
        results = answer(model, {"examples": [{"x": 1.5}, {"x": 2.5}, {}]}, "classify")["results"]
        assert [len(each) for each in results] == [2, 2, 2]
        assert all([type(value) for value in pair] == row for each in results for pair in each)


def test_answers_fit_the_emitted_schemas_and_refusals_are_those_of_the_check() -> None:
    model, service, schemas = MockModel(ranker()), rest_service(ranker()), Schemas(ranker())
    by_key = {key: signature for signature in service.signatures for key in signature.keys}
    rng, seen = Random(11), Counter[str]()
    for number in range(3_000):
        request = REQUESTS[number] if number < len(REQUESTS) else edited(rng, rng.choice(REQUESTS))
        name = request.get("signature_name", "score") if isinstance(request, dict) else "score"
        signature = by_key.get(name if isinstance(name, str) else "")
        verb = signature.verb if signature is not None else "predict"
        findings = check_request(service, request, verb)
        answered, refusal = answer_or_refusal(model, request, verb)
        assert refusal == "\n".join(map(str, findings))
        if answered is not None:
            assert signature is not None
            schemas.check(signature, request, answered)
        seen[signature.key if signature is not None and answered is not None else "refused"] += 1
    assert seen["refused"] > 1_000
    assert set(by_key) - {"serving_default"} <= set(seen)


def test_answers_of_many_documents_fit_their_schemas() -> None:
    rng, count = Random(3), 0
    for _ in range(150):
        made = as_document(random_document(rng))
        if made is None or not specc.emit("openapi", made).data:
            continue
        model, schemas = MockModel(made), Schemas(made)
        for signature in rest_service(made).of("predict"):
            if signature.receiver is not None:
                continue
            inputs = smallest_inputs(made, signature.name)
            if inputs is None:
                continue
            request = {"signature_name": signature.key, "inputs": _columns(inputs)}
            answered, refusal = answer_or_refusal(model, request, "predict")
            assert refusal == "\n".join(map(str, check_request(rest_service(made), request)))
            if answered is not None:
                schemas.check(signature, request, answered)
                count += 1
    assert count > 50


def _columns(inputs: dict[str, FlatTensor]) -> dict[str, Any]:
    return {name: tensor_value(tensor) for name, tensor in inputs.items()}


def test_an_answer_without_end_is_refused() -> None:
    for shape in ("batch, 1000000000", f"batch, {', '.join([str(MAX_SIZE)] * 100)}"):
        model = MockModel(document(f"float32[{shape}]"))
        with pytest.raises(RefusedError, match="more than 1,000,000 values") as caught:
            answer(model, two_rows())
        assert caught.value.status == 501
    sizes = ["batch", *[MAX_SIZE] * 100]
    with pytest.raises(RefusedError):
        answer(MockModel(document({"kind": "sparse", "dtype": "float32", "shape": sizes})), two_rows())
    large = {"kind": "sparse", "dtype": "float32", "shape": ["batch", 1 << 40]}
    assert len(answer(MockModel(document(large)), two_rows())["outputs"]) == 3


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b'{"a": 1, "a": 2}', b"1e999", b"nul", b"null"])
def test_a_body_that_is_not_a_request_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError) as caught:
        MockModel(ranker()).answer("predict", body)
    assert caught.value.status == 400
    assert caught.value.text
