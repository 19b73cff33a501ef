"""Receivers: serialized messages are parsed to the same values as the endpoint's own inputs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession
from tf_examples import EXAMPLES, SEQUENCES, example, sequence_example

import specc

pytestmark = pytest.mark.tensorflow


def echo(export: Any, tree: Any, receivers: Any, dtype_of: Any = None, **more: Any) -> Any:
    """An archive whose endpoint returns its only leaf."""
    archive, _ = export(
        None,
        {"echo": {"function": None, "inputs": [tree], "outputs": tree, "receivers": receivers, **more}},
        functions={"echo": tf.identity if isinstance(tree, str) else lambda value: value},
    )
    return archive


def sent(archive: Any, key: str, *messages: bytes) -> dict[str, Any]:
    return {
        name: value.numpy()
        for name, value in archive.signatures[key](inputs=tf.constant(messages, tf.string, [len(messages)])).items()
    }


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


LEAVES = {
    "dense": "float32[batch]",
    "padded": "float32[batch, ?]",
    "ragged": {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]},
    "ragged of rank 2": {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", "?"], "ragged_rank": 2},
    "uniform": {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", 1]},
    "sparse": {"kind": "sparse", "dtype": "float32", "shape": ["batch", "?"]},
}


@pytest.mark.parametrize("leaf", list(LEAVES))
def test_garbage_is_an_error_that_says_so_and_no_more(export: Any, leaf: str) -> None:
    archive = echo(export, LEAVES[leaf], EXAMPLES)
    good = example(inputs=[1.0], inputs_row_splits_1=[0, 1])
    before = sent(archive, "examples:echo", good)
    for garbage in (b"garbage", good[:-1].replace(b"\x80", b"\x00")):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse example input"):
            sent(archive, "examples:echo", good, garbage)
    # TensorFlow quotes the message in its own error, and its Python part cannot decode what is not UTF-8.
    with pytest.raises(UnicodeDecodeError) as caught:
        sent(archive, "examples:echo", b"\xff" * 100)
    assert b"Could not parse example input" in caught.value.object
    with pytest.raises(tf.errors.InvalidArgumentError, match="Data types don't match"):
        sent(archive, "examples:echo", example(inputs=[b"1"], inputs_row_splits_1=[0, 1]))
    after = sent(archive, "examples:echo", good)
    assert {name: array.tolist() for name, array in after.items()} == {
        name: array.tolist() for name, array in before.items()
    }


@pytest.mark.parametrize("leaf", ["float32[batch, ?]", LEAVES["ragged"], LEAVES["ragged of rank 2"]], ids=str)
def test_garbage_for_a_sequence_example(export: Any, leaf: Any) -> None:
    archive = echo(export, leaf, SEQUENCES)
    good = sequence_example({}, {"inputs": [[1.0]]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid protocol message input"):
        sent(archive, "sequences:echo", good, b"garbage")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Data types don't match"):
        sent(archive, "sequences:echo", sequence_example({}, {"inputs": [[b"1"]]}))


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


def asked(archive: Any, path: Any, key: str, *messages: bytes) -> list[str]:
    """The error of a call with these messages, in Python and in a Session."""
    said = []
    ways = (
        lambda: sent(archive, key, *messages),
        lambda: TaggedSession(path).ask(key, inputs=np.array(messages, object)),
    )
    for way in ways:
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            way()
        said += re.findall(r"assertion failed: \[(.*?):\] \[(.*?)\]", str(caught.value).replace("\\'", "'"))[:1]
    assert said[0] == said[1]
    return list(said[0])


def report_of(export: Any, tree: Any, receivers: Any) -> tuple[Any, Any]:
    endpoint = {"function": None, "inputs": [tree], "outputs": tree, "receivers": receivers}
    same = tf.identity if isinstance(tree, str) else lambda value: value
    archive, report = export(None, {"echo": endpoint}, functions={"echo": same})
    return archive, report.path


def test_the_values_of_a_uniform_dimension_are_those_of_one_message(export: Any) -> None:
    points = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", 2]}
    archive, path = report_of(export, points, EXAMPLES)
    for given in ([[1, 2, 100], [7]], [[1], [2]], [[1, 2, 3]], [[], [1, 2], [3]]):
        messages = [example(inputs=[float(value) for value in values]) if values else example() for values in given]
        assert asked(archive, path, "examples:echo", *messages) == [
            "the feature 'inputs' must have a multiple of 2 values in each message; the numbers of values are",
            " ".join(str(len(values)) for values in given),
        ]
    found = sent(archive, "examples:echo", example(inputs=[1.0, 2.0]), example(), example(inputs=[3.0, 4.0]))
    assert found["output_0_values"].tolist() == [[1, 2], [3, 4]]
    assert found["output_0_row_splits"].tolist() == [0, 1, 1, 2]
    assert sent(archive, "examples:echo")["output_0_row_splits"].tolist() == [0]


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
    archive, path = report_of(export, words, {"parsed": {"kind": kind, **features}})
    messages = WRONG_SPLITS[name]  # an Example has the form of a SequenceExample's context
    counts = [len(tf.train.Example.FromString(each).features.feature["inputs"].int64_list.value) for each in messages]
    assert asked(archive, path, "parsed:echo", *messages) == [
        "the row splits in the feature 'inputs_row_splits_1' must start at 0, not decrease, and end at the number of "
        "items to split in each message, which is",
        " ".join(map(str, counts)),
    ]


@pytest.mark.parametrize(
    ("stripped", "said"), [(False, "must start at 0"), (True, "string: the row splits in the feature .* must")]
)
def test_wrong_row_splits_never_reach_the_function(export: Any, stripped: bool, said: str) -> None:
    words = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    endpoint = {"function": None, "inputs": [words], "outputs": "float32[?, ?, ?]", "receivers": EXAMPLES}
    options = {"experimental_debug_stripper": stripped}
    pad = {"pad": lambda ragged: ragged.to_tensor()}
    archive, _ = export(None, {"pad": endpoint}, functions=pad, save_options=options)
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        sent(archive, "examples:pad", example(inputs=[1.0, 2.0, 3.0], inputs_row_splits_1=[0, 5]))
    found = sent(archive, "examples:pad", example(inputs=[1.0, 2.0, 3.0], inputs_row_splits_1=[0, 2, 3]))
    assert found["output_0"].tolist() == [[[1, 2], [3, 0]]]


def test_messages_with_nothing_to_split(export: Any) -> None:
    deep = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?", "?", "?", 2], "ragged_rank": 3, "row_splits_dtype": "int32"}  # fmt: skip
    archive, path = report_of(export, deep, EXAMPLES)
    messages = [
        example(inputs=[1, 2, 3, 4], inputs_row_splits_2=[0, 0, 1, 2], inputs_row_splits_1=[0, 2, 2, 3]),
        example(),
        example(inputs_row_splits_1=[0], inputs_row_splits_2=[0]),
        example(inputs_row_splits_1=[0, 0, 1], inputs_row_splits_2=[0, 0]),
    ]
    found = sent(archive, "examples:echo", *messages)
    revived = tf.RaggedTensor.from_nested_row_splits(
        found["output_0_values"], [found[f"output_0_row_splits_{index}"] for index in range(3)]
    )
    assert revived.to_list() == [[[[], [[1, 2]]], [], [[[3, 4]]]], [], [], [[], [[]]]]
    assert found["output_0_row_splits_2"].dtype == np.int32
    assert asked(archive, path, "examples:echo", example(inputs_row_splits_1=[0, 1]))[1] == "0"
    assert [value.tolist() for _, value in sorted(sent(archive, "examples:echo").items())] == [[0], [0], [0], []]


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


def test_a_sequence_of_a_fixed_number_of_steps_has_exactly_those(export: Any) -> None:
    features = {"inputs": {"sequence": True}}
    archive, path = report_of(
        export, "float64[batch, 3, 2]", {"parsed": {"kind": "tf_sequence_example", "features": features}}
    )
    three = sequence_example({}, {"inputs": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]})
    assert sent(archive, "parsed:echo", three)["output_0"].tolist() == [[[1, 2], [3, 4], [5, 6]]]
    assert sent(archive, "parsed:echo")["output_0"].shape == (0, 3, 2)
    for steps in ([2], [4], [3, 2], [3, 0], [2, 2]):
        messages = [sequence_example({}, {"inputs": [[1.0, 2.0]] * count} if count else {}) for count in steps]
        assert asked(archive, path, "parsed:echo", *messages) == [
            "the feature list 'inputs' must have 3 steps in each message; the numbers of steps are",
            " ".join(map(str, steps)),
        ]


EXACT = [
    ("float64", 0.1), ("float64", 1e300), ("float64", -5e-324), ("float64", "NaN"), ("float64", "-Infinity"),
    ("float64", 0.5), ("float64", 2**53 - 1), ("uint64", 2**63 + 1), ("uint64", 2**64 - 1), ("int64", -(2**63)),
    ("float16", 0.1), ("bfloat16", 0.1), ("float32", 0.1), ("uint8", 255), ("bool", True),
]  # fmt: skip


@pytest.mark.parametrize(("dtype", "value"), EXACT)
def test_a_default_is_exact_in_the_dtype_of_its_leaf(export: Any, dtype: str, value: Any) -> None:
    features = {"x": {"default": value}, "pair": {"default": [value, value]}, "padded": {"default": value}}
    tree = {"x": f"{dtype}[batch]", "pair": f"{dtype}[batch, 2]", "padded": f"{dtype}[batch, ?]"}
    archive, path = report_of(export, tree, {"examples": {"kind": "tf_example", "features": features}})
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
    for found in (sent(archive, "examples:echo", *messages), in_session):
        for name, array in found.items():
            assert array.dtype == wanted.dtype
            assert array.tobytes() == np.array(expected[name], wanted.dtype).tobytes(), name


def test_a_feature_with_a_default_of_float64_has_all_its_values_or_none(export: Any) -> None:
    features = {"inputs": {"default": [0.1, 0.2]}}
    archive, path = report_of(export, "float64[batch, 2]", {"examples": {"kind": "tf_example", "features": features}})
    assert asked(archive, path, "examples:echo", example(inputs=[1.0]), example(inputs=[1.0] * 3)) == [
        "the feature 'inputs' must have 2 values or none in each message; the numbers of values are",
        "1 3",
    ]
    assert sent(archive, "examples:echo")["output_0"].shape == (0, 2)


def test_a_default_of_a_float64_leaf_is_the_same_both_ways(export: Any) -> None:
    leaf = {"kind": "tensor", "dtype": "float64", "shape": [2], "default": [0.1, 0.1]}
    endpoint = {"function": None, "inputs": [leaf], "outputs": "float64[2]", "receivers": EXAMPLES}
    archive, _ = export(None, {"echo": endpoint}, functions={"echo": tf.identity})
    assert sent(archive, "examples:echo", example(), example())["output_0"].tolist() == [0.1, 0.1]
    assert archive.echo().numpy().tolist() == [0.1, 0.1]


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
