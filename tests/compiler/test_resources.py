"""Tables and their assets are found by what the functions capture, without tracking lookup layers by hand."""

import gc
import re
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from varied_exports import document

import specc

pytestmark = pytest.mark.tensorflow

WORDS = "string[batch]"
ENDPOINT = {"inputs": [WORDS], "outputs": "int64[batch]"}
X = tf.constant(["b", "a", "zebra"])


def table(*words: str) -> tf.lookup.StaticHashTable:
    ids = tf.range(len(words), dtype=tf.int64)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.constant(words), ids), -1)


class WithTable(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = table("a", "b")

    def __call__(self, words: Any) -> Any:
        return self.table.lookup(words)


ONLY_HERE = table("a", "b")


def lookup_without_a_model(model: Any, words: Any) -> Any:
    return ONLY_HERE.lookup(words)


def run_in_session(path: Path, endpoint: str, words: list[str]) -> list[int]:
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        signature = tf.compat.v1.saved_model.load(session, ["serve"], str(path)).signature_def[endpoint]
        feed = {signature.inputs["inputs"].name: words}
        return session.run(signature.outputs["output_0"].name, feed).tolist()


def test_a_table_of_the_model(export: Any) -> None:
    revived, report = export(WithTable(), {"serve": ENDPOINT})
    assert revived.serve(X).numpy().tolist() == [1, 0, -1]
    assert run_in_session(report.path, "serve", ["b", "a", "zebra"]) == [1, 0, -1]


def test_a_table_that_only_a_function_knows(export: Any) -> None:
    endpoint = {**ENDPOINT, "function": f"{__name__}:lookup_without_a_model"}
    revived, _ = export(tf.Module(), {"serve": endpoint})
    assert revived.serve(X).numpy().tolist() == [1, 0, -1]


def test_a_vocabulary_file_becomes_an_asset(export: Any, tmp_path: Path) -> None:
    vocabulary = tmp_path / "words.txt"
    vocabulary.write_text("a\nb\n")
    layer = keras.layers.StringLookup(vocabulary=str(vocabulary), num_oov_indices=1)
    revived, report = export(layer, {"serve": ENDPOINT})
    vocabulary.unlink()
    assert revived.serve(X).numpy().tolist() == [2, 1, 0]
    assert report.files["assets/words.txt"] == 4
    assert run_in_session(report.path, "serve", ["b", "a", "zebra"]) == [2, 1, 0]
    assert str(tmp_path).encode() not in (report.path / "saved_model.pb").read_bytes()


def test_two_archives_in_one_process_do_not_share_a_table(tmp_path: Path) -> None:
    # TensorFlow names tables by a counter of the writing process, and loads tables of one name as one table.
    program = specc.compile(specc.from_json({"specc": 1, "dims": {"batch": {}}, "endpoints": {"serve": ENDPOINT}}))
    for index, words in enumerate((("a", "b"), ("b", "a"))):
        model = WithTable()
        model.table = table(*words)
        program.export(model, tmp_path / str(index))
    revived = [tf.saved_model.load(str(tmp_path / str(index))) for index in range(2)]
    assert [one.serve(X).numpy().tolist() for one in revived] == [[1, 0, -1], [0, 1, -1]]


def test_a_mutable_table_keeps_its_content(export: Any) -> None:
    class Mutable(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
            self.table.insert(tf.constant(["a"]), tf.constant([5], tf.int64))

        def __call__(self, words: Any) -> Any:
            return self.table.lookup(words)

    revived, _ = export(Mutable(), {"serve": ENDPOINT})
    assert revived.serve(X).numpy().tolist() == [-1, 5, -1]


def test_a_random_generator_keeps_its_state(export: Any) -> None:
    class Random(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.generator = tf.random.Generator.from_seed(1)

        def __call__(self) -> Any:
            return self.generator.normal([2])

    model = Random()
    revived, _ = export(model, {"serve": {"inputs": [], "outputs": "float32[2]"}})
    assert revived.serve().numpy().tolist() == model().numpy().tolist()
    assert len(revived.variables) == 1


class Tracking(WithTable):
    def __init__(self, vocabulary: Path) -> None:
        super().__init__()
        self.unused = keras.layers.StringLookup(vocabulary=str(vocabulary))
        self.dense = keras.layers.Dense(1)
        self.dense(tf.ones([1, 2]))
        self.number = 3


def test_track_keeps_what_no_endpoint_reaches(export: Any, tmp_path: Path) -> None:
    vocabulary = tmp_path / "extra.txt"
    vocabulary.write_text("x\ny\n")
    _, report = export(Tracking(vocabulary), {"serve": ENDPOINT}, track=["unused", "dense"])
    assert report.files["assets/extra.txt"] == 4
    names = [name for name, _ in tf.train.list_variables(str(report.path / "variables" / "variables"))]
    assert len([name for name in names if name.endswith("VARIABLE_VALUE")]) == 2


def test_track_refuses_what_cannot_be_kept(export: Any, tmp_path: Path) -> None:
    vocabulary = tmp_path / "extra.txt"
    vocabulary.write_text("x\n")
    with pytest.raises(specc.SpecError) as caught:
        export(Tracking(vocabulary), {"serve": ENDPOINT}, track=["number", "tabel"])
    assert [str(finding) for finding in caught.value.diagnostics] == [
        "track[0]: unknown-track: 'number' (an int) holds no variable, table or asset to keep",
        "track[1]: unknown-track: the model (a Tracking) has no attribute 'tabel'; did you mean 'table'?",
    ]


QUEUE = tf.queue.FIFOQueue(3, [tf.int64])
DROPPED = [table("a", "b"), table("c")]


class Untracked(tf.Module):
    """What a function may use and an archive cannot hold."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = table("a", "b")
        self.lookups = tuple(tf.function(one.lookup).get_concrete_function(X) for one in DROPPED)
        DROPPED.clear()
        gc.collect()  # TensorFlow 2.16 has each table in a cycle, and its owner is found until the cycle is collected
        self.rows = tf.data.Dataset.from_tensors(tf.constant(1, tf.int64))

    def drop(self, words: Any) -> Any:
        return self.lookups[0](words)

    def drop_both(self, words: Any) -> Any:
        return self.lookups[0](words) + self.lookups[1](words)

    def queued(self, words: Any) -> Any:
        return self.kept.lookup(words) + QUEUE.dequeue()

    def fine(self, words: Any) -> Any:
        return self.kept.lookup(words)


def test_what_cannot_be_saved_is_named_with_its_endpoint(refused: Any) -> None:
    names = ("drop", "drop_both", "queued", "fine")
    endpoints = {name: {**ENDPOINT, "function": name} for name in names}
    text = "\n".join(refused(Untracked(), endpoints))
    hint = ", which no variable, table or model owns; an iterator or queue cannot be saved; keep tables as attributes"
    assert re.sub(r"'\d+'|'table_\d+'", "N", text.replace(" of the model", "")).splitlines() == [
        f"endpoints.drop: untracked-resource: the endpoint 'drop' uses the lookup table N{hint}",
        f"endpoints.drop_both: untracked-resource: the endpoint 'drop_both' uses the lookup table N and the lookup table N{hint}",
        f"endpoints.queued: untracked-resource: the endpoint 'queued' uses the queue N{hint}",
    ]


def test_the_path_of_a_file_that_a_function_reads_is_that_in_the_archive(tmp_path: Path) -> None:
    file = tmp_path / "greeting.txt"
    file.write_text("hello")
    model = tf.Module()
    model.file = tf.saved_model.Asset(str(file))
    of_module = tf.saved_model.Asset(str(file))  # which no attribute holds
    model.own = lambda x: tf.strings.join([x, tf.io.read_file(model.file.asset_path)])
    model.other = lambda x: tf.strings.join([x, tf.io.read_file(of_module.asset_path)])
    said = {"inputs": ["string[]"], "outputs": "string[]"}
    endpoints = {name: {**said, "function": name} for name in ("other", "own")}
    report = specc.compile(document(endpoints)).export(model, tmp_path / "archive")
    moved = Path(report.path).rename(tmp_path / "moved")
    file.unlink()
    revived = tf.saved_model.load(str(moved))
    for name in endpoints:
        assert revived.signatures[name](tf.constant("oh "))["output_0"].numpy() == b"oh hello"
        assert getattr(revived, name)(tf.constant("oh ")).numpy() == b"oh hello"
