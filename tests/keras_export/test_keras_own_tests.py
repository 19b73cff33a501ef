"""The export tests that the installed Keras ships, where Keras runs on TensorFlow."""

from __future__ import annotations

import pytest
from keras_own_tests import (  # noqa: F401  # collected here
    TestExportArchive,
    TestExportSavedModel,
    export_saved_model,
    exporting,
    saved_model_test,
    specc_in_place,
)

import specc

pytestmark = pytest.mark.tensorflow


def test_keras_s_tests_take_what_they_test_from_where_specc_stands() -> None:
    assert saved_model_test.saved_model is exporting
    assert saved_model_test.saved_model.ExportArchive is specc.ExportArchive
    assert saved_model_test.saved_model.export_saved_model is export_saved_model
    assert saved_model_test.models.Model.export is specc.export
