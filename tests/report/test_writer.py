"""The one writer: what it escapes, that nothing else writes, and what a hostile name makes of the output."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import specc
from specc.cli import inspect, main
from specc.diagnostics import printable
from specc.language.load import from_json
from specc.reader import Inspection
from specc.report.writer import escaped, write

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
"""As the runner of GitHub reads a line: it strips it first, and looks for ``##[`` anywhere."""
BAD = '{"specc": 1, "endpoints": {"a": {"inputs": ["bol[?]"], "outputs": "bool[?]"}}}'
HOSTILE = ["::error file=x::p.specc.json", " \u3000::stop-commands::x.specc.json", "##[error]x.specc.json", "a##vso[task.x]b.specc.json",
           "\x1b]0;x\x07.specc.json", "\u202etxt.specc.json", "a\r::error::x.specc.json", "a\n::error::x.specc.json"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\n", "a\nb\n"),
        ("a: b::c", "a: b::c"),
        ("::error::x", "\\u003a:error::x"),
        ("a\n\t::x", "a\n\\u0009::x"),
        ("a\n \u2003::x\n\n::y", "a\n \u2003\\u003a:x\n\n\\u003a:y"),
        ("a # b ## c #[ ##", "a # b ## c #[ ##"),
        ("###[error]x", "#\\u0023#[error]x"),
        ("a ##vso[task.x]", "a \\u0023#vso[task.x]"),
        ("a\r\x1b[31m\u202e\udcff", "a\\u000d\\u001b[31m\\u202e\\udcff"),
    ],
)
def test_what_is_escaped(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_styles_are_kept_only_where_asked_and_nothing_else() -> None:
    assert escaped("\x1b[1;31m::a\x1b[0m\x1b[2J", styled=True) == "\x1b[1;31m\\u003a:a\x1b[0m\\u001b[2J"
    assert escaped("\x1b[1;31ma") == "\\u001b[1;31ma"


def test_commands_of_the_report_for_github_are_kept() -> None:
    assert escaped("::error file=x::a\x1b ##[x]\n", commands=True) == "::error file=x::a\\u001b \\u0023#[x]\n"


@given(st.text(alphabet="#:[vs] \n\r\t\x1b\u202e\udc80\u3000m3", max_size=30))
def test_nothing_that_is_written_controls_or_commands(text: str) -> None:
    shown = escaped(text)
    assert not CONTROL.search(shown)
    assert not COMMAND.search(shown)
    assert escaped(shown) == shown
    assert shown.count("\n") == text.count("\n")
    assert shown.replace("\\u0023", "#").replace("\\u003a", ":") == "\n".join(map(printable, text.split("\n")))


@given(st.text(alphabet='#:[]"\\ a\u202e', max_size=20))
def test_json_means_the_same(text: str) -> None:
    assert json.loads(escaped(json.dumps({text: [text]}, indent=2))) == {text: [text]}


def test_a_long_text_takes_linear_time() -> None:
    for text in (" " * 10**6, "#" * 10**6, "\n" * 10**6, "##a" * 10**6, "\x1b[" * 10**6):
        assert len(escaped(text, styled=True)) >= len(text)


def test_nothing_else_writes_to_the_streams() -> None:
    """No other module prints; a stream that is passed to the writer is not written to directly."""
    package = Path(specc.__file__).parent
    found = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="print")):
                    found.add(path.relative_to(package).as_posix())
                case ast.Call(func=ast.Attribute(value=value, attr="write" | "writelines")) if "std" in ast.unparse(
                    value
                ):
                    found.add(path.relative_to(package).as_posix())
    assert found == {
        "compiler/litert_conversion.py",  # in a process of its own, whose output is read
        "report/writer.py",
        "rules/reference.py",  # a page of the documentation
    }


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("more", [(), ("-q",), ("--format", "json"), ("--format", "sarif"), ("--format", "github")])
def test_a_file_of_any_name_is_not_a_command(
    name: str, more: tuple[str, ...], tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    (tmp_path / name).write_text(BAD)
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["validate", *more, name],
        ["validate", *more, f"{name}.absent"],
        ["fmt", *more, "--check", name],
        ["digest", "--contract", name],
    ):
        main(arguments)
        for text in capsys.readouterr():
            assert not CONTROL.search(text)
            lines = [line for line in text.splitlines() if COMMAND.search(line)]
            assert all(re.match(r"::error (file=[^:,]*,?)?(title=[a-z-]+)?(,\w+=\d+)*::", line) for line in lines), text
            assert not lines or "github" in more


@pytest.mark.parametrize("option", ["--nothing", "--format", "--max-findings"])
def test_a_usage_error_is_escaped_too(option: str, capsys: Any) -> None:
    for word in HOSTILE:
        assert main(["validate", option, word, f"\n{word}", "--no-such"]) == 2
        text = "".join(capsys.readouterr())
        assert not CONTROL.search(text)
        assert not COMMAND.search(text)


@pytest.mark.parametrize("more", [(), ("--json",), ("-q",)])
def test_the_texts_of_a_contract_are_escaped(more: tuple[str, ...], monkeypatch: Any, capsys: Any) -> None:
    hostile = "a\x1b[31m\u202e\x9b\n::error::b ##[error]c"
    data = {
        "specc": 1,
        "name": hostile,
        "endpoints": {
            "a": {
                "inputs": ["bool[?]"],
                "outputs": {hostile: {"kind": "tensor", "dtype": "bool", "shape": ["?"], "name": "y"}},
                "description": hostile,
            }
        },
    }
    monkeypatch.setattr(inspect, "inspect_archive", lambda _: Inspection(from_json(data), "contract", notes=(hostile,)))
    main(["inspect", *more, hostile])
    out, err = capsys.readouterr()
    for text in (out, err):
        assert not CONTROL.search(text)
        assert not COMMAND.search(text)
    if "--json" in more:
        assert json.loads(out) == data


def test_the_place_of_a_result_is_escaped(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    (tmp_path / "a.specc.json").write_text(BAD.replace("bol", "bool"))
    monkeypatch.chdir(tmp_path)
    for name in HOSTILE:
        out = tmp_path / "out" / name
        main(["build", "a.specc.json", "--out", str(out), "--model", f"absent:{name}"])
        main(["init", str(out), "--out", str(out)])
        main(["diff", name, name])
        main(["verify", "a.specc.json", name])
        for text in capsys.readouterr():
            assert not CONTROL.search(text)
            assert not COMMAND.search(text)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("name", [b"\xff::error::.specc.json", "\u65e5##[x].specc.json".encode()])
def test_a_terminal_that_lacks_characters(encoding: str, name: bytes, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(name)).write_text(BAD)
    command = [sys.executable, "-m", "specc", "validate", name, b"\xfe"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, check=False, env=environment, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout.decode("ascii").count("error: bad-dtype") == 1
    assert b"cannot read \\udcfe: there is no such file" in done.stderr


def test_a_given_stream_is_written_to() -> None:
    stream = io.StringIO()
    write("a\x00\n", stream)
    assert stream.getvalue() == "a\\u0000\n"
