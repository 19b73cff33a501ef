"""Where a request comes from: a mock does not answer the pages of other sites.

A page of another site can make a browser send requests to this machine. One whose own name then resolves to 127.0.0.1
(DNS rebinding) could even read the answers, but its requests have that name as their Host.
"""

from __future__ import annotations

from email.message import Message

from specc.mock.refused import RefusedError

_NAMES = ("127.0.0.1", "localhost")
_HTTP = 80
"""The port that a URL leaves out."""


def check_origin(headers: Message, port: int) -> None:
    """Checks the headers Host and Origin of a request; a client that is not a browser may send neither.

    Raises:
        RefusedError: one of them is not this server.
    """
    own = [f"{name}:{port}" for name in _NAMES] + [name for name in _NAMES if port == _HTTP]
    for host in headers.get_all("Host", ()):
        if host.strip().lower() not in own:
            raise RefusedError(403, f"the Host of the request is {host!r}, expected {own[0]} or {own[1]}")
    for origin in headers.get_all("Origin", ()):
        if origin.strip().lower() not in [f"http://{host}" for host in own]:
            raise RefusedError(403, f"a page of {origin!r} may not send requests to this mock, only its own page may")
