"""Archives of Keras on JAX are sound for the static checks, whoever wrote them."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest
import tensorflow as tf

import specc
from specc.reader import inspect
from specc.reader.conformance.static_checks import static_findings

pytestmark = pytest.mark.tensorflow


def model() -> keras.Model:
    layers = [keras.layers.Dense(8), keras.layers.Dropout(0.5), keras.layers.BatchNormalization()]
    return keras.Sequential([keras.Input((4,)), *layers])


def test_an_archive_of_keras(tmp_path: Path) -> None:
    net, archive = model(), keras.export.ExportArchive()
    archive.track(net)
    archive.add_endpoint("serve", net.call, input_signature=[tf.TensorSpec([None, 4])])
    archive.add_variable_collection("kernels", net.trainable_variables)
    archive.write_out(str(tmp_path / "archive"), verbose=False)
    document = inspect(tmp_path / "archive").model_copy(update={"description": "compared"})
    found = static_findings(document, tmp_path / "archive")
    assert [str(each) for each in found if each.level == "error"] == []


def test_an_archive_of_specc(tmp_path: Path) -> None:
    document = specc.from_json(
        {
            "specc": 1,
            "dims": {"batch": {}},
            "endpoints": {"serve": {"inputs": ["float32[batch, 4]"], "outputs": "float32[batch, 8]"}},
            "variable_collections": {"kernels": "trainable_variables"},
        }
    )
    specc.compile(document).export(model(), tmp_path / "archive")
    assert static_findings(document, tmp_path / "archive") == []
