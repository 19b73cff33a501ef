"""A spec compared with its own archive that is read without a contract: what is not stated is at most a warning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from compared_documents import SCORE, changes, endpoint, judged, side

from specc.change import worst
from specc.compatibility import Described
from specc.language.document import CALL
from specc.language.signatures import published_signatures
from specc.reader.projection import project

RAGGED = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]}
RECEIVERS = {"receivers": {"examples": {"kind": "tf_example"}}}
FIT = {"inputs": ["float32[batch, 3]"], "outputs": {"loss": "float32[]"}, "method": "train"}
NESTED = {"inputs": [{"a": "float32[batch, 3]", "b": ["int64[batch]", "string[batch]"]}], "outputs": ["float32[batch]"]}


def as_read(known: Described, *flat: str) -> Described:
    """``known`` as an archive of it without a contract is read; of the ``flat`` endpoints only the wire is known."""
    read, keys = project(known.document), {each.key for each in published_signatures(known.document)}
    signatures = {name for name in read.endpoints if name not in known.document.endpoints}
    unpublished = frozenset(name for name in read.endpoints if name not in keys)
    return Described(read, has_contract=False, undescribed=frozenset({*flat, *signatures}), unpublished=unpublished)


SPECS: dict[str, tuple[Described, tuple[str, ...]]] = {
    "one endpoint": (side(), ()),
    "nested inputs": (side({"score": NESTED}), ()),
    "receivers": (side({"score": endpoint(**RECEIVERS)}), ()),
    "a plain receiver": (side({"score": endpoint(**RECEIVERS, receiver="examples")}), ("score",)),
    "composites": (side({"score": {"inputs": [{"x": RAGGED}], "outputs": {"y": RAGGED}}}), ()),
    "composites that are read flat": (side({"score": {"inputs": [{"x": RAGGED}], "outputs": {"y": RAGGED}}}), ("score",)),
    "composites and receivers": (
        side({"score": {"inputs": [{"x": RAGGED, "z": "int64[batch, 3]"}], "outputs": {"y": RAGGED}, **RECEIVERS}}),
        ("score",),
    ),
    "a function without a signature": (side({"score": SCORE, CALL: SCORE}, default="score"), ()),
    "a signature that is left out": (side({"score": SCORE, "fit": FIT}, default="score", serving_only=True), ()),
    "endpoints that are alike": (side({"score": SCORE, "b": SCORE}, default="score"), ()),
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_a_spec_and_its_own_archive(name: str) -> None:
    spec, flat = SPECS[name]
    archive = as_read(spec, *flat)
    for old, new in ((spec, archive), (archive, spec)):
        assert {change.rule for change in changes(old, new)} <= {"not-stated"}
        assert "breaking" not in worst(changes(old, new)).values()
    assert changes(archive, archive) == []


def test_a_key_of_a_receiver_is_an_address_whoever_says_so() -> None:
    spec = side({"score": endpoint(**RECEIVERS)})
    archive = as_read(spec)
    assert "examples:score" in archive.document.endpoints
    (stated,) = (each for each in changes(spec, archive) if each.subject == ("examples:score", "messages"))
    assert stated.surfaces == {"wire": "warning", "rest": "warning"}
    assert judged(archive, side())["endpoint-removed"] == "bb-"
    assert judged(spec, as_read(side()))["endpoint-removed"] == "bb-"
    assert judged(as_read(side()), spec)["endpoint-added"] == "ss-"


def test_the_own_inputs_of_a_plain_receiver_are_compared_under_their_key() -> None:
    spec = side({"score": endpoint(**RECEIVERS, receiver="examples")})
    other = side({"score": endpoint(**RECEIVERS, receiver="examples", inputs=["int32[batch, 3]"])})
    (change,) = (each for each in changes(spec, as_read(other, "score")) if each.rule == "input-dtype-changed")
    assert change.surfaces == {"wire": "breaking", "rest": "breaking"}
    assert change.witness is not None
    assert change.witness.address == "raw:score"
    (back,) = (each for each in changes(as_read(other, "score"), spec) if each.rule == "input-dtype-changed")
    assert back.path == ("endpoints", "score")  # which the document has


def test_components_that_are_read_flat_are_compared() -> None:
    of: dict[str, Any] = {"outputs": {"y": "float32[batch]"}}
    spec = side({"score": {"inputs": [{"x": RAGGED}], **of}})
    other = side({"score": {"inputs": [{"x": {**RAGGED, "dtype": "int32"}}], **of}})
    (change,) = (each for each in changes(spec, as_read(other, "score")) if each.rule != "not-stated")
    assert (change.rule, change.surfaces) == ("input-dtype-changed", {"wire": "breaking", "rest": "breaking"})
    assert "x_values" in change.message


def test_a_default_that_may_be_an_alias_is_not_stated() -> None:
    spec = side({"score": SCORE, "b": SCORE}, default="score")
    archive = as_read(spec)
    unsure = replace(archive, document=archive.document.model_copy(
        update={"endpoints": {**archive.document.endpoints, "serving_default": archive.document.endpoints["b"]},
                "default": "serving_default"}
    ), undescribed=frozenset({"serving_default"}))  # fmt: skip
    for old, new in ((spec, unsure), (unsure, spec)):
        found = [each for each in changes(old, new) if each.subject == ("serving_default",)]
        assert [(each.rule, each.surfaces) for each in found] == [
            ("not-stated", {"wire": "warning", "rest": "warning"})
        ]
    other = side({"score": SCORE, "b": endpoint(inputs=["float32[batch, 4]"])}, default="b")
    assert judged(other, replace(archive, document=archive.document))["default-endpoint-switched"] == "bb-"


def test_a_function_without_a_signature_is_not_on_the_wire() -> None:
    spec = side({"score": SCORE, "b": SCORE}, default="score")
    archive = replace(as_read(spec), unpublished=frozenset({"b"}))
    assert judged(archive, side(default="score"))["endpoint-removed"] == "--b"
    for old, new, judgement in ((spec, archive, "breaking"), (archive, spec, "safe")):
        (change,) = (each for each in changes(old, new) if each.rule != "not-stated")
        assert change.subject == ("b",)
        assert change.surfaces == {"wire": judgement, "rest": judgement}
