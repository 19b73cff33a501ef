"""Messages made out of the values of a call: each receiver parses them into exactly these values."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from call_strategies import calls
from hypothesis import given, settings
from hypothesis import strategies as st

import specc
from specc.compiler.trace.receivers import receiver_signature
from specc.language.calls import FlatTensor
from specc.language.calls.flat_tensor import numpy_type, tensor_of
from specc.language.calls.messages import to_messages
from specc.language.wire_names import Component

pytestmark = pytest.mark.tensorflow

DTYPES = ("string", "int64", "float32", "bool", "int8", "uint32", "uint64", "float16", "bfloat16", "float64")
SHAPES: dict[str, dict[str, Any]] = {
    "fixed": {"kind": "tensor", "shape": ["batch", 2]},
    "vector": {"kind": "tensor", "shape": ["batch"]},
    "sequence": {"kind": "tensor", "shape": ["batch", "?", 2]},
    "ragged": {"kind": "ragged", "shape": ["batch", "?"]},
    "of rank 2": {"kind": "ragged", "shape": ["batch", "?", "?"], "ragged_rank": 2, "row_splits_dtype": "int32"},
    "uniform": {"kind": "ragged", "shape": ["batch", "?", 2]},
    "sparse": {"kind": "sparse", "shape": ["batch", "?"]},
    "bounded": {"kind": "sparse", "shape": ["batch", 3]},
    "of rank 3": {"kind": "sparse", "shape": ["batch", "?", "?"]},
}
IN = {
    "tf_example": ("fixed", "vector", "sequence", "ragged", "of rank 2", "uniform", "sparse", "bounded"),
    "tf_sequence_example": ("fixed", "vector", "sequence", "ragged", "of rank 2", "sparse", "of rank 3"),
}
CONSTANT = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.5}


@cache
def receiver(kind: str, shape: str, dtype: str) -> tuple[specc.Document, Any]:
    """A document with one leaf of a kind, one vector and a constant; and what parses its messages."""
    inputs = [{"a": {**SHAPES[shape], "dtype": dtype}, "b": "int64[batch]", "c": CONSTANT}]
    endpoint = {"inputs": inputs, "outputs": "float32[]", "receivers": {"r": {"kind": kind}}}
    document = specc.from_json({"specc": 1, "dims": {"batch": {}}, "endpoints": {"e": endpoint}})
    serialized = Component("inputs", "string", ("?",))
    return document, receiver_signature(specc.compile(document)["e"], "r", serialized, dict)


def as_flat(dtype: str, tensor: Any) -> FlatTensor:
    array = tensor.numpy()
    if dtype == "string":
        return FlatTensor(dtype, array.shape, tuple(array.ravel()))
    return FlatTensor(dtype, array.shape, array.view(np.dtype(numpy_type(dtype))).tobytes())


def shown(tensors: dict[str, FlatTensor]) -> dict[str, Any]:
    return {name: (tensor.dtype, tensor.shape, tensor.to_json()) for name, tensor in tensors.items()}


@pytest.mark.parametrize(("kind", "shape"), [(kind, shape) for kind, shapes in IN.items() for shape in shapes])
def test_messages_parse_into_the_values_that_they_were_made_of(kind: str, shape: str) -> None:
    sent = 0

    @settings(max_examples=400 if SHAPES[shape]["kind"] == "sparse" else 30, derandomize=True, database=None)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        nonlocal sent
        document, parse = receiver(kind, shape, data.draw(st.sampled_from(DTYPES)))
        endpoint = document.endpoints["e"]
        inputs = data.draw(calls(endpoint, document.dims)).inputs | {"c": tensor_of("float32", [], [0.5])}
        messages = to_messages(endpoint, "r", inputs)
        if messages is None:
            return
        sent += 1
        assert messages.shape == inputs["b"].shape
        found = parse(tf.constant(messages.values, tf.string, messages.shape))
        assert shown({name: as_flat(inputs[name].dtype, tensor) for name, tensor in found.items()}) == shown(inputs)

    draw()
    assert sent >= 8  # a drawn sparse tensor is hardly ever one that a message holds


def small(**changed: FlatTensor) -> dict[str, FlatTensor]:
    """The values of a call with two rows."""
    values = {
        "a": tensor_of("float64", [2], [1, 2]),
        "b": tensor_of("int64", [2], [3, 4]),
        "c": tensor_of("float32", [], [0.5]),
    }
    return values | changed


def test_a_value_that_would_come_back_as_another_one_makes_no_message() -> None:
    endpoint = receiver("tf_example", "vector", "float64")[0].endpoints["e"]
    assert to_messages(endpoint, "r", small()) is not None
    assert to_messages(endpoint, "r", small(a=tensor_of("float64", [2], [0.1, 2]))) is None
    assert to_messages(endpoint, "r", small(a=tensor_of("float64", [2], [1e300, 2]))) is None
    assert to_messages(endpoint, "r", small(a=tensor_of("float64", [3], [1, 2, 3]))) is None  # other rows
    assert to_messages(endpoint, "r", small(c=tensor_of("float32", [], [0.25]))) is None  # not its default
    unsigned = receiver("tf_example", "vector", "uint64")[0].endpoints["e"]
    assert to_messages(unsigned, "r", small(a=tensor_of("uint64", [2], [2**63 - 1, 0]))) is not None
    assert to_messages(unsigned, "r", small(a=tensor_of("uint64", [2], [2**63, 0]))) is None


@pytest.mark.parametrize(
    ("indices", "sizes"),
    [
        ([0, 1], [2, 2]),  # a gap
        ([0, 0, 0, 0], [2, 1]),  # one place twice
        ([1, 0, 0, 0], [2, 1]),  # not in order
        ([0, 0], [2, 5]),  # longer than the longest row
        ([0, 0], [10**12, 1]),
    ],
)
def test_a_sparse_tensor_that_no_feature_parses_into_makes_no_message(indices: list[int], sizes: list[int]) -> None:
    endpoint = receiver("tf_example", "sparse", "int64")[0].endpoints["e"]
    count = len(indices) // 2
    sparse = {
        "a_indices": tensor_of("int64", [count, 2], indices),
        "a_values": tensor_of("int64", [count], range(count)),
        "a_dense_shape": tensor_of("int64", [2], sizes),
    }
    assert to_messages(endpoint, "r", {**small(), **sparse}) is None
