"""The two-tower ranker: nested inputs and outputs, a vocabulary file, two endpoints that share variables."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from example_archives import (
    Example,
    assert_model_numbers,
    assert_verifies_clean,
    build_example,
    spec_file,
    stale_examples,
)

import specc

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: Any) -> Example:
    return build_example("two_tower", tmp_path_factory.mktemp("two_tower"))


@pytest.fixture(scope="module")
def request_of_three(ranker: Example) -> Any:
    from two_tower_ranker import example_request

    return example_request()


def test_score_gives_the_models_numbers(ranker: Example, request_of_three: Any) -> None:
    assert_model_numbers(ranker, "score", ranker.model, *request_of_three)


def test_embed_user_gives_the_models_numbers(ranker: Example, request_of_three: Any) -> None:
    user = request_of_three[0]["user"]
    assert_model_numbers(ranker, "embed_user", ranker.model.embed_user, user["id"], user["history"])


def test_an_unknown_title_is_not_a_known_one(ranker: Example, request_of_three: Any) -> None:
    features, context = request_of_three
    revived = ranker.archive.revived

    def parts(title: str) -> Any:
        item = {**features["item"], "title": tf.constant([title] * 3)}
        return revived.score(features={**features, "item": item}, context=context)["parts"][0].numpy().tolist()

    assert parts("nobody knows") == parts("nobody knows either") != parts("first snow")


def test_the_vocabulary_travels_with_the_archive(ranker: Example) -> None:
    from two_tower_ranker import TITLES

    assert (ranker.path / "assets" / "titles.txt").read_bytes() == TITLES.read_bytes()
    assert str(TITLES.parent).encode() not in (ranker.path / "saved_model.pb").read_bytes()


def test_both_endpoints_use_the_variables_of_the_collection(ranker: Example, request_of_three: Any) -> None:
    user = request_of_three[0]["user"]
    revived = ranker.archive.reloaded().revived
    assert len(revived.user_variables) == 4
    before = revived.score(*request_of_three)["parts"]
    for variable in revived.user_variables:
        variable.assign(tf.zeros_like(variable))
    taste, circumstance = revived.score(*request_of_three)["parts"]
    assert taste.numpy().tolist() == [0, 0, 0]
    assert circumstance.numpy().tolist() == before[1].numpy().tolist()
    np.testing.assert_array_equal(revived.embed_user(user["id"], user["history"])["embedding"], np.zeros([3, 16]))


def test_the_archive_holds_each_variable_once(ranker: Example) -> None:
    revived = ranker.archive.revived
    model, optimizer = ranker.model, ranker.model.optimizer
    assert [list(part.shape) for part in revived.variables] == [list(part.shape) for part in model.variables]
    assert len(revived.optimizer_variables) == len(optimizer.variables)
    names = [name for name, _ in tf.train.list_variables(str(ranker.path / "variables" / "variables"))]
    stored = [name for name in names if name.endswith("VARIABLE_VALUE")]
    assert len(stored) == len(model.variables) + len(optimizer.variables)


def test_the_archive_verifies_clean(ranker: Example) -> None:
    assert_verifies_clean("two_tower", ranker.path)


def test_an_example_with_another_number_is_stale() -> None:
    file = spec_file("two_tower")
    data = specc.load(file).to_json()
    recorded = data["endpoints"]["score"]["examples"]["three_pairs"]["outputs"]
    recorded["score"][2][0] += 0.001
    (found,) = stale_examples(specc.from_json(data).in_directory(file.parent))
    assert (found.rule, found.path) == ("stale-example", ("endpoints", "score", "examples", "three_pairs"))
