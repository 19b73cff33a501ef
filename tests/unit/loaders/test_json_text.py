"""Hostile and careless text: it ends in one finding, in little time, whatever stands in it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.errors import SpecError, UnreadableError
from specc.language.load import load, load_buildable, loads
from specc.loaders.json_text import MAX_BYTES, MAX_DEPTH, parse_json

PLAIN = "specc reads plain JSON: no comments, no trailing commas"


def refusal(text: str | bytes) -> str:
    with pytest.raises(SpecError) as caught:
        parse_json(text)
    (finding,) = caught.value.diagnostics
    return str(finding)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", f"not-json: the file is empty; {PLAIN}"),
        (" \n", f"not-json: the file is empty; {PLAIN}"),
        ("{} {}", f"not-json: line 1, column 4: Extra data; {PLAIN}"),
        ('{\n"a": 1,\n}', f"not-json: line 2, column 7: a comma before the closing bracket; {PLAIN}"),
        ("// no", f"not-json: line 1, column 1: Expecting value; {PLAIN}"),
        ('"\t"', f"not-json: line 1, column 2: Invalid control character at; {PLAIN}"),
        ("\ufeff{}", "byte-order-mark: the file starts with a byte order mark; save it as UTF-8 without one"),
        ("{}".encode("utf-16"), "not-utf-8: byte 0 is not UTF-8; save the file as UTF-8"),
        ("{}".encode("utf-16-le") + b"\xff", "not-utf-8: byte 4 is not UTF-8; save the file as UTF-8"),
        (b'"\xed\xa0\x80"', "not-utf-8: byte 1 is not UTF-8; save the file as UTF-8"),
        ('{"a": 1, "a": 1}', "duplicate-key: the key 'a' stands twice in one object; remove one"),
        ('{"a": 1, "\\u0061": 1}', "duplicate-key: the key 'a' stands twice in one object; remove one"),
        ('["\\ud800"]', "lone-surrogate: a string in [0] holds half a surrogate pair, which is no text"),
        ('{"a": {"\\udc00": 1}}', "lone-surrogate: a string in a holds half a surrogate pair, which is no text"),
        ('"\\ud800"', "lone-surrogate: a string holds half a surrogate pair, which is no text"),
        ("NaN", "bad-number: NaN is not JSON; write the string 'NaN' for a default or a bound"),
        ("[-Infinity]", "bad-number: -Infinity is not JSON; write the string '-Infinity' for a default or a bound"),
        ("1e400", "bad-number: the number 1e400 is beyond a 64-bit float"),
        ("-1" + "0" * 30 + "e999", "bad-number: the number -1000000000000000000... is beyond a 64-bit float"),
        ("1" * 5000, "bad-number: the number 11111111111111111111... has 5000 digits"),
        ("[" * 129 + "]" * 129, "too-deep: the document is nested deeper than 128 levels"),
        ("[" * 100_000, "too-deep: the document is nested deeper than 128 levels"),
        ('{"a":' * 100_000, "too-deep: the document is nested deeper than 128 levels"),
        (b" " * (MAX_BYTES + 1), "too-large: the file is larger than 16 MiB"),
    ],
    ids=lambda value: repr(value[:20]),
)  # fmt: skip
def test_what_is_refused(text: str | bytes, said: str) -> None:
    assert refusal(text) == said


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("-0.0", -0.0),
        ("1e308", 1e308),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('"\\u0000\u2028"', "\0\u2028"),
        ('{"": {"a": 1}, "a": 1}', {"": {"a": 1}, "a": 1}),
        ("1" * 40, int("1" * 40)),
        ("[" * MAX_DEPTH + '"é"' + "]" * MAX_DEPTH, None),
        ("[" * MAX_DEPTH + "]" * MAX_DEPTH, None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_read(text: str, data: Any) -> None:
    read = parse_json(text)
    assert repr(read) == repr(json.loads(text) if data is None else data)


@given(
    st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.eE+-truefalsnNaI\\u \n', max_size=60).map(str.encode)
)
def test_any_bytes_end_in_data_or_in_a_finding(content: bytes) -> None:
    try:
        parse_json(content)
    except SpecError as error:
        assert len(error.diagnostics) == 1  # noqa: PT017  # both ways are right


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "it is no regular file"),
        (os.mkfifo, "it is no regular file"),
        (lambda path: path.symlink_to(path), "there is no such file"),
    ],
    ids=["missing", "folder", "pipe", "loop"],
)
def test_files_that_cannot_be_read(make: Any, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.specc.json"
    make(path)
    with pytest.raises(UnreadableError) as caught:
        load(path)
    assert str(caught.value) == f"cannot read {path}: {said}"


def test_a_nul_in_a_file_name() -> None:
    with pytest.raises(UnreadableError):
        load("a\0b")


def endpoint(**more: Any) -> dict[str, Any]:
    return {"inputs": ["bool[]"], "outputs": "bool[]", **more}


MANY = 100_000
HOSTILE: dict[str, dict[str, Any]] = {
    "unknown keys": {f"k{index}": 1 for index in range(MANY)},
    "one argument, many times": {"endpoints": {"a": endpoint(inputs=["bool[]"] * MANY, arguments=["a"] * MANY)}},
    "one field, many times": {"endpoints": {"a": endpoint(outputs={"kind": "namedtuple", "typename": "P", "fields": [["f", "bool[]"]] * MANY})}},
    "dims, none of them declared": {"dims": {f"d{index}": {} for index in range(MANY)}, "endpoints": {"a": endpoint(outputs=[f"bool[dd{index}x]" for index in range(MANY)])}},
    "endpoints without a default": {"endpoints": {f"a{index}": endpoint() for index in range(MANY // 5)}},
    "an unknown default among many": {"default": "a", "endpoints": {f"a{index}": endpoint() for index in range(MANY // 5)}},
    "a tensor of a million dims": {"endpoints": {"a": endpoint(outputs=f"bool[{'a,' * 1_000_000}]")}},
    "a path of a million words": {"model": "a." * 1_000_000},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_in_time(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.specc.json"
    path.write_text(json.dumps({"specc": 1, "endpoints": {"a": endpoint()}, **HOSTILE[name]}))
    started = time.process_time()
    with pytest.raises(SpecError) as caught:
        load_buildable(path)
    assert time.process_time() - started < 30  # quadratic ones took many minutes
    assert 1 <= len(caught.value.diagnostics) <= 1000
    assert max(len(str(finding)) for finding in caught.value.diagnostics) < 2000


@pytest.mark.parametrize("depth", [10, 40, 60, 118, 119, 124])
@pytest.mark.parametrize("tree", ["[%s]", '{"a":%s}', '{"kind":"tuple","items":[%s]}', '{"kind":"namedtuple","typename":"P","fields":[["a",%s]]}'])  # fmt: skip
def test_a_deep_tree_loads_or_is_refused(tree: str, depth: int) -> None:
    text = '"bool[]"'
    for _ in range(depth):
        text = tree.replace("%s", text)
    try:
        loads('{"specc": 1, "endpoints": {"a": {"inputs": [], "outputs": ' + text + "}}}")
    except SpecError as error:
        assert [finding.rule for finding in error.diagnostics] == ["too-deep"]  # noqa: PT017  # both ways are right
