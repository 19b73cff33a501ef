"""The equal constants of a function are one node of the archive, and no others are."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hard_gradients import times
from tagged_session import meta_graphs
from tensorflow.core.protobuf import meta_graph_pb2
from varied_exports import document

import specc
from specc.compiler.write.constants import merge_constants

pytestmark = pytest.mark.tensorflow

ENDPOINT = {"arguments": ["x"], "inputs": ["float32[batch]"], "outputs": "float32[batch]"}
X = np.array([1.0, -2.0, 3.0], np.float32)
NAN = struct.unpack("f", struct.pack("I", 0x7FC00001))[0]


def write(function: Callable[[Any], Any], path: Path) -> list[Any]:
    """The constants of all functions of the archive, which answers as the function does."""
    specc.compile(document({"serve": ENDPOINT})).export(None, path, functions={"serve": function})
    for answer in (tf.saved_model.load(str(path)).serve(X), tf.saved_model.load(str(path)).signatures["serve"](x=X)):
        (array,) = tf.nest.flatten(answer)
        np.testing.assert_array_equal(array.numpy(), function(tf.constant(X)).numpy())
    (meta_graph,) = meta_graphs(path)
    return [
        node
        for definition in meta_graph.graph_def.library.function
        for node in definition.node_def
        if node.op == "Const"
    ]


def values(constants: list[Any]) -> Counter[Any]:
    return Counter(tf.make_ndarray(node.attr["value"].tensor).tobytes() for node in constants)


def test_equal_constants_are_one_node(tmp_path: Path) -> None:
    def function(x: Any) -> Any:
        for _ in range(5):
            x = tf.reduce_sum(tf.stack([x, x + 2.5]), axis=0)
        return x

    constants = write(function, tmp_path / "archive")
    assert values(constants)[np.float32(2.5).tobytes()] == 1
    assert max(values(constants).values()) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (tf.constant(0.0), tf.constant(-0.0)),
        (tf.constant(np.nan), tf.constant(NAN)),
        (tf.constant(1.0), tf.constant([1.0])),
        (tf.constant([1.0]), tf.constant([1.0, 1.0])),
        (tf.constant(1, tf.int32), tf.constant(1, tf.int64)),
        (tf.constant("1"), tf.constant("1\0")),
    ],
    ids=["zeros", "NaNs", "shapes", "sizes", "dtypes", "strings"],
)
def test_constants_that_differ_are_kept(first: Any, second: Any, tmp_path: Path) -> None:
    def function(x: Any) -> Any:
        found = [tf.constant(each.numpy(), each.dtype) for each in (first, second, first, second)]
        sizes = [
            tf.strings.length(each) if each.dtype == tf.string else tf.bitcast(each, _bits(each)) for each in found
        ]
        return x + tf.cast(tf.add_n([tf.cast(tf.reduce_sum(size) % 1000, tf.int64) for size in sizes]), tf.float32)

    constants = write(function, tmp_path / "archive")
    for value in (first, second):
        alike = [node for node in constants if node.attr["value"].tensor == tf.make_tensor_proto(value.numpy())]
        assert len(alike) == 1


def _bits(tensor: Any) -> tf.DType:
    return tf.int64 if tensor.dtype.size == 8 else tf.int32


def test_constants_on_two_devices_are_kept(tmp_path: Path) -> None:
    def function(x: Any) -> Any:
        with tf.device("/cpu:0"):
            first = x + 2.5
        with tf.device("/job:localhost/device:cpu:0"):
            return first + 2.5

    held = write(function, tmp_path / "archive")
    devices = [node.device for node in held if node.attr["value"].tensor.float_val[:] == [2.5]]
    assert len(devices) == len(set(devices)) == 2


def test_what_refers_to_a_constant_refers_to_the_one_that_is_left() -> None:
    meta_graph = meta_graph_pb2.MetaGraphDef()
    definition = meta_graph.graph_def.library.function.add()
    for name in ("first", "second", "other"):
        node = definition.node_def.add(name=name, op="Const")
        node.attr["dtype"].type = tf.float32.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(float(name == "other")))
    user = definition.node_def.add(name="user", op="AddV2", input=["second:output:0", "other:output:0", "^second"])
    user.attr["_class"].list.s[:] = [b"loc:@second", b"loc:@other"]
    definition.ret["result"], definition.ret["more"] = "second:output:0", "user:z:0"
    definition.control_ret["done"] = "second"
    merge_constants(meta_graph)
    first, other, user = definition.node_def
    assert (first.name, other.name) == ("first", "other")
    assert list(user.input) == ["first:output:0", "other:output:0", "^first"]
    assert list(user.attr["_class"].list.s) == [b"loc:@first", b"loc:@other"]
    assert dict(definition.ret) == {"result": "first:output:0", "more": "user:z:0"}
    assert dict(definition.control_ret) == {"done": "first"}


def test_branches_and_loops_answer_as_before(tmp_path: Path) -> None:
    def branch(x: Any) -> Any:
        return tf.cond(tf.reduce_sum(x) > 0.0, lambda: x * 2.5 + 2.5, lambda: x - 2.5 * 2.5)

    def function(x: Any) -> Any:
        first, second = tf.constant(2.5, name="first"), tf.constant(2.5, name="second")
        with tf.control_dependencies([second]):
            x = x + first
        with tf.compat.v1.colocate_with(second):
            x = tf.identity(x) * second
        x = tf.while_loop(lambda at, _: at < 2.5 + 2.5, lambda at, each: (at + 2.5, branch(each) + 2.5), [0.0, x])[1]
        kept = tf.function(lambda: (tf.constant([2.5, 1.0, 0.5]), tf.constant([2.5, 1.0, 0.5])), autograph=False)()
        return x + kept[0] * kept[1]

    constants = write(tf.function(function, autograph=False), tmp_path / "archive")
    assert values(constants)[np.array([2.5, 1.0, 0.5], np.float32).tobytes()] == 1


def test_a_gradient_captures_the_constant_that_is_left(tmp_path: Path) -> None:
    def function(x: Any) -> Any:
        for power in (2.0, 3.0, 2.0, 3.0):
            x = times(tf.constant(power))(x)
        return x

    write(function, tmp_path / "archive")
    loaded = tf.saved_model.load(str(tmp_path / "archive"))
    with tf.GradientTape() as tape:
        x = tf.constant(X)
        tape.watch(x)
        answer = loaded.serve(x)
    np.testing.assert_array_equal(tape.gradient(answer, x).numpy(), [36.0, 36.0, 36.0])
