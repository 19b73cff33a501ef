"""First specs of models of text, audio and other sequences: the golden files of ``specc init``, and what is built from them."""

from pathlib import Path

import pytest
from real_specs import assert_holds, assert_is_golden, golden_specs, name_of

pytestmark = pytest.mark.tensorflow

SPECS = golden_specs("hub_text", "sequences")


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_init_prints_the_golden_spec_and_guesses(spec: Path) -> None:
    assert_is_golden(spec)


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_the_archive_answers_as_the_golden_spec_says(spec: Path, tmp_path: Path) -> None:
    assert_holds(spec, tmp_path / "archive")
