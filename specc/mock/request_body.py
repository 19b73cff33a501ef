"""The body of an HTTP request, of known length or in chunks, read within limits of size and time."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Mapping
from typing import BinaryIO

from specc.mock.refused import RefusedError
from specc.source.limits import MAX_BYTES

MAX_SECONDS = 30.0
"""How long the body of a request may take to arrive."""
_TOO_LARGE = f"the body of the request is larger than {MAX_BYTES // 2**20} MiB"
_LONGEST_LINE = 256
_BLOCK = 1 << 16


def read_body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    """The body of a request; empty if the headers announce none.

    Raises:
        RefusedError: it is too large, takes too long, or is not what the headers announce. The connection cannot be
            used any more.
    """
    body = _received(stream, headers, time.monotonic() + MAX_SECONDS)
    return _uncompressed(body) if headers.get("Content-Encoding", "").strip().lower() == "gzip" else body


def _received(stream: BinaryIO, headers: Mapping[str, str], deadline: float) -> bytes:
    length, encoding = headers.get("Content-Length"), headers.get("Transfer-Encoding")
    if encoding is not None:
        if length is not None:
            raise RefusedError(400, "the request has both a Content-Length and a Transfer-Encoding")
        if encoding.strip().lower() != "chunked":
            raise RefusedError(501, "the only Transfer-Encoding that is understood is chunked")
        return _read_chunks(stream, deadline)
    if length is None:
        return b""
    if not re.fullmatch("[0-9]+", length.strip()):
        raise RefusedError(400, "the Content-Length is not a number")
    if len(length) > 18 or int(length) > MAX_BYTES:
        raise RefusedError(413, _TOO_LARGE)
    return _read(stream, int(length), deadline)


def _uncompressed(body: bytes) -> bytes:
    """The content of a body in the format gzip, as the server takes it too."""
    reader = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = reader.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise RefusedError(400, "the body of the request is not in the format gzip") from None
    if len(content) > MAX_BYTES:
        raise RefusedError(413, _TOO_LARGE)
    if not reader.eof:
        raise RefusedError(400, "the body of the request ends before its gzip content does")
    return content


def _read(stream: BinaryIO, length: int, deadline: float) -> bytes:
    parts, left = list[bytes](), length
    while left:
        if time.monotonic() > deadline:
            raise RefusedError(408, f"the body of the request takes longer than {MAX_SECONDS:g} seconds")
        part = stream.read1(min(left, _BLOCK))  # type: ignore[attr-defined]  # a socket's file is buffered
        if not part:
            raise RefusedError(400, "the body of the request is shorter than its headers announce")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _read_chunks(stream: BinaryIO, deadline: float) -> bytes:
    parts, total = list[bytes](), 0
    while True:
        size = _read_size(stream, deadline)
        total += size
        if total > MAX_BYTES:
            raise RefusedError(413, _TOO_LARGE)
        if size == 0:
            break
        parts.append(_read(stream, size, deadline))
        if _read(stream, 2, deadline) != b"\r\n":
            raise RefusedError(400, "a chunk of the request is longer than its size")
    trailers = 0
    while _read_line(stream, deadline):
        trailers += 1
        if trailers > 100:
            raise RefusedError(400, "the request has more than 100 trailers")
    return b"".join(parts)


def _read_size(stream: BinaryIO, deadline: float) -> int:
    text = _read_line(stream, deadline).partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", text):
        raise RefusedError(400, "the size of a chunk of the request is not a number")
    return int(text, 16)


def _read_line(stream: BinaryIO, deadline: float) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        if len(line) > _LONGEST_LINE:
            raise RefusedError(400, "a line between the chunks of the request is too long")
        line += _read(stream, 1, deadline)
    return line.rstrip(b"\r\n")
