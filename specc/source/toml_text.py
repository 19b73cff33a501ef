"""Parsing of TOML text within limits: ``tomllib`` is quadratic in the parts of a key, and recurses into brackets."""

from __future__ import annotations

import re
from typing import Any

MAX_BYTES = 2**20
MAX_PARTS = 100
"""How many parts a dotted key has at most."""
MAX_DEPTH = 100
"""How deep brackets and braces are nested at most."""

_TOKEN = re.compile(
    r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"""|\Z)'
    r"|'''(?:[^']++|'(?!''))*+(?:'''|\Z)"
    r'|"(?:[^"\\\n]++|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+"
    r"|[\[\]{}.=,\n]"
    r"|[^\[\]{}.=,\n\"'\#]++",
    re.DOTALL,
)
"""One token. Every quantifier is possessive, so that a string that does not end is read once."""


def parse_toml(content: bytes) -> dict[str, Any]:
    """The data of the TOML text ``content``.

    Raises:
        ValueError: the text is not TOML, or exceeds a limit; the message says why.
    """
    import tomllib  # noqa: PLC0415  # few commands read TOML

    text = content.decode("utf-8")
    _require_shallow(text)
    return tomllib.loads(text)


def _require_shallow(text: str) -> None:
    """Raises ValueError if a key has too many parts or brackets are nested too deep; strings and comments are skipped.

    A number with a point is counted as a key of two parts.
    """
    depth, parts, line = 0, 1, 1
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "[{":
            depth, parts = depth + 1, 1
        elif token in "]}":
            depth, parts = max(0, depth - 1), 1
        elif token == ".":
            parts += 1
        elif token in "=,\n":
            parts = 1
        if parts > MAX_PARTS:
            raise ValueError(f"a key has more than {MAX_PARTS} parts (at line {line})")
        if depth > MAX_DEPTH:
            raise ValueError(f"brackets are nested deeper than {MAX_DEPTH} (at line {line})")
        line += token.count("\n")
