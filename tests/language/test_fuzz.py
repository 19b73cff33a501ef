"""Documents that were damaged at random: each loads, or ends in findings at places in its text."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from specc.diagnostics import printable
from specc.errors import SpecError
from specc.language.load import BUILDABLE, dump
from specc.language.validation.pipeline import read_spec
from specc.report.text import findings_text

HERE = Path(__file__).parent
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SEEDS = [(HERE / name).read_bytes() for name in ("everything.specc.json", "fifteen.specc.json")]
SEEDS += [path.read_bytes() for path in sorted((HERE.parents[1] / "examples").glob("*/*.specc.json"))]
SHARDS, DOCUMENTS = 20, (5_000 if LONG else 150)
SPLICES = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"null", b"true", b"NaN", b"1e400", b"-1", b"0.5", b'"kind"', b"\xff", b"\x00",
    b"\\ud800", b"\xef\xbb\xbf", b'"?"', b"[]", b"{}", b'"..."', b'"float32[batch, 3]"', b'"specc": 2,', b"\xe2\x80\xae", b"9" * 50,
)  # fmt: skip


def damaged(chance: random.Random) -> bytes:
    """A document with one to four changes: bytes lost, doubled, moved, replaced, or put in from elsewhere."""
    content = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.choice((1, 1, 2, 5, 20, 200)))
        match chance.randrange(6):
            case 0:
                del content[start:end]
            case 1:
                content[start:start] = content[start:end]
            case 2:
                content[start:end] = chance.choice(SPLICES)
            case 3:
                content[start:start] = chance.choice(SPLICES)
            case 4 if start < len(content):
                content[start] ^= 1 << chance.randrange(8)
            case _:
                other = chance.choice(SEEDS)
                place = chance.randrange(len(other))
                content[start:end] = other[place : place + chance.choice((5, 20, 200))]
    return bytes(content)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_damaged_document_ends_in_a_document_or_in_findings(shard: int) -> None:
    chance = random.Random(shard)
    ended = {"a document": 0, "findings": 0}
    for _ in range(DOCUMENTS):
        content = damaged(chance)
        try:
            document = read_spec(content, "f", BUILDABLE).document
        except SpecError as error:
            ended["findings"] += 1
            lines = content.decode("utf-8", "replace").count("\n") + content.count(b"\r") + 1
            for finding in error.diagnostics:  # both ends are right
                assert finding.location is not None
                assert 1 <= finding.location.line <= finding.location.end_line <= lines
                assert finding.location.column >= 1
                assert finding.message
            text = findings_text(error.diagnostics)
            assert printable(text.replace("\n", "")) == text.replace("\n", "")
        else:
            ended["a document"] += 1
            again = dump(document)
            assert dump(read_spec(again, "f", ()).document) == again
    assert min(ended.values()) > 0
