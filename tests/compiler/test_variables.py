"""The lists of variables of a revived archive."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from specc.compiler.write.path_glob import PathGlob

pytestmark = pytest.mark.tensorflow

ENDPOINTS = {"serve": {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 2]"}}


def trained() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, name="hidden"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(2, name="out", dtype="float64"),
            keras.layers.Rescaling(1.0, dtype="float32"),
        ],
        name="net",
    )
    model.compile(optimizer="adam", loss="mse")
    model.old_optimizer = OldOptimizer()
    model.fit(np.ones([4, 3]), np.ones([4, 2]), verbose=0)
    return model


class OldOptimizer:
    def variables(self) -> list[Any]:
        return []


def values(variables: Any) -> list[Any]:
    return [np.asarray(variable).tolist() for variable in variables]


def test_the_three_lists_are_the_models_in_its_order(export: Any) -> None:
    model = trained()
    revived, _ = export(model, ENDPOINTS)
    for field in ("variables", "trainable_variables", "non_trainable_variables"):
        assert values(getattr(revived, field)) == values(getattr(model, field))


SELECTIONS: dict[str, tuple[Any, list[str]]] = {
    "a path": ("optimizer.variables", []),
    "an object that has variables": ("optimizer", []),
    "one variable": ("layers", ["hidden/kernel", "hidden/bias", "norm/gamma", "norm/beta", "norm/moving_mean", "norm/moving_variance", "out/kernel", "out/bias"]),
    "a glob in one segment": ({"from": "variables", "match": "net/*/kernel"}, ["hidden/kernel", "out/kernel"]),
    "a glob over segments": ({"from": "variables", "match": "**/kernel"}, ["hidden/kernel", "out/kernel"]),
    "trainable": ({"from": "variables", "trainable": False}, ["norm/moving_mean", "norm/moving_variance"]),
    "a dtype": ({"from": "variables", "dtype": "float64"}, ["out/kernel", "out/bias"]),
    "several, each once": (
        [{"from": "variables", "match": "**/bias"}, {"from": "variables", "match": "net/out/*"}],
        ["hidden/bias", "out/bias", "out/kernel"],
    ),
    "with its content": (
        {"from": "variables", "match": "net/out/**", "content": {"net/out/kernel": "float64[4, 2]", "net/out/bias": "float64[?]"}},
        ["out/kernel", "out/bias"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SELECTIONS)
def test_collections(name: str, export: Any) -> None:
    selection, paths = SELECTIONS[name]
    model = trained()
    revived, report = export(model, ENDPOINTS, variable_collections={"chosen": selection})
    by_path = {variable.path.removeprefix("net/"): variable for variable in model.variables}
    expected = [by_path[path] for path in paths] if paths else model.optimizer.variables
    assert values(revived.chosen) == values(expected)
    assert report.collections == {"chosen": len(expected)}


def test_a_collection_holds_the_very_variables_that_the_endpoints_use(export: Any) -> None:
    revived, report = export(
        trained(), ENDPOINTS, variable_collections={"kernels": {"from": "variables", "match": "**/kernel"}}
    )
    x = tf.ones([1, 3])
    before = revived.serve(x).numpy()
    for variable in revived.kernels:
        variable.assign(tf.zeros_like(variable))
    assert not np.array_equal(before, revived.serve(x))
    names = [name for name, _ in tf.train.list_variables(str(report.path / "variables" / "variables"))]
    stored = [name for name in names if name.endswith("VARIABLE_VALUE")]
    assert len(stored) == 8


REFUSALS: dict[str, tuple[Any, str]] = {
    "a path that leads nowhere": (
        "optimiser.variables",
        ": unknown-collection: the model (a Sequential) has no attribute 'optimiser'; did you mean 'optimizer'?",
    ),
    "variables that are a method": (
        "old_optimizer",
        ": empty-collection: there are no variables at 'old_optimizer', which is an OldOptimizer; a Keras optimizer has "
        "variables after it is built",
    ),
    "no variables there": ("name", ": empty-collection: there are no variables at 'name', which is a str"),
    "nothing chosen": (
        {"from": "trainable_variables", "match": "hidden/*"},
        ".match: empty-collection: no variable of 'trainable_variables' matches 'hidden/*'; there are net/hidden/kernel, "
        "net/hidden/bias, net/norm/gamma, net/norm/beta, net/out/kernel, net/out/bias; did you mean 'net/hidden/bias'?",
    ),
    "none of the dtype": (
        {"from": "variables", "match": "**/gamma", "dtype": "float16"},
        ".dtype: empty-collection: none of the variables of 'variables' that match '**/gamma' is float16; they are "
        "trainable float32: net/norm/gamma",
    ),
    "none that is trainable": (
        {"from": "variables", "match": "**/moving_*", "trainable": True},
        ".trainable: empty-collection: none of the variables of 'variables' that match '**/moving_*' is trainable; they "
        "are not trainable float32: net/norm/moving_mean, net/norm/moving_variance",
    ),
    "none that is both": (
        {"from": "variables", "trainable": False, "dtype": "float16"},
        ": empty-collection: none of the variables of 'variables' that match '**' is not trainable and float16; they are "
        "not trainable float32, trainable float32, trainable float64: net/hidden/kernel, net/hidden/bias, net/norm/gamma, net/norm/beta, "
        "net/norm/moving_mean, net/norm/moving_variance, net/out/kernel, net/out/bias",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_selection_that_finds_nothing_is_refused(name: str, refused: Any) -> None:
    selection, expected = REFUSALS[name]
    assert refused(trained(), ENDPOINTS, variable_collections={"chosen": selection}) == [
        f"variable_collections.chosen{expected}"
    ]


def test_content_that_differs_is_refused(refused: Any) -> None:
    content = {"net/out/kernel": "float32[4, 2]", "net/out/biass": "float64[2]"}
    selection = {"from": "variables", "match": "net/out/**", "content": content}
    assert refused(trained(), ENDPOINTS, variable_collections={"chosen": selection}) == [
        'variable_collections.chosen.content["net/out/kernel"]: collection-content: declared float32[4, 2], found '
        "float64[4, 2]",
        'variable_collections.chosen.content["net/out/biass"]: collection-content: declared float64[2], but no such '
        "variable is selected; the selected ones are net/out/kernel, net/out/bias; did you mean 'net/out/bias'?",
        "variable_collections.chosen.content: collection-content: 'net/out/bias' (float64[2]) is selected, but is not in the "
        "declared content",
    ]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("**", "a/b/c", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("a/*/c", "a/b/c", True),
        ("a/*/c", "a/b/b/c", False),
        ("a/**/c", "a/b/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**", "a/b", True),
        ("**/c", "c", True),
        ("**/c", "abc", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.c", "abc", False),
        ("a[b]", "a[b]", True),
    ],
)
def test_glob(pattern: str, path: str, matches: bool) -> None:
    assert PathGlob(pattern).matches(path) is matches
