"""Exports of many kinds, each made from scratch: whatever TensorFlow counts while it traces and saves is in one of them.

As a script, ``varied_exports.py DIR NAME...``, it exports them in that order and prints their digests as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import specc
from specc.reader.digest import archive_digest

Export = Callable[[Path], Any]
WORDS = ["ant", "bee", "cat"]
VECTOR, MATRIX, TEXT = "float32[batch]", "float32[batch, 4]", "string[batch]"


def document(endpoints: dict[str, Any], **more: Any) -> specc.Document:
    """A document whose first endpoint is the default."""
    data = {"specc": 1, "dims": {"batch": {}, "time": {}}, "endpoints": endpoints, "default": next(iter(endpoints))}
    return specc.from_json({**data, **more})


def graph_of(path: Path) -> Any:
    """The only MetaGraph of an archive."""
    (graph,) = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes()).meta_graphs
    return graph


def _export(model: Any, endpoints: dict[str, Any], functions: Any = None, **more: Any) -> Export:
    program = specc.compile(document(endpoints, **more))
    return lambda path: program.export(model, path, functions=functions)


@tf.custom_gradient
def seven(x: Any) -> Any:
    """The identity, whose gradient is seven."""
    return tf.identity(x), lambda upstream: upstream * 7.0


def a_network() -> Export:
    """Swish's custom gradient, Dropout with a seed, BatchNorm, a receiver, and an endpoint of the training mode."""
    inputs = keras.Input((4,), name="x")
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(3, activation="swish")(inputs))
    model = keras.Model(inputs, keras.layers.Dropout(0.5, seed=3)(hidden), name="network")
    endpoint = {"inputs": [MATRIX], "outputs": "float32[batch, 3]"}
    receiver = {"receivers": {"examples": {"kind": "tf_example"}}}
    return _export(model, {"serve": {**endpoint, **receiver}, "train": {**endpoint, "kwargs": {"training": True}}})


class _Words(keras.Model):
    def __init__(self, file: Path) -> None:
        super().__init__(name="words")
        self.listed = keras.layers.StringLookup(vocabulary=WORDS)
        self.filed = keras.layers.StringLookup(vocabulary=str(file), invert=False)
        self.numbers = keras.layers.IntegerLookup(vocabulary=[5, 7])
        self.embedding = keras.layers.Embedding(8, 2)

    def call(self, words: Any, numbers: Any) -> Any:
        return self.embedding(self.listed(words)) * self.embedding(self.filed(words)) + self.embedding(
            self.numbers(numbers)
        )


def lookups(directory: Path) -> Export:
    """Tables of a list, of a file and of integers; Keras makes them before anything is traced."""
    file = directory / "words.txt"
    file.write_text("".join(f"{word}\n" for word in WORDS))
    endpoint = {"arguments": ["words", "numbers"], "inputs": [TEXT, "int64[batch]"], "outputs": "float32[batch, 2]"}
    return _export(_Words(file), {"embed": endpoint})


TABLES: list[Any] = []


def a_table_that_a_function_knows() -> Export:
    """A table that hangs on no model, and one that changes."""
    keys, values = tf.constant(WORDS), tf.constant([1.0, 2.0, 3.0])
    TABLES[:] = [tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), -1.0)]
    model = tf.Module()
    model.table = tf.lookup.experimental.MutableHashTable(tf.string, tf.float32, 0.0)
    model.table.insert(keys, values)
    model.dense = tf.lookup.experimental.DenseHashTable(tf.string, tf.float32, 0.0, "", "gone")
    functions = {"look": lambda words: TABLES[0].lookup(words) + model.table.lookup(words) + model.dense.lookup(words)}
    return _export(model, {"look": {"function": None, "inputs": [TEXT], "outputs": VECTOR}}, functions)


class _Loops(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(2.0)

    def __call__(self, x: Any) -> Any:
        total = tf.zeros_like(x)
        for index in tf.range(3):
            total += seven(x) * self.scale if tf.reduce_sum(x) > 0.0 else x * tf.cast(index, x.dtype)
        return total

    def slope(self, x: Any) -> Any:
        """The gradient, which has functions of its own for loops and branches."""
        with tf.GradientTape() as tape:
            tape.watch(x)
            result = tf.function(self.__call__)(x)
        return tape.gradient(result, x)

    def curve(self, x: Any) -> Any:
        """The gradient of the gradient."""
        with tf.GradientTape() as tape:
            tape.watch(x)
            slope = self.slope(x) * tf.switch_case(tf.constant(1), [lambda: x, lambda: x * x, lambda: seven(x)])
        return tape.gradient(slope, x)

    def mapped(self, x: Any) -> Any:
        """A function over elements."""
        return tf.map_fn(lambda element: seven(element) * self.scale, x)


def loops() -> Export:
    """AutoGraph's loops and branches, their gradients, and the gradients' gradients."""
    names = ("__call__", "slope", "curve", "mapped")
    return _export(
        _Loops(),
        {
            name.strip("_"): {"function": name, "autograph": True, "inputs": [VECTOR], "outputs": VECTOR}
            for name in names
        },
    )


def a_recurrent_network() -> Export:
    """An LSTM and a GRU, whose loops hold the names of their conditions."""
    inputs = keras.Input((None, 2), name="x")
    hidden = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True))(inputs)
    model = keras.Model(inputs, keras.layers.GRU(2, recurrent_dropout=0.5, seed=1)(hidden))
    endpoint = {"inputs": ["float32[batch, time, 2]"], "outputs": "float32[batch, 2]"}
    return _export(model, {"run": endpoint, "train": {**endpoint, "kwargs": {"training": True}}})


def ragged_and_optional() -> Export:
    """Ragged text, steps before and after, an endpoint that cannot be built, and a default."""
    model = tf.Module()
    ragged = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?"]}
    functions = {
        "count": lambda words: tf.cast(words.row_lengths(), tf.float32),
        "scale": lambda x, by: seven(x) * by,
        "broken": lambda x: x + undefined,  # type: ignore[name-defined]  # noqa: F821
    }
    scaled = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 2.0}
    count = {"function": None, "inputs": [ragged], "outputs": VECTOR, "postprocess": "varied_exports:doubled"}
    scale = {"function": None, "arguments": ["x", "by"], "inputs": [VECTOR, scaled], "outputs": VECTOR}
    broken = {"function": None, "inputs": [VECTOR], "outputs": VECTOR, "optional": True}
    before = {**scale, "preprocess": "varied_exports:swapped_twice"}
    return _export(
        model,
        {"count": count, "scale": scale, "before": before, "broken": broken},
        {**functions, "before": functions["scale"]},
    )


def doubled(x: Any) -> Any:
    """A postprocessing with a custom gradient."""
    return seven(x) * 2.0


def swapped_twice(x: Any, by: Any) -> Any:
    """A preprocessing with a branch."""
    return tf.cond(by > 0.0, lambda: x * 1.0, lambda: seven(x)), by


def a_training_step() -> Export:
    """A step with an optimizer: gradients of functions, and variables of several owners."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="swish"), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss="mse", metrics=["mae"])
    model.optimizer.build(model.trainable_variables)
    step = {
        "function": "specc:train_step",
        "method": "train",
        "arguments": ["x", "y"],
        "inputs": [MATRIX, "float32[batch, 1]"],
        "outputs": {
            "loss": "float32[]",
            "predictions": "float32[batch, 1]",
            "metrics": {name: {"value": "float32[]", "update_op": "float32[]"} for name in ("loss", "mae")},
        },
    }
    return _export(
        model, {"step": step}, mode="train", variable_collections={"optimizer_variables": "optimizer.variables"}
    )


def in_place_of_keras() -> Export:
    """The drop-in, with a function that TensorFlow has traced before."""
    inputs = keras.Input((4,), name="x")
    model = keras.Model(inputs, keras.layers.Dense(2, activation="silu")(inputs))
    lookup = keras.layers.StringLookup(vocabulary=WORDS)
    lookup(tf.constant(WORDS))

    def to(path: Path) -> Any:
        archive = specc.ExportArchive()
        archive.track(model)
        archive.track(lookup)
        archive.add_endpoint("serve", model.call, [tf.TensorSpec((None, 4), name="x")])
        archive.add_endpoint("look", lookup.call, [tf.TensorSpec((None,), tf.string)])
        return archive.write_out(path, verbose=False)

    return to


def revived(directory: Path) -> Export:
    """An archive of TensorFlow's own, with a table and a custom gradient, loaded and exported again."""
    path = directory / "foreign"
    if not path.exists():
        original = tf.Module()
        original.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(WORDS), tf.constant([1.0, 2.0, 3.0])), -1.0
        )
        original.loops = _Loops()
        loop = tf.function(original.loops.__call__, input_signature=[tf.TensorSpec((None,))])
        original.look = tf.function(
            lambda words: loop(seven(original.table.lookup(words))), input_signature=[tf.TensorSpec((None,), tf.string)]
        )
        tf.saved_model.save(original, str(path))
    model = tf.saved_model.load(str(path))
    return _export(model, {"look": {"function": "look", "arguments": ["words"], "inputs": [TEXT], "outputs": VECTOR}})


def of_tensorflow_1(directory: Path) -> Export:
    """An archive of TensorFlow 1, with a table, a variable and a branch in its graph."""
    path = directory / "one"
    if not path.exists():
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            words = tf.compat.v1.placeholder(tf.string, (None,), "words")
            table = tf.compat.v1.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(tf.constant(WORDS), tf.constant([1.0, 2.0, 3.0])), -1.0
            )
            weight = tf.compat.v1.get_variable("weight", initializer=3.0, use_resource=True)
            found = table.lookup(words) * weight
            found = tf.cond(tf.reduce_sum(found) > 0.0, lambda: found * 2.0, lambda: found)
            session.run([tf.compat.v1.global_variables_initializer(), tf.compat.v1.tables_initializer()])
            tf.compat.v1.saved_model.simple_save(
                session, str(path), {"words": words}, {"y": found}, tf.compat.v1.tables_initializer()
            )
    model = tf.saved_model.load(str(path))
    endpoint = {"function": "signatures.serving_default", "arguments": ["words"], "inputs": [TEXT]}
    function = model.signatures["serving_default"]
    endpoint = {**endpoint, "function": None, "outputs": {"y": VECTOR}}
    return _export(model, {"serve": endpoint}, {"serve": lambda words: function(words=words)})


def aliased() -> Export:
    """Names for functions, and save options."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="swish")])
    endpoint = {"inputs": [MATRIX], "outputs": "float32[batch, 2]"}
    return _export(
        model,
        {"serve": endpoint, "again": endpoint},
        save_options={"function_aliases": {"my_serve": "serve"}, "experimental_custom_gradients": False},
    )


NEED_DIRECTORY = (lookups, revived, of_tensorflow_1)
EXPORTS: dict[str, Callable[..., Export]] = {
    made.__name__: made
    for made in (
        a_network, lookups, a_table_that_a_function_knows, loops, a_recurrent_network, ragged_and_optional,
        a_training_step, in_place_of_keras, revived, of_tensorflow_1, aliased,
    )
}  # fmt: skip


def make(name: str, directory: Path) -> Export:
    """A model made anew, as a process that has made nothing else would make it, and what exports it."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    made = EXPORTS[name]
    return made(directory) if made in NEED_DIRECTORY else made()


def digests_of(directory: Path, names: list[str]) -> dict[str, str]:
    """Exports in this order; gives the digest of each archive."""
    digests = {}
    for index, name in enumerate(names):
        path = directory / f"{os.getpid()}-{index}"
        make(name, directory)(path)
        digests[name] = archive_digest(path)
    return digests


if __name__ == "__main__":
    print(json.dumps(digests_of(Path(sys.argv[1]), sys.argv[2:])))
