"""Writes tensors as a checkpoint, in TensorFlow's words a bundle, and joins bundles to one.

The format is that of tensorflow/core/util/tensor_bundle/tensor_bundle.cc.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

# The proto is private to TensorFlow, which has no public function that adds tensors to a checkpoint.
from tensorflow.core.protobuf import tensor_bundle_pb2

from specc.compiler.write.index_table import table
from specc.language.calls.feature_encoding import varint
from specc.reader.checkpoint import shard_name, table_entries

CPU = "cpu:0"
_CHECKSUM_BYTES = 4


def save_bundle(prefix: Path, tensors: Mapping[str, Any], device: str | None) -> None:
    """Writes ``tensors`` by their names: ``prefix`` with the extension ``index``, and one file of data.

    Raises:
        tf.errors.OpError: the disk is full, or the directory is missing or cannot be written.
    """
    with tf.device(device or CPU):
        tf.raw_ops.SaveV2(
            prefix=str(prefix),
            tensor_names=list(tensors),
            shape_and_slices=[""] * len(tensors),
            tensors=list(tensors.values()),
        )


def join_bundles(bundles: Sequence[Path], name: str, text: bytes, target: Path) -> None:
    """Makes the bundle ``target`` of ``bundles`` that :func:`save_bundle` wrote, and of the scalar string ``text``.

    No two of them have a tensor of the same name. They are used up, and the result is byte for byte what
    ``save_bundle`` would write of all tensors.

    Raises:
        OSError, tf.errors.OpError: the disk is full.
    """
    first, *others = bundles
    scratch = first.with_name("scratch")
    entries = dict(table_entries(_index(first).read_bytes()))
    with _data(first).open("ab") as data:
        for other in others:
            entries |= _moved(table_entries(_index(other).read_bytes()), data.tell())
            with _data(other).open("rb") as file:
                shutil.copyfileobj(file, data)
        entry = tensor_bundle_pb2.BundleEntryProto(dtype=tf.string.as_datatype_enum, offset=data.tell())
        entry.shape.SetInParent()
        length = struct.pack("<I", len(text))
        covered = length + _checksum(length, scratch) + text
        data.write(varint(len(text)) + covered[len(length) :])
        entry.size = data.tell() - entry.offset
        (entry.crc32c,) = struct.unpack("<I", _checksum(covered, scratch))
    entries[name.encode()] = entry.SerializeToString(deterministic=True)
    _data(first).rename(_data(target))
    with _index(target).open("wb") as file:
        file.writelines(table(sorted(entries.items()), lambda content: _checksum(content, scratch)))
    for left in (scratch, _index(first), *(part for other in others for part in (_index(other), _data(other)))):
        left.unlink()


def _data(prefix: Path) -> Path:
    return prefix.with_name(shard_name(prefix.name, 0, 1))


def _index(prefix: Path) -> Path:
    return prefix.with_name(f"{prefix.name}.index")


def _moved(entries: Iterable[tuple[bytes, bytes]], distance: int) -> Iterator[tuple[bytes, bytes]]:
    """The entries of the tensors of an index, whose data begins ``distance`` bytes further on."""
    for key, value in entries:
        if key:  # else it is the header, which is the same in all
            entry = tensor_bundle_pb2.BundleEntryProto.FromString(value)
            entry.offset += distance
            yield key, entry.SerializeToString(deterministic=True)


def _checksum(content: bytes, scratch: Path) -> bytes:
    """The masked CRC-32C of ``content``, which a record of the file ``scratch`` ends with.

    No other public function of TensorFlow computes it, and Python takes a hundred times as long.
    """
    with tf.io.TFRecordWriter(str(scratch)) as writer:
        writer.write(content)
    return scratch.read_bytes()[-_CHECKSUM_BYTES:]
