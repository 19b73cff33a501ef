"""Everything in this folder runs where Keras runs on JAX: ``make test-jax``.

The folder is not called jax: tests/ is on the path, and wherever JAX is missing it would be what ``import jax`` finds.
"""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent


def _missing() -> str:
    """Why nothing here can run, or nothing."""
    try:
        import keras
        import tensorflow as tf  # noqa: F401
    except ImportError as error:
        return f"needs TensorFlow and Keras: {error}"
    return "" if keras.config.backend() == "jax" else f"Keras runs on {keras.config.backend()}; make test-jax"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if item.path.is_relative_to(HERE)]
    reason = _missing() if here else ""
    for item in here if reason else ():
        item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    import keras

    keras.utils.set_random_seed(7)
