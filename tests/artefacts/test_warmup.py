"""The file of warm-up requests: which calls it has, and what it says of the rest."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from rest_documents import ranker

import specc
from specc.artefacts.prediction_log import crc32c, tensor_proto
from specc.errors import SpecError
from specc.language.calls.flat_tensor import tensor_of
from specc.language.document import Document
from specc.language.load import from_json


def records(data: bytes) -> list[bytes]:
    """The records of a file, whose lengths and checksums are right."""
    found, at = [], 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        record = data[at + 12 : at + 12 + length]
        for content, place in ((data[at : at + 8], at + 8), (record, at + 12 + length)):
            crc = crc32c(content)
            assert struct.unpack_from("<I", data, place)[0] == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
        found.append(record)
        at += 16 + length
    return found


def with_examples(count: int, **fields: Any) -> Document:
    endpoint = {
        "inputs": [{"x": "float32[batch]"}],
        "outputs": "float32[batch]",
        "examples": {f"e{number:04}": {"inputs": [{"x": [number]}]} for number in range(count)},
        **fields,
    }
    return from_json({"specc": 1, "dims": {"batch": {}}, "endpoints": {"f": endpoint}})


def test_the_checksum_is_crc_32c() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # of the RFCs
    assert crc32c(bytes(32)) == 0x8A9136AA


def test_each_example_is_sent_that_must_not_be_refused() -> None:
    made = specc.emit("warmup", ranker())
    assert len(records(made.data)) == 2
    assert all(b"ranker" in record and b"score" in record for record in records(made.data))
    missing = {finding.path[1] for finding in made.findings if finding.rule == "no-examples"}
    assert missing == {"embed", "rank", "price", "label", "reset"}
    assert {finding.level for finding in made.findings} == {"warning"}


def test_receivers_are_called_with_messages() -> None:
    made = specc.emit("warmup", with_examples(1, receivers={"examples": {"kind": "tf_example"}}))
    keys = [next(key for key in (b"examples:f", b"f") if key in record) for record in records(made.data)]
    assert keys == [b"examples:f", b"f"]


def test_an_example_that_no_message_holds_is_said() -> None:
    endpoint = {
        "inputs": [{"x": "float64[batch]"}],
        "outputs": "float32[batch]",
        "receivers": {"examples": {"kind": "tf_example"}},
        "examples": {"precise": {"inputs": [{"x": [0.1]}]}},
    }
    made = specc.emit("warmup", from_json({"specc": 1, "dims": {"batch": {}}, "endpoints": {"f": endpoint}}))
    (finding,) = made.findings
    assert (finding.rule, finding.path) == ("emit-left-out", ("endpoints", "f", "receivers", "examples"))
    assert len(records(made.data)) == 1


def test_without_an_example_there_is_no_file() -> None:
    made = specc.emit("warmup", with_examples(0))
    assert made.data == b""
    assert [(finding.rule, finding.level) for finding in made.findings] == [("no-examples", "error")]


@pytest.mark.parametrize(("count", "rules"), [(1000, []), (1001, ["too-many-examples"])])
def test_a_server_takes_a_thousand_requests(count: int, rules: list[str]) -> None:
    made = specc.emit("warmup", with_examples(count))
    assert [finding.rule for finding in made.findings] == rules
    assert (made.data == b"") is bool(rules)


def test_the_largest_requests_are_left_out_of_a_large_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.artefacts.warmup.MAX_BYTES", 300)
    data = with_examples(3).to_json()
    data["endpoints"]["f"]["examples"]["e0001"]["inputs"][0]["x"] = [0.5] * 100
    made = specc.emit("warmup", from_json(data))
    assert [finding.path[-1] for finding in made.findings] == ["e0001"]
    assert len(records(made.data)) == 2


def test_an_example_that_does_not_fit_is_an_error() -> None:
    data = with_examples(1).to_json()
    data["endpoints"]["f"]["examples"]["e0000"]["inputs"] = {"file": "missing.npz"}
    with pytest.raises(SpecError, match="missing-example-file"):
        specc.emit("warmup", from_json(data))


def test_the_order_of_examples_changes_nothing() -> None:
    data = ranker().to_json()
    examples = data["endpoints"]["score"]["examples"]
    data["endpoints"]["score"]["examples"] = dict(reversed(list(examples.items())))
    assert specc.emit("warmup", from_json(data)) == specc.emit("warmup", ranker())


def test_a_tensor_without_elements_has_its_shape() -> None:
    # dtype 1 (float32), a shape of the dims 0 and 3, and no content
    assert tensor_proto(tensor_of("float32", (0, 3), [])) == bytes.fromhex("080112081202080012020803")
