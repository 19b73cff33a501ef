"""Sound archives of every tool that writes them: the static checks have no error, with the document of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from foreign_archives import CASES
from varied_exports import a_network, a_table_that_a_function_knows, lookups

from specc.diagnostics import Diagnostic
from specc.language.contract import CONTRACT_PATH, write_contract
from specc.language.document import Document
from specc.reader import inspect
from specc.reader.conformance.static_checks import static_findings

pytestmark = pytest.mark.tensorflow


def of_its_own(path: Path) -> Document:
    """The document that ``inspect`` reads, changed in what is no promise, so that it is compared with the graph."""
    return inspect(path).model_copy(update={"description": "the same"})


def errors(found: list[Diagnostic]) -> list[str]:
    return [str(each) for each in found if each.level == "error"]


WITHOUT_SIGNATURES = (
    "functions without signatures",
    "a function that TensorFlow made the default signature",
    "default values",
)


@pytest.mark.parametrize("name", CASES)
def test_an_archive_of_another_tool(name: str, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    CASES[name][0](str(path))
    assert static_findings(inspect(path), path) == [
        each for each in static_findings(inspect(path), path) if each.rule == "duplicate-variable"
    ]
    found = errors(static_findings(of_its_own(path), path))
    if name in WITHOUT_SIGNATURES:  # a spec promises one for each endpoint
        assert all("spec-mismatch: the graph has no signature" in each for each in found)
    else:
        assert found == []


def with_assets_of_tensorflow_1(path: Path) -> None:
    v1, words = tf.compat.v1, path.parent / "words.txt"
    words.write_text("ant\nbee\n")
    with tf.Graph().as_default(), v1.Session() as session:
        file, asked = tf.constant(str(words)), v1.placeholder(tf.string, [None])
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, file)
        line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        rows = tf.lookup.TextFileInitializer(file, tf.string, line, tf.int64, number)
        found = tf.lookup.StaticHashTable(rows, -1).lookup(asked)
        weight = v1.get_variable("weight", [3, 2])
        x = v1.placeholder(tf.float32, [None, 3])
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        signature = v1.saved_model.predict_signature_def({"word": asked, "x": x}, {"id": found, "y": x @ weight})
        builder = v1.saved_model.Builder(str(path))
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            {"serving_default": signature},
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=v1.tables_initializer(),
        )
        builder.save()


def test_an_archive_of_tensorflow_1_with_an_asset(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    with_assets_of_tensorflow_1(path)
    assert static_findings(of_its_own(path), path) == []
    (path / "assets" / "words.txt").unlink()
    (found,) = static_findings(of_its_own(path), path)
    assert found.rule == "missing-asset"


def module_with_vocabulary(path: Path) -> None:
    words = path.parent / "words.txt"
    words.write_text("ant\nbee\n")
    root = tf.Module()
    line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
    rows = tf.lookup.TextFileInitializer(str(words), tf.string, line, tf.int64, number)
    root.table = tf.lookup.StaticVocabularyTable(rows, 1)
    root.look = tf.function(root.table.lookup, input_signature=[tf.TensorSpec([None], tf.string)])
    tf.saved_model.save(root, str(path), signatures={"look": root.look, "also": root.look.get_concrete_function()})


def keras_export(path: Path) -> None:
    words = path.parent / "words.txt"
    words.write_text("ant\nbee\n")
    lookup = keras.layers.StringLookup(vocabulary=str(words))
    keras.Sequential([keras.Input((), dtype="string"), lookup]).export(str(path), verbose=False)


@pytest.mark.parametrize("write", [module_with_vocabulary, keras_export])
def test_the_path_of_a_vocabulary_is_a_warning(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path / "archive")
    (found,) = static_findings(inspect(tmp_path / "archive"), tmp_path / "archive")
    assert (found.level, found.rule) == ("warning", "absolute-path")
    assert repr(str(tmp_path / "words.txt")) in found.message
    assert errors(static_findings(of_its_own(tmp_path / "archive"), tmp_path / "archive")) == []


def twice_stored(path: Path) -> None:
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4), keras.layers.BatchNormalization()])
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", model.call, input_signature=[tf.TensorSpec([None, 8])])
    archive.write_out(str(path), verbose=False)


def test_what_keras_stores_twice_is_a_warning_and_an_error_beside_a_contract(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    twice_stored(path)
    document = inspect(path)
    (found,) = static_findings(document, path)
    assert (found.level, found.rule) == ("warning", "duplicate-variable")
    assert "1 variable of 128 bytes in all is stored twice: '_all_variables/" in found.message  # constant ones are not
    (path / CONTRACT_PATH).parent.mkdir()
    (path / CONTRACT_PATH).write_text(write_contract(document))
    found = {each.rule: each.level for each in static_findings(document, path)}
    assert found["duplicate-variable"] == "error"


EXPORTS: dict[str, Callable[[Path], Any]] = {
    "a network with a receiver": lambda directory: a_network()(directory / "archive"),
    "lookups": lambda directory: lookups(directory)(directory / "archive"),
    "tables": lambda directory: a_table_that_a_function_knows()(directory / "archive"),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_archive_of_specc(name: str, tmp_path: Path) -> None:
    EXPORTS[name](tmp_path)
    assert static_findings(inspect(tmp_path / "archive"), tmp_path / "archive") == []
    without = tmp_path / "archive" / CONTRACT_PATH
    without.unlink()
    assert errors(static_findings(of_its_own(tmp_path / "archive"), tmp_path / "archive")) == []
