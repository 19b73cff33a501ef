"""Trees: the short and the long form of a node are equal, and the short one is written where it is complete."""

from __future__ import annotations

from typing import Any

import pytest

from specc.language.document import Endpoint
from specc.language.trees import Dict, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple, children

TENSOR = {"kind": "tensor", "dtype": "bool", "shape": [2, "?"]}
RAGGED = {"kind": "ragged", "dtype": "bool", "shape": ["n", "?"]}


def tree(data: Any) -> Tree:
    return Endpoint.model_validate({"inputs": [], "outputs": data}).outputs


@pytest.mark.parametrize(
    ("long", "canonical"),
    [
        (TENSOR, "bool[2, ?]"),
        ({**TENSOR, "shape": [2.0, "?"], "description": "", "name": None}, "bool[2, ?]"),
        ({**TENSOR, "shape": "..."}, "bool[...]"),
        ({**TENSOR, "shape": []}, "bool[]"),
        ({**TENSOR, "name": "x"}, {**TENSOR, "name": "x"}),
        ({**TENSOR, "shape": [], "default": False}, {**TENSOR, "shape": [], "default": False}),
        ({**TENSOR, "shape": [], "dtype": "string", "default": ""}, {"kind": "tensor", "dtype": "string", "shape": [], "default": ""}),
        ({"kind": "list", "items": [TENSOR]}, ["bool[2, ?]"]),
        ({"kind": "tuple", "items": [TENSOR]}, {"kind": "tuple", "items": ["bool[2, ?]"]}),
        ({"kind": "dict", "items": {"b": TENSOR, "a": [TENSOR]}}, {"a": ["bool[2, ?]"], "b": "bool[2, ?]"}),
        ({"kind": "dict", "items": {"kind": TENSOR}}, {"kind": "bool[2, ?]"}),
        ({"kind": "namedtuple", "typename": "P", "fields": [["b", TENSOR]]}, {"kind": "namedtuple", "typename": "P", "fields": [["b", "bool[2, ?]"]]}),
        ({**RAGGED, "ragged_rank": 1.0, "row_splits_dtype": "int64", "names": {}}, RAGGED),
        ({**RAGGED, "names": {"row_splits": ["s"], "values": None}}, {**RAGGED, "names": {"row_splits": "s"}}),
        ({**RAGGED, "ragged_rank": 2, "row_splits_dtype": "int32"}, {**RAGGED, "ragged_rank": 2, "row_splits_dtype": "int32"}),
        ({"kind": "sparse", "dtype": "bool", "shape": "...", "names": {"indices": None}}, {"kind": "sparse", "dtype": "bool", "shape": "..."}),
    ],
)  # fmt: skip
def test_the_canonical_form(long: Any, canonical: Any) -> None:
    node = tree(long)
    assert node.to_json() == canonical
    assert tree(canonical) == node


def test_models_are_built_from_what_json_holds() -> None:
    dense = Tensor(dtype="bool", shape=(2, "?"))
    assert tree([dense, {"a": RAGGED}]) == List(
        items=(dense, Dict(items={"a": Ragged(dtype="bool", shape=("n", "?"))})),
    )
    assert tree({"kind": "tuple", "items": [{"kind": "sparse", "dtype": "bool", "shape": [1]}]}) == Tuple(
        items=(Sparse(dtype="bool", shape=(1,)),)
    )


def test_children_come_in_the_order_in_which_tensorflow_flattens_them() -> None:
    left, right = tree("bool[]"), tree("int8[]")
    assert children(tree({"b": "bool[]", "B": "int8[]"})) == (("B", right), ("b", left))
    assert children(NamedTuple(typename="P", fields=(("b", left), ("a", right)))) == (("b", left), ("a", right))
    assert children(tree(["bool[]", "int8[]"])) == ((0, left), (1, right))
    assert children(left) == ()
