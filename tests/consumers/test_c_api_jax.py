"""TensorFlow's C API loads archives of models on JAX, and answers every signature as the model does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import pytest
from consumer_archives import Answer, run_names
from expected_failures import hold

CASES = ("dashes", "dict", "list", "nested", "rnn", "shared_weights")
"""The small models that are Keras models and have no strings, which JAX lacks."""
pytestmark = pytest.mark.skipif(
    keras.config.backend() != "jax", reason="Keras does not run on JAX: make test-consumers"
)


@pytest.mark.parametrize(("case", "run"), [(case, run) for case in CASES for run in run_names(case)])
def test_it_answers_as_the_model(case: str, run: str, archives: Callable[[str], Any], c_api: Answer) -> None:
    archive = archives(case)
    assert b"XlaCallModule" in (archive.path / "saved_model.pb").read_bytes()
    hold("c_api", archive, run, c_api)
