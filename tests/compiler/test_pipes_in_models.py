"""A pipe in place of a file of a model is an error, and nothing waits for a writer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import keras
import pytest
import tensorflow as tf

from specc.compiler.load_model import load_model
from specc.errors import ArchiveError, UnreadableError
from specc.language.load import from_json
from specc.reader import inspect
from specc.verification.verify import verify

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_a_keras_file(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(UnreadableError, match="it is not a regular file"):
        load_model(name, tmp_path, seed=0)


def test_an_unpacked_keras_file(tmp_path: Path) -> None:
    directory = tmp_path / "m.keras"
    directory.mkdir()
    for name in ("config.json", "metadata.json"):
        (directory / name).write_text(json.dumps({}))
    os.mkfifo(directory / "model.weights.h5")
    with pytest.raises(ArchiveError, match=r"model\.weights\.h5: it is not a regular file"):
        load_model("m.keras", tmp_path, seed=0)


@pytest.mark.parametrize("name", ["saved_model.pb", "variables/variables.index", "fingerprint.pb"])
def test_an_archive(name: str, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    tf.saved_model.save(model, str(archive))
    document = inspect(archive)
    (archive / name).unlink()
    os.mkfifo(archive / name)
    with pytest.raises(ArchiveError, match="it is not a regular file"):
        load_model("archive/", tmp_path, seed=0)
    with pytest.raises(ArchiveError, match="it is not a regular file"):
        verify(from_json(document.to_json()), archive)
