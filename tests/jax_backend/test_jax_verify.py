"""A model of Keras on JAX: its stored variables are compared, and the archive is run against the model in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
from exports import document

import specc
from specc.compiler import export as exporting
from specc.compiler.write.contents import Contents
from specc.compiler.write.writers import Written, write

SERVE = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 2]"}


def model() -> Any:
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])


def test_a_sound_archive_and_another_model(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    exported, described = model(), document({"serve": SERVE})
    specc.compile(described).export(exported, tmp_path / "archive")
    assert specc.verify(described, tmp_path / "archive", cases=3, model=exported).findings == ()
    found = specc.verify(described, tmp_path / "archive", cases=3, model=model()).findings
    assert [finding.rule for finding in found] == ["weights-differ"]


def test_a_variable_that_changes_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def written(contents: Contents, published: Any, directory: Path, early: Any) -> Written:
        done = write(contents, published, directory, early)
        contents.variables[0].assign_add(contents.variables[0] + 1.0)
        return done

    monkeypatch.setattr(exporting, "write", written)
    with pytest.raises(specc.SpecError, match="weights-differ: 1 of 6 stored variables are not the model's"):
        specc.compile(document({"serve": SERVE})).export(model(), tmp_path / "archive")
    assert list(tmp_path.iterdir()) == []
