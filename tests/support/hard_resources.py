"""Models with tables, files and variables of every kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from hard_cases import MATRIX, TEXT, VECTOR, Case, case

WORDS = tf.constant(["ant", "bee", "cat"])
ASKED = [tf.constant(["bee", "cow", "ant", ""])]
NUMBERS = [tf.constant([5, 7, -1, 0], tf.int64)]
LOOK = {"inputs": [TEXT], "outputs": "float32[batch]"}


def static(default: Any = -1.0, keys: Any = WORDS, values: Any = (1.0, 2.0, 3.0)) -> Any:
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, tf.constant(values)), default)


def look(function: Callable[..., Any], model: Any = None, **more: Any) -> Case:
    return case({"look": LOOK}, {"look": function}, model, calls=[{"look": ASKED}], **more)


def static_tables() -> Case:
    """Strings to numbers, numbers to strings, two tables of equal content, and one that two endpoints use."""
    model = tf.Module()
    model.one, model.other = static(), static()
    model.names = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(tf.constant([5, 7], tf.int64), tf.constant(["five", "seven"])), "none"
    )
    functions = {
        "look": lambda words: model.one.lookup(words) * 2.0 + model.other.lookup(words),
        "named": model.names.lookup,
        "again": lambda words: model.one[words],
    }
    name = {"inputs": ["int64[batch]"], "outputs": TEXT}
    calls = [{"look": ASKED, "named": NUMBERS, "again": ASKED}]
    return case({"look": LOOK, "named": name, "again": LOOK}, functions, model, calls=calls)


def text_files(directory: Path) -> Case:
    """Tables of files, two of which have one name, and one of which is read twice."""
    for number, text in enumerate(("ant\nbee\n", "cow\nbee\nant\n")):
        (directory / str(number)).mkdir()
        (directory / str(number) / "words.txt").write_text(text)
    (directory / "pairs.txt").write_text("ant 5\nbee 7\n")

    def table(file: str, value: Any = tf.lookup.TextFileIndex.LINE_NUMBER, **said: Any) -> Any:
        key, where = tf.lookup.TextFileIndex.WHOLE_LINE, str(directory / file)
        initializer = tf.lookup.TextFileInitializer(where, tf.string, said.pop("key", key), tf.int64, value, **said)
        return tf.lookup.StaticHashTable(initializer, -1)

    model = tf.Module()
    model.tables = [table("0/words.txt"), table("1/words.txt"), table("0/words.txt")]
    model.tables.append(table("pairs.txt", 1, key=0, delimiter=" "))

    def function(words: Any) -> Any:
        return sum(tf.cast(each.lookup(words), tf.float32) * 10.0**at for at, each in enumerate(model.tables))

    return look(function, model)


def changing_tables() -> Case:
    model = tf.Module()
    model.table = tf.lookup.experimental.MutableHashTable(tf.string, tf.float32, -1.0)
    model.dense = tf.lookup.experimental.DenseHashTable(tf.string, tf.float32, -1.0, "gone", "removed")
    model.rows = tf.lookup.experimental.MutableHashTable(tf.string, tf.float32, [0.0, 0.0])
    model.empty = tf.lookup.experimental.MutableHashTable(tf.int64, tf.string, "none")
    model.table.insert(WORDS, [1.0, 2.0, 3.0])
    model.dense.insert(WORDS[:2], [5.0, 6.0])
    model.rows.insert(WORDS[1:], [[1.0, 2.0], [3.0, 4.0]])

    def function(words: Any) -> Any:
        found = model.table.lookup(words) + model.dense.lookup(words) + tf.reduce_sum(model.rows.lookup(words), 1)
        return found + tf.cast(tf.strings.length(model.empty.lookup(tf.zeros_like(words, tf.int64))), tf.float32)

    return look(function, model)


def counting() -> Case:
    """A function that changes a table and a variable."""
    model = tf.Module()
    model.table = tf.lookup.experimental.MutableHashTable(tf.string, tf.float32, 0.0)
    model.count = tf.Variable(0.0)

    def function(words: Any) -> Any:
        model.table.insert(words, model.table.lookup(words) + 1.0)
        return model.table.lookup(words) + model.count.assign_add(1.0)

    return look(function, model, is_stateful=True)


def buckets(directory: Path) -> Case:
    (directory / "words.txt").write_text("ant\nbee\n")
    model = tf.Module()
    file = tf.lookup.TextFileInitializer(
        str(directory / "words.txt"),
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
    )
    model.vocabulary = tf.lookup.StaticVocabularyTable(file, 3)
    pairs = tf.lookup.KeyValueTensorInitializer(tf.constant([5, 7], tf.int64), tf.constant([0, 1], tf.int64))
    model.numbers = tf.lookup.StaticVocabularyTable(pairs, 2, lookup_key_dtype=tf.int64)
    functions = {
        "look": lambda words: tf.cast(model.vocabulary.lookup(words), tf.float32),
        "number": model.numbers.lookup,
    }
    number = {"inputs": ["int64[batch]"], "outputs": "int64[batch]"}
    return case({"look": LOOK, "number": number}, functions, model, calls=[{"look": ASKED, "number": NUMBERS}])


def shared_table() -> Case:
    """One table in two parts of a model, and a third part that owns another."""
    model, table = tf.Module(), static()
    model.one, model.other = tf.Module(), tf.Module()
    model.one.table = model.other.table = table
    model.other.more = static(0.0)
    return look(
        lambda words: model.one.table.lookup(words) + model.other.table.lookup(words) + model.other.more.lookup(words),
        model,
    )


def keras_lookups(directory: Path) -> Case:
    (directory / "words.txt").write_text("ant\nbee\ncat\n")
    layers = keras.layers
    text = layers.TextVectorization(vocabulary=["ant", "bee", "cow"], output_sequence_length=3)
    ngrams = layers.TextVectorization(
        ngrams=2, output_mode="tf_idf", vocabulary=["ant", "ant bee"], idf_weights=[0.5, 2.0]
    )
    model = tf.Module()
    model.parts = [text, ngrams]
    parts: dict[str, Any] = {
        "text": (text, TEXT, "int64[batch, 3]"),
        "ngrams": (ngrams, TEXT, "float32[batch, 3]"),
        "filed": (layers.StringLookup(vocabulary=str(directory / "words.txt")), TEXT, "int64[batch]"),
        "inverse": (layers.StringLookup(vocabulary=["ant", "bee"], invert=True), "int64[batch]", TEXT),
        "several": (layers.StringLookup(vocabulary=["ant"], num_oov_indices=3, mask_token="bee"), TEXT, "int64[batch]"),
        "hot": (layers.IntegerLookup(vocabulary=[5, 7], output_mode="multi_hot"), "int64[batch, 1]", "int64[batch, 3]"),
        "hashing": (layers.Hashing(num_bins=5, salt=3), TEXT, "int64[batch]"),
        "bins": (layers.Discretization(bin_boundaries=[0.0, 1.0]), VECTOR, "int32[batch]"),
        "encoding": (
            layers.CategoryEncoding(num_tokens=4, output_mode="count"),
            "int64[batch, 2]",
            "float32[batch, 4]",
        ),
    }
    text_of = {TEXT: ASKED, "int64[batch]": NUMBERS, "int64[batch, 1]": [tf.constant([[5], [7], [1]], tf.int64)]}
    text_of |= {VECTOR: [tf.constant([-1.0, 0.5, 2.0])], "int64[batch, 2]": [tf.constant([[0, 1], [3, 3]], tf.int64)]}
    endpoints = {name: {"inputs": [given], "outputs": result} for name, (_, given, result) in parts.items()}
    functions = {name: layer for name, (layer, _, _) in parts.items()}
    calls = [{name: text_of[given] for name, (_, given, _) in parts.items()}]
    return case(endpoints, functions, model, calls=calls)


def files(directory: Path) -> Case:
    """Files that functions read, one of them by two assets."""
    (directory / "a.txt").write_text("4.5")
    (directory / "b").mkdir()
    (directory / "b" / "a.txt").write_text("7.5")
    model = tf.Module()
    model.one = tf.saved_model.Asset(str(directory / "a.txt"))
    model.again = tf.saved_model.Asset(str(directory / "a.txt"))
    model.other = tf.saved_model.Asset(str(directory / "b" / "a.txt"))

    def number(asset: Any) -> Any:
        return tf.strings.to_number(tf.io.read_file(asset.asset_path))

    return case(
        {"serve": {"inputs": [VECTOR], "outputs": VECTOR}},
        {"serve": lambda x: x * number(model.one) + number(model.other) * number(model.again)},
        model,
        said={"track": ["one", "again", "other"]},
    )


DTYPES = ("bfloat16", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
          "uint64", "bool", "complex64", "complex128", "string", "float8_e5m2", "float8_e4m3fn", "qint8", "quint8", "qint32", "int4", "uint4")  # fmt: skip


def variables_of_all_dtypes() -> Case:
    model = tf.Module()
    model.held = []
    for name in DTYPES:
        dtype = tf.dtypes.as_dtype(name)
        value: Any = ["x", ""] if name == "string" else np.array([1, 0]).astype(dtype.as_numpy_dtype)
        if dtype.is_quantized:
            value = tf.bitcast(
                tf.constant([1, 3], {"qint8": tf.int8, "quint8": tf.uint8, "qint32": tf.int32}[name]), dtype
            )
        model.held.append(
            tf.Variable(
                tf.constant(value, dtype) if not dtype.is_quantized else value,
                name=f"of_{name}",
                trainable=name == "float32",
            )
        )
    return case({"serve": {"inputs": [VECTOR], "outputs": VECTOR}}, {"serve": lambda x: x * model.held[2][0]}, model)


class Variables(tf.Module):
    """Variables of odd shapes, names and uses."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown = tf.Variable([1.0, 2.0], shape=tf.TensorShape(None), name="unknown")
        self.partly = tf.Variable([[1.0, 2.0]], shape=tf.TensorShape([None, 2]), name="partly")
        self.scalar = tf.Variable(3.0, name="scalar", trainable=False)
        self.empty = tf.Variable(tf.zeros([0, 3]), name="empty")
        self.odd = tf.Variable(4.0, name="odd-x/y.z")
        self.twice = [tf.Variable(5.0, name="same"), tf.Variable(6.0, name="same")]
        self.slots = [tf.Variable(7, dtype=tf.int64, name="iterations", trainable=False), self.twice[0]]
        self.summed = tf.Variable(
            8.0, aggregation=tf.VariableAggregation.SUM, synchronization=tf.VariableSynchronization.ON_WRITE
        )
        self.hidden: Any = tf.Variable(9.0, name="hidden")

    @property
    def variables(self) -> Any:
        return [self.odd, self.twice[1], self.scalar, self.unknown, self.partly, self.empty, self.summed]


def odd_variables() -> Case:
    model = Variables()
    held = tf.constant([0.5])

    def function(x: Any) -> Any:
        total = model.hidden + tf.reduce_sum(model.unknown) + tf.reduce_sum(model.partly) + model.scalar
        return (
            x * total * held + tf.reduce_sum(model.empty) + model.odd * model.twice[0] + model.twice[1] + model.summed
        )

    said = {"variable_collections": {"slots": "slots", "all": ["slots", "twice"]}}
    return case({"serve": {"inputs": [VECTOR], "outputs": VECTOR}}, {"serve": function}, model, said)


def keras_optimizer() -> Case:
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(2), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5, seed=1)]
    )
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    said = {"variable_collections": {"optimizer_variables": "optimizer.variables"}}
    return case({"serve": {"inputs": [MATRIX], "outputs": "float32[batch, 2]"}}, None, model, said)


def stateful_rnn() -> Case:
    inputs = keras.Input(batch_shape=(2, 3, 4), name="x")
    model = keras.Model(
        inputs, keras.layers.GRU(2, stateful=True)(keras.layers.LSTM(3, stateful=True, return_sequences=True)(inputs))
    )
    return case({"serve": {"inputs": ["float32[2, 3, 4]"], "outputs": "float32[2, 2]"}}, None, model, is_stateful=True)


RESOURCES: dict[str, Callable[..., Case]] = {
    made.__name__: made
    for made in (
        static_tables, text_files, changing_tables, counting, buckets, shared_table, keras_lookups, files,
        variables_of_all_dtypes, odd_variables, keras_optimizer, stateful_rnn,
    )
}  # fmt: skip
