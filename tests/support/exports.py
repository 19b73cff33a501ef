"""Fixtures of the tests that need TensorFlow: they export a model, and revive it or collect why it is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import specc


def document(endpoints: dict[str, Any], **more: Any) -> specc.Document:
    """A document with a batch and a time dim, whose first endpoint is the default."""
    data = {"specc": 1, "dims": {"batch": {}, "time": {}}, "endpoints": endpoints, "default": next(iter(endpoints))}
    return specc.from_json({**data, **more})


@pytest.fixture(autouse=True)
def _seeded(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("tensorflow"):
        import keras

        keras.utils.set_random_seed(7)


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Any]:
    """Exports a model and revives it: gives the revived object and the report."""

    def run(model: Any, endpoints: dict[str, Any], functions: Any = None, **more: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        report = specc.compile(document(endpoints, **more)).export(model, tmp_path / "archive", functions=functions)
        return tf.saved_model.load(str(report.path)), report

    return run


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., list[str]]:
    """The findings of an export that must be refused and leave nothing behind."""

    def run(model: Any, endpoints: dict[str, Any], functions: Any = None, **more: Any) -> list[str]:
        program = specc.compile(document(endpoints, **more))
        with pytest.raises(specc.SpecError) as caught:
            program.export(model, tmp_path / "out" / "archive", functions=functions)
        assert list(tmp_path.iterdir()) == []
        return [str(finding) for finding in caught.value.diagnostics]

    return run
