"""Indexes of checkpoints, and bundles that are joined, have the bytes that TensorFlow writes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings

from specc.compiler.write.bundles import _checksum, join_bundles, save_bundle
from specc.compiler.write.index_table import table
from specc.reader.checkpoint import table_entries

pytestmark = pytest.mark.tensorflow

TENSORS: dict[str, Any] = {
    "bool": [True, False],
    "string": ["a", "", "längs"],
    "scalar string": "word" * 100,
    "empty": np.zeros([0, 3], np.float32),
    "complex128": np.complex128(1 + 2j),
    "bfloat16": tf.constant([1.5], tf.bfloat16),
    "half": tf.constant([0.5], tf.half),
    "uint16": tf.constant([1, 2], tf.uint16),
    "matrix": np.arange(12, dtype=np.int64).reshape([3, 4]),
}


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def save(prefix: Path, tensors: Mapping[str, Any]) -> None:
    prefix.parent.mkdir(exist_ok=True)
    save_bundle(prefix, {key: tf.convert_to_tensor(value) for key, value in tensors.items()}, None)


def require_equal_when_joined(tensors: Mapping[str, Any], counts: Sequence[int], text: bytes, directory: Path) -> None:
    """``tensors``, of which each part has so many, and a text are joined to what is written of all at once."""
    save(directory / "once" / "all", {**tensors, "text": text})
    items, parts = iter(tensors.items()), []
    for index, count in enumerate(counts):
        parts.append(directory / "parts" / f"part {index}")
        save(parts[-1], dict(itertools.islice(items, count)))
    assert not list(items)
    join_bundles(parts, "text", text, directory / "parts" / "all")
    assert files(directory / "parts") == files(directory / "once")


@pytest.mark.parametrize("count", [1, 15, 16, 17, 33, 3_000, 12_000])
def test_an_index_has_the_bytes_of_tensorflow(count: int, tmp_path: Path) -> None:
    """The largest has several blocks."""
    value = tf.constant(1.0)
    save_bundle(
        tmp_path / "all", {f"variables/{index}/.ATTRIBUTES/VARIABLE_VALUE": value for index in range(count)}, None
    )
    index = (tmp_path / "all.index").read_bytes()
    entries = list(table_entries(index))
    assert len(entries) == count + 1
    assert b"".join(table(entries, lambda content: _checksum(content, tmp_path / "scratch"))) == index


@pytest.mark.parametrize("count", range(1, len(TENSORS) + 1))
def test_bundles_become_one(count: int, tmp_path: Path) -> None:
    counts = [each for each in (count, len(TENSORS) - count) if each]
    require_equal_when_joined(TENSORS, counts, b"graph", tmp_path)
    reader = tf.train.load_checkpoint(str(tmp_path / "parts" / "all"))
    for key, value in {**TENSORS, "text": b"graph"}.items():
        np.testing.assert_array_equal(reader.get_tensor(key), tf.convert_to_tensor(value).numpy())


@pytest.mark.parametrize("size", [0, 1, 127, 128, 2**14, 2**21 + 1])
def test_texts_of_any_size(size: int, tmp_path: Path) -> None:
    require_equal_when_joined({"one": 1.0}, [1], b"x" * size, tmp_path)


def test_three_bundles(tmp_path: Path) -> None:
    require_equal_when_joined(TENSORS, [3, 4, 2], b"graph", tmp_path)


KEYS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), min_size=2, max_size=40, unique=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KEYS, st.data())
def test_keys_of_any_text(tmp_path_factory: pytest.TempPathFactory, keys: list[str], data: st.DataObject) -> None:
    keys = [key for key in keys if key != "text"]
    count = data.draw(st.integers(1, len(keys)))
    counts = [each for each in (count, len(keys) - count) if each]
    tensors = {key: [float(index)] * (index % 5) for index, key in enumerate(keys)}
    require_equal_when_joined(tensors, counts, data.draw(st.binary()), tmp_path_factory.mktemp("bundles"))


@pytest.mark.parametrize("last", ["\U0010ffff" * 3, "a\x7f", "a\x80", "abc"])
@pytest.mark.parametrize("first", ["a", "ab", "a\x7e", "a" * 60_000])
def test_keys_at_the_end_of_a_block(first: str, last: str, tmp_path: Path) -> None:
    """A block ends after 256 KiB, and the next is found by a key between the two."""
    keys = [f"a{'0' * 60_000}", *(f"a{number}{'0' * 60_000}" for number in range(1, 9)), first, last]
    tensors = dict.fromkeys(sorted(set(keys)), 1.0)
    require_equal_when_joined(tensors, [5, len(tensors) - 5], b"", tmp_path)
