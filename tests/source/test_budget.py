"""The budget of one file: what is charged, what is refused, and that parts which multiply are charged."""

from __future__ import annotations

from typing import Any

import pytest
from hostile_files import document

from specc.diagnostics import Diagnostic, format_path, with_short_names
from specc.errors import SpecError
from specc.language.load import from_json, require_buildable
from specc.language.validation.affordable import charge_data, charge_document, document_budget
from specc.source.budget import DOCUMENT_LIMITS, Budget, Work
from specc.source.json_text import measure


def test_what_is_charged_beyond_the_limit_is_refused_with_the_amount_and_the_limit() -> None:
    budget = Budget(ValueError, {"leaves": 1000, "fields": 5})
    budget.charge("leaves", 999)
    budget.charge("fields", 5)
    budget.charge("leaves")
    with pytest.raises(ValueError, match=r"^reading it takes 3,000 leaves or more; the limit is 1,000$"):
        budget.charge("leaves", 2000)
    assert budget.spent("fields") == 5


def spent(data: Any) -> dict[str, int]:
    budget = document_budget()
    charge_document(from_json(data), budget)
    return {work: budget.spent(work) for work in DOCUMENT_LIMITS if budget.spent(work)}


def test_a_key_is_charged_for_each_leaf_below_it() -> None:
    one, ten = (
        spent(document([{"k" * 1000: {f"a{index}": "int8[2, 3]" for index in range(count)}}])) for count in (1, 10)
    )
    assert 1000 < one["characters of names"] < 1100
    assert 10_000 < ten["characters of names"] < 11_000
    assert (one["leaves"], ten["leaves"], ten["dimensions"]) == (2, 11, 20)


def test_a_composite_is_charged_for_each_of_its_tensors() -> None:
    ragged = {"kind": "ragged", "dtype": "int8", "shape": "...", "ragged_rank": 16}
    sparse = {"kind": "sparse", "dtype": "int8", "shape": "..."}
    assert spent(document([[ragged, sparse]]))["leaves"] == 17 + 3 + 1


def test_a_leaf_is_charged_for_each_receiver() -> None:
    receivers = {f"r{index}": {"kind": "tf_example"} for index in range(9)}
    assert spent(document([["int64[4]"] * 10], "int64[4]", receivers=receivers))["leaves"] == 11 * 10


REFUSED = {
    "a key of 1 MB around leaves": (
        document([{"k" * 2**20: {f"a{index}": "int8[]" for index in range(20)}}]),
        "reading it takes 20,",
    ),
    "receivers of leaves": (
        document([["int64[4]"] * 1000], receivers={f"r{index}": {"kind": "tf_example"} for index in range(300)}),
        "reading it takes 301,301 leaves or more; the limit is 200,000",
    ),
    "dimensions": (
        document([[f"int8[{','.join(['1'] * 250)}]"] * 2100]),
        "reading it takes 525,000 dimensions or more; the limit is 500,000",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_beyond_its_budget_is_too_large(name: str) -> None:
    data, said = REFUSED[name]
    with pytest.raises(SpecError) as caught:
        from_json(data)
    (found,) = caught.value.diagnostics
    assert (found.rule, found.hint) == ("too-large", "describe less in one file")
    assert found.message.startswith(said)


def test_a_hundred_thousand_leaves_are_read() -> None:
    data = document([{f"feature_{index}": "float32[2, 3]" for index in range(99_999)}])
    assert spent(data)["leaves"] == 100_000


def test_data_that_is_nested_too_deeply_is_refused_also_with_a_defect() -> None:
    tree: Any = "wrong"
    for _ in range(700):
        tree = [tree]
    with pytest.raises(SpecError, match="too-deep: the data is nested deeper than 128 levels"):
        from_json(document([tree]))


def test_long_names_are_shortened_where_they_are_shown() -> None:
    name = "n" * 1000
    found = Diagnostic(rule="bad-name", path=("dims", name), message=f"the name {name!r} is long", hint=f"not {name}")
    assert found.message == f"the name '{'n' * 252}...' is long"
    assert found.hint == f"not {'n' * 252}..."
    assert format_path(found.path) == f'dims["{"n" * 252}..."]'
    assert with_short_names("n" * 255) == "n" * 255
    assert with_short_names(f"{name} {'short words ' * 100}") == f"{'n' * 252}... {'short words ' * 100}"


LONG: dict[str, Any] = {
    "a key": lambda name: document([{name: "int8[]"}]),
    "a key above others": lambda name: document(
        [{name: {"a": {"kind": "tensor", "dtype": "int8", "shape": [], "name": "a"}}}]
    ),
    "an argument": lambda name: document(["int8[]"], arguments=[name]),
    "an output": lambda name: document(["int8[]"], {name: "int8[]"}),
    "a given name": lambda name: document([{"kind": "tensor", "dtype": "int8", "shape": [], "name": name}]),
    "a field": lambda name: document([{"kind": "namedtuple", "typename": "P", "fields": [[name, "int8[]"]]}]),
    "an endpoint": lambda name: {"specc": 1, "endpoints": {name: {"inputs": ["int8[]"], "outputs": "int8[]"}}},
}


@pytest.mark.parametrize("place", LONG)
def test_a_long_name_is_read_and_not_built(place: str) -> None:
    long, short = (from_json(LONG[place]("n" * length)) for length in (256, 255))
    require_buildable(short)
    with pytest.raises(SpecError) as caught:
        require_buildable(long)
    assert {found.rule for found in caught.value.diagnostics} == {"bad-name"}
    assert "256 characters, more than 255" in caught.value.diagnostics[0].message


def test_names_of_variables_may_be_long() -> None:
    data = document(["int8[]"]) | {
        "variable_collections": {"weights": {"from": "variables", "content": {"v" * 300: "int8[2]"}}}
    }
    require_buildable(from_json(data))


COUNTED = {
    "endpoints": {"specc": 1, "endpoints": {key: {} for key in "abc"}},
    "dims": {**document([]), "dims": {key: {} for key in "abc"}},
    "examples": document([], examples={key: {} for key in "abc"}),
    "leaves": document([["int8[]", {"a": {"kind": "tensor", "dtype": "int8", "shape": [2]}}]]),
}


@pytest.mark.parametrize("work", COUNTED)
def test_the_parts_of_a_large_text_are_counted_before_models_are_made(work: Work) -> None:
    budget, data = document_budget(), COUNTED[work]
    charge_data(data, measure(data)[1], budget)
    assert budget.spent(work) == 3


def test_the_depth_of_each_node_is_counted() -> None:
    budget = document_budget()
    charge_data(document([{"a": ["int8[]", {"b": "int8[]"}]}], [], arguments=["x"]), 10, budget)
    assert budget.spent("parts of paths") == 1 + 1 + 2 + 3 + 4 + 4 + 5  # both sides, {}, [], int8[] and {}, int8[]


def test_values_outside_of_trees_are_counted() -> None:
    budget, data = document_budget(), document([["int8[]"] * 100], kwargs={"sizes": [1] * 50})
    charge_data(data, measure(data)[1], budget)
    assert budget.spent("values outside of trees") == 50 + 6
