"""Every single mutation at a boundary of one document, by a fixed list of edits and not by chance.

Random documents hardly ever meet a boundary; a document that is right but for one edit always does.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from specc.language.trees import KINDS

Place = tuple[str | int, ...]

EVERYTHING = json.loads(Path(__file__).with_name("everything.specc.json").read_text(encoding="utf-8"))
"""A document that visits every definition, key and branch of the language."""

MAX = 10**18 - 1

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 1.0, -0.0, 1.5, 16, 17, 16.0, MAX, MAX + 1, 1e18, 1e300, -1e300, 2**53 + 1,
    "", " ", "\0", "\n", "?", "...", "1", "NaN", "nan", "-Infinity", "Infinity", "true", "null",
    "a", "a.b", "a:b", "a.b:c.d", "a:b:c", ":a", "a:", "a.", ".a", "a..b", "é", "é:a", "a b", "1a", "a1", "_", "a-b",
    "a/", "/", "a\n/", "a/b.keras/", "a.keras", ".keras", "a/b.keras", "a\n.keras", "a\x7f.keras", "a.keras\n", "a.kerasx", "a.h5", "a.h5x", "ah5", "a.hdf5", "a\tb.keras",
    "int8", "int64", "float32", "float23", "FLOAT32", "resource", "bool[]", "bool[1,2]", "bool[ 1 , a ]", "bool[,]", "bool[?, ?]",
    "bool[01]", "bool[-1]", "bool[1.0]", "bool[999999999999999999]", "bool[1000000000000000000]", "bool[...] ",
    "bool[ ... ]", "bool[\t1]", "bool[é]", "bool[1]x", "bool[1\n]", "bool [1]", "bool[\u0663]", "[1]", "bool[a b]",
    [], [[]], [None], [1], [1.0], [-1], [1.5], [MAX], [MAX + 1], [True], ["a"], ["?"], [""], ["é"], ["a\n"], ["..."], ["1"],
    ["bool[]"], ["a", "a"], ["a:b"], ["a", "bool[]"], [["a", "bool[]"]], [["a"]], [["", "bool[]"]], [["a", "bool[]", 1]],
    ["a"] * 253, ["?"] * 254, ["?"] * 255, [{}], [{"from": "a"}], [["a", ["bool[]"]], ["a", "bool[]"]],
    {}, {"": 1}, {"": "bool[]"}, {"a": 1}, {"a": "bool[]"}, {"a": "bool[2]", "b": "bool[...]"}, {"a": {}}, {"a": []},
    {"a\n": {}}, {"é": {}}, {"a": {"min": 1.0}}, {"from": "a"}, {"from": "a\n"}, {"from_": "a"}, {"a": ["a"]}, {"a": "a.b"},
    {"base64": ""}, {"base64": "AA=="}, {"base64": "AA"}, {"base64": "AAAA\n"}, {"base64": "A-A_"}, {"base64": 1},
    {"base64": "", "a": 1}, {"real": 1, "imag": 2}, {"real": 1}, {"real": "NaN", "imag": None}, {"real": True, "imag": 1},
    {"real": 1, "imag": 1, "base64": ""}, {"values": "a"}, {"row_splits": "a"}, {"row_splits": []}, {"row_splits": [1]},
    {"indices": "a", "values": None}, {"kind": "bool[]"}, {"kind": ["bool[]"]}, {"kind": 1}, {"kind": {"kind": "bool[]"}},
    {"kind": "lst", "items": ["bool[]"]}, {"kind": "bool[]", "items": ["bool[]"]}, {"kind": "tensor"}, {"\0tensor": "bool[]"},
    {"kind": "tensor", "dtype": "bool", "shape": []}, {"kind": "ragged", "dtype": "bool", "shape": []},
    {"kind": "sparse", "dtype": "bool", "shape": "..."}, {"kind": "list", "items": []}, {"kind": "list", "items": ["bool[]"]},
    {"kind": "tuple", "items": ["bool[]"]}, {"kind": "tuple", "items": {"a": "bool[]"}}, {"kind": "dict", "items": {}},
    {"kind": "dict", "items": {"a": "bool[]"}}, {"kind": "dict", "items": {"": "bool[]"}}, {"kind": "dict", "items": ["bool[]"]},
    {"kind": "namedtuple", "typename": "P", "fields": [["a", "bool[]"]]}, {"kind": "namedtuple", "typename": "P", "fields": {}},
)  # fmt: skip

KEYS = (
    "", "x", "é", "a\n", "\0tensor", "kind", "from_", "schema_", "name", "description", "items", "dtype", "base64", "KIND",
)  # fmt: skip
SUFFIXES = ("\n", "\0", " ", "x", ".", "_", ":", "é", "\u0663", "]", ", ?", "\r\n", "\u2028")


def mutants(places: Iterable[Place]) -> Iterator[tuple[str, Any]]:
    """A description and a mutated document of everything, for every edit at each of ``places``."""
    for place in places:
        document = _narrowed(place)
        value = document
        for part in place:
            value = value[part]
        for what, edited in _edits(value):
            yield f"{list(place)}: {what}", _replaced(document, place, edited)
        if place:
            yield f"{list(place)}: removed", _removed(document, place)


def _narrowed(place: Place) -> Any:
    """The document of everything without what stands beside ``place``, so that it is judged in a tenth of the time."""
    if len(place) < 2:
        return EVERYTHING
    document = {key: EVERYTHING[key] for key in ("specc", "endpoints", place[0])}
    endpoint = str(place[1]) if place[0] == "endpoints" else "short"
    document["endpoints"] = {endpoint: dict(EVERYTHING["endpoints"][endpoint])}
    if len(place) > 2 and place[2] in ("inputs", "outputs"):
        trees = {"inputs": [], "outputs": "bool[]", place[2]: EVERYTHING["endpoints"][endpoint][place[2]]}
        document["endpoints"] = {endpoint: trees}
    return document


def _edits(value: Any) -> Iterator[tuple[str, Any]]:
    for other in VALUES:
        yield f"set to {other!r:.60}", other
    match value:
        case dict():
            yield from _dict_edits(value)
        case list():
            yield "first item twice", [*value[:1], *value]
            yield "null appended", [*value, None]
            yield "reversed", value[::-1]
            yield "as the long form of a list", {"kind": "list", "items": value}
            yield "as the long form of a tuple", {"kind": "tuple", "items": value}
            yield "wrapped in an array", [value]
        case str():
            for suffix in SUFFIXES:
                yield f"{suffix!r} appended", value + suffix
            yield "newline in front", "\n" + value
            yield "space in front", " " + value
            yield "upper case", value.upper()
            yield "last character cut", value[:-1]
            yield "wrapped in an array", [value]
        case bool() | None:
            yield "wrapped in an array", [value]
        case _:
            yield "one more", value + 1
            yield "one less", value - 1
            yield "as a float", float(value)
            yield "as a string", str(value)


def _dict_edits(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in KEYS:
        for added in ("bool[]", 1, {}, None):
            yield f"{key!r} added, with {added!r}", {**value, key: added}
    for key, kept in value.items():
        rest = {other: item for other, item in value.items() if other != key}
        for renamed in (key.upper(), f"{key}\n", ""):
            yield f"{key!r} renamed to {renamed!r}", {**rest, renamed: kept}
    if "kind" in value:
        for kind in (*KINDS, "Tensor", "tensor\n", "optional"):
            yield f"kind {kind!r}", {**value, "kind": kind}
    yield "as the long form of a dict", {"kind": "dict", "items": value}
    yield "wrapped in an array", [value]


def _replaced(document: Any, place: Place, value: Any) -> Any:
    """A copy that shares what the edit leaves alone."""
    if not place:
        return value
    edited = copy.copy(document)
    edited[place[0]] = _replaced(document[place[0]], place[1:], value)
    return edited


def _removed(document: Any, place: Place) -> Any:
    edited = copy.copy(document)
    if len(place) == 1:
        del edited[place[0]]
    else:
        edited[place[0]] = _removed(document[place[0]], place[1:])
    return edited
