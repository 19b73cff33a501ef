"""Messages of verify are read as they were written, and nothing else is read as a message."""

from __future__ import annotations

import io
import json
import struct
from typing import Any, get_args

import pytest

from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.verification import protocol
from specc.verification.protocol import (
    Answered,
    Call,
    CheckFingerprint,
    Fingerprint,
    ListVariables,
    Load,
    Loaded,
    LoadModel,
    Message,
    Mismatch,
    Prepare,
    ProtocolError,
    Ready,
    Refused,
    Time,
    Timed,
    VariableDigest,
    Variables,
    read_message,
    write_message,
)

TENSORS = {
    "x": tensor_of("float32", [2, 1], [0.5, float("inf")]),
    "text": tensor_of("string", [3], [b"", b"\xff\n", "é".encode()]),
    "none": FlatTensor("int64", (0, 3), b""),
    "no text": FlatTensor("string", (0,), ()),
    "half": tensor_of("bfloat16", [], [1.5]),
}
CALL = Call("attribute", "score", "score", TENSORS, ("x",), by_keyword=True)
MESSAGES: list[Message] = [
    Prepare(("tensorflow_text",)),
    Load("session", "/somewhere/ä", {"endpoints": {"inputs": {"inputs": ["call"]}}, "call": None}, ("serve", "gpu")),
    LoadModel({}, "specs", "module:attribute", ("ops",), 3),
    CALL,
    Time(CALL, 5, 0.25),
    ListVariables("stored"),
    CheckFingerprint("/somewhere"),
    Ready("2.21.0", ("network",), 1.5),
    Loaded(("a", "b"), 0.5),
    Answered(
        TENSORS, (Mismatch(("endpoints", "score", "outputs", 0), "expected"),), ("x",), ("w/kernel",), True, False, 0.1
    ),
    Refused("no \ud800", "absent"),
    Timed((0.1, 0.2)),
    Variables((VariableDigest("w", "float32", (2, 3), "00ff"),)),
    Fingerprint(("the graph",), "it has none"),
]


def written(*messages: Message) -> bytes:
    stream = io.BytesIO()
    for message in messages:
        write_message(stream, message)
    return stream.getvalue()


def test_every_message_is_read_as_it_was_written() -> None:
    assert {type(message) for message in MESSAGES} == set(get_args(Message))
    stream = io.BytesIO(written(*MESSAGES))
    assert [read_message(stream) for _ in MESSAGES] == MESSAGES
    with pytest.raises(EOFError):
        read_message(stream)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_that_is_cut_short_is_the_end(message: Message) -> None:
    text = written(message)
    for end in {0, 1, 4, len(text) // 2, len(text) - 1}:
        with pytest.raises(EOFError):
            read_message(io.BytesIO(text[:end]))


def framed(header: Any, payload: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">I", len(text)) + text + payload


ANSWER = {"kind": "Answered"}


@pytest.mark.parametrize(
    "text",
    [
        b"I am TensorFlow, and this is a line of my log.",
        framed(b"\x80\x04cposix\nsystem\n"),
        framed(b"[" * 100_000),
        framed([]),
        framed({}),
        framed({"kind": "Unheard"}),
        framed({"kind": "Loaded"}),
        framed({"kind": "Loaded", "addresses": "all"}),
        framed({**ANSWER, "outputs": []}),
        framed({**ANSWER, "outputs": {"x": ["float32", [2], 4]}}, bytes(4)),
        framed({**ANSWER, "outputs": {"x": ["float32", [-1], -4]}}),
        framed({**ANSWER, "outputs": {"x": ["float32", [True], 4]}}, bytes(4)),
        framed({**ANSWER, "outputs": {"x": ["float33", [1], 4]}}, bytes(4)),
        framed({**ANSWER, "outputs": {"x": ["float32", [1 << 40], 1 << 42]}}),
        framed({**ANSWER, "outputs": {"x": ["string", [2], [1]]}}, b"a"),
        framed({**ANSWER, "outputs": {"x": ["string", [1], ["1"]]}}, b"a"),
        framed({**ANSWER, "outputs": {"x": ["string", [1], [1 << 40]]}}),
    ],
)
def test_anything_else_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_message(io.BytesIO(text))


def test_a_message_beyond_the_limit_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_BYTES", 7)
    stream = io.BytesIO()
    with pytest.raises(ProtocolError, match="more than 7 bytes"):
        write_message(stream, Answered({"x": tensor_of("float32", [2], [1, 2])}))
    assert stream.getvalue() == b""
