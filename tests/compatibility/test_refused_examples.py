"""The declared examples that a change makes illegal: which are named, and for which change."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import specc
from specc.cli import main
from specc.compatibility import compare
from specc.compatibility.refused_examples import RefusedExamples
from specc.compatibility.sides import Comparison, Described
from specc.language.document import Document

PRICE = {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "minimum": 0, "maximum": 1}
COUNT = {"kind": "tensor", "dtype": "int32", "shape": [], "default": 3, "maximum": 9}
USER: dict[str, Any] = {"id": "int32[batch]", "history": "int32[batch, time]", "price": PRICE, "count": COUNT}
EXAMPLES: dict[str, Any] = {
    "long": {"inputs": [{"id": [1], "history": [[1, 2, 3, 4]], "price": [0.5]}], "outputs": [0.25]},
    "short": {"inputs": [{"id": [1], "history": [[1]], "price": [0.1], "count": 4}]},
    "refused": {"inputs": [{"id": [1], "history": [[1]], "price": [9]}], "error": ""},
}


def document(
    *inputs: Any, dims: Mapping[str, Any] | None = None, examples: Any = None, outputs: Any = "float32[batch]"
) -> Document:
    endpoint = {"inputs": list(inputs), "outputs": outputs, "examples": examples or {}}
    if len(inputs) > 1:
        endpoint["arguments"] = [f"a{number}" for number in range(len(inputs))]
    return specc.from_json(
        {"specc": 1, "dims": {"batch": {}, "time": {}, **(dims or {})}, "endpoints": {"score": endpoint}}
    )


def without(key: str) -> dict[str, Any]:
    return {name: leaf for name, leaf in USER.items() if name != key}


OLD = document(USER, examples=EXAMPLES)


def refused(new: Document, old: Document = OLD) -> dict[str, list[str]]:
    """The names of the examples that are refused, by the rule of the change and what it is about."""
    changes = compare(Comparison(Described(old), Described(new)))
    found = RefusedExamples(old, new, changes)
    return {f"{each.rule} {each.subject[-1]}": list(found.of(each)) for each in changes if found.of(each)}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (document(USER, dims={"time": {"max": 3}}), {"dim-narrowed 1": ["long"]}),
        (document({**USER, "price": {**PRICE, "maximum": 0.25}}), {"input-range-narrowed price": ["long"]}),
        (document({**USER, "history": "int32[batch, 4]"}), {"input-narrowed history": ["short"]}),
        (document({**USER, "history": "int32[batch, batch]"}), {"inputs-tied history": ["long"]}),
        (document({**USER, "id": "string[batch]"}), {"input-dtype-changed id": ["long", "short"]}),
        (document({**USER, "id": "int32[batch, time]"}), {"input-rank-changed id": ["long", "short"]}),
        (
            document({**USER, "x": "int32[batch]", "y": "int32[batch]"}),
            {"input-added x": ["long", "short"], "input-added y": ["long", "short"]},
        ),
        (document(without("history")), {"input-removed history": ["long", "short"]}),
        (document(without("count")), {"input-removed count": ["short"]}),
        (document({**USER, "count": "int32[]"}), {"input-made-required count": ["long"]}),
        (document(USER, "int32[batch]"), {"argument-added a1": ["long", "short"]}),
        # Each at its own leaf.
        (
            document({**USER, "price": {**PRICE, "maximum": 0.25}, "history": "int32[batch, 4]"}),
            {"input-range-narrowed price": ["long"], "input-narrowed history": ["short"]},
        ),
        # What is left out is not refused, though its range is narrower too.
        (
            document({**USER, "count": {**COUNT, "maximum": 3}, "x": "int32[batch]"}),
            {"input-added x": ["long", "short"], "input-range-narrowed count": ["short"]},
        ),
    ],
)
def test_an_example_is_named_for_the_change_that_refuses_it(new: Document, expected: dict[str, list[str]]) -> None:
    assert refused(new) == expected


@pytest.mark.parametrize(
    "new",
    [
        document({**USER, "id": "int64[batch]"}),  # the text of the example is a call still
        document(USER, dims={"time": {"max": 4}}),
        document(USER, outputs="float64[batch]"),  # breaks answers, and no request
        document({**USER, "count": {**COUNT, "default": 4}}),  # means something else
        document({**USER, "more": {**COUNT, "default": 4}}),
    ],
)
def test_nothing_is_claimed(new: Document) -> None:
    assert refused(new) == {}


def test_two_changes_at_one_leaf() -> None:
    """The history may be refused for either dim: the check stops at the first problem."""
    old = document({"history": "int32[batch, time]"}, examples={"a": {"inputs": [{"history": [[1, 2, 3, 4]]}]}})
    new = document({"history": "int32[batch, time]"}, dims={"time": {"max": 3}, "batch": {"min": 2}})
    assert refused(new, old) == {}


def test_an_endpoint_that_is_gone() -> None:
    new = specc.from_json({"specc": 1, "endpoints": {"other": {"inputs": ["string[3]"], "outputs": "string[3]"}}})
    assert refused(new) == {"endpoint-removed score": ["long", "short"]}


def test_arrays_in_a_file(tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    values = {"id": np.array([1], "i4"), "history": np.ones((1, 4), "i4"), "price": np.array([0.5], "f4")}
    np.savez(tmp_path / "a.npz", **values)
    old = document(USER, examples={"file": {"inputs": {"file": "a.npz"}}})
    new = document(USER, dims={"time": {"max": 3}})
    assert refused(new, old.in_directory(tmp_path)) == {"dim-narrowed 1": ["file"]}
    assert refused(new, old) == {}, "without a directory, as at a git revision, the file is not read"
    (tmp_path / "a.npz").unlink()
    assert refused(new, old.in_directory(tmp_path)) == {}
    np.savez(tmp_path / "a.npz", **values)
    two = document({**USER, "price": {**PRICE, "maximum": 0.25}}, dims={"time": {"max": 3}})
    assert refused(two, old.in_directory(tmp_path)) == {}, "in a file, no place says which change it is"


def test_the_text_of_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.specc.json").write_text(json.dumps(OLD.to_json()))
    Path("new.specc.json").write_text(json.dumps(document(USER, dims={"time": {"max": 3}}).to_json()))
    assert main(["diff", "old.specc.json", "new.specc.json"]) == 1
    assert "\n  your example `long` would be refused\n" in capsys.readouterr().out
    assert main(["diff", "old.specc.json", "new.specc.json", "--format", "json"]) == 1
    assert "would be refused" not in capsys.readouterr().out


def test_many_changes_and_examples_take_linear_time() -> None:
    """Each problem of each example is looked up; a search through all leaves for each would take minutes."""
    leaves = {f"x{number}": "int32[batch]" for number in range(2_000)}
    examples = {f"e{number}": {"inputs": [{name: [1] for name in leaves}]} for number in range(20)}
    old = document(leaves, examples=examples)
    changes = compare(Comparison(Described(old), Described(document(dict.fromkeys(leaves, "string[batch]")))))
    start = time.process_time()
    found = RefusedExamples(old, document(dict.fromkeys(leaves, "string[batch]")), changes)
    named = [change for change in changes if found.of(change)]
    assert time.process_time() - start < 20
    assert len(named) > 0.4 * len(changes), "as many as an example has findings"
