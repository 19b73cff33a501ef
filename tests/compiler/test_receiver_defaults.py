"""Defaults of features: exact in the dtype of their leaf, and used where a message has no value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from receiver_archives import assertion_failure, echo, echo_at, send
from tagged_session import TaggedSession
from tf_examples import EXAMPLES, example

pytestmark = pytest.mark.tensorflow


def test_defaults_of_features(export: Any) -> None:
    features = {"inputs": {"key": "uid", "default": ["a", {"base64": "/w=="}]}}
    archive = echo(export, "string[batch, 2]", {"examples": {"kind": "tf_example", "features": features}})
    found = send(archive, "examples:echo", example(uid=[b"x", b"y"]), example())["output_0"]
    assert found.tolist() == [[b"x", b"y"], [b"a", b"\xff"]]


def test_a_default_of_a_leaf_is_that_of_its_feature(export: Any) -> None:
    leaf = {"kind": "tensor", "dtype": "bool", "shape": [2, 3], "default": [[True, False, True]] * 2}
    endpoint = {"function": None, "inputs": [leaf], "outputs": "bool[2, 3]", "receivers": EXAMPLES}
    archive, _ = export(None, {"echo": endpoint}, functions={"echo": tf.identity})
    found = send(archive, "examples:echo", example(), example(inputs=[0, 0, 1]))["output_0"]
    assert found.tolist() == [[True, False, True], [False, False, True]]


def test_a_scalar_with_a_default_is_not_read_from_messages(export: Any) -> None:
    scale = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 3.0}
    archive, _ = export(
        None,
        {"scaled": {"function": None, "inputs": [{"x": "float32[batch]", "scale": scale}], "outputs": "float32[batch]", "receivers": EXAMPLES}},
        functions={"scaled": lambda features: features["x"] * features["scale"]},
    )  # fmt: skip
    assert send(archive, "examples:scaled", example(x=[2.0], scale=[9.0]))["output_0"].tolist() == [6]


EXACT = [
    ("float64", 0.1), ("float64", 1e300), ("float64", -5e-324), ("float64", "NaN"), ("float64", "-Infinity"),
    ("float64", 0.5), ("float64", 2**53 - 1), ("uint64", 2**63 + 1), ("uint64", 2**64 - 1), ("int64", -(2**63)),
    ("float16", 0.1), ("bfloat16", 0.1), ("float32", 0.1), ("uint8", 255), ("bool", True),
]  # fmt: skip


@pytest.mark.parametrize(("dtype", "value"), EXACT)
def test_a_default_is_exact_in_the_dtype_of_its_leaf(export: Any, dtype: str, value: Any) -> None:
    features = {"x": {"default": value}, "pair": {"default": [value, value]}, "padded": {"default": value}}
    tree = {"x": f"{dtype}[batch]", "pair": f"{dtype}[batch, 2]", "padded": f"{dtype}[batch, ?]"}
    archive, path = echo_at(export, tree, {"examples": {"kind": "tf_example", "features": features}})
    one = 1 if np.issubdtype(tf.dtypes.as_dtype(dtype).as_numpy_dtype, np.integer) or dtype == "bool" else 1.0
    messages = [example(), example(x=[one], pair=[one, one], padded=[one]), example(padded=[one, one])]
    wanted = tf.constant(float(value) if isinstance(value, str) else value, dtype).numpy()
    single = wanted.dtype.type(1)
    expected = {
        "x": [wanted, single, wanted],
        "pair": [[wanted] * 2, [single] * 2, [wanted] * 2],
        "padded": [[wanted, wanted], [single, wanted], [single, single]],
    }
    in_session = TaggedSession(path).ask("examples:echo", inputs=np.array(messages, object))
    for found in (send(archive, "examples:echo", *messages), in_session):
        for name, array in found.items():
            assert array.dtype == wanted.dtype
            assert array.tobytes() == np.array(expected[name], wanted.dtype).tobytes(), name


def test_a_feature_with_a_default_of_float64_has_all_its_values_or_none(export: Any) -> None:
    features = {"inputs": {"default": [0.1, 0.2]}}
    archive, path = echo_at(export, "float64[batch, 2]", {"examples": {"kind": "tf_example", "features": features}})
    assert assertion_failure(archive, path, "examples:echo", example(inputs=[1.0]), example(inputs=[1.0] * 3)) == [
        "the feature 'inputs' must have 2 values or none in each message; the numbers of values are",
        "1 3",
    ]
    assert send(archive, "examples:echo")["output_0"].shape == (0, 2)


def test_a_default_of_a_float64_leaf_is_the_same_in_messages_and_calls(export: Any) -> None:
    leaf = {"kind": "tensor", "dtype": "float64", "shape": [2], "default": [0.1, 0.1]}
    endpoint = {"function": None, "inputs": [leaf], "outputs": "float64[2]", "receivers": EXAMPLES}
    archive, _ = export(None, {"echo": endpoint}, functions={"echo": tf.identity})
    assert send(archive, "examples:echo", example(), example())["output_0"].tolist() == [0.1, 0.1]
    assert archive.echo().numpy().tolist() == [0.1, 0.1]
