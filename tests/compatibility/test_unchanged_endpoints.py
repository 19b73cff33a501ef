"""Endpoints that say the same are not compared, and those that only seem to are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from compared_documents import DIMS, SCORE, endpoint, judged, side

from specc.compatibility import Comparison
from specc.compatibility.unchanged_endpoints import changed_pairs


def scalar(**said: Any) -> dict[str, Any]:
    return endpoint(inputs=[{"kind": "tensor", "dtype": "float32", "shape": [], **said}])


def test_only_endpoints_that_changed_are_compared() -> None:
    old = side({"score": SCORE, "b": SCORE}, default="b")
    new = side({"score": endpoint(description="Scores."), "b": endpoint(inputs=["float32[batch, 4]"])}, default="b")
    assert [pair.name for pair in changed_pairs(Comparison(old, new))] == ["b"]
    assert list(changed_pairs(Comparison(old, old))) == []


@pytest.mark.parametrize("defaults", [(0.0, -0.0), (-0.0, 0.0)])
def test_values_that_are_equal_in_python_are_told_apart(defaults: tuple[float, float]) -> None:
    old, new = (side({"score": scalar(default=each)}) for each in defaults)
    assert judged(old, new) == {"input-default-changed": "bsb"}


def test_the_same_endpoint_with_other_dims_is_compared() -> None:
    narrow = {**DIMS, "batch": {"max": 2}}
    assert judged(side(), side(dims=narrow)) == {"dim-narrowed": "bbb"}


def test_the_same_endpoint_that_is_not_known_is_compared() -> None:
    flat = replace(side(), undescribed=frozenset({"score"}))
    assert [pair.name for pair in changed_pairs(Comparison(side(), flat))] == ["score"]
    assert judged(side(), replace(side(), has_contract=False)).keys() <= {"not-stated"}
