"""What pages are made of: contracts and contents of archives that no TensorFlow wrote."""

from __future__ import annotations

from typing import Any

from specc.compatibility.difference import changes_between
from specc.compatibility.named_sides import of_document
from specc.language.document import Document
from specc.language.load import digest, from_json
from specc.pages.subject import Against, Subject
from specc.reader.contents import Asset, Contents, Variable
from specc.reader.endpoint_ops import NotableOp
from specc.reader.inspection import Inspection

HOSTILE = "</script><img src=x onerror=alert(1)>&amp;\"'\u2028\u202e"
"""A name that would be a tag, an end of the script, a line end in JavaScript, or text from right to left."""
MIXED: dict[str, Any] = {
    "specc": 1,
    "name": "mixed",
    "description": "Every kind of leaf and container.",
    "dims": {"batch": {"description": "Rows."}, "time": {"min": 1, "max": 6}, "four": {"min": 4, "max": 4}},
    "default": "score",
    "endpoints": {
        "score": {
            "description": "The probability of a click.",
            "arguments": ["features", "context", "weight"],
            "inputs": [
                {
                    "ids": {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"], "name": "item_ids"},
                    "tags": {"kind": "sparse", "dtype": "string", "shape": ["batch", 9]},
                    "user": {"history": "int32[batch, time]", "country": "string[batch]"},
                },
                {"kind": "tuple", "items": ["float32[batch, four]", "float32[batch, four]"]},
                {"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.5, "minimum": 0, "maximum": 1},
            ],
            "outputs": {"click": "float32[batch, 1]", "trace_bytes": "string[batch]"},
        },
        "rank": {
            "inputs": [
                {"kind": "tensor", "dtype": "int64", "shape": ["batch"], "name": "ids", "description": "Items."}
            ],
            "outputs": "float32[batch]",
            "optional": True,
        },
    },
}


def spec_subject(data: dict[str, Any] = MIXED, file: str = "specs/mixed.specc.json") -> Subject:
    """The subject of a spec."""
    document = from_json(data)
    return Subject(file, document, digest(document))


def archive_subject(data: dict[str, Any] | Document = MIXED, variables: tuple[Variable, ...] | None = ()) -> Subject:
    """The subject of an archive that has a contract and these variables; with some of its own by default."""
    document = data if isinstance(data, Document) else from_json(data)
    ops = {"MatMul": 4, "AddV2": 9, "Identity": 31, **{f"Op{number}": 1 for number in range(20)}}
    contents = Contents(
        1_234_567,
        "2.21.0",
        ("serve",),
        _some_variables() if variables == () else variables,
        (Asset("titles.txt", 102), Asset("gone.txt", None, "which does not exist")),
        ops,
        dict.fromkeys(document.endpoints, ops),
        (
            NotableOp("python", "PyFunc", 2, ("score",)),
            NotableOp("state", "AssignVariableOp", 1, ()),
            NotableOp("device", "", 1, ("score",), "/device:GPU:0"),
        ),
    )
    return Subject("build/mixed/3", document, digest(document), Inspection(document, "contract"), contents)


def _some_variables() -> tuple[Variable, ...]:
    return (
        Variable("variables/0", "float32", (1000, 16), 64_000, "tower/embed/kernel", True, ("towers",)),
        Variable("variables/1", "float32", (16,), 64, "tower/embed/bias", True, ("towers", "small")),
        Variable("variables/2", "int64", (2,), 16, "seed/state", False),
        Variable("variables/3", "float32", (1000, 16), 64_000, "tower/copy", None, (), "variables/0"),
        Variable("table/keys", "string", (), 0),
    )


def many_variables(count: int) -> tuple[Variable, ...]:
    """Variables of a deep model, with names as Keras gives them."""
    words = ("attention/query", "attention/key", "attention/value", "mlp/dense")
    return tuple(
        Variable(
            f"variables/{number}",
            "float32",
            (64 + number % 7 * 64, 256),
            1024 * (64 + number % 7 * 64),
            f"encoder/layer_{number // 16}/{words[number // 4 % 4]}/{('kernel', 'bias', 'gamma', 'beta')[number % 4]}",
            number % 4 != 3,
        )
        for number in range(count)
    )


def many_endpoints(count: int) -> Document:
    """A document of endpoints with eight leaves each."""
    leaves = {"user": {"id": "int64[batch]", "history": "int64[batch, time]", "country": "string[batch]"}}
    inputs = [{**leaves, "item": {"id": "int64[batch]", "title": "string[batch]"}}, "float32[batch, 3]"]
    endpoints = {
        f"ranker_{number:03}": {
            "description": f"Ranks candidates for surface {number}.",
            "arguments": ["features", "context"],
            "inputs": inputs,
            "outputs": {"score": "float32[batch, 1]", "reason": "string[batch]"},
        }
        for number in range(count)
    }
    dims = {"batch": {}, "time": {"min": 1, "max": 512}}
    return from_json({"specc": 1, "name": "many", "dims": dims, "endpoints": endpoints, "default": "ranker_000"})


def hostile_subject() -> Subject:
    """An archive all of whose names are hostile."""
    leaf = {"kind": "tensor", "dtype": "float32", "shape": ["batch"], "name": HOSTILE, "description": HOSTILE}
    endpoint = {"description": HOSTILE, "inputs": [leaf], "outputs": {HOSTILE: "float32[batch]"}}
    document = from_json(
        {"specc": 1, "name": HOSTILE, "description": HOSTILE, "dims": {"batch": {"description": HOSTILE}},
         "endpoints": {HOSTILE: endpoint, "score": {**endpoint, "method": "classify"}}, "default": HOSTILE}
    )  # fmt: skip
    variables = (Variable(HOSTILE, "float32", (400,), 1600, f"{HOSTILE}/{HOSTILE}", True, (HOSTILE,), HOSTILE),)
    contents = Contents(
        1, HOSTILE, (HOSTILE,), variables, (Asset(HOSTILE, 1), Asset(f"{HOSTILE}2", None, HOSTILE)), {HOSTILE: 1},
        {HOSTILE: {HOSTILE: 1}}, (NotableOp("custom", HOSTILE, 1, (HOSTILE,), HOSTILE),),
    )  # fmt: skip
    inspection = Inspection(document, "contract", notes=(HOSTILE,))
    return Subject(f"build/{HOSTILE}", document, digest(document), inspection, contents)


def changed(old: dict[str, Any], new: dict[str, Any]) -> tuple[Subject, Against]:
    """The subject of ``new``, and what has changed since ``old``."""
    before, after = from_json(old), from_json(new)
    found = changes_between(of_document(before), of_document(after))
    return Subject("new.specc.json", after, digest(after)), Against("old.specc.json", before, tuple(found))
