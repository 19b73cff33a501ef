"""Calls through an emitted Python client: what it sends, what it gives back, and what it refuses before it sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emitted_clients import (
    FakeChannel,
    Recording,
    arguments,
    called,
    client_module,
    http_server,
    numpy_array,
    one_endpoint,
    predict_response,
)
from hypothesis import given, settings
from rest_documents import ranker
from strategies import buildable_documents

import specc
from specc.artefacts.prediction_log import predict_log
from specc.language.calls.feature_encoding import field
from specc.language.calls.flat_tensor import tensor_of
from specc.language.calls.read import read_example
from specc.language.document import Document
from specc.language.load import from_json
from specc.language.signatures import SERVABLE
from specc.language.wire_names import output_leaves
from specc.rest.exchanges import exchanges
from specc.rest.payload import check_request
from specc.rest.sample import smallest_inputs
from specc.rest.signatures import rest_service

SPECS = sorted((Path(__file__).resolve().parents[2] / "examples").glob("**/*.specc.json"))
RANKER = ranker()
MODULE = client_module(RANKER)
TWO_USERS = {
    "user": {"id": [7, 9], "history": [[1, 2], [3, 0]]},
    "country": ["de", b"fr"],
    "weight": [0.5, 1],
    "fresh": [True, False],
}
ALL_KINDS: dict[str, Any] = {
    "specc": 1,
    "name": "kinds",
    "dims": {"batch": {}, "width": {}},
    "endpoints": {
        "mix": {
            "inputs": [
                {"kind": "namedtuple", "typename": "Pair", "fields": [["left", "float32[batch]"], ["count", "int8[]"]]},
                ["string[?]", {"kind": "tuple", "items": ["complex64[2]", "uint64[]"]}],
                {"kind": "ragged", "dtype": "string", "shape": ["batch", "?", "?", "width"], "ragged_rank": 2},
                {
                    "a b": {"kind": "tensor", "dtype": "string", "shape": [2], "default": ["x", {"base64": "/w=="}]},
                    "low": {"kind": "tensor", "dtype": "float32", "shape": [], "default": "NaN"},
                },
            ],
            "arguments": ["pair", "rest", "words", "options"],
            "outputs": {
                "pair": {
                    "kind": "namedtuple",
                    "typename": "Pair",
                    "fields": [["x", "float32[batch]"], ["n", "bool[]"]],
                },
                "list": ["float64[?, 2]", {"kind": "ragged", "dtype": "int32", "shape": ["batch", "?"]}],
                "sparse": {"kind": "sparse", "dtype": "string", "shape": ["batch", 3]},
                "rank": "int64[...]",
            },
        },
        "half": {"inputs": ["uint16[?]"], "outputs": "float16[?]"},
    },
    "default": "mix",
}


def test_rest_sends_the_request_of_the_example_and_reads_its_answer() -> None:
    made = {each.name: each for each in exchanges(rest_service(RANKER), "predict")}["score.two_users"]
    asked: list[tuple[str, Any]] = []

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        asked.append((path, json.loads(body)))
        return 200, json.dumps(made.answer).encode()

    with http_server(answer) as url:
        found = MODULE.Client(url).score(TWO_USERS)
        MODULE.Client(MODULE.Rest(url + "/"), model="a b", version=3).score(TWO_USERS)
    assert asked[0] == ("/v1/models/ranker:predict", made.request)
    assert asked[1] == ("/v1/models/a%20b/versions/3:predict", made.request)
    np.testing.assert_array_equal(found["click"], np.array([[0.25], [0.75]], np.float32))
    assert found["click"].dtype == np.float32
    assert found["reason"].tolist() == [b"a", b"b"]
    assert found["trace_bytes"].tolist() == [b"x", b"\xff"]


def test_grpc_sends_the_request_of_the_example_and_reads_its_answer() -> None:
    call = read_example(RANKER, "score", RANKER.endpoints["score"].examples["two_users"], ())
    channel = FakeChannel(predict_response(call.expected))
    found = MODULE.Client(MODULE.Grpc(channel)).score(TWO_USERS)
    assert channel.method == "/tensorflow.serving.PredictionService/Predict"
    assert [field(6, field(1, request)) for request in channel.requests] == [
        predict_log("ranker", "score", call.inputs)
    ]
    assert found["click"].tolist() == [[0.25], [0.75]]
    assert found["trace_bytes"].tolist() == [b"x", b"\xff"]


def test_a_plain_receiver_leaves_the_raw_signature() -> None:
    transport = Recording({"outputs": np.zeros(1, np.float32)})
    MODULE.Client(transport).price({"area": [1.0], "rooms": [[1, 2]], "words": [["old", "new"]]})
    assert transport.requests[0].signature == "raw:price"
    assert not hasattr(MODULE.Client, "label")
    (finding,) = specc.emit("python", RANKER).findings
    assert (finding.rule, finding.path) == ("emit-left-out", ("endpoints", "label"))


def test_a_default_is_written_out_by_rest_and_left_out_by_grpc() -> None:
    values = MODULE.Ragged.of([[1, 2], []]), MODULE.Sparse([[0, 3]], [0.5], [2, 100])
    bodies: list[Any] = []

    def answer(_: str, body: bytes) -> tuple[int, bytes]:
        bodies.append(json.loads(body)["inputs"])
        return 200, b'{"outputs": {"output_0": [[1.5], [NaN]], "output_1": -Infinity}}'

    with http_server(answer) as url:
        first, second = MODULE.Client(url).rank(*values)
    assert bodies == [
        {
            "items_values": [1, 2],
            "items_row_splits": [0, 2, 2],
            "cross_indices": [[0, 3]],
            "cross_values": [0.5],
            "cross_dense_shape": [2, 100],
            "temperature": 0.5,
        }
    ]
    assert np.isnan(first[1, 0])
    assert second.shape == ()
    assert second == -np.inf
    outputs = {"output_0": tensor_of("float32", (1, 1), [2.0]), "output_1": tensor_of("float32", (), [3.0])}
    channel = FakeChannel(predict_response(outputs))
    client = MODULE.Client(MODULE.Grpc(channel))
    client.rank(*values)
    client.rank(*values, temperature=np.nan)
    assert [b"temperature" in request for request in channel.requests] == [False, True]
    assert np.array(np.nan, "<f4").tobytes() in channel.requests[1]


def test_trees_are_those_of_the_spec() -> None:
    module = client_module(from_json(ALL_KINDS))
    answer = {
        "pair_x": np.zeros(2, np.float32),
        "pair_n": np.array(True),
        "list_0": np.zeros((0, 2)),
        "list_1_values": np.array([1, 2, 3], np.int32),
        "list_1_row_splits": np.array([0, 1, 3]),
        "sparse_indices": np.array([[0, 1]]),
        "sparse_values": np.array([b"v"], object),
        "sparse_dense_shape": np.array([2, 3]),
        "rank": np.array([[[5]]]),
    }
    transport = Recording(answer)
    words = module.Ragged.of([[[["a", "b"]], []], []], 2)
    found = module.Client(transport).mix(([1, 2], 3), (["x"], ([1j, 2], 2**64 - 1)), words, options={"low": None})
    request = transport.requests[0]
    assert {name: value.tolist() for name, value in request.inputs.items()} == {
        "left": [1, 2],
        "count": 3,
        "rest_0": [b"x"],
        "rest_1_0": [1j, 2],
        "rest_1_1": 2**64 - 1,
        "words_values": [[b"a", b"b"]],
        "words_row_splits_0": [0, 2, 2],
        "words_row_splits_1": [0, 1, 1],
    }
    assert request.defaults["a b"].tolist() == [b"x", b"\xff"]
    assert np.isnan(request.defaults["low"])
    assert request.outputs["pair_x"] == ("float32", (2,))
    assert type(found["pair"]).__name__ == "MixOutputsPair"
    assert found["pair"].n.shape == ()
    assert [row.tolist() for row in found["list"][1].rows()] == [[1], [2, 3]]
    assert found["list"][1].values.dtype == np.int32
    assert found["sparse"].values.tolist() == [b"v"]
    assert words.rows()[0][0].tolist() == [["a", "b"]]


def test_rest_refuses_what_json_cannot_carry() -> None:
    module = client_module(from_json(ALL_KINDS))
    assert "REST has no JSON for float16 and uint16" in " ".join(module.Client.half.__doc__.split())
    client = module.Client("http://localhost:1")
    with pytest.raises(ValueError, match="REST has no JSON for "):
        client.half([1])
    channel = FakeChannel(predict_response({"output_0": tensor_of("float16", (1,), [0.5])}))
    assert module.Client(module.Grpc(channel)).half([65535]).tolist() == [0.5]
    with pytest.raises(ValueError, match=r"JSON cannot write the shape \[0, 2\] of 'inputs'"):
        client_module(one_endpoint(["float32[?, 2]"])).Client("http://localhost:1").f(np.zeros((0, 2)))


@pytest.mark.parametrize(
    ("status", "content", "message"),
    [
        (400, b'{"error": "no such signature"}', "400: no such signature"),
        (502, b"<html>", "502: <html>"),
        (200, b"<html>", "UNEXPECTED_ANSWER: JSONDecodeError: ..."),
        (200, b"[]", "UNEXPECTED_ANSWER: TypeError: ..."),
        (200, b'{"outputs": {"click": [[1]], "reason": [1]}}', "UNEXPECTED_ANSWER: AttributeError: ..."),
        (
            200,
            b'{"outputs": {"click": [["a"]], "reason": []}}',
            "UNEXPECTED_ANSWER: ValueError: click: 'a' is not a ...",
        ),
        (
            200,
            b'{"outputs": {"click": [1], "reason": ["a"], "trace_bytes": [{"b64": "eA=="}]}}',
            "UNEXPECTED_ANSWER: the output 'click' has the rank 1, expected 2",
        ),
    ],
)
def test_a_refusal_and_a_wrong_answer_are_model_errors(status: int, content: bytes, message: str) -> None:
    with http_server(lambda path, body: (status, content)) as url, pytest.raises(MODULE.ModelError) as caught:
        MODULE.Client(url).score(TWO_USERS)
    assert str(caught.value)[: len(message) - 3] == message[:-3]
    assert caught.value.status == (status if status != 200 else "UNEXPECTED_ANSWER")


def test_a_server_that_is_not_there_is_a_model_error() -> None:
    with http_server(lambda path, body: (200, b"")) as url:
        pass
    with pytest.raises(MODULE.ModelError) as caught:
        MODULE.Client(url, timeout=5).score(TWO_USERS)
    assert caught.value.status == "UNAVAILABLE"
    with pytest.raises(ValueError, match="expected a URL"):
        MODULE.Client("file:///etc/passwd")


@pytest.mark.parametrize(
    "content", [b"\xff", b"\x0a\x7f", b"\x0b", predict_response({"click": tensor_of("int8", (1, 1), [0])})]
)
def test_bytes_that_are_not_an_answer_are_a_model_error(content: bytes) -> None:
    with pytest.raises(MODULE.ModelError, match="UNEXPECTED_ANSWER"):
        MODULE.Client(MODULE.Grpc(FakeChannel(content))).score(TWO_USERS)


def test_an_answer_of_another_dtype_is_a_model_error() -> None:
    with pytest.raises(MODULE.ModelError, match="the output 'done' is int64, expected bool"):
        MODULE.Client(Recording({"done": np.array(1)})).reset()


def test_text_that_is_not_utf8_comes_back_over_rest() -> None:
    with http_server(lambda path, body: (200, b'{"outputs": ["\xff\xc3\xa4"]}')) as url:
        assert client_module(one_endpoint(["int8[]"], "string[?]")).Client(url).f(1).tolist() == [b"\xff\xc3\xa4"]


def test_an_empty_answer_has_the_sizes_of_the_request() -> None:
    module = client_module(one_endpoint(["float32[batch, time]"], "float32[?, time, 3]"))
    with http_server(lambda path, body: (200, b'{"outputs": []}')) as url:
        assert module.Client(url).f(np.zeros((1, 4), np.float32)).shape == (0, 4, 3)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_examples_of_the_repository_are_what_is_sent(path: Path) -> None:
    document = specc.load(path)
    if not any(endpoint.method in SERVABLE for endpoint in document.endpoints.values()):
        return
    module = client_module(document, name="m")
    for name, endpoint in document.endpoints.items():
        for key, example in endpoint.examples.items() if hasattr(module.Client, name) else ():
            call = read_example(document, name, example, ("endpoints", name, "examples", key))
            transport = Recording()
            client = module.Client(transport)
            with pytest.raises((ValueError, module.ModelError) if call.error is not None else module.ModelError):
                called(client, document, name, arguments(module, document, name, call.inputs, call.left_out))
            if call.error is None:
                (request,) = transport.requests
                assert set(request.defaults) == call.left_out
                for wire, array in {**request.inputs, **request.defaults}.items():
                    np.testing.assert_array_equal(array, numpy_array(call.inputs[wire]))


@settings(max_examples=settings.default.max_examples // 8)
@given(document=buildable_documents())
def test_any_document_gives_a_client_whose_requests_are_legal(document: Document) -> None:
    made = specc.emit("python", document, name="m")
    assert made == specc.emit("python", from_json(document.to_json()), name="m")
    if not made.data:
        return
    module = client_module(document, name="m")
    bodies, refusals = list[bytes](), list[str]()

    class Sent(module.Rest):  # type: ignore[misc,name-defined]
        def _post(self, url: str, body: bytes, timeout: float) -> bytes:
            bodies.append(body)
            return b"{}"

    for name, endpoint in document.endpoints.items():
        inputs = smallest_inputs(document, name)
        if not hasattr(module.Client, name) or inputs is None:
            continue
        values = arguments(module, document, name, inputs, frozenset())
        outputs = {
            part.wire_name: np.zeros([1] * len(part.shape or ()), object if part.dtype == "string" else part.dtype)
            for leaf in output_leaves(endpoint)
            for part in leaf.components
        }
        called(module.Client(Recording(outputs)), document, name, values)
        try:
            called(module.Client(Sent("http://localhost")), document, name, values)
        except module.ModelError:
            assert check_request(rest_service(document), json.loads(bodies[-1])) == []
        except ValueError as error:
            refusals.append(str(error))
    assert all("JSON" in text for text in refusals)
