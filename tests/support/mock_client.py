"""What a mock serves, and a client of it: requests with urllib, and raw bytes on a socket."""

from __future__ import annotations

import json
import socket
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import specc
from specc.language.document import Document
from specc.mock.server import Served


def served(document: Document, name: str = "ranker") -> Served:
    """What the mock of a document serves, as the model called ``name``."""
    return Served(document, name, specc.emit("openapi", document, name).data)


class Reply(NamedTuple):
    status: int
    data: Any
    headers: dict[str, str]


def ask(url: str, body: Any = None, method: str | None = None) -> Reply:
    """The reply to a request; ``body`` is bytes, or what is sent as JSON."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(url, content, {"Content-Type": "application/json"}, method=method)
    try:
        with urlopen(request, timeout=30) as response:
            return _reply(response, response.status)
    except HTTPError as error:
        with error:
            return _reply(error, error.code)


def _reply(response: Any, status: int) -> Reply:
    content = response.read()
    is_json = content and response.headers["Content-Type"] == "application/json"
    return Reply(status, json.loads(content) if is_json else content, dict(response.headers))


def raw(url: str, *parts: bytes) -> bytes:
    """All that a server sends until it closes a connection to which ``parts`` are sent."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while block := connection.recv(1 << 16):
            received += block
    return received
