"""Examples as calls: what is written reads back, in JSON and in files, for every kind of leaf and every dtype."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from call_strategies import calls, default_tensor, elements, is_small
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import buildable_documents

from specc.language.calls.flat_tensor import FlatTensor, tensor_of
from specc.language.calls.read import read_example, read_examples
from specc.language.calls.write import inputs_to_json, outputs_to_json, to_npz
from specc.language.document import Document
from specc.language.dtypes import DTYPES
from specc.language.examples import Example
from specc.language.load import from_json
from specc.language.tensor_bytes import from_json as element_of
from specc.language.tensor_bytes import to_json
from specc.language.values import scalars
from specc.language.wire_names import input_leaves


def one(inputs: list[Any], outputs: Any = "float32[]", dims: Any = None, **endpoint: Any) -> Document:
    arguments = {"arguments": [f"x{index}" for index in range(len(inputs))]} if len(inputs) != 1 else {}
    said = {"inputs": inputs, "outputs": outputs, **arguments, **endpoint}
    return from_json({"specc": 1, "dims": dims or {"batch": {}}, "endpoints": {"e": said}})


def shown(tensors: Any) -> dict[str, Any]:
    """Tensors with their values in JSON: it has one NaN, and no sizes after one of 0."""
    return {
        name: (tensor.dtype, 0 in tensor.shape or tensor.shape, tensor.to_json()) for name, tensor in tensors.items()
    }


@given(buildable_documents(), st.data())
def test_what_is_written_reads_back(document: Document, data: st.DataObject) -> None:
    name = sorted(document.endpoints)[0]
    endpoint = document.endpoints[name]
    assume(is_small(endpoint))
    assume(
        all(
            default_tensor(bound)
            for bound in input_leaves(endpoint)
            if getattr(bound.leaf, "default", None) is not None
        )
    )
    call = data.draw(calls(endpoint, document.dims))
    written = {"inputs": inputs_to_json(endpoint, call.inputs, call.left_out)}
    if call.outputs:
        written["outputs"] = outputs_to_json(endpoint, call.outputs)
    again = read_example(document, name, Example.model_validate(json.loads(json.dumps(written))), ())
    assert shown(again.inputs) == shown(call.inputs)
    assert shown(again.expected) == shown(call.outputs)
    assert again.left_out <= call.left_out
    assert list(again.inputs) == [part.wire_name for leaf in input_leaves(endpoint) for part in leaf.components]


@given(buildable_documents(), st.data())
def test_what_is_written_to_a_file_reads_back(document: Document, data: st.DataObject) -> None:
    name = sorted(document.endpoints)[0]
    endpoint = document.endpoints[name]
    assume(is_small(endpoint))
    call = data.draw(calls(endpoint, document.dims))
    example = Example.model_validate({"inputs": {"file": "a.npz"}, "outputs": {"file": "a.npz"}})
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "a.npz").write_bytes(to_npz(endpoint, call.inputs, call.outputs))
        again = read_example(document.in_directory(directory), name, example, ())
    assert again.inputs == call.inputs
    assert again.expected == call.outputs
    assert (again.left_out, again.open_axes) == (frozenset(), {})


@pytest.mark.parametrize("dtype", sorted(DTYPES))
@given(st.data())
def test_an_element_is_the_shortest_text_that_reads_back(dtype: str, data: st.DataObject) -> None:
    tensor = tensor_of(dtype, [3], data.draw(st.lists(elements(dtype), min_size=3, max_size=3)))
    again = tensor_of(dtype, [3], [element_of(value, dtype) for value in scalars(tensor.to_json())])
    assert repr(again.to_json()) == repr(tensor.to_json())
    if "NaN" not in str(tensor.to_json()):
        assert again == tensor


def test_floats_are_short_and_integers_stay() -> None:
    assert tensor_of("float32", [3], [0.1, 1, -0.0]).to_json() == (0.1, 1.0, -0.0)
    assert str(tensor_of("bfloat16", [], [1 / 3]).to_json()) == "0.334"
    assert repr(to_json(7, "int64")) == "7"


def test_each_leaf_has_its_encoding() -> None:
    ragged = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    sparse = {"kind": "sparse", "dtype": "float64", "shape": ["batch", 3]}
    pair = {"kind": "namedtuple", "typename": "P", "fields": [["l", "bool[]"], ["r", "complex64[]"]]}
    document = one([{"r": ragged, "s": sparse}, pair, ["bfloat16[batch]", "string[]"]])
    inputs = [
        {"r": [[["a", "b"], []], []], "s": {"indices": [[0, 2]], "values": ["NaN"], "dense_shape": [2, 3]}},
        {"l": True, "r": {"real": 1, "imag": "-Infinity"}},
        [[1, 0.5], {"base64": "/w=="}],
    ]
    call = read_example(document, "e", Example(inputs=inputs), ())
    assert call.inputs["r_values"] == FlatTensor("string", (2,), (b"a", b"b"))
    assert call.inputs["r_row_splits_0"].elements() == [0, 2, 2]
    assert call.inputs["r_row_splits_1"].elements() == [0, 2, 2]
    assert call.inputs["s_indices"].elements() == [0, 2]
    assert call.inputs["s_dense_shape"].elements() == [2, 3]
    assert call.inputs["l"] == FlatTensor("bool", (), b"\1")
    assert call.inputs["r"].elements() == [complex(1, float("-inf"))]
    assert call.inputs["x2_0"] == FlatTensor("bfloat16", (2,), bytes.fromhex("803f003f"))
    assert call.inputs["x2_1"] == FlatTensor("string", (), (b"\xff",))


DEFAULT = {"kind": "tensor", "dtype": "float32", "shape": [2], "default": [1, 2]}


@pytest.mark.parametrize(
    ("inputs", "left_out"),
    [
        ([{"a": 1}], {"b", "x1"}),
        ([{"a": 1, "b": [3, 4]}], {"x1"}),
        ([{"a": 1}, [5, 6]], {"b"}),
    ],
)
def test_an_input_with_a_default_may_be_left_out(inputs: list[Any], left_out: set[str]) -> None:
    document = one([{"a": "int8[]", "b": DEFAULT}, DEFAULT])
    call = read_example(document, "e", Example(inputs=inputs), ())
    assert call.left_out == left_out
    assert {call.inputs[name].to_json() for name in left_out} == {(1.0, 2.0)}
    written = inputs_to_json(document.endpoints["e"], call.inputs, call.left_out)
    assert json.loads(json.dumps(written)) == inputs


def test_what_cannot_be_left_out_is_written() -> None:
    endpoint = one([DEFAULT, [DEFAULT], "int8[]"]).endpoints["e"]
    tensor = tensor_of("float32", [2], [1, 2])
    inputs = {"x0": tensor, "x1_0": tensor, "x2": tensor_of("int8", [], [3])}
    assert inputs_to_json(endpoint, inputs, ("x0", "x1_0")) == ((1.0, 2.0), ((1.0, 2.0),), 3)


def test_outputs_that_are_missing_or_null_are_not_compared() -> None:
    document = one([], {"a": "int8[]", "b": ["int8[]", "int8[]"], "c": {"d": "int8[]"}})
    call = read_example(document, "e", Example(inputs=[], outputs={"b": [None, 1], "c": None}), ())
    assert set(call.expected) == {"b_1"}


def test_sizes_after_a_zero_are_those_of_the_tree_or_of_the_call_or_open() -> None:
    dims = {"batch": {}, "time": {}, "other": {"min": 2}}
    inputs = ["float32[batch, 3]", "float32[batch, time]", "int8[time]", "int8[batch, other, ?]"]
    document = one(inputs, ["float32[batch, time]", "float32[batch, ?, 2]"], dims)
    call = read_example(document, "e", Example(inputs=[[], [], [1, 2], []], outputs=[[], []]), ())
    assert [tensor.shape for tensor in call.inputs.values()] == [(0, 3), (0, 2), (2,), (0, 2, 0)]
    assert call.expected["output_0"].shape == (0, 2)
    assert call.expected["output_1"].shape == (0, 0, 2)
    assert call.open_axes == {"output_1": (1,)}


def test_all_examples_of_an_endpoint_are_read_by_name() -> None:
    document = one(["int8[]"], examples={"b": {"inputs": [1], "error": "no"}, "a": {"inputs": [2], "outputs": 0.5}})
    found = read_examples(document, "e")
    assert list(found) == ["a", "b"]
    assert (found["a"].error, found["b"].error) == (None, "no")
    assert found["a"].expected["output_0"].to_json() == 0.5


def test_a_tensor_of_many_empty_rows_is_not_written() -> None:
    assert FlatTensor("int8", (2, 0, 10**12), b"").to_json() == ((), ())
    with pytest.raises(ValueError, match="too many empty rows"):
        FlatTensor("int8", (10**12, 0), b"").to_json()
