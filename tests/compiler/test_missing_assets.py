"""A missing file that the functions read: TensorFlow would silently leave it out of the archive."""

import shutil
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from varied_exports import document

import specc
from specc.compiler.write.assets import AssetFiles

pytestmark = pytest.mark.tensorflow

HINT = "the file must exist until the archive is written; or pass the vocabulary of a lookup layer as a list"
ENDPOINT = {"inputs": ["string[batch]"], "outputs": "int64[batch]"}


def _keras(file: Path) -> Any:
    layer = keras.layers.StringLookup(vocabulary=str(file))
    return keras.Sequential([keras.Input((), dtype="string"), layer])


def _table(file: Path) -> Any:
    model = tf.Module()
    words = tf.lookup.TextFileInitializer(
        str(file), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
    )
    model.table = tf.lookup.StaticVocabularyTable(words, 1)

    def look(keys: Any) -> Any:
        return model.table.lookup(keys)

    model.look = tf.function(look, input_signature=[tf.TensorSpec((None,), tf.string)])
    return model


def _drop_in(model: Any, _: specc.Document, function: str, path: Path) -> None:
    archive = specc.ExportArchive()
    archive.track(model)
    archive.add_endpoint("look", getattr(model, function), [tf.TensorSpec((None,), tf.string)])
    archive.write_out(path, verbose=False)


WAYS: dict[str, Any] = {
    "export": lambda model, said, _, path: specc.compile(said).export(model, path),
    "merge": lambda model, said, _, path: specc.merge([said], model, path),
    "drop-in": _drop_in,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("made", [_keras, _table])
def test_a_vocabulary_that_is_gone_is_refused(made: Any, way: str, tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("ant\nbee\n")
    model = made(file)
    function = "look" if made is _table else "__call__"
    said = document({"look": {**ENDPOINT, "function": function}})
    file.unlink()
    with pytest.raises(specc.SpecError) as caught:
        WAYS[way](model, said, function, tmp_path / "out")
    (finding,) = caught.value.diagnostics
    assert (finding.rule, finding.hint) == ("missing-asset", HINT)
    assert finding.message == f"the functions read the file '{file}', which does not exist"
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_was_loaded_and_is_gone_cannot_be_exported_again(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("ant\nbee\n")
    tf.saved_model.save(_table(file), str(tmp_path / "first"))
    revived = tf.saved_model.load(str(tmp_path / "first"))
    said = document({"look": {**ENDPOINT, "function": "look", "arguments": ["keys"]}})
    report = specc.compile(said).export(revived, tmp_path / "second")
    assert (report.path / "assets" / "words.txt").read_text() == "ant\nbee\n"
    shutil.rmtree(tmp_path / "first")
    with pytest.raises(specc.SpecError, match="missing-asset"):
        specc.compile(said).export(revived, tmp_path / "third")
    assert not (tmp_path / "third").exists()


def test_an_asset_that_a_document_tracks_is_looked_for_too(refused: Any, tmp_path: Path) -> None:
    model = tf.Module()
    model.asset = tf.saved_model.Asset(str(tmp_path / "absent.txt"))
    model.same = tf.function(lambda words: words)
    endpoint = {"inputs": ["string[batch]"], "outputs": "string[batch]", "function": "same"}
    (finding,) = refused(model, {"same": endpoint}, track=["asset"])
    assert finding.startswith(f"endpoints: missing-asset: the functions read the file '{tmp_path}/absent.txt'")


def test_a_file_that_goes_while_the_archive_is_written_is_missed_as_well(tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "words.txt"
    file.write_text("ant\nbee\n")
    model, copy = _keras(file), AssetFiles.copy

    def copy_late(files: AssetFiles, directory: Path) -> None:
        file.unlink()
        copy(files, directory)

    monkeypatch.setattr(AssetFiles, "copy", copy_late)
    with pytest.raises(specc.SpecError, match=r"missing-asset: the functions read the file 'words\.txt'"):
        specc.compile(document({"look": ENDPOINT})).export(model, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_two_files_of_one_name_are_both_there(tmp_path: Path) -> None:
    files = [tmp_path / str(index) / "words.txt" for index in range(2)]
    for index, file in enumerate(files):
        file.parent.mkdir()
        file.write_text(["ant\nbee\n", "bee\nant\n"][index])
    model = tf.Module()
    model.tables = [_table(file).table for file in files]
    model.look = lambda words: [table.lookup(words) for table in model.tables]
    endpoint = {"inputs": ["string[batch]"], "outputs": ["int64[batch]", "int64[batch]"], "function": "look"}
    report = specc.compile(document({"look": endpoint})).export(model, tmp_path / "out")
    for file in files:
        file.unlink()
    found = tf.saved_model.load(str(report.path)).look(tf.constant(["ant"]))
    assert [value.numpy().tolist() for value in found] == [[0], [1]]
