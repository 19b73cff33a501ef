"""The writer of all output: nothing that it writes controls a terminal, or is a command to the system that runs a job.

Names and texts of specs and archives are written by others, and so are file names in a pull request. Whatever the text
is, a control or bidirectional character in it becomes an escape; so does the first character of a workflow command,
which the runners of GitHub and Azure take from any line of the output: ``::error::`` at the start of a line, and
``##[error]`` or ``##vso[...]`` anywhere. In JSON the escape means the same character.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from specc.diagnostics import printable

_hidden: list[Callable[[], contextlib.AbstractContextManager[object]]] = [contextlib.nullcontext]
_STYLE = re.compile(r"(\x1b\[[0-9;]*m)")
_COMMAND = re.compile(r"#(?=#\w{0,20}\[)")
_COMMAND_AT_START = re.compile(r"^((?:\x1b\[[0-9;]*m|[^\S\n])*):(?=:)", re.MULTILINE)


def write(text: str, stream: TextIO | None = None, *, styled: bool = False, commands: bool = False) -> None:
    """Writes ``text``, of which only line feeds are control characters, to ``stream``, by default standard output.

    ``styled`` keeps the escape sequences of colours, ``commands`` the commands at the start of a line, which the report
    for GitHub consists of.
    """
    shown = escaped(text, styled=styled, commands=commands)
    with _hidden[-1]():
        print(shown, end="", file=sys.stdout if stream is None else stream, flush=len(_hidden) > 1)


def write_file(data: bytes) -> None:
    """Writes the content of a file, text in UTF-8, to standard output: as it is, except on a terminal."""
    if sys.stdout.isatty() or not hasattr(sys.stdout, "buffer"):
        write(data.decode("utf-8"))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(data)


def understands_escapes(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal with escape sequences: TERM is not ``dumb`` and, on POSIX, not missing."""
    return stream.isatty() and os.environ.get("TERM", "dumb" if os.name == "posix" else "") != "dumb"


@contextlib.contextmanager
def beside(hidden: Callable[[], contextlib.AbstractContextManager[object]]) -> Iterator[None]:
    """Writes within ``hidden()`` until the block ends: something else is on the terminal meanwhile."""
    _hidden.append(hidden)
    try:
        yield
    finally:
        _hidden.remove(hidden)


def escaped(text: str, *, styled: bool = False, commands: bool = False) -> str:
    """``text`` as :func:`write` writes it."""
    parts = _STYLE.split(text) if styled else [text]
    parts[::2] = ["\n".join(map(printable, part.split("\n"))) for part in parts[::2]]
    shown = _COMMAND.sub(r"\\u0023", "".join(parts))
    return shown if commands else _COMMAND_AT_START.sub(r"\1\\u003a", shown)
