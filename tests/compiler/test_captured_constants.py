"""Constants that functions capture, of every dtype and size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hard_cases import VECTOR, case

import specc
from specc.compiler.write import serialized
from specc.compiler.write.meta_graph import fill_tensor
from specc.language.dtypes import DTYPES

pytestmark = pytest.mark.tensorflow

QUANTIZED = {"qint8": "int8", "quint8": "uint8", "qint16": "int16", "quint16": "uint16", "qint32": "int32"}
ONLY_WHOLE = ("float8_e4m3b11fnuz", "float8_e4m3fnuz", "float8_e5m2fnuz")
"""Dtypes of which TensorFlow makes protos of two elements and more."""
VALUES = ([1, 0], [1, 1, 1], [[0, 1], [0, 1]], [[0, 0], [0, 0]], 1, [1], [], [[], []])


def is_known(dtype: str) -> bool:
    """Whether this release of TensorFlow has a dtype, with values."""
    try:
        return tf.dtypes.as_dtype(dtype) not in (tf.resource, tf.variant, tf.string)
    except TypeError:
        return False


KNOWN = tuple(filter(is_known, DTYPES))


def constant(values: Any, dtype: str) -> Any:
    array = np.array(values)
    if dtype in QUANTIZED:
        return tf.bitcast(tf.constant(array.astype(QUANTIZED[dtype])), dtype)
    return tf.constant(array.astype(tf.dtypes.as_dtype(dtype).as_numpy_dtype), dtype)


def read_back(tensor: Any) -> Any:
    """What TensorFlow reads of a constant with the written proto."""
    graph = tf.compat.v1.GraphDef()
    node = graph.node.add(name="constant", op="Const")
    node.attr["dtype"].type = tensor.dtype.as_datatype_enum
    fill_tensor(node.attr["value"].tensor, tensor)
    reading = tf.compat.v1.wrap_function(
        lambda: tf.graph_util.import_graph_def(graph, return_elements=["constant:0"]), []
    )
    return reading()[0]


def content(tensor: Any) -> Any:
    array = tensor.numpy()
    return array if isinstance(array, bytes) else array.tolist() if array.dtype == object else array.tobytes()


@pytest.mark.parametrize(
    ("dtype", "values"),
    [(dtype, values) for dtype in KNOWN for values in VALUES if dtype not in ONLY_WHOLE or np.size(values) > 1],
    ids=str,
)
def test_a_constant_keeps_its_bits(dtype: str, values: Any) -> None:
    tensor = constant(values, dtype)
    again = read_back(tensor)
    assert (again.dtype, again.shape, content(again)) == (tensor.dtype, tensor.shape, content(tensor))


@pytest.mark.parametrize("values", [b"a\0", [b"a\0", b"a"], [b"\0", b"\0"], [[b""], [b""]], []], ids=repr)
def test_a_constant_string_keeps_its_bytes(values: Any) -> None:
    tensor = tf.constant(values, tf.string)
    again = read_back(tensor)
    assert (again.dtype, again.shape, content(again)) == (tensor.dtype, tensor.shape, content(tensor))


@pytest.mark.parametrize("value", [0.0, -0.0, np.nan, 2.5, np.inf])
def test_equal_elements_are_written_once(value: float, tmp_path: Path) -> None:
    held = tf.fill([100_000], tf.constant(value))
    assert content(read_back(held)) == content(held)
    endpoint = {"arguments": ["x"], "inputs": [VECTOR], "outputs": "float32[100000]"}
    case({"serve": endpoint}, {"serve": lambda x: tf.identity(held) + 0.0 * x[0]}).export(tmp_path / "archive")
    assert (tmp_path / "archive" / "saved_model.pb").stat().st_size < 20_000
    found = tf.saved_model.load(str(tmp_path / "archive")).serve(tf.constant([1.0]))
    np.testing.assert_array_equal(found.numpy(), held.numpy() + 0.0)


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "int4", "qint8"])
def test_a_captured_constant_of_a_rare_dtype_is_exported(dtype: str, tmp_path: Path) -> None:
    held = constant([1, 0], dtype)
    endpoint = {"inputs": [VECTOR], "outputs": {"a": {"kind": "tensor", "dtype": dtype, "shape": [2]}}}
    case({"serve": endpoint}, {"serve": lambda _: {"a": held}}).export(tmp_path / "archive")
    found = tf.saved_model.load(str(tmp_path / "archive")).serve(tf.constant([1.0]))["a"]
    assert (found.dtype, content(found)) == (held.dtype, content(held))


@pytest.mark.long
def test_constants_that_are_too_large_together_are_refused(tmp_path: Path) -> None:
    held = [tf.random.stateless_uniform([300_000_000], (1, number)) for number in range(2)]
    endpoint = {"arguments": ["x"], "inputs": [VECTOR], "outputs": VECTOR}
    with pytest.raises(specc.SpecError, match=r"save-failed: the graphs of the archive take more than 2 GB"):
        case({"serve": endpoint}, {"serve": lambda x: x + held[0][0] + held[1][0]}).export(tmp_path / "archive")
    assert list(tmp_path.iterdir()) == []


def test_what_protobuf_cannot_encode_is_explained() -> None:
    class TooLarge:
        def SerializeToString(self, **_: Any) -> bytes:  # noqa: N802
            raise serialized.EncodeError("Failed to serialize proto")

    with pytest.raises(specc.SpecError) as caught:
        serialized.serialized(TooLarge())
    assert str(caught.value) == (
        "endpoints: save-failed: the graphs of the archive take more than 2 GB with their constants, which no SavedModel "
        "can hold; keep large constants in variables, which are stored in files of their own"
    )
