"""The table of the rules about inputs and outputs."""

from __future__ import annotations

from typing import get_args

import pytest

from specc.compatibility.leaf_rules import LEAF_ROWS
from specc.rules.table import ChangeRule, InputChange, OutputChange


def test_every_rule_about_inputs_and_outputs_has_a_row() -> None:
    assert set(LEAF_ROWS) == {*get_args(InputChange), *get_args(OutputChange), "not-stated"}


@pytest.mark.parametrize("rule", LEAF_ROWS)
def test_mirrors_are_rules_of_the_same_direction(rule: ChangeRule) -> None:
    direction, *_, mirrors = LEAF_ROWS[rule]
    for mirror in mirrors.removeprefix("self").removeprefix("; ").split() or [rule]:
        assert LEAF_ROWS[mirror][0] == direction  # type: ignore[index]
