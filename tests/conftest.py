"""How hard the tests try, what they need, and in which order they run.

``HYPOTHESIS_PROFILE=long`` (``make test-long``) draws more examples and runs the long tests. Where TensorFlow is missing,
the modules that need it are left out. The longest files come first, so that none of them runs on by itself at the end.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")
HAS_TENSORFLOW = find_spec("tensorflow") is not None and find_spec("keras") is not None
LONGEST = (
    "test_sabotages.py", "test_whole_exports.py", "test_sound_archives.py", "test_real_image_models.py",
    "test_real_sequence_models.py", "test_schema_agrees.py", "test_build_command.py", "test_archive_names.py",
    "test_same_bytes.py", "test_custom_ops.py", "test_legacy_signatures.py", "test_round_trip.py",
    "test_examples_image_classifier.py", "test_training_archives.py", "test_inspect_projection.py", "test_faults.py",
    "test_record_command.py", "test_hostile_archives.py", "test_build_verify.py", "test_verify_command.py",
    "test_hostile_input.py", "test_pre_commit.py", "test_init_command.py", "test_seal.py", "test_remote.py",
    "test_keras_own_tests.py", "test_tensorspec.py", "test_real_models.py",
)  # fmt: skip
"""Files that take long, the longest first."""

pytest_plugins = ["exports"]
pytest.register_assert_rewrite("finding_cases", "inferred_models", "receiver_archives", "training_models")

# derandomize: a change is judged by the same examples on every machine; the long run goes looking for new ones.
settings.register_profile("default", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "long", max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(PROFILE)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    if HAS_TENSORFLOW or collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    return "pytest.mark.tensorflow" in collection_path.read_text(encoding="utf-8") or None


def pytest_report_header() -> str:
    return "" if HAS_TENSORFLOW else "TensorFlow or Keras is missing: the modules that need them are left out"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))  # stable: a file stays together
    for item in items if PROFILE != "long" else ():
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="runs in make test-long only"))
