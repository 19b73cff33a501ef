"""The live line on a terminal: what it shows, how it makes way for other output, and what is left of it."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from terminal import frames, screen

from specc.cli import QUIET, note, progress
from specc.cli.progress import Progress, shown_on_terminal, stage
from specc.report import live_line as module
from specc.report.live_line import LiveLine, live_line
from specc.report.writer import write


class Terminal:
    """A pipe that passes for a terminal of ``columns``; ``written`` is what was drawn on it."""

    def __init__(self, monkeypatch: Any, columns: int = 80) -> None:
        self._read, writing = os.pipe()
        self.stream = open(writing, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        self.stream.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((columns, 24)))
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setattr(sys, "stderr", self.stream)
        monkeypatch.setattr(module, "_INTERVAL", 3600.0)  # drawn only when something happens

    def written(self) -> str:
        self.stream.close()
        with open(self._read, encoding="utf-8", newline="") as file:  # noqa: PTH123
            return file.read()


def test_each_stage_is_drawn_with_its_time_and_stays_as_a_plain_line(monkeypatch: Any) -> None:
    terminal = Terminal(monkeypatch)
    with shown_on_terminal():
        stage("loading")
        stage("tracing")
    written = terminal.written()
    assert screen(written) == ["loading", "tracing", ""]
    assert [re.sub(r"\d+\.\d", "N", frame) for frame in frames(written)] == ["loading  N s", "tracing  N s"]


def test_the_bytes_and_the_rate_of_what_is_written(tmp_path: Path, monkeypatch: Any) -> None:
    terminal = Terminal(monkeypatch)
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    say = Progress()
    with shown_on_terminal():
        say("writing 3 variables")
        say.watch(tmp_path)
        for size in (0, 50_000_000, 110_000_000, 1_500_000_000):
            (tmp_path / "variables").mkdir(exist_ok=True)
            with (tmp_path / "variables" / "data").open("wb") as file:
                file.truncate(size)
            progress._lines[-1]._draw()
            now += 1.0
        say("sealing")
    assert frames(terminal.written()) == [
        "writing 3 variables  0.0 s",
        "writing 3 variables  0.0 s  0.0 MB  0 MB/s",
        "writing 3 variables  1.0 s  50.0 MB  50 MB/s",
        "writing 3 variables  2.0 s  110.0 MB  55 MB/s",
        "writing 3 variables  3.0 s  1,500.0 MB  500 MB/s",
        "writing 3 variables  4.0 s  1,500.0 MB  483 MB/s",
        "sealing  0.0 s",
    ]


def test_other_output_is_not_disturbed(monkeypatch: Any) -> None:
    terminal = Terminal(monkeypatch)
    with shown_on_terminal("a.specc.json"):
        stage("verifying")
        note("note: one")
        write("two\n", sys.stderr)
        sys.stderr.flush()
        stage("flushing to disk")
    written = terminal.written()
    assert screen(written) == ["verifying", "note: one", "two", "flushing to disk", ""]
    assert frames(written)[0].startswith("a.specc.json: verifying  ")


def interrupted() -> None:
    with shown_on_terminal():
        stage("tracing")
        raise KeyboardInterrupt


def test_an_exception_leaves_no_live_line(monkeypatch: Any) -> None:
    terminal = Terminal(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    note("after")
    assert screen(terminal.written()) == ["tracing", "after", ""]
    assert not [each for each in threading.enumerate() if "_keep_drawing" in each.name]


@pytest.mark.parametrize("columns", [1, 2, 7, 12, 20, 40, 0])
@pytest.mark.parametrize("name", ["x" * 300, "日本語" * 60, "a"])
def test_a_line_is_never_wider_than_the_terminal(columns: int, name: str, tmp_path: Path, monkeypatch: Any) -> None:
    terminal = Terminal(monkeypatch, columns)
    with shown_on_terminal():
        stage(name)
    drawn = frames(terminal.written())
    assert all(sum(2 if ord(char) > 0x2E80 else 1 for char in frame) < (columns or 80) for frame in drawn)
    assert columns in (1, 2, 7) or re.search(r"\d s$", *drawn)


def test_a_terminal_that_becomes_narrow(monkeypatch: Any) -> None:
    terminal, widths = Terminal(monkeypatch), (30, 5, 1, 60)
    with shown_on_terminal():
        for columns in widths:
            monkeypatch.setattr(os, "get_terminal_size", lambda _, columns=columns: os.terminal_size((columns, 24)))
            stage(f"a long stage at {columns}")
    written = terminal.written()
    assert max(map(len, frames(written))) < max(widths)
    assert screen(written)[: len(widths)] == [f"a long stage at {columns}" for columns in widths]


def test_hostile_names_are_escaped(monkeypatch: Any) -> None:
    terminal = Terminal(monkeypatch)
    with shown_on_terminal("\x1b[2J\u202e"):
        stage("::error::x\r\n##[y]\x07")
    written = terminal.written()
    shown = "\\u003a:error::x\\u000d\\u000a\\u0023#[y]\\u0007"
    assert screen(written) == [shown, ""]
    assert frames(written)[0].startswith(
        f"\\u001b[2J\\u202e: {shown.replace('u003a', ':', 1).replace(chr(92) + '::', '::')}  "
    )


@pytest.mark.parametrize("why", ["piped", "dumb", "no name", "quiet"])
def test_elsewhere_there_are_plain_lines_only(why: str, monkeypatch: Any) -> None:
    terminal = Terminal(monkeypatch)
    if why == "piped":
        terminal.stream.isatty = lambda: False  # type: ignore[method-assign]
    if why == "dumb":
        monkeypatch.setenv("TERM", "dumb")
    if why == "no name":
        monkeypatch.delenv("TERM")
    token = QUIET.set(why == "quiet")
    try:
        with shown_on_terminal():
            stage("loading")
            Progress().watch(Path("/"))
            note("note: x")
    finally:
        QUIET.reset(token)
    assert terminal.written() == ("" if why == "quiet" else "loading\nnote: x\n")


def test_no_color_leaves_no_colour_and_the_line(monkeypatch: Any) -> None:
    terminal = Terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    with shown_on_terminal():
        stage("loading")
    written = terminal.written()
    assert set(re.findall(r"\x1b\[[^A-Za-z]*[A-Za-z]", written)) == {"\x1b[K"}
    assert screen(written) == ["loading", ""]


def test_a_terminal_that_is_gone_ends_nothing(monkeypatch: Any, tmp_path: Path) -> None:
    read, writing = os.pipe()
    with open(writing, "w", encoding="utf-8") as stream, live_line(stream) as line:  # noqa: PTH123
        os.close(read)
        line.begin("x" * 100)
        line.watch(tmp_path / "gone")
        line.begin("y")


def test_the_line_is_drawn_again_and_again(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_INTERVAL", 0.001)
    drawn = threading.Event()
    count = iter(range(100))
    monkeypatch.setattr(LiveLine, "_draw", lambda _: drawn.set() if next(count, 99) > 5 else None)
    with (tmp_path / "x").open("w") as stream, live_line(stream) as line:
        line.begin("x")
        assert drawn.wait(20)


def test_a_stream_without_a_descriptor_is_not_a_terminal(monkeypatch: Any) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with shown_on_terminal():
        stage("loading")
    assert stream.getvalue() == "loading\n"
