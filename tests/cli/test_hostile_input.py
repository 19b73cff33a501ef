"""Hostile input to the command: a finding or a clear error, in bounded time and memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specc.cli import main

MEMORY = 1 << 30
SECONDS = 30
GOOD = '{"specc": 1, "endpoints": {"a": {"inputs": ["bool[?]"], "outputs": "bool[?]"}}}'


def validate(
    *files: str | bytes, user: int | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Runs ``specc validate`` with a gigabyte of memory; the result has neither a traceback nor a raw control character."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # noqa: E731
    command = [sys.executable, "-m", "specc", "validate", "--", *files]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, check=False, preexec_fn=limit, cwd=cwd)
    assert time.monotonic() - started < SECONDS
    for stream in (done.stdout, done.stderr):
        assert b"Traceback" not in stream
        text = stream.decode("utf-8")
        assert not {char for char in text if ord(char) < 32 and char != "\n"}
        assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\x7f\x9b") & set(text)
    return done


MANY = 1_000_000
TEXTS: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "nothing": (b"", "not-json"),
    "binary": (bytes(range(256)) * 100, "not-utf-8"),
    "zeros": (bytes(100_000), "not-json"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD.encode(), "byte-order-mark"),
    "UTF-16": (GOOD.encode("utf-16"), "not-utf-8"),
    "deep arrays": (b"[" * MANY, "too-deep"),
    "deep objects": (b'{"a":' * MANY, "too-deep"),
    "deep trees": (
        b'{"specc": 1, "endpoints": {"a": {"inputs": [], "outputs": ' + b"[" * 120 + b'"bool[]"' + b"]" * 120 + b"}}}",
        "too-deep",
    ),
    "a huge integer": (b'{"specc": ' + b"9" * MANY + b"}", "bad-number"),
    "an infinite number": (b'{"specc": 1e400}', "bad-number"),
    "NaN": (b'{"specc": NaN}', "bad-number"),
    "half a pair": (b'{"\\ud800": 1}', "lone-surrogate"),
    "a million duplicate keys": (lambda: b"{" + b",".join([b'"a": 1'] * MANY) + b"}", "duplicate-key"),
    "8 MB of one line": (lambda: b'{"specc": 1, "' + b"x" * 8_000_000 + b'": 1}', "unknown-key"),
    "8 MB of one string": (lambda: b'{"specc": 1, "name": 3, "description": "' + b"\xc3\xa9" * 4_000_000 + b'"}', "wrong-type"),
    "8 MB of line breaks": (lambda: b"\n" * 8_000_000, "not-json"),
    "8 MB of numbers": (lambda: b"[" + b"1," * 4_000_000 + b"1]", "too-large"),
    "8 MB of quotes": (lambda: b'"' * 8_000_001, "not-json"),
    "8 MB of backslashes": (lambda: b'"' + b"\\" * 8_000_000, "not-json"),
    "more than the limit": (lambda: b" " * (16 * 2**20 + 1), "too-large"),
    "a million unknown keys": (
        lambda: json.dumps({"specc": 1, **{f"{index}": 1 for index in range(MANY - 9)}}).encode(),
        "unknown-key",
    ),
    "a million bad endpoints": (
        lambda: json.dumps({"specc": 1, "endpoints": dict.fromkeys(map(str, range(MANY - 9)), 1)}).encode(),
        "wrong-type",
    ),
    "a million bad trees": (
        lambda: json.dumps({"specc": 1, "endpoints": {"a": {"inputs": [1] * (MANY - 9), "outputs": []}}}).encode(),
        "wrong-type",
    ),
    "what draws on a terminal": (b'{"specc": 1, "\\u001b[31m\xe2\x80\xae\\u009b": "\xc2\x9b"}', "unknown-key"),
    "what draws in an excerpt": ('{"specc": 1, "name": 3, "description": "\u202e\u2066\x7f"}'.encode(), "wrong-type"),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_ends_in_findings(name: str, tmp_path: Path) -> None:
    content, rule = TEXTS[name]
    path = tmp_path / "a.specc.json"
    path.write_bytes(content if isinstance(content, bytes) else content())
    done = validate(str(path))
    assert done.returncode == 1, done.stderr[-1000:]
    assert f"error: {rule}: ".encode() in done.stdout
    assert len(done.stdout) < 1_000_000


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, b"there is no such file"),
        (lambda path: path.mkdir(), b"it is not a regular file"),
        (os.mkfifo, b"it is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), b"it is not a regular file"),
        (lambda path: path.symlink_to("/dev/tty"), b"it is not a regular file"),
        (lambda path: path.symlink_to(path), b"there is no such file"),
        (lambda path: path.symlink_to(path.with_name("gone")), b"there is no such file"),
    ],
    ids=["missing", "a directory", "a pipe", "a device", "a terminal", "a loop", "a dangling link"],
)
def test_what_is_no_file_is_said(make: Callable[[Path], object], said: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.specc.json"
    make(path)
    good = tmp_path / "good.specc.json"
    good.write_text(GOOD)
    done = validate(str(path), str(good))
    assert (done.returncode, done.stdout) == (3, b"")
    assert said in done.stderr


def test_a_file_without_permission(tmp_path: Path, capfd: Any) -> None:
    path = tmp_path / "a.specc.json"
    path.write_text(GOOD)
    assert main(["validate", str(path)]) == 0  # which also loads everything that it needs
    path.chmod(0)
    capfd.readouterr()
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:  # root may read everything
            os.chdir(tmp_path)
            os.setresuid(65534, 65534, 65534)
        os._exit(main(["validate", path.name if os.getcwd() == str(tmp_path) else str(path)]))  # noqa: PTH109
    _, status = os.waitpid(child, 0)
    out, err = capfd.readouterr()
    assert (os.waitstatus_to_exitcode(status), out) == (3, "")
    assert "Permission denied" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "name",
    [b"-x.specc.json", b"a b.specc.json", b"a\nb.specc.json", b"\xff\xfe.specc.json", b"\x1b[31m.specc.json", "\u202e.json".encode()],
)  # fmt: skip
def test_a_file_may_have_any_name(name: bytes, tmp_path: Path) -> None:
    (Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))).write_text(GOOD.replace("bool", "bol", 1))  # noqa: PTH118
    done = validate(name, cwd=tmp_path)
    assert (done.returncode, done.stdout.count(b"error: bad-dtype: ")) == (1, 1)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_that_knows_few_characters(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.specc.json"
    path.write_text(GOOD.replace('"a"', '"日本"'), encoding="utf-8")
    command = [sys.executable, "-m", "specc", "validate", str(path)]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert done.returncode == 1
    assert b"\\u65e5\\u672c" in done.stdout
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_pipe_that_is_closed(form: str, tmp_path: Path) -> None:
    path = tmp_path / "a.specc.json"
    path.write_text('{"specc": 1, "endpoints": {"a": {"inputs": [' + ", ".join(["3"] * 900) + '], "outputs": []}}}')
    command = [sys.executable, "-m", "specc", "validate", "--format", form, *[str(path)] * 20]
    # Unbuffered, Python takes a write that a closed pipe cut short for a complete one.
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered)
    assert process.stdout is not None
    process.stdout.read(100)
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    assert process.wait() == 3
