"""The plan of calls: sizes that tell axes apart, values within bounds, and the same ones from one seed."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from scripted_child import document_of

from specc.language.calls.findings import Findings, Found
from specc.language.calls.leaf_checks import check_leaf
from specc.language.document import Document
from specc.language.wire_names import input_leaves
from specc.verification.call_plan import CallPlan
from specc.verification.call_sizes import InputAxes
from specc.verification.planned_call import PlannedCall, named_sizes
from specc.verification.rows import crop, join_rows, take_rows

CASES = ["base", "one", "other", "max", "edges", "empty", "random-1", "random-2"]


def one(*inputs: Any, **more: Any) -> Document:
    arguments = [f"a{number}" for number in range(len(inputs))]
    endpoint = {"arguments": arguments, "inputs": list(inputs), "outputs": "float32[batch]", **more}
    return document_of(
        {"score": endpoint}, dims={"batch": {}, "time": {"min": 1, "max": 64}, "side": {"min": 4, "max": 6}}
    )


def calls(document: Document, cases: int = 8, seed: int = 0) -> dict[str, PlannedCall]:
    plan = CallPlan(document, "score", cases=cases, seed=seed)
    return {planned.case: planned for planned in (*plan.examples(), *plan.generated())}


def test_the_cases_come_in_one_order() -> None:
    document = one("int64[batch, time]")
    assert list(calls(document)) == CASES
    assert list(calls(document, cases=2)) == CASES[:2]
    assert list(calls(one("float32[3]"), cases=3)) == ["base", "edges", "random-1"]


def test_sizes_tell_axes_apart() -> None:
    document = one("float32[batch, time, ?]", "float32[batch, side, 5]")
    planned, leaves = calls(document), input_leaves(document.endpoints["score"])
    assert named_sizes(leaves, planned["base"].inputs) == {"batch": 3, "time": 2, "side": 4}
    for case in ("base", "other"):
        sizes = planned[case].inputs["a0"].shape
        assert all(math.gcd(a, b) == 1 for a, b in itertools.pairwise(sizes)), sizes
        assert 5 not in sizes
    assert planned["one"].inputs["a0"].shape == (1, 1, 1)
    assert planned["one"].inputs["a1"].shape == (1, 4, 5)
    assert planned["max"].inputs["a0"].shape[1] == 64
    assert planned["empty"].inputs["a0"].shape[0] == 0


@pytest.mark.parametrize("dims", [{"batch": {"min": 1}}, {"batch": {"max": 2}}, {"batch": {"min": 100, "max": 100}}])
def test_sizes_are_within_bounds(dims: dict[str, dict[str, int]]) -> None:
    endpoint = {"inputs": ["float32[batch, 2]"], "outputs": "float32[batch]"}
    document = document_of({"score": endpoint}, dims=dims)
    low, high = dims["batch"].get("min", 0), dims["batch"].get("max", 10**9)
    found = calls(document, cases=12)
    assert all(low <= planned.inputs["inputs"].shape[0] <= high for planned in found.values())
    assert ("empty" in found) == (low == 0)


def test_rows_that_have_no_name_come_together() -> None:
    planned = calls(one("float32[?, 2]", "int64[?]"))
    assert {call.inputs["a0"].shape[0] - call.inputs["a1"].shape[0] for call in planned.values()} == {0}


def leaf(dtype: str, **more: Any) -> dict[str, Any]:
    return {"kind": "tensor", "dtype": dtype, "shape": ["batch", 4], **more}


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [("int64", -5, 5), ("uint8", 250, 255), ("float32", 0.1, 0.2), ("float16", -1, 1), ("int64", -(2**63), 2**63 - 1)],
)
def test_values_are_within_bounds_and_reach_both_ends(dtype: str, low: float, high: float) -> None:
    document = one(leaf(dtype, minimum=low, maximum=high))
    planned = calls(document)
    leaves = input_leaves(document.endpoints["score"])
    for call in planned.values():
        assert call.promised
        values = call.inputs["a0"].elements()
        margin = 1e-3 * abs(high - low) if dtype.startswith("float") else 0
        assert all(low - margin <= value <= high + margin for value in values), call.case
        seen = {name: Found(part.dtype, part.shape, part.values) for name, part in call.inputs.items()}
        assert check_leaf(leaves[0], seen, (), Findings())
    assert len(set(planned["edges"].inputs["a0"].elements())) == 2


def test_values_without_bounds_are_what_most_models_take() -> None:
    planned = calls(one("int64[batch, 4]", "string[batch]", "float32[batch]"))
    for call in planned.values():
        assert set(call.inputs["a0"].elements()) <= {0, 1}
        assert all(isinstance(text.decode(), str) for text in call.inputs["a1"].elements())
        assert all(map(math.isfinite, call.inputs["a2"].elements()))
        assert not call.promised
    assert b"" in planned["edges"].inputs["a1"].elements()


def test_another_leaf_moves_no_value() -> None:
    alone, both = calls(one("float32[batch, 4]")), calls(one("float32[batch, 4]", "float32[batch]"))
    assert all(alone[case].inputs["a0"] == both[case].inputs["a0"] for case in CASES[:3])


def test_rows_of_examples_are_sent_again() -> None:
    example = {"inputs": [[[7, 8, 9, 10], [11, 12, 13, 14]]]}
    planned = calls(one(leaf("int64"), examples={"two": example}))
    assert list(planned)[:2] == ["two", "base"]
    rows = {(7, 8, 9, 10), (11, 12, 13, 14)}

    def rows_of(case: str) -> list[tuple[int, ...]]:
        values = planned[case].inputs["a0"].elements()
        return [tuple(values[start : start + 4]) for start in range(0, len(values), 4)]

    assert set(rows_of("base")) == rows
    assert planned["base"].promised
    assert [row in rows for row in rows_of("other")] == [True, False, True, False, True]
    assert not planned["other"].promised


KINDS = [
    "float32[batch, 4]",
    "string[batch]",
    {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]},
    {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", "?", 2], "ragged_rank": 2},
    {"kind": "sparse", "dtype": "float32", "shape": ["batch", 6]},
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_rows_can_be_taken_and_joined(kind: Any) -> None:
    document = one(kind)
    bound = input_leaves(document.endpoints["score"])[0]
    for call in calls(document).values():
        found = {name: Found(part.dtype, part.shape, part.values) for name, part in call.inputs.items()}
        findings = Findings()
        assert check_leaf(bound, found, (), findings), findings.all
    tensors = calls(document)["base"].inputs
    first, rest = take_rows(bound, tensors, [0]), take_rows(bound, tensors, [1, 2])
    assert join_rows(bound, first, rest) == tensors
    there = take_rows(bound, tensors, [2, 1, 0])
    assert there != tensors
    assert take_rows(bound, there, [2, 1, 0]) == tensors
    assert crop(bound, tensors, {0: 1}) == first


def test_an_endpoint_without_inputs_is_called_once() -> None:
    document = document_of({"score": {"inputs": [], "outputs": "float32[]"}})
    (planned,) = calls(document).values()
    assert (planned.case, planned.inputs) == ("base", {})


def test_inputs_that_do_not_fit_into_memory_are_not_made() -> None:
    plan = CallPlan(one("float32[batch, 1000000000]"), "score", cases=4, seed=0)
    assert list(plan.generated()) == []
    assert plan.too_large == ["base", "one", "other", "edges"]


def test_free_dimensions() -> None:
    axes = InputAxes(one("float32[batch, ?, time]", "float32[?, ?]"), "score")
    assert axes.rows == "batch"
    assert [free.name for free in axes.free] == ["batch", "?a0/1", "time", "?a1/1"]
