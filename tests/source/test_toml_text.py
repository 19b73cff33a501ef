"""TOML within limits: a linear scan refuses what tomllib is slow at, and nothing that a person writes."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specc.source import toml_text
from specc.source.toml_text import MAX_DEPTH, MAX_PARTS, parse_toml


def dotted(count: int, part: str = "a") -> str:
    return ".".join([part] * count)


REFUSED = {
    "a key": f"{dotted(40_000)} = 1",
    "a key with spaces": " . ".join(["a"] * 101) + " = 1",
    "a key of quoted parts": dotted(101, '"a.b"') + " = 1",
    "a key of literal parts": dotted(101, "'a'") + " = 1",
    "a table": f"[{dotted(101)}]",
    "an array of tables": f"[[{dotted(101)}]]",
    "a key in an inline table": "a = {b = 1, " + dotted(101) + " = 1}",
    "a key after a string": 'a = "x"\n' + dotted(101) + " = 1",
    "a key after a long string": 'a = """\n"x" \\" \'\'\' # """\n' + dotted(101) + " = 1",
    "a key after a quote in a comment": '# it\'s """ open\n' + dotted(101) + " = 1",
    "arrays": "a = " + "[" * 101,
    "many arrays": "a = " + "[" * 500_000,
    "inline tables": "a = " + "{a = " * 101,
    "both": "a = " + "[{a = " * 51,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_exceeds_a_limit_is_refused_before_tomllib(name: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(tomllib, "loads", lambda _: pytest.fail("tomllib was asked"))
    with pytest.raises(ValueError, match=r"more than 100 parts|deeper than 100"):
        parse_toml(REFUSED[name].encode())


@pytest.mark.parametrize(
    "text",
    [
        f"{dotted(MAX_PARTS)} = 1",
        f"[{dotted(MAX_PARTS)}]",
        "a = " + "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        "a = [" + "[[]], " * 1000 + "]",
        "a = [" + "1.5, " * 1000 + "]",
        "[a.b]\n" * 1 + "c.d = 1.5\n" * 1,
        'a = "' + "." * 1000 + "[" * 1000 + '"',
        "a = '" + "." * 1000 + "[" * 1000 + "'",
        'a = """' + ".\n" * 1000 + "[" * 1000 + '\\""""',
        "a = '''" + ".'" * 1000 + "['\n" * 1000 + "'''''",
        "# " + "." * 1000 + "[" * 1000 + "\na = 1",
        'a = "\\"' + "." * 200 + '" # "',
        'a = """x""""\n' + dotted(90, "b") + " = 1",
    ],
)
def test_what_is_within_the_limits_is_parsed(text: str) -> None:
    assert parse_toml(text.encode()) == tomllib.loads(text)


@given(st.text(alphabet="\"'\\\n#[]{}.=, a1", max_size=60))
def test_the_scan_refuses_no_short_text_and_covers_all_of_it(text: str) -> None:
    assert "".join(match[0] for match in toml_text._TOKEN.finditer(text)) == text
    toml_text._require_shallow(text)


@pytest.mark.parametrize("text", ['"""\\', '"""\\"' * 200_000, '"\\' * 400_000, "'''" * 300_000, '"""' * 300_000])
def test_the_scan_is_linear(text: str) -> None:
    assert sum(1 for _ in toml_text._TOKEN.finditer(text)) <= len(text)  # a quadratic one takes minutes


@pytest.mark.parametrize("content", [b"a = 1" + b"0" * 5000, b"\xff", b"a = 1979-99-99", b"a ="])
def test_every_defect_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_toml(content)
