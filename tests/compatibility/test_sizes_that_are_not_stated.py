"""Sizes of inputs and outputs of an archive without a contract: ``?`` means that a size is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compared_documents import changes, judged, side
from test_dims import contract

W = {"not-stated": "www"}
NOTHING: dict[str, str] = {}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("[batch] -> []", "[?] -> []", NOTHING),
        ("[batch] [batch] -> []", "[?] [?] -> []", NOTHING),
        ("[batch] [n] -> []", "[?] [?] -> []", W),
        ("[batch, 3] -> []", "[?, ?] -> []", W),
        ("[3] [3] -> []", "[?] [?] -> []", NOTHING),
        ("[batch] -> []", "[...] -> []", W),
        ("[...] -> []", "[...] -> []", W),
        ("[batch] -> []", "[3] -> []", {"input-narrowed": "bbb"}),
        ("[batch] -> []", "[?, ?] -> []", {"input-rank-changed": "bbb"}),
        ("[batch] -> [batch]", "[?] -> [?]", W),
        ("[batch] -> [3]", "[?] -> [?]", W),
        ("[batch] -> [k]", "[?] -> [?]", NOTHING),
        ("[batch] -> [?]", "[?] -> [?]", NOTHING),
        ("[batch] -> [3]", "[?] -> [...]", W),
        ("[batch] -> [...]", "[?] -> [...]", NOTHING),
        ("[batch] -> [3]", "[?] -> [4]", {"output-size-changed": "bbb"}),
        ("[batch] -> [k, k]", "[?] -> [?, ?]", W),
        ("[3] -> [3] [3]", "[3] -> [3] [3] [?]", {"output-added": "sss", "not-stated": "-w-"}),
        ("[3] -> [3] [3]", "[3] -> [3] [3] []", {"output-added": "sss", "rest-rows-lost": "-b-"}),
    ],
)
def test_of_new(old: str, new: str, found: dict[str, str]) -> None:
    assert judged(contract(old), replace(contract(new), has_contract=False)) == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("[?] -> []", "[batch] -> []", NOTHING),
        ("[?] -> []", "[3] -> []", W),
        ("[?] -> []", "[time] -> []", W),
        ("[?] [?] -> []", "[batch] [batch] -> []", W),
        ("[?] [3] -> []", "[batch] [batch] -> []", W),
        ("[3] [2] -> []", "[batch] [batch] -> []", {"inputs-tied": "bbb"}),
        ("[3] -> []", "[4] -> []", {"input-size-changed": "bbb"}),
        ("[...] -> []", "[3] -> []", W),
        ("[?] -> [?]", "[batch] -> [3]", NOTHING),
        ("[?] -> [...]", "[batch] -> [3]", NOTHING),
        ("[?] -> [3]", "[batch] -> [batch]", W),
        ("[?] -> [3]", "[batch] -> [k]", {"output-widened": "bbb"}),
    ],
)
def test_of_old(old: str, new: str, found: dict[str, str]) -> None:
    rest = {"input-widened": "sss", "output-narrowed": "sss", "inputs-untied": "sss"}
    told = judged(replace(contract(old), has_contract=False), contract(new))
    assert {rule: letters for rule, letters in told.items() if rule not in rest} == found


def test_ranges_are_not_known() -> None:
    old, new = (
        side(
            {
                "score": {
                    "inputs": [{"kind": "tensor", "dtype": "int8", "shape": [], "minimum": low}],
                    "outputs": "int8[]",
                }
            }
        )
        for low in (0, 1)
    )
    assert judged(old, new) == {"input-range-narrowed": "bbb"}
    assert judged(replace(old, has_contract=False), new) == NOTHING


def test_one_finding_lists_all_places() -> None:
    (change,) = changes(contract("[batch] [n] [3] -> []"), replace(contract("[?] [?] [3] -> []"), has_contract=False))
    assert change.message == "an archive without a contract does not state all sizes of 'a', 'b'"
    assert [place.path[-1] for place in change.related] == [1]


def test_trees_that_are_not_known_are_a_warning_in_python() -> None:
    old = contract("[batch] -> [batch]")
    new = replace(old, has_contract=False, undescribed=frozenset({"score"}))
    assert judged(old, new)["not-stated"] == "--w"
