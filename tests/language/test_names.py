"""Wire names, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from specc.language.document import Endpoint
from specc.language.wire_names import input_leaves, output_leaves

RAGGED = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?"]}
SPARSE = {"kind": "sparse", "dtype": "float32", "shape": ["batch", 5]}


def named(name: str) -> dict[str, Any]:
    return {"kind": "tensor", "dtype": "bool", "shape": [], "name": name}


def pair(left: Any, right: Any) -> dict[str, Any]:
    return {"kind": "namedtuple", "typename": "Pair", "fields": [["right", right], ["left", left]]}


def endpoint(inputs: list[Any], outputs: Any = "bool[]", **more: Any) -> Endpoint:
    return Endpoint.model_validate({"inputs": inputs, "outputs": outputs, **more})


def names(leaves: Any) -> list[str]:
    return [component.wire_name for leaf in leaves for component in leaf.components]


@pytest.mark.parametrize(
    ("case", "tree", "expected"),
    [
        ("a bare tensor has its argument's name", "bool[]", ["x"]),
        ("a list leads with the argument", ["bool[]", ["bool[]"]], ["x_0", "x_1_0"]),
        ("a tuple too", {"kind": "tuple", "items": ["bool[]"]}, ["x_0"]),
        ("a dict does not, and is sorted", {"b": "bool[]", "a": "bool[]"}, ["a", "b"]),
        ("nor does a namedtuple, in its own order", pair("bool[]", "bool[]"), ["right", "left"]),
        ("keys and positions are joined", {"user": {"history": ["bool[]", "bool[]"]}}, ["user_history_0", "user_history_1"]),
        ("a dict inside a list follows the argument", [{"a": "bool[]"}], ["x_0_a"]),
        ("a name replaces the whole path", {"user": [named("id")]}, ["id"]),
        ("ragged components", RAGGED, ["x_values", "x_row_splits"]),
        ("several row splits are numbered", {**RAGGED, "shape": "...", "ragged_rank": 2}, ["x_values", "x_row_splits_0", "x_row_splits_1"]),
        ("a name starts the components' names", {**RAGGED, "name": "t"}, ["t_values", "t_row_splits"]),
        ("names override single components", {**RAGGED, "names": {"values": "v"}}, ["v", "x_row_splits"]),
        ("all row splits are named at once", {**RAGGED, "ragged_rank": 2, "shape": "...", "names": {"row_splits": ["s", "t"]}}, ["x_values", "s", "t"]),
        ("sparse components", SPARSE, ["x_indices", "x_values", "x_dense_shape"]),
        ("sparse overrides", {**SPARSE, "name": "t", "names": {"indices": "i", "dense_shape": "d"}}, ["i", "t_values", "d"]),
        ("a key called kind is a key", {"kind": "bool[]"}, ["kind"]),
    ],
)  # fmt: skip
def test_inputs(case: str, tree: Any, expected: list[str]) -> None:
    assert names(input_leaves(endpoint([tree], arguments=["x"]))) == expected, case


@pytest.mark.parametrize(
    ("case", "tree", "expected"),
    [
        ("a bare output", "bool[]", ["output_0"]),
        ("a bare ragged output", RAGGED, ["output_0_values", "output_0_row_splits"]),
        ("a list", ["bool[]", ["bool[]"]], ["output_0", "output_1_0"]),
        ("a tuple", {"kind": "tuple", "items": ["bool[]", "bool[]"]}, ["output_0", "output_1"]),
        ("a dict", {"score": "bool[]", "parts": ["bool[]", "bool[]"]}, ["parts_0", "parts_1", "score"]),
        ("a namedtuple", pair("bool[]", SPARSE), ["right_indices", "right_values", "right_dense_shape", "left"]),
        ("a named output", named("any thing"), ["any thing"]),
    ],
)
def test_outputs(case: str, tree: Any, expected: list[str]) -> None:
    assert names(output_leaves(endpoint([], tree))) == expected, case


def test_the_example_of_the_design() -> None:
    score = endpoint(
        [{"user": {"id": "int64[b]", "history": "int64[b]"}, "item": {"id": "int64[b]"}}, ["float32[b]", "float32[b]"]],
        arguments=["features", "context"],
    )
    assert names(input_leaves(score)) == ["item_id", "user_history", "user_id", "context_0", "context_1"]


def test_a_single_argument_without_a_name_is_inputs() -> None:
    assert names(input_leaves(endpoint(["bool[]"]))) == ["inputs"]


def test_adding_an_argument_or_an_output_renames_nothing() -> None:
    old = endpoint([["bool[]"], {"a": "bool[]"}], {"b": "bool[]"}, arguments=["x", "y"])
    new = endpoint(
        ["bool[]", ["bool[]", "bool[]"], {"a": "bool[]", "A": "bool[]"}],
        {"a": "bool[]", "b": "bool[]"},
        arguments=["w", "x", "y"],
    )
    assert names(input_leaves(old)) == ["x_0", "a"]
    assert names(input_leaves(new)) == ["w", "x_0", "x_1", "A", "a"]
    assert names(output_leaves(old)) == ["b"]
    assert names(output_leaves(new)) == ["a", "b"]


def test_components_have_the_dtypes_and_shapes_that_tensorflow_gives_them() -> None:
    ragged = {
        "kind": "ragged",
        "dtype": "int32",
        "shape": [4, "?", "?", "n"],
        "ragged_rank": 2,
        "row_splits_dtype": "int32",
    }
    sparse = {"kind": "sparse", "dtype": "int32", "shape": "..."}
    leaves = input_leaves(endpoint([ragged, SPARSE, sparse], arguments=["r", "s", "u"]))
    assert [(part.wire_name, part.dtype, part.shape, part.part) for leaf in leaves for part in leaf.components] == [
        ("r_values", "int32", ("?", "n"), "values"),
        ("r_row_splits_0", "int32", (5,), "row_splits"),
        ("r_row_splits_1", "int32", ("?",), "row_splits"),
        ("s_indices", "int64", ("?", 2), "indices"),
        ("s_values", "float32", ("?",), "values"),
        ("s_dense_shape", "int64", (2,), "dense_shape"),
        ("u_indices", "int64", ("?", "?"), "indices"),
        ("u_values", "int32", ("?",), "values"),
        ("u_dense_shape", "int64", ("?",), "dense_shape"),
    ]


def test_leaves_know_where_they_stand_in_the_canonical_document() -> None:
    tree = {"a": ["bool[]"], "b": {"kind": "tuple", "items": [pair("bool[]", "bool[]")]}}
    leaves = input_leaves(endpoint([tree]), ("endpoints", "e"))
    assert [leaf.path for leaf in leaves] == [
        ("endpoints", "e", "inputs", 0, "a", 0),
        ("endpoints", "e", "inputs", 0, "b", "items", 0, "fields", 0, 1),
        ("endpoints", "e", "inputs", 0, "b", "items", 0, "fields", 1, 1),
    ]
