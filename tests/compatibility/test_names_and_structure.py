"""Wire names and Python's paths, paired independently: leaves, arguments and structure."""

from __future__ import annotations

from typing import Any

import pytest
from compared_documents import changes, judged, side

from specc.compatibility import Described


def tensor(name: str, shape: Any = ("batch",), **said: Any) -> dict[str, Any]:
    return {"kind": "tensor", "dtype": "float32", "shape": list(shape), "name": name, **said}


def default(value: Any = 1.0, **said: Any) -> dict[str, Any]:
    return {"kind": "tensor", "dtype": "float32", "shape": [], "default": value, **said}


def pair(typename: str, *fields: list[Any]) -> dict[str, Any]:
    return {"kind": "namedtuple", "typename": typename, "fields": list(fields)}


def takes(*inputs: Any, arguments: str = "") -> Described:
    names = {"arguments": list(arguments or "abcde"[: len(inputs)])}
    return side({"score": {"inputs": list(inputs), "outputs": "float32[]", **names}})


def gives(outputs: Any, **said: Any) -> Described:
    return side({"score": {"inputs": ["float32[batch]"], "outputs": outputs, **said}})


X, Y = "float32[batch]", "int64[batch]"
NOTHING: dict[str, str] = {}
INPUTS: list[tuple[str, Described, Described, dict[str, str], dict[str, str]]] = [
    ("added to a dict", takes({"x": X}), takes({"x": X, "y": Y}), {"input-added": "bbb"}, {"input-removed": "bbb"}),
    ("added to a dict with a default", takes({"x": X}), takes({"x": X, "y": default()}),
     {"input-added": "sbb"}, {"input-removed": "bbb"}),
    ("dtype", takes(X), takes(Y), {"input-dtype-changed": "bbb"}, {"input-dtype-changed": "bbb"}),
    ("kind", takes({"x": X}), takes({"x": {"kind": "sparse", "dtype": "float32", "shape": ["batch"]}}),
     {"input-kind-changed": "bbb"}, {"input-kind-changed": "bbb"}),
    ("wire name", takes(tensor("u")), takes(tensor("v")), {"input-renamed": "bb-"}, {"input-renamed": "bb-"}),
    ("key, under the same wire name", takes({"x": tensor("u")}), takes({"y": tensor("u")}),
     {"input-structure-changed": "--b"}, {"input-structure-changed": "--b"}),
    ("key", takes({"x": X}), takes({"y": X}), {"input-removed": "bbb", "input-added": "bbb"},
     {"input-removed": "bbb", "input-added": "bbb"}),
    ("regrouped", takes([X, Y]), takes({"kind": "tuple", "items": [X, Y]}),
     {"input-structure-changed": "--b"}, {"input-structure-changed": "--b"}),
    ("grouped more deeply", takes({"x": tensor("u")}), takes({"x": [tensor("u")]}),
     {"input-structure-changed": "--b"}, {"input-structure-changed": "--b"}),
    ("order of keys", takes({"x": X, "y": Y}), takes({"y": Y, "x": X}),
     {"computation-changed": "www"}, {"computation-changed": "www"}),
    ("order of fields", takes(pair("P", ["x", X], ["y", Y])), takes(pair("P", ["y", Y], ["x", X])),
     {"input-structure-changed": "--b"}, {"input-structure-changed": "--b"}),
    ("name of a namedtuple", takes(pair("P", ["x", X])), takes(pair("Q", ["x", X])),
     {"namedtuple-renamed": "--w"}, {"namedtuple-renamed": "--w"}),
    ("names that are swapped", takes({"x": tensor("u"), "y": tensor("v")}), takes({"x": tensor("v"), "y": tensor("u")}),
     {"crossed-names": "www"}, {"crossed-names": "www"}),
    ("argument renamed", takes(tensor("u")), takes(tensor("u"), arguments="z"),
     {"argument-renamed": "--b"}, {"argument-renamed": "--b"}),
    ("argument renamed with its wire name", takes(X), takes(X, arguments="z"),
     {"argument-renamed": "--b", "input-renamed": "bb-"}, {"argument-renamed": "--b", "input-renamed": "bb-"}),
    ("argument of another dtype and name", takes(X), takes(Y, arguments="z"),
     {"argument-removed": "bbb", "argument-added": "bbb"}, {"argument-removed": "bbb", "argument-added": "bbb"}),
    ("arguments in another order", takes(X, Y), takes(Y, X, arguments="ba"),
     {"argument-moved": "wwb"}, {"argument-moved": "wwb"}),
    ("argument added", takes(X), takes(X, Y), {"argument-added": "bbb"}, {"argument-removed": "bbb"}),
    ("optional argument added", takes(X), takes(X, [default(), default()]),
     {"argument-added": "sbs"}, {"argument-removed": "bbb"}),
    ("argument that is optional in part added", takes(X), takes(X, [default(), X]),
     {"argument-added": "bbb"}, {"argument-removed": "bbb"}),
    ("optional argument added in the middle", takes(X), takes(default(), X, arguments="za"),
     {"argument-added": "sbb"}, {"argument-removed": "bbb"}),
    ("input moved to an argument of its own", takes([tensor("u"), tensor("v")]), takes([tensor("u")], tensor("v")),
     {"input-structure-changed": "--b", "argument-added": "--b"},
     {"input-structure-changed": "--b", "argument-removed": "--b"}),
    ("default added", takes(X, "float32[]"), takes(X, default()), {"input-made-optional": "sss"},
     {"input-made-required": "bsb"}),
    ("default of what has to be there", takes(default(), X), takes("float32[]", X),
     {"input-made-required": "bss"}, {"input-made-optional": "sss"}),
    ("default of one of two", takes([default(), X]), takes([default(2.0), X]),
     {"input-default-changed": "bss"}, {"input-default-changed": "bss"}),
    ("default", takes(default()), takes(default(2.0)), {"input-default-changed": "bsb"}, {"input-default-changed": "bsb"}),
    ("default of another sign", takes(default(0.0)), takes(default(-0.0)),
     {"input-default-changed": "bsb"}, {"input-default-changed": "bsb"}),
    ("default of the same precision", takes(default(0.1)), takes(default(0.10000000149)), NOTHING, NOTHING),
    ("default that is no number", takes(default("NaN")), takes(default("NaN")), NOTHING, NOTHING),
    ("minimum", takes(tensor("u", minimum=0)), takes(tensor("u", minimum=1)),
     {"input-range-narrowed": "bbb"}, {"input-range-widened": "sss"}),
    ("minimum and maximum", takes(tensor("u", minimum=0, maximum=5)), takes(tensor("u", minimum=1, maximum=6)),
     {"input-range-narrowed": "bbb"}, {"input-range-narrowed": "bbb"}),
    ("infinite bound", takes(tensor("u")), takes(tensor("u", minimum="-Infinity", maximum=1e39)), NOTHING, NOTHING),
    ("bound that the dtype has", takes(tensor("u", dtype="int8")), takes(tensor("u", dtype="int8", minimum=-128)),
     NOTHING, NOTHING),
    ("bound of the same precision", takes(tensor("u", minimum=0.1)), takes(tensor("u", minimum=0.10000000149)),
     NOTHING, NOTHING),
    ("bound of no elements", takes(tensor("u", [0])), takes(tensor("u", [0], minimum=1)), NOTHING, NOTHING),
]  # fmt: skip
A, B = {"a": X}, {"a": X, "b": X}
OUTPUTS: list[tuple[str, Described, Described, dict[str, str], dict[str, str]]] = [
    ("one of several", gives(B), gives({**B, "c": X}), {"output-added": "sss"}, {"output-removed": "bbb"}),
    ("one more than one", gives(A), gives(B), {"output-added": "sss", "rest-format-changed": "-b-"},
     {"output-removed": "bbb", "rest-format-changed": "-b-"}),
    ("a scalar beside rows", gives(B), gives({**B, "c": "float32[]"}), {"output-added": "sss", "rest-rows-lost": "-b-"},
     {"output-removed": "bbb", "rest-rows-gained": "-s-"}),
    ("a scalar beside a scalar", gives({"a": "float32[]", "b": X}), gives({"a": "float32[]", "b": X, "c": "float32[]"}),
     {"output-added": "sss"}, {"output-removed": "bbb"}),
    ("a ragged one beside rows", gives(B), gives({**B, "c": {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]}}),
     {"output-added": "sss", "rest-rows-lost": "-b-"}, {"output-removed": "bbb", "rest-rows-gained": "-s-"}),
    ("rows that are not those of the others", gives({"a": "int64[3]", "b": "int64[3]"}),
     gives({"a": "int64[3]", "b": "int64[three]", "c": X}),
     {"output-added": "sss", "rest-rows-lost": "-b-"}, {"output-removed": "bbb", "rest-rows-gained": "-s-"}),
    ("an element of a list", gives([X, X]), gives([X, X, X]), {"output-added": "ssb"}, {"output-removed": "bbb"}),
    ("a key of a dict in a list", gives([B, X]), gives([{**B, "c": X}, X]), {"output-added": "sss"}, {"output-removed": "bbb"}),
    ("a field", gives(pair("P", ["a", X], ["b", X])), gives(pair("P", ["a", X], ["b", X], ["c", X])),
     {"output-added": "ssb"}, {"output-removed": "bbb"}),
    ("around a bare tensor", gives(tensor("u")), gives({"a": tensor("u")}),
     {"output-structure-changed": "--b"}, {"output-structure-changed": "--b"}),
    ("list and tuple", gives([X, X]), gives({"kind": "tuple", "items": [X, X]}),
     {"output-structure-changed": "--b"}, {"output-structure-changed": "--b"}),
    ("wire name of one of several", gives({"a": tensor("u"), "b": X}), gives({"a": tensor("v"), "b": X}),
     {"output-renamed": "bb-"}, {"output-renamed": "bb-"}),
    ("wire name of the only one", gives({"a": tensor("u")}), gives({"a": tensor("v")}),
     {"output-renamed": "bs-"}, {"output-renamed": "bs-"}),
    ("wire name of the only one, bytes", gives({"a": tensor("u", dtype="string")}),
     gives({"a": tensor("u_bytes", dtype="string")}), {"output-renamed": "bb-"}, {"output-renamed": "bb-"}),
    ("wire name of the only one, and numbers", gives({"a": tensor("u")}), gives({"a": tensor("u_bytes")}),
     {"output-renamed": "bs-"}, {"output-renamed": "bs-"}),
    ("key of the only one", gives({"a": X}), gives({"b": X}),
     {"output-renamed": "bs-", "output-removed": "--b", "output-added": "--s"},
     {"output-renamed": "bs-", "output-removed": "--b", "output-added": "--s"}),
    ("key and dtype of the only one", gives({"a": X}), gives({"b": Y}),
     {"output-renamed": "bs-", "output-removed": "--b", "output-added": "--s", "output-dtype-changed": "bb-"},
     {"output-renamed": "bs-", "output-removed": "--b", "output-added": "--s", "output-dtype-changed": "bb-"}),
    ("name of a regression", gives(X, method="predict"), gives(tensor("output_0"), method="predict"), NOTHING, NOTHING),
    ("minimum", gives({"a": tensor("u", minimum=1)}), gives({"a": tensor("u", minimum=0)}),
     {"output-range-widened": "bbb"}, {"output-range-narrowed": "sss"}),
    ("order of keys", gives({"a": X, "b": Y}), gives({"b": Y, "a": X}), NOTHING, NOTHING),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "forwards", "backwards"), [case[1:] for case in INPUTS], ids=[case[0] for case in INPUTS]
)
def test_inputs(old: Described, new: Described, forwards: dict[str, str], backwards: dict[str, str]) -> None:
    assert judged(old, new) == forwards
    assert judged(new, old) == backwards


@pytest.mark.parametrize(
    ("old", "new", "forwards", "backwards"), [case[1:] for case in OUTPUTS], ids=[case[0] for case in OUTPUTS]
)
def test_outputs(old: Described, new: Described, forwards: dict[str, str], backwards: dict[str, str]) -> None:
    assert judged(old, new) == forwards
    assert judged(new, old) == backwards


def test_a_change_of_an_input_is_shown_on_both_sides() -> None:
    (change,) = changes(takes({"x": X}), takes({"x": Y}))
    assert (change.path, change.message) == (
        ("endpoints", "score", "inputs", 0, "x"), "'x' is int64[batch], before float32[batch]",
    )  # fmt: skip
    assert change.old is not None
    assert change.new is not None
    assert (change.old.value, change.new.value) == (X, Y)
    assert (change.level, change.subject) == ("error", ("score", "inputs", "x"))


def test_what_is_gone_is_shown_where_it_was() -> None:
    (change,) = changes(takes({"in": {"x": X, "y": Y}}), takes({"in": {"x": X}}))
    assert change.rule == "input-removed"
    assert change.path == ("endpoints", "score", "inputs", 0, "in")


def test_a_witness_leaves_out_what_another_default_fills() -> None:
    (change,) = changes(takes(X, default(), default()), takes(X, default(2.0), default()))
    assert change.witness is not None
    assert list(change.witness.inputs) == ["a", "c"]
    assert change.witness.reason == "the request has no 'b', which means another value"


def test_a_witness_has_a_value_where_values_have_bounds() -> None:
    (change,) = changes(takes(tensor("u", minimum=0)), takes(tensor("u", minimum=2)))
    assert change.witness is not None
    assert change.witness.inputs == {"u": {"dtype": "float32", "shape": [1], "value": 0}}


def test_a_hundred_witnesses_share_their_tensors() -> None:
    old, new = (takes({f"x{index}": f"{dtype}[batch]" for index in range(100)}) for dtype in ("int32", "int64"))
    found = [change.witness for change in changes(old, new)]
    assert len(found) == 100
    first, *others = (witness.inputs for witness in found if witness is not None)
    assert all(other["x7"] is first["x7"] for other in others)
