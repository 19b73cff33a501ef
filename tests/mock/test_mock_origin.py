"""A mock answers only its own page and clients that are not a browser: a page of another site gets nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.message import Message

import pytest
from mock_client import raw, served
from rest_documents import ranker

from specc.mock.origin import check_origin
from specc.mock.refused import RefusedError
from specc.mock.server import MockServer, running

BODY = b'{"signature_name": "reset", "inputs": {}}'


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with running(served(ranker())) as server:
        yield server


def _asked(mock: MockServer, first: str, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
    """The status and the body of an answer; in a header, PORT is the port of the mock."""
    headers = [each.replace("PORT", str(mock.server_port)) for each in lines]
    head = "\r\n".join((first, *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""))
    status, _, rest = raw(mock.url, head.encode() + body).partition(b"\r\n")
    return int(status.split()[1]), rest.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Host: 127.0.0.1:PORT",),
        ("Host: localhost:PORT",),
        ("Host: LOCALHOST:PORT", "Origin: http://localhost:PORT"),
        ("Host: localhost:PORT", "Origin: http://127.0.0.1:PORT"),
    ],
)
def test_its_own_page_and_other_clients_are_answered(mock: MockServer, headers: tuple[str, ...]) -> None:
    assert _asked(mock, "GET / HTTP/1.1", *headers)[0] == 200
    status, answer = _asked(mock, "POST /v1/models/ranker:predict HTTP/1.1", *headers, body=BODY)
    assert (status, json.loads(answer)) == (200, {"outputs": True})


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: attacker.example:PORT",),
        ("Host: attacker.example",),
        ("Host: localhost",),
        ("Host: localhost:1",),
        ("Host: localhost.attacker.example:PORT",),
        ("Host: 127.0.0.1:PORT@attacker.example",),
        ("Host: ",),
        ("Host: localhost:PORT", "Host: attacker.example:PORT"),
        ("Host: localhost:PORT", "Origin: http://attacker.example"),
        ("Host: localhost:PORT", "Origin: https://localhost:PORT"),
        ("Host: localhost:PORT", "Origin: http://localhost:1"),
        ("Host: localhost:PORT", "Origin: null"),
        ("Host: attacker.example:PORT", "Origin: http://attacker.example:PORT"),
    ],
)
def test_a_page_of_another_site_is_refused(mock: MockServer, headers: tuple[str, ...]) -> None:
    for first, body in (
        ("GET / HTTP/1.1", b""),
        ("GET /openapi.json HTTP/1.1", b""),
        ("POST /v1/models/ranker:predict HTTP/1.1", BODY),
    ):
        status, answer = _asked(mock, first, *headers, body=body)
        assert status == 403
        assert list(json.loads(answer)) == ["error"]


def test_a_refusal_has_what_was_expected(mock: MockServer) -> None:
    _, answer = _asked(mock, "GET / HTTP/1.1", "Host: a.example")
    port = mock.server_port
    error = f"the Host of the request is 'a.example', expected 127.0.0.1:{port} or localhost:{port}"
    assert json.loads(answer) == {"error": error}
    _, answer = _asked(mock, "GET / HTTP/1.1", "Origin: null")
    assert json.loads(answer) == {"error": "a page of 'null' may not send requests to this mock, only its own page may"}


def test_no_answer_allows_another_origin(mock: MockServer) -> None:
    for origin in ("http://attacker.example", mock.url):
        head = f"OPTIONS /v1/models/ranker:predict HTTP/1.1\r\nOrigin: {origin}\r\nConnection: close\r\n\r\n"
        assert b"access-control" not in raw(mock.url, head.encode()).lower()


def test_a_url_of_port_80_has_no_port() -> None:
    headers = Message()
    headers["Host"] = "localhost"
    headers["Origin"] = "http://localhost"
    check_origin(headers, 80)
    with pytest.raises(RefusedError, match="'localhost'"):
        check_origin(headers, 8080)
