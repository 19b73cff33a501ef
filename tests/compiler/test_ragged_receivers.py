"""Ragged leaves of messages: their row splits and inner dimensions, and errors where those are wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from receiver_archives import assertion_failure, echo, echo_at, send
from tf_examples import EXAMPLES, example

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("splits", ["int32", "int64"])
def test_ragged_leaves(export: Any, splits: str) -> None:
    tree = {"kind": "ragged", "dtype": "int32", "shape": ["batch", "?"], "row_splits_dtype": splits}
    archive = echo(export, tree, EXAMPLES)
    found = send(archive, "examples:echo", example(inputs=[1, 2]), example(), example(inputs=[3]))
    assert found["output_0_values"].tolist() == [1, 2, 3]
    assert found["output_0_row_splits"].tolist() == [0, 2, 2, 3]
    assert found["output_0_row_splits"].dtype == splits


def test_ragged_leaves_with_uniform_and_inner_ragged_dimensions(export: Any) -> None:
    points = {"kind": "ragged", "dtype": "float64", "shape": ["batch", "?", 2]}
    archive = echo(export, points, EXAMPLES)
    found = send(archive, "examples:echo", example(inputs=[1.0, 2.0, 3.0, 4.0]), example(inputs=[5.0, 6.0]))
    assert found["output_0_values"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found["output_0_row_splits"].tolist() == [0, 2, 3]


def test_a_feature_holds_the_inner_row_splits(export: Any) -> None:
    words = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    archive = echo(export, words, EXAMPLES)
    found = send(
        archive,
        "examples:echo",
        example(inputs=[b"a", b"b", b"c"], inputs_row_splits_1=[0, 2, 3]),
        example(inputs=[b"d"], inputs_row_splits_1=[0, 1]),
    )
    assert found["output_0_values"].tolist() == [b"a", b"b", b"c", b"d"]
    assert found["output_0_row_splits_0"].tolist() == [0, 2, 3]
    assert found["output_0_row_splits_1"].tolist() == [0, 2, 3, 4]


def test_the_values_of_a_uniform_dimension_are_those_of_one_message(export: Any) -> None:
    points = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", 2]}
    archive, path = echo_at(export, points, EXAMPLES)
    for given in ([[1, 2, 100], [7]], [[1], [2]], [[1, 2, 3]], [[], [1, 2], [3]]):
        messages = [example(inputs=[float(value) for value in values]) if values else example() for values in given]
        assert assertion_failure(archive, path, "examples:echo", *messages) == [
            "the feature 'inputs' must have a multiple of 2 values in each message; the numbers of values are",
            " ".join(str(len(values)) for values in given),
        ]
    found = send(archive, "examples:echo", example(inputs=[1.0, 2.0]), example(), example(inputs=[3.0, 4.0]))
    assert found["output_0_values"].tolist() == [[1, 2], [3, 4]]
    assert found["output_0_row_splits"].tolist() == [0, 1, 1, 2]
    assert send(archive, "examples:echo")["output_0_row_splits"].tolist() == [0]


def split(values: int, *splits: int) -> bytes:
    features: dict[str, Any] = {"inputs": list(range(values))} if values else {}
    return example(**features, **({"inputs_row_splits_1": list(splits)} if splits else {}))


WRONG_SPLITS = {
    "beyond the values": [split(3, 0, 5)],
    "far beyond": [split(3, 0, 10**12)],
    "short of the values": [split(3, 0, 2)],
    "not from 0": [split(3, 1, 3)],
    "before 0": [split(3, -5, 3)],
    "down": [split(3, 0, 2, 1, 3)],
    "down and over the edge of int64": [split(3, 0, 2**63 - 1, -(2**63), 3)],
    "none": [split(3)],
    "only 0": [split(3, 0)],
    "right together, wrong alone": [split(3, 0, 2), split(1, 0, 2)],
    "of the next message": [split(2, 0, 2), split(2)],
    "of nothing": [split(0, 0, 1), split(1, 0, 1)],
}


@pytest.mark.parametrize("name", list(WRONG_SPLITS))
@pytest.mark.parametrize("kind", ["tf_example", "tf_sequence_example"])
def test_row_splits_of_a_message_that_are_wrong_are_an_error(export: Any, name: str, kind: str) -> None:
    words = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    features = {"features": {"inputs": {"sequence": False}}} if kind == "tf_sequence_example" else {}
    archive, path = echo_at(export, words, {"parsed": {"kind": kind, **features}})
    messages = WRONG_SPLITS[name]  # an Example has the form of a SequenceExample's context
    counts = [len(tf.train.Example.FromString(each).features.feature["inputs"].int64_list.value) for each in messages]
    assert assertion_failure(archive, path, "parsed:echo", *messages) == [
        "the row splits in the feature 'inputs_row_splits_1' must start at 0, not decrease, and end at the number of "
        "items to split in each message, which is",
        " ".join(map(str, counts)),
    ]


@pytest.mark.parametrize(
    ("stripped", "message"), [(False, "must start at 0"), (True, "string: the row splits in the feature .* must")]
)
def test_wrong_row_splits_never_reach_the_function(export: Any, stripped: bool, message: str) -> None:
    words = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    endpoint = {"function": None, "inputs": [words], "outputs": "float32[?, ?, ?]", "receivers": EXAMPLES}
    options = {"experimental_debug_stripper": stripped}
    pad = {"pad": lambda ragged: ragged.to_tensor()}
    archive, _ = export(None, {"pad": endpoint}, functions=pad, save_options=options)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        send(archive, "examples:pad", example(inputs=[1.0, 2.0, 3.0], inputs_row_splits_1=[0, 5]))
    found = send(archive, "examples:pad", example(inputs=[1.0, 2.0, 3.0], inputs_row_splits_1=[0, 2, 3]))
    assert found["output_0"].tolist() == [[[1, 2], [3, 0]]]


def test_messages_with_nothing_to_split(export: Any) -> None:
    deep = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?", "?", "?", 2], "ragged_rank": 3, "row_splits_dtype": "int32"}  # fmt: skip
    archive, path = echo_at(export, deep, EXAMPLES)
    messages = [
        example(inputs=[1, 2, 3, 4], inputs_row_splits_2=[0, 0, 1, 2], inputs_row_splits_1=[0, 2, 2, 3]),
        example(),
        example(inputs_row_splits_1=[0], inputs_row_splits_2=[0]),
        example(inputs_row_splits_1=[0, 0, 1], inputs_row_splits_2=[0, 0]),
    ]
    found = send(archive, "examples:echo", *messages)
    revived = tf.RaggedTensor.from_nested_row_splits(
        found["output_0_values"], [found[f"output_0_row_splits_{index}"] for index in range(3)]
    )
    assert revived.to_list() == [[[[], [[1, 2]]], [], [[[3, 4]]]], [], [], [[], [[]]]]
    assert found["output_0_row_splits_2"].dtype == np.int32
    assert assertion_failure(archive, path, "examples:echo", example(inputs_row_splits_1=[0, 1]))[1] == "0"
    assert [value.tolist() for _, value in sorted(send(archive, "examples:echo").items())] == [[0], [0], [0], []]
