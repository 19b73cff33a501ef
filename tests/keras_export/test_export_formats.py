"""``specc.export`` to a format other than SavedModel: Keras's export is called with the same arguments."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from wire_signatures import mlp, wire

import specc

pytestmark = pytest.mark.tensorflow

ROW = np.ones([1, 3], np.float32)


class Recording(keras.Sequential):
    """A model with its own ``export``, which returns its arguments."""

    def export(self, *arguments: Any, **options: Any) -> Any:
        return arguments, options


def _outcome(export: Any, *arguments: Any, **options: Any) -> tuple[Any, ...]:
    try:
        return "returned", export(*arguments, **options)
    except Exception as error:  # noqa: BLE001  # Keras may raise any exception
        return type(error), str(error)


@pytest.mark.parametrize("format", ["onnx", "openvino", "litert", "torch", "one of tomorrow"])
def test_the_model_s_own_export_gets_the_arguments_unchanged(format: str) -> None:
    model, path, signature = Recording([keras.Input([3])]), Path("no/where"), [keras.InputSpec(shape=(None, 3))]
    arguments, options = specc.export(
        model, path, format, verbose=False, input_signature=signature, opset_version=18, optimizations=[1]
    )
    assert (arguments, options.pop("format")) == ((path,), format)
    assert options.pop("input_signature") is signature
    assert options == {"verbose": False, "opset_version": 18, "optimizations": [1]}
    assert specc.export(model, path, format=format)[1] == {"format": format, "verbose": None, "input_signature": None}
    assert not path.exists()


@pytest.mark.parametrize("format", ["onnx", "openvino", "torch", "tarball", "saved_model", "", None])
def test_what_keras_raises_is_raised(format: Any, tmp_path: Path) -> None:
    """A missing package, a wrong backend, an unknown format: the errors are Keras's."""
    if format in ("onnx", "openvino") and importlib.util.find_spec("tf2onnx" if format == "onnx" else "openvino"):
        pytest.skip("it is installed here")
    model = mlp()
    found = _outcome(specc.export, model, str(tmp_path / "specc"), format, verbose=False)
    assert found == _outcome(model.export, str(tmp_path / "specc"), format, verbose=False)
    assert found[0] != "returned"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(keras.src.export, "export_litert"), reason="this Keras writes no LiteRT")
def test_litert_is_written_by_keras(tmp_path: Path) -> None:
    model, path = mlp(), str(tmp_path / "model.tflite")
    assert specc.export(model, path, "litert", verbose=False) is None
    interpreter = tf.lite.Interpreter(model_path=path)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], ROW)
    interpreter.invoke()
    answer = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(answer, model(ROW), rtol=1e-5)


def test_in_the_place_of_keras_s_method_it_writes_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.Model, "export", specc.export)
    model = mlp()
    report = model.export(tmp_path / "archive", verbose=False)
    assert report.path == tmp_path / "archive"
    assert sorted(wire(tmp_path / "archive")) == ["serve", "serving_default"]
    with pytest.raises(ValueError, match="Unrecognized format=tarball"):
        model.export(tmp_path / "other", format="tarball")


@pytest.mark.parametrize("format", ["tf_saved_model", "onnx", "tarball"])
def test_no_model_is_a_type_error_in_every_format(format: str, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"The model must be a `keras\.Model`"):
        specc.export(keras.layers.Dense(2), tmp_path / "model", format)
