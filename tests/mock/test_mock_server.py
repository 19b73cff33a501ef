"""The mock over HTTP: its paths and refusals, and requests that are not what they announce."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from mock_client import ask, raw, served
from rest_documents import ranker
from rest_requests import REQUESTS

from specc.errors import UnavailableError
from specc.mock import request_body, server
from specc.mock.server import MockServer, open_server, running

DOCUMENT = ranker(description="<b>1 & 2</b>")
SERVED = served(DOCUMENT)
RESET = {"signature_name": "reset", "inputs": {}}
MALFORMED = "Malformed request: "


@pytest.fixture(scope="module")
def mock() -> Iterator[tuple[MockServer, list[str]]]:
    lines: list[str] = []
    with running(SERVED, log=lines.append) as running_server:
        yield running_server, lines


@pytest.fixture
def url(mock: tuple[MockServer, list[str]]) -> str:
    return mock[0].url


def head(*lines: str) -> bytes:
    return "\r\n".join((*lines, "", "")).encode()


def post(*lines: str) -> bytes:
    return head("POST /v1/models/ranker:predict HTTP/1.1", *lines)


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_of_each_kind_is_answered(url: str, request_: dict[str, Any]) -> None:
    verb = {"price": "regress", "label": "classify"}.get(request_.get("signature_name", ""), "predict")
    reply = ask(f"{url}/v1/models/ranker:{verb}", request_)
    assert reply.status == 200
    assert list(reply.data) in (["outputs"], ["predictions"], ["results"])
    for which in ("/versions/7", "/labels/canary"):
        assert ask(f"{url}/v1/models/ranker{which}:{verb}?a=b", request_).data == reply.data


def test_status_and_metadata(url: str) -> None:
    state = {"state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    assert ask(f"{url}/v1/models/ranker").data == {"model_version_status": [{"version": "1", **state}]}
    assert ask(f"{url}/v1/models/ranker/versions/3").data == {"model_version_status": [{"version": "3", **state}]}
    metadata = ask(f"{url}/v1/models/ranker/metadata").data
    assert metadata["model_spec"] == {"name": "ranker", "signature_name": "", "version": "1"}
    signatures = metadata["metadata"]["signature_def"]["signature_def"]
    assert {"score", "serving_default", "examples:embed", "raw:price"} <= set(signatures)
    assert signatures["price"]["method_name"] == "tensorflow/serving/regress"
    shape = {"dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}], "unknown_rank": False}
    click = signatures["score"]["outputs"]["click"]
    assert (click["dtype"], click["tensor_shape"]) == ("DT_FLOAT", shape)
    assert signatures["rank"]["outputs"]["output_1"]["tensor_shape"] == {"dim": [], "unknown_rank": True}


def test_the_openapi_document_is_that_of_this_server(url: str) -> None:
    emitted = json.loads(SERVED.openapi)
    assert ask(f"{url}/openapi.json").data == {**emitted, "servers": [{"url": url}]}


def test_the_page(url: str) -> None:
    reply = ask(f"{url}/")
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"<title>ranker" in reply.data
    assert all(name.encode() in reply.data for name in DOCUMENT.endpoints)
    assert b"<b>1" not in reply.data
    assert b" connect-src 'self'; " in reply.data
    assert f"{url}/v1/models/ranker:predict".encode() in reply.data
    assert b":8501" not in reply.data


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("POST", "/v1/models/other:predict", 404, "Servable not found for request: Latest(other)"),
        ("POST", "/v1/models/a%20b/versions/3:regress", 404, "Servable not found for request: Specific(a b, 3)"),
        ("GET", "/v1/models/other", 404, "Could not find any versions of model other"),
        ("GET", "/v1/models/other/metadata", 404, "Could not find any versions of model other"),
        ("GET", "/v1/models", 400, "Missing model name in request."),
        ("GET", "/v1/models/ranker:predict", 400, f"{MALFORMED}GET /v1/models/ranker:predict"),
        ("POST", "/v1/models/ranker", 400, f"{MALFORMED}POST /v1/models/ranker"),
        ("POST", "/v1/models/ranker:explain", 400, f"{MALFORMED}POST /v1/models/ranker:explain"),
        ("POST", "/v1/models/ranker/versions/x:predict", 400, f"{MALFORMED}POST /v1/models/ranker/versions/x:predict"),
        ("PUT", "/v1/models/ranker", 400, f"{MALFORMED}PUT /v1/models/ranker"),
        ("DELETE", "/v1/models/ranker?x", 400, f"{MALFORMED}DELETE /v1/models/ranker"),
        ("GET", f"/v1/models/ranker/versions/{1 << 63}", 400, f"Failed to convert version: {1 << 63} to numeric."),
        ("GET", "/v2", 404, "there is nothing at /v2; the model is /v1/models/ranker"),
        ("POST", "/", 404, "there is nothing at /; the model is /v1/models/ranker"),
    ],
)
def test_paths_that_are_refused(url: str, method: str, path: str, status: int, error: str) -> None:
    body = b"{}" if method == "POST" else None
    reply = ask(f"{url}{path}", body, method)
    assert (reply.status, reply.data) == (status, {"error": error})


def test_a_refusal_has_a_line_for_each_defect(url: str) -> None:
    inputs = {**REQUESTS[0]["inputs"], "user_id": [7, 99], "weights": 1}
    reply = ask(f"{url}/v1/models/ranker:predict", {"inputs": inputs})
    assert reply.status == 400
    assert reply.data["error"].split("\n") == [
        "inputs.weights: payload-input: 'score' has no input 'weights'; did you mean 'weight'?",
        "inputs.user_id[1]: payload-range: 'user_id': 99 is not at most 50",
    ]


def test_a_head_request_has_no_body(url: str) -> None:
    answered = raw(url, head("HEAD / HTTP/1.1", "Connection: close"))
    assert answered.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answered.endswith(b"\r\n\r\n")
    assert raw(url, head("HEAD /v1/models/ranker HTTP/1.1", "Connection: close")).startswith(b"HTTP/1.1 400 ")


def test_a_connection_is_kept(url: str) -> None:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    for body in (json.dumps(RESET), "{", "", json.dumps(RESET)):
        connection.request("POST", "/v1/models/ranker:predict", body)
        with connection.getresponse() as response:
            assert response.status == (200 if len(body) > 1 else 400)
            assert response.headers["Connection"] is None
            assert json.loads(response.read())
        sock = connection.sock
        connection.request("GET", "/v1/models/ranker", body)  # a body, which this method does not need
        with connection.getresponse() as response:
            assert response.status == 200
            response.read()
        assert connection.sock is sock
    connection.close()


def test_a_body_in_chunks(url: str) -> None:
    chunked = post("Transfer-Encoding: chunked", "Connection: close")
    body = json.dumps(RESET).encode()
    parts = [b"5\r\n" + body[:5] + b"\r\n", f"{len(body) - 5:X};a=b\r\n".encode() + body[5:] + b"\r\n0\r\nA: b\r\n\r\n"]
    assert raw(url, chunked, *parts).endswith(b'{"outputs": true}')


@pytest.mark.parametrize(
    ("status", "parts"),
    [
        (413, [post("Content-Length: 16777217")]),
        (413, [post(f"Content-Length: {10**30}")]),
        (413, [post("Transfer-Encoding: chunked"), b"FFFFFFF\r\n"]),
        (400, [post("Content-Length: -1")]),
        (400, [post("Content-Length: 1e3")]),
        (400, [post("Content-Length: \u0661".encode("utf-8").decode("latin-1"))]),
        (400, [post("Content-Length: 5"), b"{"]),
        (400, [post("Content-Length: 2", "Transfer-Encoding: chunked"), b"{}"]),
        (501, [post("Transfer-Encoding: gzip, chunked"), b"{}"]),
        (400, [post("Transfer-Encoding: chunked"), b"-5\r\n"]),
        (400, [post("Transfer-Encoding: chunked"), b"1" * 1000]),
        (400, [post("Transfer-Encoding: chunked"), b"1\r\n{}\r\n"]),
        (400, [post("Transfer-Encoding: chunked"), b"0\r\n" + b"a: b\r\n" * 200]),
        (400, [post(), b"{}\r\n"]),
        (414, [b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n"]),
        (431, [post(*[f"A{number}: b" for number in range(300)])]),
        (400, [b"GET / HTTP/9\r\n\r\n"]),
        (400, [b"\x16\x03\x01\x02\x00\x01\r\n\r\n"]),
    ],
)
def test_a_hostile_request_is_refused_at_once(url: str, status: int, parts: list[bytes]) -> None:
    started = time.monotonic()
    answered = raw(url, *parts)
    assert time.monotonic() - started < 5
    first, _, rest = answered.partition(b"\r\n")
    assert first.startswith(b"HTTP/1.1 %d " % status)
    assert "error" in json.loads(rest.partition(b"\r\n\r\n")[2].partition(b"HTTP/1.1 ")[0])


def test_a_compressed_body(url: str) -> None:
    def sent(body: bytes) -> bytes:
        lines = ("Content-Encoding: gzip", f"Content-Length: {len(body)}", "Connection: close")
        return raw(url, post(*lines), body)

    body = gzip.compress(json.dumps(RESET).encode())
    assert sent(body).endswith(b'{"outputs": true}')
    assert sent(body[:-4]).startswith(b"HTTP/1.1 400 ")
    assert sent(b"{}").startswith(b"HTTP/1.1 400 ")
    assert sent(gzip.compress(b" " * (17 << 20))).startswith(b"HTTP/1.1 413 ")


def test_any_name_of_a_model() -> None:
    name = "<b onclick=1>\n'\"% grün"
    with running(served(DOCUMENT, name)) as named:
        page = ask(named.url).data.decode()
        assert "<b onclick" not in page
        (path,) = [path for path in ask(f"{named.url}/openapi.json").data["paths"] if path.endswith(":predict")]
        assert ask(f"{named.url}{path}", RESET).status == 200


def test_a_client_that_sends_too_much_sees_why_it_is_refused(url: str) -> None:
    reply = ask(f"{url}/v1/models/ranker:predict", b" " * (17 << 20))
    assert (reply.status, reply.data) == (413, {"error": "the body of the request is larger than 16 MiB"})


def test_a_body_may_not_take_long(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_body, "MAX_SECONDS", -1.0)
    assert ask(f"{url}/v1/models/ranker:predict", RESET).status == 408


def test_a_silent_client_does_not_hold_up_others(url: str) -> None:
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port)) as connection:
        connection.sendall(post("Content-Length: 100"))
        assert ask(f"{url}/v1/models/ranker:predict", RESET).status == 200


def test_connections_beyond_the_limit_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_MOST_CONNECTIONS", 2)
    with running(SERVED) as few:
        place = urlsplit(few.url)
        held = [socket.create_connection((place.hostname, place.port), timeout=30) for _ in range(3)]
        assert held[2].recv(1) == b""
        for connection in held:
            connection.close()
        assert _soon(lambda: ask(few.url).status == 200)


def _soon(holds: Any) -> bool:
    for _ in range(100):
        try:
            if holds():
                return True
        except OSError:
            time.sleep(0.02)
    return False


def test_a_line_is_logged_for_each_request(mock: tuple[MockServer, list[str]]) -> None:
    running_server, lines = mock
    lines.clear()
    ask(f"{running_server.url}/v1/models/ranker")
    ask(f"{running_server.url}/v1/models/ranker:predict", {"inputs": {}})
    raw(running_server.url, b"GET /\x1b[31m HTTP/1.0\r\n\r\n")
    assert lines == [
        "GET /v1/models/ranker 200",
        "POST /v1/models/ranker:predict 400 inputs: payload-input: the input 'country' is missing",
        "GET /\x1b[31m HTTP/1.0 404 there is nothing at /\x1b[31m; the model is /v1/models/ranker",
    ]


def test_a_failure_is_an_answer(mock: tuple[MockServer, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    running_server, lines = mock

    def fail(*_: Any) -> None:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(running_server.model, "answer", fail)
    lines.clear()
    reply = ask(f"{running_server.url}/v1/models/ranker:predict", RESET)
    assert (reply.status, reply.data) == (500, {"error": "the mock failed: ZeroDivisionError: no"})


def test_many_clients_at_once(url: str) -> None:
    wanted = ask(f"{url}/v1/models/ranker:predict", REQUESTS[2]).data
    found: list[Any] = []

    def client() -> None:
        found.extend(ask(f"{url}/v1/models/ranker:predict", REQUESTS[2]).data for _ in range(3))

    threads = [threading.Thread(target=client) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 96


def test_a_port_that_is_taken(mock: tuple[MockServer, list[str]]) -> None:
    with pytest.raises(UnavailableError, match=r"cannot listen on 127\.0\.0\.1:.*--port 0"):
        open_server(SERVED, mock[0].server_port, print)
