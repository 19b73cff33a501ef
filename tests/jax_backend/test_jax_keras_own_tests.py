"""The export tests that the installed Keras ships, where Keras runs on JAX."""

from __future__ import annotations

import pytest
from keras_own_tests import (  # noqa: F401  # collected here too
    TestExportArchive,
    TestExportSavedModel,
    specc_in_place,
)

pytestmark = [
    pytest.mark.tensorflow,
    # Keras's tests say native_serialization and enable_xla, which JAX deprecates.
    pytest.mark.filterwarnings("ignore:The `:DeprecationWarning"),
]
