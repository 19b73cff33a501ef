"""First specs of archives that Keras 2 saved, which tests/verification/archives holds."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from inferred_archives import CALLED, ITSELF, RENAMED
from inferred_models import BATCH

pytestmark = pytest.mark.tensorflow

ARCHIVES = Path(__file__).parents[1] / "verification" / "archives"


def test_a_model_that_keras_2_saved(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    with zipfile.ZipFile(ARCHIVES / "tf_keras.zip") as archive:
        archive.extractall(tmp_path / "old")
    data, guesses, revived = rebuilt()
    inputs = [{"word": "string[batch]", "x": "float32[batch, 3]"}]
    assert data["endpoints"] == {
        "__call__": {"kwargs": {"training": False}, "inputs": inputs, "outputs": {"y": "float32[batch, 1]"}},
        "serve": {**CALLED, "inputs": inputs, "outputs": {"dense_1": "float32[batch, 1]"}},
    }
    assert data["default"] == "serve"
    assert guesses == [
        ITSELF,
        "endpoints.call_and_return_all_conditional_losses: left out: Keras 2 saves it with every model, for training",
        RENAMED,
        "__call__: one of its 2 traces is described: the one with training=False, not the one with training=True",
        BATCH.format("'word' and 'x' in '__call__' and 'serve'"),
    ]
    given = {"word": tf.constant(["ant", "cow"]), "x": tf.random.normal([2, 3])}
    old = tf.saved_model.load(str(tmp_path / "old")).signatures["serving_default"](**given)["dense_1"]
    np.testing.assert_allclose(old, revived.signatures["serving_default"](**given)["dense_1"], rtol=1e-5)
    np.testing.assert_allclose(old, revived(given)["y"], rtol=1e-5)
