"""The index of a checkpoint is read as TensorFlow reads it, and damage ends in a clear error."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
import tensorflow as tf

from specc.reader import checkpoint
from specc.reader.checkpoint import INDEX, read_index
from specc.reader.protobuf.wire_format import DamagedError

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of three hundred tensors: several blocks, and keys that share prefixes."""
    directory = tmp_path_factory.mktemp("checkpoint")
    (directory / "variables").mkdir()
    names = [f"layers/{index // 10}/{'deep/' * (index % 7)}weight_{index}" for index in range(300)]
    dtypes = (tf.float32, tf.int64, tf.bfloat16, tf.bool, tf.complex64)
    values = [tf.cast(tf.ones([index % 5, 3]), dtypes[index % 5]) for index in range(300)]
    tf.raw_ops.SaveV2(
        prefix=str(directory / "variables" / "variables"),
        tensor_names=names,
        shape_and_slices=[""] * 300,
        tensors=values,
    )
    return directory


def test_every_tensor_is_found(stored: Path) -> None:
    theirs = tf.train.load_checkpoint(str(stored / "variables" / "variables"))
    ours = read_index(stored)
    shapes, dtypes = theirs.get_variable_to_shape_map(), theirs.get_variable_to_dtype_map()
    assert {key: (list(each.shape or ()), each.dtype) for key, each in ours.items()} == {
        key: (shape, dtypes[key].name) for key, shape in shapes.items()
    }
    assert len(ours) == 300


def test_the_bytes_are_where_the_index_says(stored: Path) -> None:
    theirs = tf.train.load_checkpoint(str(stored / "variables" / "variables"))
    for key, each in read_index(stored).items():
        content = (stored / each.shard).read_bytes()[each.offset : each.offset + each.size]
        assert content == theirs.get_tensor(key).tobytes()


def test_an_archive_without_variables_has_no_tensors(tmp_path: Path) -> None:
    assert read_index(tmp_path) == {}


def test_damage_ends_in_tensors_or_a_clear_error(stored: Path, tmp_path: Path) -> None:
    data = (stored / INDEX).read_bytes()
    (tmp_path / "variables").mkdir()
    refused = 0
    draw = random.Random(7)
    for _ in range(300):
        damaged = bytearray(data[: draw.choice([len(data), draw.randrange(len(data))])])
        for _ in range(draw.randrange(1, 4)):
            if damaged:
                damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        (tmp_path / INDEX).write_bytes(damaged)
        try:
            read_index(tmp_path)
        except DamagedError:
            refused += 1
    assert refused > 150


def test_a_block_that_is_listed_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file may list one block many times."""
    monkeypatch.setattr(checkpoint, "MAX_TENSORS", 1000)
    block = b"\0\1\0a" + struct.pack("<II", 0, 1)
    handle = bytes([0, len(block)])
    entries = b"".join(bytes([0, 4, len(handle)]) + struct.pack(">I", number) + handle for number in range(2000))
    index = entries + struct.pack("<II", 0, 1)
    start = len(block) + 5
    footer = b"\0\0" + varint(start) + varint(len(index))
    (tmp_path / "variables").mkdir()
    content = block + b"\0" * 5 + index + b"\0" * 5 + footer.ljust(40, b"\0") + struct.pack("<Q", checkpoint.MAGIC)
    (tmp_path / INDEX).write_bytes(content)
    with pytest.raises(DamagedError, match="more than 1,000 tensors"):
        read_index(tmp_path)


def varint(number: int) -> bytes:
    return (
        bytes([number & 0x7F | 0x80, number >> 7])
        if number < 2**14
        else bytes([number & 0x7F | 0x80, number >> 7 & 0x7F | 0x80, number >> 14])
    )
