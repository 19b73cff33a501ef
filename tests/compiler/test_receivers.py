"""Receivers: every signature of an endpoint gives the numbers of its model, whichever message carries the inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from receiver_archives import echo, send
from tagged_session import TaggedSession
from tf_examples import EXAMPLES, SEQUENCES, example, sequence_example

import specc

pytestmark = pytest.mark.tensorflow

LEAVES = {
    "dense": "float32[batch]",
    "padded": "float32[batch, ?]",
    "ragged": {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]},
    "ragged of rank 2": {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", "?"], "ragged_rank": 2},
    "uniform": {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", 1]},
    "sparse": {"kind": "sparse", "dtype": "float32", "shape": ["batch", "?"]},
}


@pytest.mark.parametrize("leaf", list(LEAVES))
def test_garbage_is_a_parsing_error_and_leaves_the_archive_usable(export: Any, leaf: str) -> None:
    archive = echo(export, LEAVES[leaf], EXAMPLES)
    good = example(inputs=[1.0], inputs_row_splits_1=[0, 1])
    before = send(archive, "examples:echo", good)
    for garbage in (b"garbage", good[:-1].replace(b"\x80", b"\x00")):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Could not parse example input"):
            send(archive, "examples:echo", good, garbage)
    # TensorFlow quotes the message in its own error, and its Python part cannot decode what is not UTF-8.
    with pytest.raises(UnicodeDecodeError) as caught:
        send(archive, "examples:echo", b"\xff" * 100)
    assert b"Could not parse example input" in caught.value.object
    with pytest.raises(tf.errors.InvalidArgumentError, match="Data types don't match"):
        send(archive, "examples:echo", example(inputs=[b"1"], inputs_row_splits_1=[0, 1]))
    after = send(archive, "examples:echo", good)
    assert {name: array.tolist() for name, array in after.items()} == {
        name: array.tolist() for name, array in before.items()
    }


@pytest.mark.parametrize("leaf", ["float32[batch, ?]", LEAVES["ragged"], LEAVES["ragged of rank 2"]], ids=str)
def test_garbage_for_a_sequence_example_is_a_parsing_error(export: Any, leaf: Any) -> None:
    archive = echo(export, leaf, SEQUENCES)
    good = sequence_example({}, {"inputs": [[1.0]]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Invalid protocol message input"):
        send(archive, "sequences:echo", good, b"garbage")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Data types don't match"):
        send(archive, "sequences:echo", sequence_example({}, {"inputs": [[b"1"]]}))


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
def test_every_signature_gives_the_numbers_of_the_model(export: Any, tmp_path: Path, plain: str | None) -> None:
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
    inputs_of = {raw: inputs, examples: {"inputs": messages}, "sequences:rank": {"inputs": sequences}}
    default = {key.replace("rank", "serving_default", 1) if ":" in key else "serving_default" for key in inputs_of}
    assert set(archive.signatures) == {*inputs_of, *default}
    np.testing.assert_allclose(archive.rank(inputs), expected, 1e-6)
    session = TaggedSession(report.path, ["serve"])
    for key, arguments in inputs_of.items():
        alias = key.replace("rank", "serving_default")
        for name in (key, alias):
            np.testing.assert_allclose(archive.signatures[name](**arguments)["output_0"], expected, 1e-6)
            plainly = {argument: value.numpy() for argument, value in arguments.items()}
            in_session = session.ask(name, **plainly)["output_0"]
            np.testing.assert_allclose(in_session, expected, 1e-6)
    # Keras takes an attribute of that name before a signature.
    layer = keras.layers.TFSMLayer(report.path, call_endpoint=examples if plain is None else "serving_default")
    np.testing.assert_allclose(layer(messages)["output_0"], expected, 1e-6)


def test_the_model_is_traced_once_for_all_signatures(export: Any) -> None:
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


def test_preprocessing_gets_what_a_receiver_parses(export: Any) -> None:
    archive, _ = export(
        keras.Sequential([keras.Input([2]), keras.layers.Rescaling(2.0)]),
        {"e": {"inputs": ["string[batch]"], "preprocess": "test_receivers:numbers", "outputs": "float32[batch, 2]", "receivers": EXAMPLES}},
    )  # fmt: skip
    assert send(archive, "examples:e", example(inputs=[b"1,2"]))["output_0"].tolist() == [[2, 4]]


def numbers(lines: Any) -> Any:
    return tf.reshape(tf.strings.to_number(tf.strings.split(lines, ",").flat_values), [-1, 2])


def test_inspect_gives_the_receivers_back(export: Any) -> None:
    _, report = export(ranker(), {"rank": RANK})
    assert specc.inspect(report.path).endpoints["rank"].receivers.keys() == {"examples", "sequences"}
