"""The export tests that the installed Keras ships, where Keras runs on JAX."""

from __future__ import annotations

import pytest
from test_keras_own_tests import (  # noqa: F401  # collected here too
    TestExportArchive,
    TestExportSavedModel,
    _specc_in_place,
    test_keras_s_tests_take_what_they_test_from_where_specc_stands,
)

pytestmark = [
    pytest.mark.tensorflow,
    # Keras's tests say native_serialization and enable_xla, which JAX deprecates.
    pytest.mark.filterwarnings("ignore:The `:DeprecationWarning"),
]
