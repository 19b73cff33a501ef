"""First specs of recommenders, graphs, tables and models with functions of their own: the golden files of ``specc init``, and what is built from them."""

from pathlib import Path

import pytest
from real_specs import FAMILIES, GOLDEN, assert_holds, assert_is_golden, golden_guesses, golden_specs, models, name_of

pytestmark = pytest.mark.tensorflow

SPECS = golden_specs("recommenders", "graphs", "tables", "modules", "keras_2")


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_init_prints_the_golden_spec_and_guesses(spec: Path) -> None:
    assert_is_golden(spec)


@pytest.mark.parametrize("spec", SPECS, ids=name_of)
def test_the_archive_answers_as_the_golden_spec_says(spec: Path, tmp_path: Path) -> None:
    assert_holds(spec, tmp_path / "archive")


@pytest.mark.parametrize("family", FAMILIES)
def test_each_model_has_its_golden_files(family: str) -> None:
    names = models(family)
    assert sorted(map(name_of, golden_specs(family))) == sorted(golden_guesses(family)) == names


def test_each_family_has_a_folder() -> None:
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(FAMILIES)
