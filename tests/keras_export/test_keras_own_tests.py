"""The export tests of the installed Keras, run with specc's replacements.

The classes below are Keras's own, run from the installed package; their methods are collected one by one. docs/parity.md
lists what they use that specc does not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import keras
import pytest

import specc

saved_model_test = pytest.importorskip("keras.src.export.saved_model_test", reason="this Keras ships no tests")
exporting = pytest.importorskip("keras.src.export.saved_model")

pytestmark = pytest.mark.tensorflow


def _export_saved_model(
    model: Any, filepath: Any, verbose: Any = None, input_signature: Any = None, **kwargs: Any
) -> Any:
    return specc.export(model, filepath, "tf_saved_model", verbose, input_signature, **kwargs)


@pytest.fixture(autouse=True)
def _specc_in_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(exporting, "ExportArchive", specc.ExportArchive)
    monkeypatch.setattr(exporting, "export_saved_model", _export_saved_model)
    monkeypatch.setattr(keras.Model, "export", specc.export)
    yield
    keras.config.enable_traceback_filtering()  # Keras's tests turn it off
    keras.utils.clear_session()


class TestExportSavedModel(saved_model_test.ExportSavedModelTest):  # type: ignore[misc]
    """Keras's tests of ``Model.export``."""


class TestExportArchive(saved_model_test.ExportArchiveTest):  # type: ignore[misc]
    """Keras's tests of ``ExportArchive``."""

    def test_variable_collection(self) -> None:
        """Looks up a collection in the private ``_tf_trackable``, which exists here only for this test."""
        trackable = property(lambda archive: SimpleNamespace(**archive._collections))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(specc.ExportArchive, "_tf_trackable", trackable, raising=False)
            super().test_variable_collection()


def test_keras_s_tests_take_what_they_test_from_where_specc_stands() -> None:
    assert saved_model_test.saved_model is exporting
    assert saved_model_test.saved_model.ExportArchive is specc.ExportArchive
    assert saved_model_test.saved_model.export_saved_model is _export_saved_model
    assert saved_model_test.models.Model.export is specc.export
