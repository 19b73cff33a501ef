"""Fixtures that build from a first spec, of a model or of an archive."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import specc
from specc.language.load import load_spec


@pytest.fixture
def built(tmp_path: Path) -> Callable[..., Any]:
    """Writes a spec, loads it as ``specc validate`` does, builds and revives it."""

    def run(inferred: specc.InferredSpec, model: Any) -> Any:
        import tensorflow as tf

        file = tmp_path / "first.specc.json"
        file.write_text(specc.dump(inferred.document))
        specc.compile(load_spec(file).document).export(model, tmp_path / "archive")
        return tf.saved_model.load(str(tmp_path / "archive"))

    return run


@pytest.fixture
def rebuilt(tmp_path: Path) -> Callable[..., tuple[dict[str, Any], list[str], Any]]:
    """Infers the spec of an archive, loads it as ``specc validate`` does, builds, and revives what was built."""

    def run(name: str = "old") -> tuple[dict[str, Any], list[str], Any]:
        import tensorflow as tf

        from specc.compiler.load_model import load_model

        inferred = specc.infer_archive_spec(tmp_path / name, model=f"{name}/")
        file = tmp_path / "first.specc.json"
        file.write_text(specc.dump(inferred.document))
        document = load_spec(file).document
        assert document.model is not None
        specc.compile(document).export(load_model(document.model, tmp_path, seed=0), tmp_path / "new")
        data = inferred.document.to_json()
        assert data.pop("specc") == 1
        return data, [str(guess) for guess in inferred.guesses], tf.saved_model.load(str(tmp_path / "new"))

    return run
