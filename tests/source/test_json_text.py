"""Hostile and careless text: it ends in one finding, in little time."""

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
from specc.language.load import load, load_spec, loads
from specc.source.json_scanner import scan
from specc.source.json_text import parse_json, read_json
from specc.source.limits import MAX_BYTES, MAX_DEPTH


def refusal(text: str | bytes) -> str:
    with pytest.raises(SpecError) as caught:
        parse_json(text)
    (finding,) = caught.value.diagnostics
    return str(finding)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: not-json: the file is empty; specc init writes a first spec"),
        (" \n", "1:1: not-json: the file is empty; specc init writes a first spec"),
        ("{} {}", "1:4: not-json: there is more text after the end of the document"),
        ('{\n"a": 1,\n}', "2:7: not-json: a trailing comma before the closing bracket; remove it"),
        ("[1, 2,]", "1:6: not-json: a trailing comma before the closing bracket; remove it"),
        ("[1,,2]", "1:4: not-json: expected a value, found ','"),
        ("[,1]", "1:2: not-json: expected a value, found ','"),
        ('{"a": 1\n "b": 2}', "1:8: not-json: expected ',' or '}' here, before '\"' in line 2; a comma is missing"),
        ("[1 2]", "1:3: not-json: expected ',' or ']' here, before '2' in line 1; a comma is missing"),
        ("[1}", "1:3: not-json: expected ',' or ']', found '}'"),
        ('{"a" 1}', "1:5: not-json: expected ':' after the key here, before '1' in line 1"),
        ('{"a": }', "1:7: not-json: expected a value, found '}'"),
        ('{"a":', "1:6: not-json: expected a value, found the end of the text"),
        ('{"a": [1, 2', "1:7: not-json: this array is not closed: the text ends before its ']'"),
        ('{"a": 1,', "1:1: not-json: this object is not closed: the text ends before its '}'"),
        ("{1: 2}", "1:2: not-json: expected a key in double quotes, found '1'"),
        ("{a: 1}", "1:2: not-json: expected a key in double quotes, found a without quotes; write \"a\""),
        ("[yes]", "1:2: not-json: expected a value, found yes without quotes; write \"yes\" for a string"),
        ("[True]", "1:2: not-json: expected a value, found True without quotes; write true"),
        ("{'a': 1}", "1:2: not-json: single quotes are not allowed in JSON; write strings and keys in double quotes"),
        ("// no\n{}", '1:1: not-json: comments are not allowed in JSON; put text for people into "description"'),
        ("[1, # no", '1:5: not-json: comments are not allowed in JSON; put text for people into "description"'),
        ('"\t"', "1:2: not-json: the string contains a tab; write it as \\t"),
        ('"\x01"', "1:2: not-json: the string contains a control character; write it as \\u0001"),
        ('"ab\ncd"', '1:1: not-json: the string has no closing quote on its line; write a line break in a string as "\\n"'),
        ('"\\x"', '1:2: not-json: \\x is not a JSON escape; a backslash is \\\\; the escapes are \\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits'),
        ("[01]", "1:2: not-json: '01' is not a JSON number; remove the leading zeros"),
        ("[+1]", "1:2: not-json: '+1' is not a JSON number; remove the plus sign"),
        ("[.5]", "1:2: not-json: '.5' is not a JSON number; write 0.5"),
        ("[5.]", "1:2: not-json: '5.' is not a JSON number; a number needs digits before and after its point, and after its exponent"),
        ("[0x1F]", "1:2: not-json: '0x1F' is not a JSON number; write it in decimal digits"),
        ("\ufeff{}", "1:1: byte-order-mark: the file starts with a byte order mark; save it as UTF-8 without one"),
        ("{}".encode("utf-16"), "1:1: not-utf-8: the file is UTF-16; save the file as UTF-8"),
        ("{}".encode("utf-16-le") + b"\xff", "1:5: not-utf-8: byte 4 is not UTF-8; save the file as UTF-8"),
        (b'{\n"\xc3\xa9\xed\xa0\x80"', "2:3: not-utf-8: byte 5 is not UTF-8; save the file as UTF-8"),
        ('{"a": 1,\n"a": 1}', "2:1: duplicate-key: duplicate key 'a'; the first one is in line 1; remove one of them"),
        ('{"a": 1, "\\u0061": 1}', "1:10: duplicate-key: duplicate key 'a'; the first one is in line 1; remove one of them"),
        ('["\\ud800"]', "1:2: lone-surrogate: the string contains half a surrogate pair, which is not valid text"),
        ('{"a": {"\\udc00": 1}}', "1:8: lone-surrogate: the key contains half a surrogate pair, which is not valid text"),
        ('"\\ud800"', "1:1: lone-surrogate: the string contains half a surrogate pair, which is not valid text"),
        ('["\\ud83d\\ude00", "\\ude00\\ud83d"]', "1:18: lone-surrogate: the string contains half a surrogate pair, which is not valid text"),
        ("NaN", "1:1: bad-number: NaN is not JSON; write the string 'NaN' for a default or a bound"),
        ("[-Infinity]", "1:2: bad-number: -Infinity is not JSON; write the string '-Infinity' for a default or a bound"),
        ("1e400", "1:1: bad-number: the number 1e400 is out of range for a 64-bit float"),
        ("-1" + "0" * 30 + "e999", "1:1: bad-number: the number -1000000000000000000... is out of range for a 64-bit float"),
        ("1" * 5000, "1:1: bad-number: the number 11111111111111111111... has 5000 digits (max 40)"),
        ("[" * 129 + "]" * 129, "1:129: too-deep: the document is nested deeper than 128 levels"),
        ("[" * 100_000, "1:129: too-deep: the document is nested deeper than 128 levels"),
        ('{"a":' * 100_000, "1:641: too-deep: the document is nested deeper than 128 levels"),
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
        assert error.diagnostics  # noqa: PT017  # both ways are right


def test_defects_that_leave_no_doubt_are_told_at_once() -> None:
    read = read_json('{"a": NaN,\n "b": ["\\udc00", 1e400], "a": {"c": 1, "c": 2}, "d": 3,}'.replace(",}", "}"))
    assert read.data == {"a": 0.0, "b": ["?", 0.0], "d": 3}
    assert [(finding.rule, finding.path, finding.location and finding.location.column) for finding in read.defects] == [
        ("bad-number", ("a",), 7),
        ("lone-surrogate", ("b", 0), 8),
        ("bad-number", ("b", 1), 18),
        ("duplicate-key", ("a",), 26),
        ("duplicate-key", ("a", "c"), 40),
    ]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "it is not a regular file"),
        (os.mkfifo, "it is not a regular file"),
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
        load_spec(path)
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


def _plain(text: str) -> Any:
    """The result of Python's own parser: the data, or that the text is not JSON."""
    try:
        return repr(json.loads(text))
    except (ValueError, RecursionError):
        return None


_SOUP = st.text(alphabet='{}[]",:0123456789.eE+-truefalsn\\u \n\t', max_size=40)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)  # fmt: skip


@given(_SOUP | _JSON.map(json.dumps) | _JSON.map(lambda data: json.dumps(data, ensure_ascii=False, indent=1)))
def test_the_scanner_reads_what_pythons_parser_reads(text: str) -> None:
    try:
        data, findings = scan(text)
    except SpecError as error:
        assert [finding.rule for finding in error.diagnostics][-1:] == ["not-json"]  # noqa: PT017
        assert _plain(text) is None
    else:
        # Python takes the last of duplicate keys, and its own value of a number that is too long or too large.
        assert findings or repr(data) == _plain(text)
