"""The enumeration tries enough, and tells the witnesses that show a break from those that don't."""

from __future__ import annotations

from random import Random
from typing import Any

from enumeration import breaks
from enumeration_witnesses import confirms
from random_edits import random_pair
from small_documents import ONE, TWO, YZ, X, document, io, ragged, sparse, tensor

from specc.change import SURFACES, Witness


def test_few_combinations_show_what_all_show() -> None:
    for seed in range(40):
        old, new = random_pair(Random(seed))
        some, more = breaks(old, new), breaks(old, new, most=1_000)
        assert {surface: bool(some[surface]) for surface in SURFACES} == {s: bool(more[s]) for s in SURFACES}, seed


def shown(inputs: Any, outputs: Any = None, surface: Any = "wire") -> Witness:
    return Witness(surface, "score", inputs, outputs, "")


def given(*shape: int, **said: Any) -> dict[str, Any]:
    return {"dtype": "int32", "shape": list(shape), **said}


def test_a_witness_of_a_refused_request() -> None:
    old, new = document(io({"x": "int32[free]"}, YZ)), document(io({"x": "int32[time]"}, YZ))
    assert confirms(shown({"x": given(5)}), old, new)
    assert confirms(shown({"inputs.x": given(5)}, surface="python"), old, new)
    assert not confirms(shown({"x": given(4)}), old, new)  # NEW accepts it
    assert not confirms(shown({"x": given(5, 5)}), old, new)  # OLD refuses it
    assert not confirms(shown({"x": given(5), "u": given(5)}), old, new)  # as it does this
    assert not confirms(shown({"x": given(5)}), new, old)
    assert not confirms(Witness("wire", "rank", {"x": given(5)}, None, ""), old, new)


def test_a_witness_of_another_meaning() -> None:
    old, new = (document(io({"x": X, "u": default}, YZ)) for default in (ONE, TWO))
    assert confirms(shown({"x": given()}), old, new)
    assert not confirms(shown({"x": given(), "u": given()}), old, new)


def test_a_witness_of_an_answer() -> None:
    old, new = (document(io({"x": "int32[k]"}, {"y": f"int32[{dim}]", "z": X})) for dim in ("k", "m"))
    assert confirms(shown({"x": given(1)}, {"y": given(2)}), old, new)
    assert not confirms(shown({"x": given(2)}, {"y": given(2)}), old, new)  # OLD permits it
    assert not confirms(shown({"x": given(1)}, {"y": given(2, 2)}), old, new)  # NEW does not permit it
    assert not confirms(shown({"x": given(1)}), old, new)
    bounded = document(io({"x": X}, {"y": tensor(X, maximum=3), "z": X}))
    wider = document(io({"x": X}, {"y": tensor(X, maximum=4), "z": X}))
    assert confirms(shown({"x": given()}, {"y": given(value=4)}), bounded, wider)
    assert not confirms(shown({"x": given()}, {"y": given(value=3)}), bounded, wider)


def test_a_witness_of_composite_tensors() -> None:
    old = document(io({"x": ragged(["k", "?"]), "u": sparse(["?", 3])}, YZ))
    new = document(io({"x": ragged(["time", "?"]), "u": sparse(["?", 3])}, YZ))
    indices, splits = given(1, 2), {"dtype": "int64", "shape": [6]}
    parts = {"x_values": given(7), "u_indices": indices, "u_values": given(1), "u_dense_shape": given(2)}
    assert confirms(shown({**parts, "x_row_splits": splits}), old, new)
    assert not confirms(shown({**parts, "x_row_splits": {**splits, "shape": [5]}}), old, new)
