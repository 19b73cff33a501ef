"""Changes of receivers and their features: each with its judgements on wire, rest and python, and backwards."""

from __future__ import annotations

from typing import Any

import pytest
from compared_documents import changes, endpoint, judged, side

from specc.compatibility import Described

EXAMPLES, SEQUENCES = {"kind": "tf_example"}, {"kind": "tf_sequence_example"}
ROW = {"kind": "tensor", "dtype": "int64", "shape": [2, 1], "default": [[7], [7]]}
OTHER_ROW = {**ROW, "default": [[8], [8]]}


def received(receiver: dict[str, Any] | None = None, /, **said: Any) -> Described:
    """A side whose endpoint has a receiver, ``rec``."""
    return side({"score": endpoint(**{"receivers": {"rec": receiver or EXAMPLES}, **said})})


def parsed(
    leaf: Any, feature: dict[str, Any] | None = None, kind: dict[str, Any] = EXAMPLES, **others: Any
) -> Described:
    """A side with an input ``x`` that a receiver parses as ``feature`` says."""
    features = {} if feature is None else {"features": {"x": feature}}
    return received({**kind, **features}, inputs=[{"x": leaf, **others}])


PLAIN = received(receiver="rec")
MOVED = {"feature-kind-changed": "bb-"}

CASES: dict[str, tuple[Described, Described, dict[str, str], dict[str, str]]] = {
    "a receiver": (received(), side(), {"receiver-removed": "bb-"}, {"receiver-added": "ss-"}),
    "another name": (
        received(), received(receivers={"other": EXAMPLES}),
        {"receiver-removed": "bb-", "receiver-added": "ss-"}, {"receiver-removed": "bb-", "receiver-added": "ss-"},
    ),
    "another kind": (
        received(), received(SEQUENCES), {"receiver-kind-changed": "bb-"}, {"receiver-kind-changed": "bb-"},
    ),
    "another kind, and what it parses": (
        parsed("int64[batch, 3]", {"key": "k"}), parsed("int64[batch, 3]", kind=SEQUENCES),
        {"receiver-kind-changed": "bb-"}, {"receiver-kind-changed": "bb-"},
    ),
    "a description": (received(), received({**EXAMPLES, "description": "Logs."}), {}, {}),
    "a plain receiver": (
        received(), PLAIN, {"plain-receiver-changed": "bb-"}, {"plain-receiver-changed": "bb-"},
    ),
    "a plain receiver that is new": (
        side(), PLAIN, {"plain-receiver-changed": "bb-"}, {"plain-receiver-changed": "bb-"},
    ),
    "the name of a plain receiver": (PLAIN, received(receivers={"other": EXAMPLES}, receiver="other"), {}, {}),
    "the name and kind of a plain receiver": (
        PLAIN, received(receivers={"other": SEQUENCES}, receiver="other"),
        {"receiver-kind-changed": "bb-"}, {"receiver-kind-changed": "bb-"},
    ),
    "a plain receiver that had a key of its own": (
        received(receivers={"rec": EXAMPLES, "other": EXAMPLES}, receiver="rec"),
        received(receivers={"rec": EXAMPLES, "other": EXAMPLES}, receiver="other"),
        {"plain-receiver-changed": "bb-"}, {"plain-receiver-changed": "bb-"},
    ),
    "a receiver beside the plain one": (
        received(receivers={"rec": EXAMPLES, "other": EXAMPLES}, receiver="rec"), PLAIN,
        {"receiver-removed": "bb-"}, {"receiver-added": "ss-"},
    ),
    "a key": (
        parsed("int64[batch, 3]"), parsed("int64[batch, 3]", {"key": "k"}),
        {"feature-key-changed": "bb-"}, {"feature-key-changed": "bb-"},
    ),
    "the key that it has anyway": (parsed("int64[batch, 3]"), parsed("int64[batch, 3]", {"key": "x"}), {}, {}),
    "a wire name, and so the key": (
        received(inputs=[{"x": "int64[batch, 3]"}]),
        received(inputs=[{"x": {"kind": "tensor", "dtype": "int64", "shape": ["batch", 3], "name": "y"}}]),
        {"input-renamed": "bb-"}, {"input-renamed": "bb-"},
    ),
    "a dtype": (
        parsed("int64[batch, 3]"), parsed("int32[batch, 3]"),
        {"input-dtype-changed": "bbb"}, {"input-dtype-changed": "bbb"},
    ),
    "a fixed size": (
        parsed("int64[batch, 3]"), parsed("int64[batch, 4]"),
        {"input-size-changed": "bbb"}, {"input-size-changed": "bbb"},
    ),
    "a sequence": (
        parsed("int64[batch, 3]"), parsed("int64[batch, time]"), {"input-widened": "sss"}, {"input-narrowed": "bbb"},
    ),
    "a sequence of one size": (parsed("int64[batch, 3]"), parsed("int64[batch, three]"), {}, MOVED),
    "a sequence in a SequenceExample": (
        parsed("int64[batch, 3]", kind=SEQUENCES), parsed("int64[batch, time]", kind=SEQUENCES),
        {"input-widened": "sss", **MOVED}, {"input-narrowed": "bbb"},
    ),
    "steps in a SequenceExample": (
        parsed("int64[batch, 3]", kind=SEQUENCES), parsed("int64[batch, 3]", {"sequence": True}, SEQUENCES),
        MOVED, MOVED,
    ),
    "all steps in each message": (
        parsed("int64[batch, three]", kind=SEQUENCES), parsed("int64[batch, 3]", {"sequence": True}, SEQUENCES),
        MOVED, {},
    ),
    "the part of a ragged feature": (
        parsed({"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]}, kind=SEQUENCES),
        parsed({"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]}, {"sequence": False}, SEQUENCES),
        MOVED, MOVED,
    ),
    "a default": (
        parsed("int64[batch, 1]", {"default": [7]}), parsed("int64[batch, 1]"),
        {"feature-made-required": "bb-"}, {"feature-made-optional": "ss-"},
    ),
    "another default": (
        parsed("int64[batch, 1]", {"default": [7]}), parsed("int64[batch, 1]", {"default": [8]}),
        {"feature-default-changed": "bb-"}, {"feature-default-changed": "bb-"},
    ),
    "the same default in the dtype's precision": (
        parsed("float32[batch, 1]", {"default": [0.1]}), parsed("float32[batch, 1]", {"default": [0.10000000149]}),
        {}, {},
    ),
    "the default of a leaf": (
        parsed(ROW, y="int64[2]"), parsed("int64[2, 1]", y="int64[2]"),
        {"input-made-required": "bss", "feature-made-required": "bb-"},
        {"input-made-optional": "sss", "feature-made-optional": "ss-"},
    ),
    "another default of a leaf": (
        parsed(ROW), parsed(OTHER_ROW),
        {"input-default-changed": "bsb", "feature-default-changed": "bb-"},
        {"input-default-changed": "bsb", "feature-default-changed": "bb-"},
    ),
    "another default of a leaf that a message has": (
        parsed(ROW, {"default": [9]}), parsed(OTHER_ROW, {"default": [9]}),
        {"input-default-changed": "bsb"}, {"input-default-changed": "bsb"},
    ),
    "another default of a scalar": (
        parsed({"kind": "tensor", "dtype": "int64", "shape": [], "default": 1}, y="int64[batch]"),
        parsed({"kind": "tensor", "dtype": "int64", "shape": [], "default": 2}, y="int64[batch]"),
        {"input-default-changed": "bss", "feature-default-changed": "bb-"},
        {"input-default-changed": "bss", "feature-default-changed": "bb-"},
    ),
    "a default that becomes an empty sequence": (
        parsed("int64[batch, 1]", {"default": [7]}), parsed("int64[batch, time]"),
        {"input-widened": "sss", "feature-default-changed": "bb-"}, {"input-narrowed": "bbb"},
    ),
    "padding": (
        parsed("int64[batch, time]"), parsed("int64[batch, time]", {"default": 7}),
        {"feature-default-changed": "bb-"}, {"feature-default-changed": "bb-"},
    ),
    "the padding that it has anyway": (
        parsed("string[batch, time]"), parsed("string[batch, time]", {"default": ""}), {}, {},
    ),
    "a leaf with a default": (
        parsed("int64[2]"), parsed("int64[2]", y=ROW), {"input-added": "sbb"}, {"input-removed": "bbb"},
    ),
    "a leaf with a default whose steps a message must have": (
        parsed("int64[2]", kind=SEQUENCES),
        received({**SEQUENCES, "features": {"y": {"sequence": True}}}, inputs=[{"x": "int64[2]", "y": ROW}]),
        {"input-added": "sbb", "feature-made-required": "bb-"}, {"input-removed": "bbb"},
    ),
    "a receiver without a server": (
        side({"s": endpoint(), "fit": endpoint(outputs={"loss": "float32[]"}, method="train", receivers={"rec": EXAMPLES})},
             default="s"),
        side({"s": endpoint(), "fit": endpoint(outputs={"loss": "float32[]"}, method="train")}, default="s"),
        {"receiver-removed": "b--"}, {"receiver-added": "s--"},
    ),
    "a receiver of a default with another name": (
        side({"serving_default": endpoint(receivers={"rec": EXAMPLES})}), side({"score": endpoint()}),
        {"endpoint-removed": "--b", "endpoint-added": "sss", "receiver-removed": "bb-"},
        {"endpoint-removed": "bbb", "endpoint-added": "--s", "receiver-added": "ss-"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_change_and_the_same_backwards(name: str) -> None:
    old, new, forth, back = CASES[name]
    assert judged(old, new) == forth
    assert judged(new, old) == back


def test_an_endpoint_without_signatures_of_its_own_has_no_receivers() -> None:
    fit = endpoint(outputs={"loss": "float32[]"}, method="train", receivers={"rec": EXAMPLES})
    only = {"default": "s", "serving_only": True}
    old, new = (side({"s": endpoint(), "fit": {**fit, "receivers": each}}, **only) for each in ({"rec": EXAMPLES}, {}))
    assert judged(old, new) == {}


def test_two_keys_that_are_exchanged_are_two_changes() -> None:
    old, new = (
        received(
            {**EXAMPLES, "features": {"x": {"key": keys[0]}, "y": {"key": keys[1]}}},
            inputs=[{"x": "int64[batch]", "y": "int64[batch]"}],
        )
        for keys in ("ab", "ba")
    )
    found = changes(old, new)
    assert [(change.rule, change.subject) for change in found] == [
        ("feature-key-changed", ("score", "rec", "x")),
        ("feature-key-changed", ("score", "rec", "y")),
    ]
    assert "the feature 'b', before 'a'" in found[0].message
    assert found[0].path == ("endpoints", "score", "receivers", "rec", "features", "x")


def test_a_witness_is_a_vector_of_messages_to_the_key_of_old() -> None:
    (removed,) = changes(received(), side())
    assert removed.witness is not None
    assert (removed.witness.surface, removed.witness.address) == ("wire", "rec:score")
    assert removed.witness.inputs == {"inputs": {"dtype": "string", "shape": [1]}}
    assert removed.path == ("endpoints", "score")
    (padded,) = changes(parsed("int64[batch, time]"), parsed("int64[batch, time]", {"default": 7}))
    assert padded.witness is not None
    assert padded.witness.inputs == {"inputs": {"dtype": "string", "shape": [2]}}
    (taken,) = changes(PLAIN, received())
    assert taken.witness is not None
    assert (taken.witness.address, taken.witness.inputs) == ("score", {"inputs": {"dtype": "string", "shape": [1]}})
    (given,) = changes(received(), PLAIN)
    assert given.witness is not None
    assert given.witness.inputs == {"inputs": {"dtype": "float32", "shape": [1, 3]}}


def test_a_witness_has_as_many_messages_as_the_endpoint_takes_rows() -> None:
    (change,) = changes(received(inputs=["float32[4, 3]"]), side({"score": endpoint(inputs=["float32[4, 3]"])}))
    assert change.witness is not None
    assert change.witness.inputs == {"inputs": {"dtype": "string", "shape": [4]}}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ({"default": [7]}, {"default": [8]}, "'rec': without 'x' a message has [8], before [7]"),
        ({"default": [7]}, {}, "'rec': a message must have 'x', before its default was [7]"),
        ({}, {"default": [8]}, "'rec': a message may lack 'x', whose default is [8]"),
    ],
)
def test_a_message_has_both_values(old: dict[str, Any], new: dict[str, Any], message: str) -> None:
    (change,) = changes(parsed("int64[batch, 1]", old), parsed("int64[batch, 1]", new))
    assert change.message == message
