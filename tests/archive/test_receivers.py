"""Receivers: what a client sends as serialized messages is what the endpoint's own inputs would have been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession

import specc

pytestmark = pytest.mark.tensorflow


def example(**features: Any) -> bytes:
    """A serialized tf.train.Example of lists of ints, floats or bytes."""
    return tf.train.Example(features=tf.train.Features(feature=_features(features))).SerializeToString()


def _features(features: dict[str, Any]) -> dict[str, Any]:
    return {key: _feature(values) for key, values in features.items()}


def _feature(values: list[Any]) -> Any:
    match values[0]:
        case bytes():
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
        case float():
            return tf.train.Feature(float_list=tf.train.FloatList(value=values))
        case _:
            return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def sequence_example(context: dict[str, Any], lists: dict[str, list[list[Any]]]) -> bytes:
    """A serialized tf.train.SequenceExample."""
    return tf.train.SequenceExample(
        context=tf.train.Features(feature=_features(context)),
        feature_lists=tf.train.FeatureLists(
            feature_list={
                key: tf.train.FeatureList(feature=[_feature(step) for step in steps]) for key, steps in lists.items()
            }
        ),
    ).SerializeToString()


EXAMPLES = {"examples": {"kind": "tf_example"}}
SEQUENCES = {"sequences": {"kind": "tf_sequence_example"}}


def echo(export: Any, tree: Any, receivers: Any, dtype_of: Any = None, **more: Any) -> Any:
    """An archive whose endpoint returns the one leaf that it is given."""
    archive, _ = export(
        None,
        {"echo": {"function": None, "inputs": [tree], "outputs": tree, "receivers": receivers, **more}},
        functions={"echo": tf.identity if isinstance(tree, str) else lambda value: value},
    )
    return archive


def sent(archive: Any, key: str, *messages: bytes) -> dict[str, Any]:
    return {name: value.numpy() for name, value in archive.signatures[key](inputs=tf.constant(list(messages))).items()}


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
    found = sent(archive, "examples:echo", example(inputs=[value]))["output_0"]
    assert found.dtype == (object if dtype == "string" else tf.dtypes.as_dtype(dtype).as_numpy_dtype)
    assert found.tolist() == [value]


def test_a_leaf_of_fixed_length(export: Any) -> None:
    archive = echo(export, "float32[batch, 2, 2]", EXAMPLES)
    found = sent(archive, "examples:echo", example(inputs=[1.0, 2.0, 3.0, 4.0]))["output_0"]
    assert found.tolist() == [[[1, 2], [3, 4]]]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Key: inputs, Index: 0.  Number of float values"):
        sent(archive, "examples:echo", example(inputs=[1.0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Feature: inputs .* is required but could not be found"):
        sent(archive, "examples:echo", example(other=[1.0]))


def test_no_message_at_all(export: Any) -> None:
    archive = echo(export, "float32[batch, 2]", EXAMPLES)
    empty = archive.signatures["examples:echo"](inputs=tf.zeros([0], tf.string))
    assert empty["output_0"].shape == (0, 2)


def test_garbage_is_an_error_that_says_so_and_no_more(export: Any) -> None:
    archive = echo(export, "float32[batch]", EXAMPLES)
    for garbage in (b"garbage", b"\xff" * 100, example(inputs=[1.0])[:-1]):
        # TensorFlow quotes the message in its own, and its Python half cannot decode what is no UTF-8.
        with pytest.raises((tf.errors.InvalidArgumentError, UnicodeDecodeError), match=r"parse example input|utf-8"):
            sent(archive, "examples:echo", garbage)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Data types don't match"):
        sent(archive, "examples:echo", example(inputs=[b"1"]))
    assert sent(archive, "examples:echo", example(inputs=[1.0]))["output_0"].tolist() == [1]


def test_a_second_dimension_of_any_size_is_padded(export: Any) -> None:
    features = {"inputs": {"key": "history", "default": -1}}
    archive = echo(export, "int32[batch, time]", {"examples": {"kind": "tf_example", "features": features}})
    found = sent(archive, "examples:echo", example(history=[1, 2, 3]), example(history=[4]), example())["output_0"]
    assert found.tolist() == [[1, 2, 3], [4, -1, -1], [-1, -1, -1]]


def test_defaults_of_features(export: Any) -> None:
    features = {"inputs": {"key": "uid", "default": ["a", {"base64": "/w=="}]}}
    archive = echo(export, "string[batch, 2]", {"examples": {"kind": "tf_example", "features": features}})
    found = sent(archive, "examples:echo", example(uid=[b"x", b"y"]), example())["output_0"]
    assert found.tolist() == [[b"x", b"y"], [b"a", b"\xff"]]


def test_a_default_of_a_leaf_is_that_of_its_feature(export: Any) -> None:
    leaf = {"kind": "tensor", "dtype": "bool", "shape": [2, 3], "default": [[True, False, True]] * 2}
    endpoint = {"function": None, "inputs": [leaf], "outputs": "bool[2, 3]", "receivers": EXAMPLES}
    archive, _ = export(None, {"echo": endpoint}, functions={"echo": tf.identity})
    found = sent(archive, "examples:echo", example(), example(inputs=[0, 0, 1]))["output_0"]
    assert found.tolist() == [[True, False, True], [False, False, True]]


def test_a_scalar_with_a_default_is_always_that(export: Any) -> None:
    scale = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 3.0}
    archive, _ = export(
        None,
        {"scaled": {"function": None, "inputs": [{"x": "float32[batch]", "scale": scale}], "outputs": "float32[batch]", "receivers": EXAMPLES}},
        functions={"scaled": lambda features: features["x"] * features["scale"]},
    )  # fmt: skip
    assert sent(archive, "examples:scaled", example(x=[2.0], scale=[9.0]))["output_0"].tolist() == [6]


@pytest.mark.parametrize("splits", ["int32", "int64"])
def test_ragged_leaves(export: Any, splits: str) -> None:
    tree = {"kind": "ragged", "dtype": "int32", "shape": ["batch", "?"], "row_splits_dtype": splits}
    archive = echo(export, tree, EXAMPLES)
    found = sent(archive, "examples:echo", example(inputs=[1, 2]), example(), example(inputs=[3]))
    assert found["output_0_values"].tolist() == [1, 2, 3]
    assert found["output_0_row_splits"].tolist() == [0, 2, 2, 3]
    assert found["output_0_row_splits"].dtype == splits


def test_ragged_leaves_with_uniform_and_inner_ragged_dimensions(export: Any) -> None:
    points = {"kind": "ragged", "dtype": "float64", "shape": ["batch", "?", 2]}
    archive = echo(export, points, EXAMPLES)
    found = sent(archive, "examples:echo", example(inputs=[1.0, 2.0, 3.0, 4.0]), example(inputs=[5.0, 6.0]))
    assert found["output_0_values"].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert found["output_0_row_splits"].tolist() == [0, 2, 3]


def test_a_feature_holds_the_inner_row_splits(export: Any) -> None:
    words = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    archive = echo(export, words, EXAMPLES)
    found = sent(
        archive,
        "examples:echo",
        example(inputs=[b"a", b"b", b"c"], inputs_row_splits_1=[0, 2, 3]),
        example(inputs=[b"d"], inputs_row_splits_1=[0, 1]),
    )
    assert found["output_0_values"].tolist() == [b"a", b"b", b"c", b"d"]
    assert found["output_0_row_splits_0"].tolist() == [0, 2, 3]
    assert found["output_0_row_splits_1"].tolist() == [0, 2, 3, 4]


def test_sparse_leaves(export: Any) -> None:
    archive = echo(export, {"kind": "sparse", "dtype": "float16", "shape": ["batch", "?"]}, EXAMPLES)
    found = sent(archive, "examples:echo", example(inputs=[1.0, 2.0]), example(), example(inputs=[3.0]))
    assert found["output_0_values"].tolist() == [1, 2, 3]
    assert found["output_0_indices"].tolist() == [[0, 0], [0, 1], [2, 0]]
    assert found["output_0_dense_shape"].tolist() == [3, 2]


def test_a_declared_size_of_a_sparse_leaf_is_kept(export: Any) -> None:
    archive = echo(export, {"kind": "sparse", "dtype": "int64", "shape": ["batch", 4]}, EXAMPLES)
    assert sent(archive, "examples:echo", example(inputs=[1]))["output_0_dense_shape"].tolist() == [1, 4]
    with pytest.raises(tf.errors.InvalidArgumentError):
        sent(archive, "examples:echo", example(inputs=[1, 2, 3, 4, 5]))


def test_sequence_examples(export: Any) -> None:
    ragged = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?"]}
    nested = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    deep = {"kind": "sparse", "dtype": "float32", "shape": ["batch", "?", "?"]}
    tree = {"id": "int64[batch]", "prices": "float32[batch, time, 2]", "words": ragged, "nested": nested, "deep": deep}
    archive = echo(export, tree, SEQUENCES)
    found = sent(
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


def test_the_context_holds_a_sequence_that_is_said_to_be_none(export: Any) -> None:
    features = {"inputs": {"sequence": False}}
    ragged = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]}
    archive = echo(export, ragged, {"sequences": {"kind": "tf_sequence_example", "features": features}})
    found = sent(archive, "sequences:echo", sequence_example({"inputs": [1, 2]}, {}))
    assert found["output_0_values"].tolist() == [1, 2]


def ranker() -> Any:
    user, title = keras.Input([], dtype="int64", name="user"), keras.Input([], dtype="string", name="title")
    embedded = keras.layers.Embedding(10, 4)(user)
    words = keras.layers.TextVectorization(output_sequence_length=3, vocabulary=["good", "bad"])(title)
    both = keras.layers.Concatenate()([embedded, keras.ops.cast(words, "float32")])
    return keras.Model({"user": user, "title": title}, keras.layers.Dense(1)(both))


RANK = {
    "inputs": [{"user": "int64[batch]", "title": "string[batch]"}],
    "outputs": "float32[batch, 1]",
    "receivers": {**EXAMPLES, **SEQUENCES},
}


@pytest.mark.parametrize("plain", [None, "examples"])
def test_every_way_in_gives_the_numbers_of_the_model(export: Any, tmp_path: Path, plain: str | None) -> None:
    model = ranker()
    archive, report = export(model, {"rank": {**RANK, "receiver": plain}})
    inputs = {"user": tf.constant([1, 2], tf.int64), "title": tf.constant(["good thing", "bad"])}
    expected = model(inputs).numpy()
    messages = tf.constant([example(user=[1], title=[b"good thing"]), example(user=[2], title=[b"bad"])])
    sequences = tf.constant(
        [
            sequence_example({"user": [1], "title": [b"good thing"]}, {}),
            sequence_example({"user": [2], "title": [b"bad"]}, {}),
        ]
    )
    raw, examples = ("rank", "examples:rank") if plain is None else ("raw:rank", "rank")
    ways = {raw: inputs, examples: {"inputs": messages}, "sequences:rank": {"inputs": sequences}}
    default = {key.replace("rank", "serving_default", 1) if ":" in key else "serving_default" for key in ways}
    assert set(archive.signatures) == {*ways, *default}
    np.testing.assert_allclose(archive.rank(inputs), expected, 1e-6)
    session = TaggedSession(report.path, ["serve"])
    for key, arguments in ways.items():
        alias = key.replace("rank", "serving_default")
        for name in (key, alias):
            np.testing.assert_allclose(archive.signatures[name](**arguments)["output_0"], expected, 1e-6)
            plainly = {argument: value.numpy() for argument, value in arguments.items()}
            in_session = session.ask(name, **plainly)["output_0"]
            np.testing.assert_allclose(in_session, expected, 1e-6)
    # Keras takes an attribute of that name before a signature.
    layer = keras.layers.TFSMLayer(report.path, call_endpoint=examples if plain is None else "serving_default")
    np.testing.assert_allclose(layer(messages)["output_0"], expected, 1e-6)


def test_the_model_is_traced_once_for_all_ways(export: Any) -> None:
    calls = []

    def function(features: Any) -> Any:
        calls.append(1)
        return features["user"]

    _, report = export(
        None,
        {"e": {**RANK, "function": None, "outputs": "int64[batch]"}},
        functions={"e": function},
    )
    assert len(calls) == report.cores == 1


def test_preprocessing_stands_behind_a_receiver(export: Any) -> None:
    archive, _ = export(
        keras.Sequential([keras.Input([2]), keras.layers.Rescaling(2.0)]),
        {"e": {"inputs": ["string[batch]"], "preprocess": "test_receivers:numbers", "outputs": "float32[batch, 2]", "receivers": EXAMPLES}},
    )  # fmt: skip
    assert sent(archive, "examples:e", example(inputs=[b"1,2"]))["output_0"].tolist() == [[2, 4]]


def numbers(lines: Any) -> Any:
    return tf.reshape(tf.strings.to_number(tf.strings.split(lines, ",").flat_values), [-1, 2])


def test_inspect_gives_the_receivers_back(export: Any) -> None:
    _, report = export(ranker(), {"rank": RANK})
    assert specc.inspect(report.path).endpoints["rank"].receivers.keys() == {"examples", "sequences"}
