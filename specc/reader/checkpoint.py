"""Reads the index of a checkpoint: which tensors it has, their dtypes and shapes, and where their bytes are.

``variables/variables.index`` is a table of sorted keys and values, in the format of LevelDB: blocks of entries, each
with the length of the prefix that its key shares with the one before, and a last block that lists the others.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from specc.language.tensor_string import Shape
from specc.reader.protobuf.messages import parse_uncounted
from specc.reader.protobuf.tensors import UndescribableError, dtype_name, shape_of_proto
from specc.reader.protobuf.wire_format import DamagedError, archive_budget, read_varint
from specc.source.regular_files import NotRegularError, read_regular

PREFIX = "variables/variables"
"""The path of an archive's checkpoint, of which its files have extensions."""
INDEX = f"{PREFIX}.index"
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""The only key of a checkpoint that is not a variable: it holds the objects, with the endpoints."""
ATTRIBUTES = "/.ATTRIBUTES/"
"""What is between the path of an object, by attributes from the root, and what of it is stored."""
VARIABLE_VALUE = "VARIABLE_VALUE"
VALUE = f"{ATTRIBUTES}{VARIABLE_VALUE}"
"""The end of the key of a variable."""
MAX_INDEX_BYTES = 16 * 2**20
"""The limit on the index; that of EfficientNetB0 has 20 KB."""
MAX_KEY_BYTES = 2**16
MAX_TENSORS = 2**17

FOOTER_BYTES = 48
"""The size of the end of a table: two handles, padded, and the magic number."""
MAGIC = 0xDB4775248B80FB57
_TRAILER = 5
"""The compression of a block, and its checksum."""
_SNAPPY = 1


@dataclass(frozen=True)
class StoredTensor:
    """A tensor of a checkpoint, by its key."""

    key: str
    dtype: str
    shape: Shape
    shard: str
    """The file with its bytes, by its name in the archive."""
    offset: int
    size: int
    checksum: int
    """The masked CRC-32C of its bytes; equal bytes have equal ones."""


def read_index(directory: Path) -> dict[str, StoredTensor]:
    """The tensors of the checkpoint of the SavedModel in ``directory``, by key; nothing where it has no variables.

    Tensors whose dtype or shape cannot be written in a spec are left out, and all where the index is compressed, which
    TensorFlow can read and does not write.

    Raises:
        DamagedError: the index cannot be read.
    """
    path = directory / INDEX
    try:
        data = read_regular(path, MAX_INDEX_BYTES)
    except (FileNotFoundError, NotADirectoryError, NotRegularError):
        return {}
    except OSError as error:
        raise DamagedError(str(error.strerror or error)) from None
    if len(data) > MAX_INDEX_BYTES:
        raise DamagedError(f"{INDEX} is larger than {MAX_INDEX_BYTES // 2**20} MiB")
    shards, found, budget = 1, {}, archive_budget()
    for count, (key, value) in enumerate(table_entries(data)):
        if count > MAX_TENSORS:  # blocks may be listed many times
            raise DamagedError(f"{INDEX} has more than {MAX_TENSORS:,} tensors")
        budget.charge("characters of names", len(key))  # of which most may be the prefix that it shares
        budget.charge("bytes of descriptions", len(value))
        if not key:
            shards = parse_uncounted("BundleHeaderProto", value).num_shards
            continue
        entry = parse_uncounted("BundleEntryProto", value)
        try:
            dtype, shape = dtype_name(entry.dtype), shape_of_proto(entry.shape, budget)
        except UndescribableError:
            continue
        name = key.decode("utf-8", "replace")
        shard = shard_name(PREFIX, entry.shard_id, shards)
        found[name] = StoredTensor(name, dtype, shape, shard, entry.offset, entry.size, entry.crc32c)
    return found


def shard_name(prefix: str, number: int, count: int) -> str:
    """The name of one of the ``count`` files with the data of a checkpoint."""
    return f"{prefix}.data-{number:05d}-of-{count:05d}"


def table_entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a table, each a key and a value; that without a key is the header of a checkpoint.

    Raises:
        DamagedError: it cannot be read.
    """
    if len(data) < FOOTER_BYTES or struct.unpack("<Q", data[-8:])[0] != MAGIC:
        raise DamagedError(f"{INDEX} is not the index of a checkpoint")
    position, end = len(data) - FOOTER_BYTES, len(data)
    for _ in range(2):  # the first handle is that of the index of metadata
        _, position = read_varint(data, position, end)
    for count, (_, handle) in enumerate(_block(data, *_handle(data, position, end))):
        if count > MAX_TENSORS:
            raise DamagedError(f"{INDEX} has more than {MAX_TENSORS:,} tensors or blocks")
        yield from _block(data, *_handle(handle, 0, len(handle)))


def _handle(data: bytes, position: int, end: int) -> tuple[int, int]:
    offset, position = read_varint(data, position, end)
    size, _ = read_varint(data, position, end)
    return offset, size


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    end = offset + size
    if size < 4 or end + _TRAILER > len(data):
        raise DamagedError(f"{INDEX} is cut short")
    if data[end] == _SNAPPY:
        return
    if data[end] != 0:
        raise DamagedError(f"{INDEX} is damaged")
    (restarts,) = struct.unpack_from("<I", data, end - 4)
    stop, key = end - 4 - 4 * restarts, b""
    while offset < stop:
        shared, offset = read_varint(data, offset, stop)
        rest, offset = read_varint(data, offset, stop)
        length, offset = read_varint(data, offset, stop)
        if shared > len(key) or shared + rest > MAX_KEY_BYTES or offset + rest + length > stop:
            raise DamagedError(f"{INDEX} is damaged")
        key = key[:shared] + data[offset : offset + rest]
        offset += rest
        yield key, data[offset : offset + length]
        offset += length
