"""The mock's HTTP server, on 127.0.0.1 only."""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from specc.errors import UnavailableError
from specc.language.document import Document
from specc.mock.answers import to_bytes
from specc.mock.index_page import index_page
from specc.mock.metadata import model_metadata, model_status
from specc.mock.model import MockModel
from specc.mock.origin import check_origin
from specc.mock.paths import Call, read_path
from specc.mock.refused import RefusedError
from specc.mock.request_body import read_body

HOST = "127.0.0.1"
_MOST_CONNECTIONS = 128
_SECONDS_OF_SILENCE = 30
"""A connection on which nothing arrives for longer is closed."""
_LONGEST_PART = 200
"""Of a line in the log."""
_SECONDS_OF_DISCARDING = 1.0


class Served(NamedTuple):
    """What a mock serves: a document, the name of its model, and the OpenAPI document of both."""

    document: Document
    name: str
    openapi: bytes
    seed: int = 0


class MockServer(ThreadingHTTPServer):
    """Answers requests to one model, each connection in a thread of its own."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = _MOST_CONNECTIONS

    def __init__(self, served: Served, port: int, log: Callable[[str], None]) -> None:
        self.served, self.log = served, log
        self.model = MockModel(served.document, served.seed)
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        """The URL without a path: ``http://127.0.0.1:8501``."""
        return f"http://{HOST}:{self.server_port}"

    @cached_property
    def page(self) -> bytes:
        """The page at the root; that of a large contract takes seconds."""
        return index_page(self.served.document, self.served.name, self.url)

    def server_bind(self) -> None:
        """Binds without asking the network for the host's name, as the base class does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # of IPv4

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers a connection, or closes it at once if there are too many."""
        if not self._free.acquire(blocking=False):
            self.log(f"a connection is closed: there are {_MOST_CONNECTIONS} others")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answers a connection, in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Reports what ended a connection, except that its client left."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.log(f"a connection ended: {type(error).__name__}: {error}")


def open_server(served: Served, port: int, log: Callable[[str], None]) -> MockServer:
    """A server that listens, and answers once ``serve_forever`` is called; port 0 is any free one.

    Raises:
        UnavailableError: the port cannot be used.
    """
    try:
        return MockServer(served, port, log)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnavailableError(f"cannot listen on {HOST}:{port}: {reason}; --port 0 takes a free one") from None


@contextmanager
def running(served: Served, port: int = 0, log: Callable[[str], None] = lambda _: None) -> Iterator[MockServer]:
    """A server that answers in a thread until the block ends."""
    with open_server(served, port, log) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: MockServer
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS_OF_SILENCE
    _reason = ""

    def __getattr__(self, name: str) -> Any:
        """The method that answers requests, whatever theirs is: the base class asks for ``do_GET`` and others."""
        if name.startswith("do_"):
            return self._respond
        raise AttributeError(name)

    def _respond(self) -> None:
        self._reason = ""
        try:
            check_origin(self.headers, self.server.server_port)
            body = read_body(self.rfile, self.headers)  # type: ignore[arg-type]  # a Message has get
        except RefusedError as refusal:
            self.close_connection = True
            self._refuse(refusal.status, refusal.text)
            self._discard_rest()
            return
        path = self.path.partition("?")[0]
        try:
            self._answer(path, body)
        except RefusedError as refusal:
            self._refuse(refusal.status, refusal.text)
        except OSError:  # the client has left
            raise
        except Exception as error:  # noqa: BLE001  # a client is answered, whatever the mock did wrong
            self._refuse(500, f"the mock failed: {type(error).__name__}: {error}")

    def _answer(self, path: str, body: bytes) -> None:
        served = self.server.served
        if self.command in ("GET", "HEAD") and path == "/":
            self._send(200, self.server.page, "text/html; charset=utf-8")
        elif self.command in ("GET", "HEAD") and path == "/openapi.json":
            self._send(200, self._openapi())
        elif path.startswith("/v1/"):
            self._send(200, to_bytes(self._called(path, body)))
        else:
            raise RefusedError(404, f"there is nothing at {path}; the model is /v1/models/{served.name}")

    def _called(self, path: str, body: bytes) -> Any:
        served = self.server.served
        asked = read_path(self.command, path, served.name)
        if isinstance(asked, Call):
            return self.server.model.answer(asked.verb, body)
        if asked.is_metadata:
            return model_metadata(served.document, served.name, asked.version)
        return model_status(asked.version)

    def _openapi(self) -> bytes:
        """The OpenAPI document, whose server is this one."""
        document = json.loads(self.server.served.openapi)
        return to_bytes({**document, "servers": [{"url": self.server.url}]})

    def _refuse(self, status: int, text: str) -> None:
        self._reason = text
        self._send(status, to_bytes({"error": text}))

    def _send(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _discard_rest(self) -> None:
        """Reads on for a moment: a client whose connection is closed while it sends does not see the answer."""
        deadline = time.monotonic() + _SECONDS_OF_DISCARDING
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_SECONDS_OF_DISCARDING)
            while time.monotonic() < deadline and self.connection.recv(1 << 16):
                pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuses a request that is not HTTP, or of an unknown method, in JSON."""
        self.close_connection = True
        self.request_version = self.protocol_version  # of a line that is not HTTP, it is 0.9, which has no status
        self._refuse(code, message or HTTPStatus(code).phrase)

    def version_string(self) -> str:
        """The header Server."""
        return "specc-mock"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Logs one line: what was asked, the status, and why it was refused."""
        status = code.value if isinstance(code, HTTPStatus) else code
        asked, reason = getattr(self, "requestline", "").removesuffix(" HTTP/1.1"), self._reason.partition("\n")[0]
        self.server.log(" ".join(part[:_LONGEST_PART] for part in (asked, str(status), reason) if part))

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing else: a connection that times out is closed, and that is all."""
