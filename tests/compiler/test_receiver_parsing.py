"""Dense and sparse leaves, and those of a SequenceExample, are parsed to the values that the messages hold."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf
from receiver_archives import assertion_failure, echo, echo_at, send
from tf_examples import EXAMPLES, SEQUENCES, example, sequence_example

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int64", 2**40), ("int32", -7), ("int16", 300), ("int8", -8), ("uint8", 200), ("uint16", 60_000),
        ("uint32", 2**31), ("uint64", 2**50), ("bool", 1), ("float32", 0.5), ("float64", 0.25), ("float16", 1.5),
        ("bfloat16", 2.0), ("string", b"\xff\0"),
    ],
)  # fmt: skip
def test_every_dtype_that_can_be_parsed(export: Any, dtype: str, value: Any) -> None:
    archive = echo(export, f"{dtype}[batch]", EXAMPLES)
    found = send(archive, "examples:echo", example(inputs=[value]))["output_0"]
    assert found.dtype == (object if dtype == "string" else tf.dtypes.as_dtype(dtype).as_numpy_dtype)
    assert found.tolist() == [value]


def test_a_leaf_of_fixed_length(export: Any) -> None:
    archive = echo(export, "float32[batch, 2, 2]", EXAMPLES)
    found = send(archive, "examples:echo", example(inputs=[1.0, 2.0, 3.0, 4.0]))["output_0"]
    assert found.tolist() == [[[1, 2], [3, 4]]]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Key: inputs, Index: 0.  Number of float values"):
        send(archive, "examples:echo", example(inputs=[1.0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Feature: inputs .* is required but could not be found"):
        send(archive, "examples:echo", example(other=[1.0]))


def test_no_message_at_all(export: Any) -> None:
    archive = echo(export, "float32[batch, 2]", EXAMPLES)
    empty = archive.signatures["examples:echo"](inputs=tf.zeros([0], tf.string))
    assert empty["output_0"].shape == (0, 2)


def test_a_second_dimension_of_any_size_is_padded(export: Any) -> None:
    features = {"inputs": {"key": "history", "default": -1}}
    archive = echo(export, "int32[batch, time]", {"examples": {"kind": "tf_example", "features": features}})
    found = send(archive, "examples:echo", example(history=[1, 2, 3]), example(history=[4]), example())["output_0"]
    assert found.tolist() == [[1, 2, 3], [4, -1, -1], [-1, -1, -1]]


def test_sparse_leaves(export: Any) -> None:
    archive = echo(export, {"kind": "sparse", "dtype": "float16", "shape": ["batch", "?"]}, EXAMPLES)
    found = send(archive, "examples:echo", example(inputs=[1.0, 2.0]), example(), example(inputs=[3.0]))
    assert found["output_0_values"].tolist() == [1, 2, 3]
    assert found["output_0_indices"].tolist() == [[0, 0], [0, 1], [2, 0]]
    assert found["output_0_dense_shape"].tolist() == [3, 2]


def test_a_declared_size_of_a_sparse_leaf_is_kept(export: Any) -> None:
    archive = echo(export, {"kind": "sparse", "dtype": "int64", "shape": ["batch", 4]}, EXAMPLES)
    assert send(archive, "examples:echo", example(inputs=[1]))["output_0_dense_shape"].tolist() == [1, 4]
    with pytest.raises(tf.errors.InvalidArgumentError):
        send(archive, "examples:echo", example(inputs=[1, 2, 3, 4, 5]))


def test_sequence_examples(export: Any) -> None:
    ragged = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?"]}
    nested = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    deep = {"kind": "sparse", "dtype": "float32", "shape": ["batch", "?", "?"]}
    tree = {"id": "int64[batch]", "prices": "float32[batch, time, 2]", "words": ragged, "nested": nested, "deep": deep}
    archive = echo(export, tree, SEQUENCES)
    found = send(
        archive,
        "sequences:echo",
        sequence_example(
            {"id": [7]},
            {
                "prices": [[1.0, 2.0], [3.0, 4.0]],
                "words": [[b"a"], [b"b", b"c"]],
                "nested": [[1, 2], [3]],
                "deep": [[0.5], [1.5, 2.5]],
            },
        ),
        sequence_example({"id": [8]}, {"prices": [[5.0, 6.0]], "words": [], "nested": [[4]], "deep": []}),
    )
    assert found["id"].tolist() == [7, 8]
    assert found["prices"].tolist() == [[[1, 2], [3, 4]], [[5, 6], [0, 0]]]
    assert found["words_values"].tolist() == [b"a", b"b", b"c"]
    assert found["words_row_splits"].tolist() == [0, 3, 3]
    assert found["nested_values"].tolist() == [1, 2, 3, 4]
    assert found["nested_row_splits_0"].tolist() == [0, 2, 3]
    assert found["nested_row_splits_1"].tolist() == [0, 2, 3, 4]
    assert found["deep_values"].tolist() == [0.5, 1.5, 2.5]
    assert found["deep_indices"].tolist() == [[0, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_the_context_holds_a_sequence_that_is_declared_not_to_be_one(export: Any) -> None:
    features = {"inputs": {"sequence": False}}
    ragged = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]}
    archive = echo(export, ragged, {"sequences": {"kind": "tf_sequence_example", "features": features}})
    found = send(archive, "sequences:echo", sequence_example({"inputs": [1, 2]}, {}))
    assert found["output_0_values"].tolist() == [1, 2]


def test_a_sequence_of_a_fixed_number_of_steps_has_exactly_those(export: Any) -> None:
    features = {"inputs": {"sequence": True}}
    archive, path = echo_at(
        export, "float64[batch, 3, 2]", {"parsed": {"kind": "tf_sequence_example", "features": features}}
    )
    three = sequence_example({}, {"inputs": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]})
    assert send(archive, "parsed:echo", three)["output_0"].tolist() == [[[1, 2], [3, 4], [5, 6]]]
    assert send(archive, "parsed:echo")["output_0"].shape == (0, 3, 2)
    for steps in ([2], [4], [3, 2], [3, 0], [2, 2]):
        messages = [sequence_example({}, {"inputs": [[1.0, 2.0]] * count} if count else {}) for count in steps]
        assert assertion_failure(archive, path, "parsed:echo", *messages) == [
            "the feature list 'inputs' must have 3 steps in each message; the numbers of steps are",
            " ".join(map(str, steps)),
        ]
