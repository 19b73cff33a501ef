"""Writes the index of a checkpoint: a table of sorted keys and values, which :mod:`specc.reader.checkpoint` describes.

TensorFlow writes such a table only together with the data of all its tensors. Of equal entries it writes equal bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

from specc.language.calls.feature_encoding import varint
from specc.reader.checkpoint import FOOTER_BYTES, MAGIC

_BLOCK_BYTES = 2**18
"""The size from which on a block is complete."""
_ENTRIES_PER_KEY = 16
"""Every so many entries, one has its whole key."""
_UNCOMPRESSED = b"\0"


def table(entries: Iterable[tuple[bytes, bytes]], checksum: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """The pieces of a table with ``entries``, each a key and a value, which are sorted by their keys.

    ``checksum`` is the masked CRC-32C of bytes, as it is stored.
    """
    position, last, block, blocks = 0, b"", _Block(), _Block(entries_per_key=1)

    def stored(content: bytes) -> tuple[bytes, bytes]:
        """A block with its checksum, and its handle: where it begins, and its size."""
        nonlocal position
        handle = varint(position) + varint(len(content))
        content += _UNCOMPRESSED
        content += checksum(content)
        position += len(content)
        return content, handle

    for key, value in entries:
        if block.size >= _BLOCK_BYTES:
            content, handle = stored(block.content())
            yield content
            blocks.add(_between(last, key), handle)
            block = _Block()
        block.add(key, value)
        last = key
    content, handle = stored(block.content())
    yield content
    blocks.add(_after(last), handle)
    content, metadata = stored(_Block().content())
    yield content
    content, index = stored(blocks.content())
    yield content
    yield (metadata + index).ljust(FOOTER_BYTES - 8, b"\0") + struct.pack("<Q", MAGIC)


class _Block:
    """Entries, of which every ``entries_per_key``-th has its whole key, and the others what differs from the last."""

    def __init__(self, entries_per_key: int = _ENTRIES_PER_KEY) -> None:
        self._entries_per_key = entries_per_key
        self._data = bytearray()
        self._whole = [0]
        self._since = 0
        self._last = b""

    @property
    def size(self) -> int:
        """The number of bytes of its content."""
        return len(self._data) + 4 * len(self._whole) + 4

    def add(self, key: bytes, value: bytes) -> None:
        """Adds an entry."""
        shared = 0
        if self._since < self._entries_per_key:
            shared = _shared(key, self._last)
        else:
            self._whole.append(len(self._data))
            self._since = 0
        rest = key[shared:]
        self._data += b"".join((varint(shared), varint(len(rest)), varint(len(value)), rest, value))
        self._since += 1
        self._last = key

    def content(self) -> bytes:
        """The entries, then the positions of those with whole keys, and their number."""
        return bytes(self._data) + struct.pack(f"<{len(self._whole) + 1}I", *self._whole, len(self._whole))


def _shared(one: bytes, other: bytes) -> int:
    """How many bytes at their beginnings are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((position for position, (first, second) in pairs if first != second), min(len(one), len(other)))


def _between(last: bytes, following: bytes) -> bytes:
    """A short key that is not before ``last``, and before ``following``."""
    shared = _shared(last, following)
    if shared < len(last) and last[shared] + 1 < following[shared]:
        return last[:shared] + bytes([last[shared] + 1])
    return last


def _after(last: bytes) -> bytes:
    """A short key that is not before ``last``, which has a byte other than 255."""
    same = len(last) - len(last.lstrip(b"\xff"))
    return last[:same] + bytes([last[same] + 1])
