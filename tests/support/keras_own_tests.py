"""The export tests that the installed Keras ships, with specc in the place of what they test.

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


def export_saved_model(
    model: Any, filepath: Any, verbose: Any = None, input_signature: Any = None, **kwargs: Any
) -> Any:
    return specc.export(model, filepath, "tf_saved_model", verbose, input_signature, **kwargs)


@pytest.fixture(autouse=True)
def specc_in_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(exporting, "ExportArchive", specc.ExportArchive)
    monkeypatch.setattr(exporting, "export_saved_model", export_saved_model)
    monkeypatch.setattr(keras.Model, "export", specc.export)
    yield
    keras.config.enable_traceback_filtering()  # Keras's tests turn it off
    keras.utils.clear_session()


class TestExportSavedModel(saved_model_test.ExportSavedModelTest):  # type: ignore[misc]
    """Keras's tests of ``Model.export``."""


class TestExportArchive(saved_model_test.ExportArchiveTest):  # type: ignore[misc]
    """Keras's tests of ``ExportArchive``."""

    def test_variable_collection(self) -> None:
        """Looks a collection up in the private ``_tf_trackable``, which stands here for just this."""
        trackable = property(lambda archive: SimpleNamespace(**archive._collections))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(specc.ExportArchive, "_tf_trackable", trackable, raising=False)
            super().test_variable_collection()
