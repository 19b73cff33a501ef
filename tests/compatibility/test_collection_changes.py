"""Changes of variable collections and their members, which only Python sees: each with its judgement, and backwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from compared_documents import changes, judged, side

from specc.compatibility import Described


def selected(*selections: Any) -> Described:
    """A side with a collection, ``weights``."""
    return side(variable_collections={"weights": list(selections)})


def pinned(**members: str) -> Described:
    return selected({"from": "variables", "content": members})


LOOSE = selected("variables")
NARROWED = {"member-shape-narrowed": "--s"}
RESHAPED = {"member-shape-changed": "--b"}

CASES: dict[str, tuple[Described, Described, dict[str, str], dict[str, str]]] = {
    "a collection": (LOOSE, side(), {"collection-removed": "--b"}, {"collection-added": "--s"}),
    "a selection": (
        LOOSE, selected({"from": "variables", "match": "a/**"}),
        {"collection-selection-changed": "--w"}, {"collection-selection-changed": "--w"},
    ),
    "a selection more": (
        LOOSE, selected("variables", "optimizer.variables"),
        {"collection-selection-changed": "--w"}, {"collection-selection-changed": "--w"},
    ),
    "what it selects anyway": (LOOSE, selected({"from": "variables", "match": "**"}), {}, {}),
    "pins": (pinned(a="float32[3]"), LOOSE, {"collection-unpinned": "--w"}, {"collection-pinned": "--s"}),
    "pins and the selection": (
        pinned(a="float32[3]"), selected("optimizer.variables"),
        {"collection-unpinned": "--w", "collection-selection-changed": "--w"},
        {"collection-pinned": "--s", "collection-selection-changed": "--w"},
    ),
    "the selection of pinned members": (
        pinned(a="float32[3]"), selected({"from": "layers", "trainable": True, "content": {"a": "float32[3]"}}), {}, {},
    ),
    "a member": (
        pinned(a="float32[3]", b="float32[3]"), pinned(a="float32[3]"), {"member-removed": "--b"}, {"member-added": "--s"},
    ),
    "the order of members": (pinned(a="int8[]", b="int8[]"), pinned(b="int8[]", a="int8[]"), {}, {}),
    "a member that another selection has": (
        pinned(a="float32[3]", b="float32[3]"),
        selected({"from": "x", "content": {"b": "float32[3]"}}, {"from": "y", "content": {"a": "float32[3]"}}), {}, {},
    ),
    "a member that may be in a selection without pins": (
        selected({"from": "x", "content": {"a": "float32[3]", "b": "float32[3]"}}, "y"),
        selected({"from": "x", "content": {"a": "float32[3]"}}, "y"),
        {"collection-unpinned": "--w"}, {"collection-pinned": "--s"},
    ),
    "a member of a selection without pins": (
        selected({"from": "x", "content": {"a": "float32[3]"}}, "y"),
        selected({"from": "x", "content": {"a": "int64[3]"}}, "y"),
        {"member-dtype-changed": "--b"}, {"member-dtype-changed": "--b"},
    ),
    "a selection without pins beside pinned members": (
        pinned(a="float32[3]"), selected({"from": "variables", "content": {"a": "float32[3]"}}, "y"),
        {"collection-unpinned": "--w", "collection-selection-changed": "--w"},
        {"collection-pinned": "--s", "collection-selection-changed": "--w"},
    ),
    "a dtype": (
        pinned(a="float32[3]"), pinned(a="float64[3]"),
        {"member-dtype-changed": "--b"}, {"member-dtype-changed": "--b"},
    ),
    "a dtype and a size": (
        pinned(a="float32[3]"), pinned(a="float64[4]"),
        {"member-dtype-changed": "--b"}, {"member-dtype-changed": "--b"},
    ),
    "a size": (pinned(a="float32[3]"), pinned(a="float32[4]"), RESHAPED, RESHAPED),
    "a rank": (pinned(a="float32[3]"), pinned(a="float32[3, 1]"), RESHAPED, RESHAPED),
    "a size that is open": (pinned(a="float32[2, ?]"), pinned(a="float32[2, 3]"), NARROWED, RESHAPED),
    "a size that is open, and another that is not": (
        pinned(a="float32[2, ?]"), pinned(a="float32[?, 3]"), RESHAPED, RESHAPED,
    ),
    "a rank that is open": (pinned(a="float32[...]"), pinned(a="float32[?]"), NARROWED, RESHAPED),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_change_and_the_same_backwards(name: str) -> None:
    old, new, forth, back = CASES[name]
    assert judged(old, new) == forth
    assert judged(new, old) == back


def test_without_a_contract_collections_are_not_known() -> None:
    archive = replace(side(), has_contract=False)
    assert judged(LOOSE, archive) == judged(archive, LOOSE) == {}


def test_an_archive_of_tensorflow_1_has_no_collections() -> None:
    archive = replace(side(), has_contract=False, has_python=False)
    assert judged(LOOSE, archive) == {"endpoint-removed": "--b", "collection-removed": "--b"}


@pytest.mark.parametrize(
    ("before", "after", "shape"),
    [
        ("float32[3]", "float32[?]", [1]),
        ("float32[1]", "float32[?]", [2]),
        ("float32[3, 1]", "float32[?, 1]", [1, 1]),
        ("float32[3]", "float32[...]", []),
        ("float32[]", "float32[...]", [1]),
        ("float32[3]", "float32[?, 4]", [1, 4]),
    ],
)
def test_the_witness_is_a_variable_that_old_rules_out(before: str, after: str, shape: list[int]) -> None:
    (change,) = changes(pinned(a=before), pinned(a=after))
    assert change.witness is not None
    assert (change.witness.surface, change.witness.address, change.witness.inputs) == ("python", "weights", {})
    assert change.witness.outputs == {"a": {"dtype": "float32", "shape": shape}}
    assert change.path == ("variable_collections", "weights", "content", "a")
    assert f"{after}, before {before}" in change.message


def test_a_removed_member_and_a_removed_collection() -> None:
    (member,) = changes(pinned(a="float32[3]", b="int8[]"), pinned(a="float32[3]"))
    assert (member.subject, member.path) == (("weights", "b"), ("variable_collections", "weights"))
    assert member.witness is not None
    assert member.witness.outputs == {}
    (gone,) = changes(LOOSE, side())
    assert gone.path == ()
    assert gone.witness is not None
    assert gone.witness.outputs is None
