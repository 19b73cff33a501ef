"""Sizes of inputs and outputs: what section by section of the decision finds, and the same pair the other way round."""

from __future__ import annotations

from typing import Any

import pytest
from compared_documents import changes, judged, side

from specc.compatibility import Described

DIMS = {
    "batch": {}, "n": {}, "k": {}, "m": {}, "some": {"min": 1}, "time": {"min": 1, "max": 4}, "long": {"min": 1, "max": 8},
    "three": {"min": 3, "max": 3}, "none": {"max": 0}, "five": {"min": 5, "max": 9},
}  # fmt: skip


def contract(text: str, **dims: Any) -> Described:
    """The contract of ``[batch, 3] [n] -> [batch]``: the shapes of the arguments a, b, c, and of the outputs p, q, r."""
    inputs, outputs = text.split("->")
    shapes = [f"[{part}" for part in inputs.replace(" ", "").split("[")[1:]]
    results = [f"[{part}" for part in outputs.replace(" ", "").split("[")[1:]]
    endpoint = {
        "arguments": list("abc"[: len(shapes)]),
        "inputs": [f"float32{shape}" for shape in shapes],
        "outputs": {name: f"float32{shape}" for name, shape in zip("pqr", results, strict=False)},
    }
    return side({"score": endpoint}, dims={**DIMS, **dims})


B, S = "bbb", "sss"
NOTHING: dict[str, str] = {}
CASES: list[tuple[str, str, dict[str, str], dict[str, str]]] = [
    # A new name only renames.
    ("[batch] -> [batch]", "[n] -> [n]", NOTHING, NOTHING),
    ("[three] -> [three]", "[3] -> [3]", NOTHING, NOTHING),
    ("[three] [3] -> [3]", "[three] [three] -> [three]", NOTHING, NOTHING),
    ("[batch] -> []", "[?] -> []", NOTHING, NOTHING),
    # Sizes of inputs.
    ("[3] -> []", "[4] -> []", {"input-size-changed": B}, {"input-size-changed": B}),
    ("[batch] -> []", "[4] -> []", {"input-narrowed": B}, {"input-widened": S}),
    ("[?] -> []", "[4] -> []", {"input-narrowed": B}, {"input-widened": S}),
    ("[?] -> []", "[time] -> []", {"input-narrowed": B}, {"input-widened": S}),
    ("[3] -> []", "[five] -> []", {"input-narrowed": B}, {"input-narrowed": B}),
    ("[3] -> []", "[time] -> []", {"input-widened": S}, {"input-narrowed": B}),
    ("[long] -> []", "[time] -> []", {"dim-narrowed": B}, {"dim-widened": S}),
    ("[some] -> []", "[batch] -> []", {"dim-widened": S}, {"dim-narrowed": B}),
    ("[time] -> []", "[five] -> []", {"dim-narrowed": B}, {"dim-narrowed": B}),
    ("[...] -> []", "[?] -> []", {"input-rank-changed": B}, {"input-rank-freed": S}),
    ("[batch] -> []", "[batch, 3] -> []", {"input-rank-changed": B}, {"input-rank-changed": B}),
    # A bound that grows: an output that follows the input may, one that is free may not.
    ("[time] -> [time]", "[long] -> [long]", {"dim-widened": S}, {"dim-narrowed": B}),
    ("[] -> [time]", "[] -> [long]", {"output-widened": B}, {"output-narrowed": S}),
    ("[time] -> [k]", "[long] -> [k]", {"dim-widened": S}, {"dim-narrowed": B}),
    # Two sizes that have to be equal.
    ("[batch] [batch] -> [batch]", "[batch] [n] -> [batch]", {"inputs-untied": S}, {"inputs-tied": B}),
    ("[batch] [batch] -> [batch] [batch]", "[batch] [n] -> [n] [batch]", {"inputs-untied": S}, {"inputs-tied": B}),
    ("[batch] [batch] -> [batch]", "[batch] [n] -> [k]",
     {"inputs-untied": S, "outputs-untied": B}, {"inputs-tied": B, "outputs-tied": S}),
    ("[batch] [n] -> []", "[batch] [batch] -> []", {"inputs-tied": B}, {"inputs-untied": S}),
    ("[batch] [?] -> []", "[batch] [batch] -> []", {"inputs-tied": B}, {"inputs-untied": S}),
    ("[batch, n] -> []", "[batch, batch] -> []", {"inputs-tied": B}, {"inputs-untied": S}),
    ("[3] [3] -> []", "[k] [k] -> []", {"input-widened": S}, {"input-narrowed": B}),
    ("[3] [2] -> []", "[k] [k] -> []", {"inputs-tied": B}, {"input-narrowed": B}),
    # The promise about an output is lost, not the request.
    ("[batch] [batch] -> [batch]", "[?] [batch] -> [batch]", {"inputs-untied": S}, {"inputs-tied": B}),
    ("[batch] [batch] -> []", "[?] [?] -> []", {"inputs-untied": S}, {"inputs-tied": B}),
    ("[batch] -> [batch]", "[?] -> [batch]", {"outputs-untied": B}, {"outputs-tied": S}),
    ("[batch] [n] -> [batch]", "[n] [batch] -> [batch]", {"outputs-untied": B}, {"outputs-untied": B}),
    # Sizes of outputs.
    ("[batch] -> [batch]", "[batch] -> [?]", {"output-widened": B}, {"output-narrowed": S}),
    ("[batch] -> [3]", "[batch] -> [?]", {"output-widened": B}, {"output-narrowed": S}),
    ("[batch] -> [3]", "[batch] -> [batch]", {"output-widened": B}, {"outputs-untied": B}),
    ("[batch] -> [3]", "[batch] -> [4]", {"output-size-changed": B}, {"output-size-changed": B}),
    ("[batch] -> [time]", "[batch] -> [5]", {"output-size-changed": B}, {"output-size-changed": B}),
    ("[batch] -> [time]", "[batch] -> [3]", {"output-narrowed": S}, {"output-widened": B}),
    ("[batch] -> [k]", "[batch] -> [?]", NOTHING, NOTHING),
    ("[batch] -> [k]", "[batch] -> [batch]", NOTHING | {"outputs-tied": S}, {"outputs-untied": B}),
    ("[batch] -> [k, k]", "[batch] -> [?, ?]", {"outputs-untied": B}, {"outputs-tied": S}),
    ("[batch] -> [k, k]", "[batch] -> [k, m]", {"outputs-untied": B}, {"outputs-tied": S}),
    ("[batch] -> [k] [k]", "[batch] -> [k] [m]", {"outputs-untied": B}, {"outputs-tied": S}),
    ("[batch] -> [...]", "[batch] -> [k]", {"output-rank-fixed": S}, {"output-rank-freed": B}),
    ("[batch] -> [k]", "[batch] -> [k, m]", {"output-rank-changed": B}, {"output-rank-changed": B}),
    # One mistake is one finding: answers are judged on the requests that both sides accept.
    ("[batch] -> [batch]", "[3] -> [3]", {"input-narrowed": B}, {"input-widened": S}),
    ("[batch] [n] -> [batch, n]", "[k] [k] -> [k, k]", {"inputs-tied": B}, {"inputs-untied": S}),
    ("[batch] [batch] -> []", "[3] [3] -> []", {"input-narrowed": B}, {"input-widened": S}),
    ("[batch] -> [batch]", "[...] -> [batch]", {"input-rank-freed": S, "outputs-untied": B},
     {"input-rank-changed": B, "outputs-tied": S}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "forwards", "backwards"), CASES)
def test_sizes(old: str, new: str, forwards: dict[str, str], backwards: dict[str, str]) -> None:
    assert judged(contract(old), contract(new)) == forwards
    assert judged(contract(new), contract(old)) == backwards


def test_dims_are_told_once_where_they_are_declared() -> None:
    def both(limit: int) -> Described:
        endpoints = {name: {"inputs": ["float32[time]"], "outputs": "float32[time]"} for name in ("embed", "score")}
        return side(endpoints, dims={"time": {"min": 1, "max": limit}}, default="score")

    (change,) = changes(both(4), both(3))
    assert change.message == "'time' takes at most 3, before 4"
    assert change.path == ("dims", "time")
    assert change.old is not None
    assert change.old.value == {"min": 1, "max": 4}
    assert change.witness is not None
    assert change.witness.inputs == {"inputs": {"dtype": "float32", "shape": [4]}}
    assert change.witness.reason == "'inputs' has 4 for 'time', and 1 to 3 are accepted"


def test_a_dim_that_another_endpoint_gives_is_told_there() -> None:
    def both(limit: int) -> Described:
        takes = {"inputs": ["float32[time]"], "outputs": "float32[time]"}
        gives = {"inputs": ["float32[3]"], "outputs": "float32[time]"}
        return side({"gives": gives, "takes": takes}, dims={"time": {"max": limit}}, default="takes")

    assert judged(both(3), both(4)) == {"dim-widened": S, "output-widened": B}


KINDS: dict[str, dict[str, Any]] = {
    "ragged": {"kind": "ragged", "ragged_rank": 1},
    "sparse": {"kind": "sparse"},
}


@pytest.mark.parametrize(
    ("kind", "old", "new", "found"),
    [
        ("ragged", ["batch", "?", 3], ["batch", 4, 3], NOTHING),
        ("ragged", ["batch", "?", 3], ["batch", "?", 4], {"input-size-changed": B}),
        ("ragged", ["batch", "?", 3], [2, "?", 3], {"input-narrowed": B}),
        ("ragged", ["batch", "?", 3], ["batch", "?"], {"input-rank-changed": B}),
        ("sparse", ["batch", "?"], ["batch", 4], {"input-narrowed": B}),
        ("sparse", ["batch", "n"], ["n", "n"], {"inputs-tied": B}),
        ("sparse", ["batch", "n"], ["k", "m"], NOTHING),
    ],
)
def test_composites_have_sizes_on_uniform_axes(kind: str, old: Any, new: Any, found: dict[str, str]) -> None:
    sides = [
        side({"score": {"inputs": [{"x": KINDS[kind] | {"dtype": "int64", "shape": shape}}], "outputs": "float32[]"}},
             dims=DIMS)
        for shape in (old, new)
    ]  # fmt: skip
    assert judged(*sides) == found


@pytest.mark.parametrize(
    ("old", "new", "inputs", "outputs"),
    [
        ("[batch] [n] -> []", "[batch] [batch] -> []", {"a": [1], "b": [2]}, None),
        ("[time] -> []", "[5] -> []", {"a": [1]}, None),
        ("[?] -> []", "[1] -> []", {"a": [0]}, None),
        ("[batch] -> [batch]", "[batch] -> [?]", {"a": [1]}, {"p": [2]}),
        ("[batch] -> [batch]", "[batch] -> [1]", {"a": [2]}, {"p": [1]}),
        ("[batch] -> [k, k]", "[batch] -> [k, m]", {"a": [1]}, {"p": [1, 2]}),
        ("[batch] -> []", "[batch] -> [...]", {"a": [1]}, {"p": [1]}),
        ("[...] -> []", "[] -> []", {"a": [1]}, None),
        ("[none] -> []", "[1] -> []", {"a": [0]}, None),
    ],
)
def test_witnesses_are_small(old: str, new: str, inputs: Any, outputs: Any) -> None:
    (change,) = changes(contract(old), contract(new))
    witness = change.witness
    assert witness is not None
    assert {name: tensor["shape"] for name, tensor in witness.inputs.items()} == inputs
    assert (witness.outputs and {name: tensor["shape"] for name, tensor in witness.outputs.items()}) == outputs


def test_a_fingerprint_knows_what_a_size_was_equal_to_and_not_what_dims_are_called() -> None:
    def of(old: str, new: str) -> str:
        (change,) = [each for each in changes(contract(old), contract(new)) if each.surfaces["wire"] == "breaking"]
        return change.fingerprint

    assert of("[batch] -> [batch]", "[batch] -> [k]") == of("[n] -> [n]", "[m] -> [batch]")
    assert of("[batch] -> [batch]", "[batch] -> [k]") != of("[time] -> [time]", "[time] -> [k]")
    fresh, other = "[batch] [n] -> [k]", "[batch] [n] -> [n]"
    assert of("[batch] [n] -> [batch]", fresh) != of("[batch] [n] -> [batch]", other)


def test_the_witness_of_a_dim_is_of_the_first_surface_on_which_any_endpoint_breaks() -> None:
    def spec(most: int) -> Described:
        endpoints = {
            "__call__": {"inputs": ["int8[time]"], "outputs": "int8[]"},
            "score": {"function": "score", "inputs": ["int8[time]"], "outputs": "int8[]"},
        }
        return side(endpoints, dims={"time": {"max": most}}, default="score")

    (change,) = changes(spec(4), spec(3))
    assert change.surfaces == dict.fromkeys(("wire", "rest", "python"), "breaking")
    assert change.witness is not None
    assert (change.witness.surface, change.witness.address) == ("wire", "score")
