"""Python source made of a document's values.

Text of the document, which may be hostile, becomes only literals and names. A name that is not an identifier, or that
is taken, is replaced by another one.
"""

from __future__ import annotations

import keyword
import math
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

WIDTH = 110
_LONGEST_NAME, _LONGEST_WORD = 255, 60
"""Of a name that is kept, and of one that is made: a hostile one may have megabytes."""
_FOREIGN = re.compile(r"[^A-Za-z0-9_]+")


class Nested(NamedTuple):
    """An expression of parts in brackets, each part with what precedes it: ``("name=", "1")``."""

    opening: str
    parts: Sequence[tuple[str, Expression]]
    closing: str


Expression: TypeAlias = "str | Nested"


def layout(expression: Expression, indent: int = 0, reserved: int = 0) -> str:
    """The text of an expression: on one line if it fits after ``reserved`` characters, else a part a line."""
    flat = _flat(expression, WIDTH - indent - reserved)
    if flat is not None:
        return flat
    if isinstance(expression, str):
        return expression
    inner = indent + 4
    lines = [" " * inner + prefix + layout(part, inner, len(prefix) + 1) + "," for prefix, part in expression.parts]
    return "\n".join([expression.opening, *lines, " " * indent + expression.closing])


def _flat(expression: Expression, width: int) -> str | None:
    """The expression on one line of at most ``width`` characters."""
    if width < 0:
        return None
    if isinstance(expression, str):
        return expression if len(expression) <= width else None
    texts, left = list[str](), width - len(expression.opening) - len(expression.closing)
    for prefix, part in expression.parts:
        text = _flat(part, left - len(prefix))
        if text is None:
            return None
        texts.append(prefix + text)
        left -= len(texts[-1]) + 2
    comma = "," if len(texts) == 1 and expression.opening == "(" else ""  # a tuple of one
    return f"{expression.opening}{', '.join(texts)}{comma}{expression.closing}" if left >= -2 else None


def quoted(text: str) -> str:
    """The literal of a text."""
    return '"' + _escaped(text).replace('"', '\\"') + '"'


def literal(value: Any) -> Expression:
    """The literal of a number, a text, bytes, or nested sequences of these."""
    match value:
        case list() | tuple():
            return Nested("[", [("", literal(item)) for item in value], "]")
        case str():
            return quoted(value)
        case complex():
            return f"complex({_real(value.real)}, {_real(value.imag)})"
        case float():
            return _real(value)
        case _:
            return repr(value)  # None, bool, int or bytes


def _real(value: float) -> str:
    if math.isnan(value):
        return "np.nan"
    return repr(value) if math.isfinite(value) else "np.inf" if value > 0 else "-np.inf"


def tuple_of(parts: Iterable[Expression]) -> Expression:
    """A tuple."""
    return Nested("(", [("", part) for part in parts], ")")


def docstring(paragraphs: Iterable[Sequence[str]], indent: int = 0) -> list[str]:
    """The lines of a docstring. Long lines are wrapped, and continue further to the right where they are indented."""
    lines: list[str] = []
    for paragraph in paragraphs:
        wrapped = [part for line in paragraph for part in _wrapped(line, WIDTH - indent)]
        if wrapped:
            lines += ["", *wrapped] if lines else wrapped
    text = [_escaped(line).replace('"""', '\\"\\"\\"') for line in lines]
    if text[-1].endswith('"'):
        text[-1] = text[-1][:-1] + '\\"'
    text[0] = '"""' + text[0]
    closing = ['"""'] if len(text) > 1 else []
    if not closing:
        text[-1] += '"""'
    margin = " " * indent
    return [(margin + line).rstrip() for line in [*text, *closing]]


def _wrapped(line: str, width: int) -> list[str]:
    margin = line[: len(line) - len(line.lstrip(" "))]
    return textwrap.wrap(
        line.strip(), width, initial_indent=margin, subsequent_indent=margin + ("    " if margin else ""),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _escaped(text: str) -> str:
    """The text inside a literal, with an escape for each character that is not printable."""
    return "".join(
        "\\\\"
        if letter == "\\"
        else letter
        if letter.isprintable()
        else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def identifier(text: str, otherwise: str) -> str:
    """``text`` if it is a public name, else a name that is made of its letters, or of ``otherwise``."""
    if is_public(text):
        return text
    word = _FOREIGN.sub("_", text[: 10 * _LONGEST_WORD])[:_LONGEST_WORD].strip("_")
    if not word or not word[0].isalpha():
        word = f"{otherwise}_{word}".rstrip("_")
    return f"{word}_" if keyword.iskeyword(word) else word


def is_public(text: str) -> bool:
    """Whether ``text`` is a public identifier, neither a keyword nor one that Python itself would spell differently."""
    return (
        len(text) <= _LONGEST_NAME
        and text.isidentifier()
        and not text.startswith("_")
        and not keyword.iskeyword(text)
        and unicodedata.normalize("NFKC", text) == text
    )


def camel_case(text: str) -> str:
    """The words of ``text`` as a part of the name of a class: ``embed_user`` gives EmbedUser."""
    words = identifier(text, "Part")[:_LONGEST_WORD].split("_")
    return unicodedata.normalize("NFKC", "".join(word[:1].upper() + word[1:] for word in words))


class Names:
    """The names of one scope, each of which is given once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}

    def claim(self, name: str) -> str:
        """``name``, or the first free one of ``name_2``, ``name_3``, ..."""
        free, number = name, self._numbers.get(name, 1)
        while free in self._taken:
            number += 1
            free = f"{name}_{number}"
        self._numbers[name] = number
        self._taken.add(free)
        return free

    def claim_all(self, texts: Iterable[str], otherwise: str) -> dict[str, str]:
        """A name for each text; those that can keep theirs come first."""
        ordered = sorted(texts, key=lambda text: (identifier(text, otherwise) != text, text))
        return {text: self.claim(identifier(text, otherwise)) for text in ordered}
