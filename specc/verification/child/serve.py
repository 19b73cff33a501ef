"""The main loop of the child process: reads requests, does them, and writes answers."""

from __future__ import annotations

import importlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from specc.verification.child import fence
from specc.verification.protocol import (
    Answer,
    Message,
    Prepare,
    ProtocolError,
    Ready,
    Refused,
    read_message,
    write_message,
)

if TYPE_CHECKING:
    from specc.verification.child.requests import Requests


def main(*, fenced: bool) -> None:
    """Answers the requests on standard input, on standard output, until it ends."""
    # Whatever the archive prints must not come between the messages.
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    own_directory = Path.cwd() if fenced else None
    fence.end_with_parent(own_directory)
    server = _Server(fenced=fenced, unfenced=fence.leave_network() if fenced else ())
    while True:
        try:
            request = read_message(requests)
        except EOFError:
            fence.end(own_directory)
        send(answers, server.answer(request))


def send(answers: BinaryIO, answer: Answer) -> None:
    """Writes an answer; one beyond the limits of a message is replaced by a Refused that says so."""
    try:
        write_message(answers, answer)
    except ProtocolError as error:
        write_message(answers, Refused(f"the answer is {error}", "too_large"))


class _Server:
    """Imports TensorFlow on the first request, and passes on the others."""

    def __init__(self, *, fenced: bool, unfenced: tuple[str, ...]) -> None:
        self._fenced, self._unfenced = fenced, unfenced
        self._requests: Requests | None = None

    def answer(self, request: Message) -> Answer:
        """The answer to ``request``."""
        if not isinstance(request, Prepare):
            return Refused("it is not prepared") if self._requests is None else self._requests.answer(request)
        try:
            return self._prepare(request)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # modules raise any type
            return Refused(f"{type(error).__name__}: {error}".splitlines()[0])

    def _prepare(self, request: Prepare) -> Ready | Refused:
        start = time.perf_counter()
        import tensorflow as tf  # noqa: PLC0415  # threads that run before the fence is closed would prevent it

        from specc.verification.child.requests import Requests  # noqa: PLC0415  # as above

        for module in request.imports:
            try:
                importlib.import_module(module)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001  # as in answer()
                return Refused(f"cannot import {module!r}: {type(error).__name__}: {error}".splitlines()[0])
        self._requests = Requests()
        unfenced = (*self._unfenced, *(fence.forbid_files() if self._fenced else ()))
        return Ready(tf.__version__, unfenced, time.perf_counter() - start)
