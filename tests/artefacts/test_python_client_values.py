"""The values that an emitted Python client takes, and those that it refuses before it sends anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from emitted_clients import Recording, client_module, one_endpoint
from rest_documents import ranker

MODULE = client_module(ranker())
R, S = MODULE.Ragged, MODULE.Sparse


def sent(leaf: Any, value: Any) -> Any:
    """The array that a client sends for the value of its only input."""
    module, transport = client_module(one_endpoint([leaf])), Recording({"output_0": np.zeros((), np.float32)})
    module.Client(transport).f(value)
    return transport.requests[0].inputs["inputs"]


def refusal(call: Callable[[], Any]) -> str:
    """The text of the ValueError of a call."""
    with pytest.raises(ValueError, match=": ") as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("leaf", "value", "expected"),
    [
        ("float32[2]", [1, 0.1], np.array([1, 0.1], np.float32)),
        ("float32[]", np.float64(0.1), np.array(0.1, np.float32)),
        ("float64[1]", np.array([3], np.int32), np.array([3.0])),
        ("int32[3]", [1.0, True, np.int64(7)], np.array([1, 1, 7], np.int32)),
        ("uint8[2]", (0, 255), np.array([0, 255], np.uint8)),
        ("uint64[1]", [2**64 - 1], np.array([2**64 - 1], np.uint64)),
        ("int64[0]", [], np.zeros(0, np.int64)),
        ("bool[]", True, np.array(True)),
        ("complex64[]", 1, np.array(1, np.complex64)),
        ("string[2]", np.array(["a", "b"]), np.array([b"a", b"b"], object)),
        ("string[3]", ["\u00e4", b"\xff\0", "\0"], np.array([b"\xc3\xa4", b"\xff\0", b"\0"], object)),
        ("string[]", b"", np.array(b"", object)),
    ],
)
def test_a_value_becomes_an_array_of_the_dtype(leaf: str, value: Any, expected: Any) -> None:
    found = sent(leaf, value)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tolist() == expected.tolist()


BOUNDED = {"kind": "tensor", "dtype": "float32", "shape": ["?"], "minimum": 0.1, "maximum": "Infinity"}


@pytest.mark.parametrize(
    ("leaf", "value", "message"),
    [
        ("int8[2]", [1, 128], "inputs: 128 is beyond int8"),
        ("int8[2]", np.array([1, 128]), "inputs: 128 is beyond int8"),
        ("uint8[1]", [-1], "inputs: -1 is beyond uint8"),
        ("uint8[1]", np.array([1]), "inputs: an array of int64 is not cast to uint8"),
        ("int32[1]", [0.5], "inputs: 0.5 is not an int32"),
        ("int32[1]", [float("nan")], "inputs: nan is not an int32"),
        ("int32[1]", np.zeros(1), "inputs: an array of float64 is not cast to int32"),
        ("int32[1]", ["1"], "inputs: '1' is not a value of the dtype int32"),
        ("float32[1]", [2**24 + 1], "inputs: float32 cannot represent 16777217"),
        ("float32[1]", [1e39], "inputs: a number is too large for float32"),
        ("float32[1]", np.array([1e39]), "inputs: a number is too large for float32"),
        ("float64[]", 10**400, "inputs: a number is too large for float64"),
        ("float32[]", 1j, "inputs: 1j is not a value of the dtype float32"),
        ("float32[]", None, "inputs: None is not a value of the dtype float32"),
        ("bool[]", 1, "inputs: 1 is not a value of the dtype bool"),
        ("string[1]", [1], "inputs: 1 is not a value of the dtype string"),
        ("string[]", "\ud800", "inputs: '\\ud800' cannot be written in UTF-8"),
        ("float32[?, ?]", [[1], [1, 2]], "inputs: the rows have different lengths"),
        ("float32[2]", [1], "inputs: axis 0 is 1, expected 2"),
        ("float32[2]", 1, "inputs: the rank is 0, expected 1"),
        ("float32[time]", [0] * 9, "inputs: time is 9, at most 6"),
        ("float32[time]", [], "inputs: time is 0, at least 1"),
        (BOUNDED, [0.1, 0.05], "inputs[1]: 0.05000000074505806 is out of bounds: the minimum is 0.1, the maximum is inf"),
        (BOUNDED, [float("nan")], "inputs[0]: nan is out of bounds: the minimum is 0.1, the maximum is inf"),
        ({"a": "float32[time]"}, {"a": [0] * 9}, "inputs.a: time is 9, at most 6"),
        ({"a b": ["float32[time]"]}, {"a b": [[0] * 9]}, "inputs['a b'][0]: time is 9, at most 6"),
        ({"a": "int8[]"}, {"b": 1}, "inputs: there is no key 'b'; the keys are 'a'"),
        ({"a": "int8[]"}, {}, "inputs: the key 'a' is missing"),
        ({"a": "int8[]"}, 1, "inputs: expected a dict with the keys 'a'"),
        (["int8[]"], "a", "inputs: expected a sequence of 1, found str"),
        (["int8[]"], [1, 2], "inputs: expected a sequence of 1, found 2"),
        (["int8[]"], 1, "inputs: expected a sequence of 1, found int"),
        ({"a": "int8[batch]", "b": "int8[batch]"}, {"a": [1], "b": []}, "inputs.b: batch is 0, and 1 in inputs.a"),
    ],
)  # fmt: skip
def test_what_the_contract_does_not_allow_is_refused(leaf: Any, value: Any, message: str) -> None:
    assert refusal(lambda: sent(leaf, value)) == message


@pytest.mark.parametrize(
    ("items", "cross", "message"),
    [
        ([[1]], None, "items: expected a Ragged of the ragged rank 1: Ragged.of(rows)"),
        (R.of([[[1]]], 2), None, "items: expected a Ragged of the ragged rank 1: Ragged.of(rows)"),
        (R([1, 2], [0, 1]), None, "items: row splits start at 0, do not decrease, and end at 2 here"),
        (R([1, 2], [0, 3, 2]), None, "items: row splits start at 0, do not decrease, and end at 2 here"),
        (R([1, 2], [1, 2]), None, "items: row splits start at 0, do not decrease, and end at 2 here"),
        (R.of([[0.5]]), None, "items: 0.5 is not an int64"),
        (R.of([[1]] * 65), None, "items: batch is 65, at most 64"),
        (R.of([[1]]), [[0]], "cross: expected a Sparse(indices, values, dense_shape)"),
        (R.of([[1]]), S([[0, 100]], [1.0], [1, 100]), "cross: an index is outside of the dense shape [1, 100]"),
        (R.of([[1]]), S([[0, 1]], [1.0], [2, 100]), "cross: batch is 2, and 1 in items"),
        (R.of([[1]]), S([[0, 1]], [1.0], [1, 99]), "cross: axis 1 is 99, expected 100"),
        (R.of([[1]]), S([[0, 1]], [1.0, 2.0], [1, 100]), "cross: 2 values of the rank 2 need as many rows of indices"),
        (
            R.of([[1]]),
            S([[0, 1], [0, 1]], [1.0, 2.0], [1, 100]),
            "cross: the indices are not in ascending order, or one of them is there twice",
        ),
    ],
)
def test_parts_of_composites_fit_each_other(items: Any, cross: Any, message: str) -> None:
    assert refusal(lambda: MODULE.Client(Recording()).rank(items, cross)) == message


@pytest.mark.parametrize("rows", [["text"], [b"bytes"], [1], [[1], None]])
def test_rows_are_sequences(rows: Any) -> None:
    with pytest.raises(ValueError, match="a row is not a sequence of values"):
        R.of(rows)


def test_rows_of_arrays_have_their_dtype() -> None:
    transport = Recording({"output_0": np.zeros((1, 1), np.float32), "output_1": np.zeros((), np.float32)})
    cross = S(np.zeros((0, 2), np.int32), np.zeros(0, np.float32), (2, 100))
    MODULE.Client(transport).rank(R.of([np.array([1, 2], np.int8), np.zeros(0, np.int8)]), cross)
    assert transport.requests[0].inputs["items_values"].dtype == np.int64
    assert transport.requests[0].inputs["items_row_splits"].tolist() == [0, 2, 2]
    assert refusal(lambda: MODULE.Client(transport).rank(R.of([np.array([1.0])]), cross)) == (
        "items: an array of float64 is not cast to int64"
    )


def test_empty_composites_are_sent() -> None:
    transport = Recording({"output_0": np.zeros((1, 1), np.float32), "output_1": np.zeros((), np.float32)})
    MODULE.Client(transport).rank(R.of([[]]), S([], [], [1, 100]))
    sizes = {name: value.shape for name, value in transport.requests[0].inputs.items()}
    assert sizes == {
        "items_values": (0,),
        "items_row_splits": (2,),
        "cross_indices": (0, 2),
        "cross_values": (0,),
        "cross_dense_shape": (2,),
    }


def test_no_value_shows_the_inner_sizes_of_an_empty_ragged_tensor() -> None:
    words = {"kind": "ragged", "dtype": "int8", "shape": ["batch", "?", "time", 3]}
    document = one_endpoint([words, "int8[time]"], arguments=["words", "steps"])
    module, transport = client_module(document), Recording({"output_0": np.zeros((), np.float32)})
    module.Client(transport).f(module.Ragged.of([[], []]), [0] * 5)
    assert transport.requests[0].inputs["words_values"].shape == (0, 1, 3)  # time is at least 1
    assert refusal(lambda: module.Client(transport).f(module.Ragged.of([[[[1, 2]]]]), [0])) == (
        "words: axis 3 is 2, expected 3"
    )


def test_an_example_that_must_be_refused_is_refused_before_it_is_sent() -> None:
    transport = Recording()
    with pytest.raises(ValueError, match=r"inputs.user.id\[0\]: 99 is out of bounds"):
        MODULE.Client(transport).score(
            {"user": {"id": [99], "history": [[1]]}, "country": ["de"], "weight": [0.5], "fresh": [True]}
        )
    assert transport.requests == []
