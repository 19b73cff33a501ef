"""A finding as data: what is wrong, where in the document, and how to fix it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Self

from specc.rules.table import RuleId

SpecPath = tuple[str | int, ...]
"""Keys and positions from the root of a document to a place in it."""

Level = Literal["error", "warning", "info"]

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*", re.ASCII)
# C0, DEL, C1, bidi controls, zero-width characters, line separators and surrogates: never printed raw, so that a file
# can neither control the terminal nor disguise its text.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")


MAX_SHOWN_NAME = 255
"""The limit on a name in a text: a name in an archive may have megabytes."""
_LONG_NAME = re.compile(rf"[^\s'\"]{{{MAX_SHOWN_NAME + 1},}}")
_MAX_TEXT = 20_000
"""The limit on a message."""


def shorten(text: str) -> str:
    """A name or a text that is quoted in a message, cut to 60 characters."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def with_short_names(text: str) -> str:
    """``text`` with each name in it cut to 255 characters, so that it can be shown."""
    if len(text) <= MAX_SHOWN_NAME:
        return text
    cut = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}..."
    return _LONG_NAME.sub(lambda match: f"{match[0][: MAX_SHOWN_NAME - 3]}...", cut)


@dataclass(frozen=True)
class Location:
    """The span of a finding in its text. Lines and columns count from 1, columns in characters; the end is exclusive.

    ``excerpt`` is the text of the first line, or of a long line the part around the finding, which begins at column
    ``excerpt_column``.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    excerpt: str = ""
    excerpt_column: int = 1


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in a document, with a ``message`` about it.

    ``part`` is a part of the string at ``path``, or empty for all of it; ``on_key`` is whether the place is the key and
    not its value. Both are used only to find the ``location`` of a place in a text.
    """

    message: str
    path: SpecPath = ()
    file: str = ""
    part: str = ""
    on_key: bool = False
    location: Location | None = None

    def __post_init__(self) -> None:
        if len(self.message) > MAX_SHOWN_NAME:
            object.__setattr__(self, "message", with_short_names(self.message))

    def with_fields(self, **fields: Any) -> Self:
        """A copy with other values of ``fields``: :func:`dataclasses.replace`, several times as fast."""
        assert fields.keys() <= self.__dict__.keys()
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.__dict__.update(fields)
        return copy

    def in_file(self, file: str) -> Self:
        """The same place, in ``file``."""
        return self.with_fields(file=file)

    def at(self, path: SpecPath) -> Self:
        """The same place, at ``path``."""
        return self.with_fields(path=path)

    def located(self, location: Location) -> Self:
        """The same place, with its ``location`` in the text."""
        return self.with_fields(location=location)

    @property
    def place(self) -> str:
        """The prefix of a line about the place: the file, and the line and column or the path in the document."""
        if self.location is not None:
            return f"{self.file}:{self.location.line}:{self.location.column}: ".removeprefix(":")
        return "".join(f"{part}: " for part in (self.file, short_path(self.path)) if part)


@dataclass(frozen=True, kw_only=True)
class Diagnostic(Place):
    """One finding. ``rule`` is an id that never changes; ``related`` are other places that the finding is about."""

    rule: RuleId
    hint: str = ""
    level: Level = "error"
    related: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.hint) > MAX_SHOWN_NAME:
            object.__setattr__(self, "hint", with_short_names(self.hint))

    def in_file(self, file: str) -> Self:
        """The same finding, in ``file``; related places that have a file keep it."""
        if not self.related:
            return self.with_fields(file=file)
        related = tuple(each.in_file(each.file or file) for each in self.related)
        return self.with_fields(file=file, related=related)

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that stay the same when lines move and messages are reworded."""
        import hashlib  # noqa: PLC0415  # it loads OpenSSL, and most runs have no finding

        return hashlib.sha256(json.dumps(self._fingerprint_data, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def _fingerprint_data(self) -> tuple[Any, ...]:
        """The JSON data that identifies the finding, without any wording."""
        return (self.rule, tuple(map(_digested, self.path)), self.part)

    def __str__(self) -> str:
        hint = f"; {self.hint}" if self.hint else ""
        return printable(f"{self.place}{self.rule}: {self.message}{hint}")


def _digested(part: str | int) -> str | int:
    """A part of a path, or the digest of a long key, which may be that of thousands of findings."""
    return part if isinstance(part, int) or len(part) <= MAX_SHOWN_NAME else _digest_of(part)


@lru_cache(maxsize=64)
def _digest_of(key: str) -> str:
    import hashlib  # noqa: PLC0415  # as above

    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def finding(  # noqa: PLR0913  # each is one field
    rule: RuleId,
    path: SpecPath,
    message: str,
    hint: str = "",
    *,
    part: str = "",
    on_key: bool = False,
    related: tuple[Place, ...] = (),
) -> Diagnostic:
    """The Diagnostic of an error at a place in the document."""
    return Diagnostic(rule=rule, path=path, message=message, hint=hint, part=part, on_key=on_key, related=related)


def format_path(path: SpecPath) -> str:
    """``("endpoints", "score", "inputs", 0)`` as ``endpoints.score.inputs[0]``; long keys are shortened."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        key = with_short_names(part)
        if _PLAIN_KEY.fullmatch(key):
            text += f".{key}" if text else key
        else:
            text += f"[{json.dumps(key, ensure_ascii=False)}]"
    return text


def short_path(path: SpecPath) -> str:
    """:func:`format_path` with keys cut to 60 characters: a key may be megabytes long."""
    return format_path(tuple(shorten(part) if isinstance(part, str) else part for part in path))


def printable(text: str) -> str:
    """``text`` with control and bidirectional characters written as escapes."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def kind_of(value: object) -> str:
    """The type of ``value`` with its article: ``an int``, ``a Dense``."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeio' else 'a'} {name}"


def counted(count: int, word: str) -> str:
    """``count`` of what ``word`` names: ``1 endpoint``, ``2 endpoints``."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint that names the closest known word, or the empty string where none is close."""
    near = closest(word, known)
    return f"did you mean {near!r}?" if near else ""


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that is closest to ``word``, ignoring case, or the empty string."""
    if not word or len(word) > 64:  # difflib is quadratic; no name that a person mistypes is this long
        return ""
    import difflib  # noqa: PLC0415  # most runs have no word to look for

    lowered = word.lower()
    originals = {name.lower(): name for name in known}
    matches = difflib.get_close_matches(lowered, originals, n=3, cutoff=0.6)
    # Among words that are about as close, prefer one with the same letters: int46 is int64, not int4.
    matches.sort(key=lambda match: sorted(match) != sorted(lowered))
    return originals[matches[0]] if matches else ""
