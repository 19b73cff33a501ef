"""A part of the test suite in each environment: what other versions can change, and what takes no long time.

With TensorFlow: the examples, whose models have every kind of layer, table, receiver and training step that the
documentation shows, and each stage of the compiler once; the reader's own tests need no TensorFlow, and those of
``verify`` run in the pairs of archives. Without it: all that reads a spec, an archive or a finding.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from environments import ENVIRONMENTS, Environment

WITH_TENSORFLOW = (
    "examples",
    "compiler/test_cores.py",
    "compiler/test_export.py",
    "compiler/test_receivers.py",
    "compiler/test_resources.py",
    "compiler/test_save_options.py",
    "compiler/test_seal.py",
    "compiler/test_training_archives.py",
    "compiler/test_variables.py",
)
WITHOUT_TENSORFLOW = ("artefacts", "checks", "compatibility", "language", "reader", "report", "rest", "rules", "source")
ABOUT_THE_TESTS = ("language/test_strategies.py",)
"""What a random strategy draws is another thing with other packages, and says nothing about specc."""


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda environment: environment.name)
def test_selection(environment: Environment, tmp_path: Path, record_property: Any) -> None:
    selection = [f"tests/{each}" for each in (WITH_TENSORFLOW if environment.tensorflow else WITHOUT_TENSORFLOW)]
    junit = tmp_path / "junit.xml"
    left_out = [f"--ignore=tests/{each}" for each in ABOUT_THE_TESTS]
    environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={junit}", *selection, *left_out)
    (suite,) = ET.parse(junit).getroot().iter("testsuite")
    skipped = int(suite.get("skipped", 0))
    count = int(suite.get("tests", 0)) - skipped
    assert count > 200
    record_property("checks", count)
    record_property("counts", f"{count} tests passed, {skipped} skipped")
