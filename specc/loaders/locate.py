"""Where the values of a JSON text stand: a second look at a text, taken only once there is something to say of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from specc.diagnostics import Diagnostic, Place, SpecPath
from specc.loaders.json_scan import unquote
from specc.loaders.lines import Lines

_TOKEN = re.compile(r'[{}\[\],:]|"(?:[^"\\]++|\\.)*+"|[^\s{}\[\],:"]++')
_CHARACTER = re.compile(r"(\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.)|[\s\S]")
"""One character of a string as it is written: a pair of escapes may stand for one."""


@dataclass
class _Wanted:
    """A place that is looked for, those inside it, and where it was found: the key before it, and the value."""

    inside: dict[str | int, _Wanted] = field(default_factory=dict)
    key: tuple[int, int] | None = None
    start: int = -1
    end: int = -1


P = TypeVar("P", bound=Place)


def locate(text: str, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """``findings`` about the JSON text ``text``, each with its location, in the order of the text.

    Related places get theirs too. A scalar is marked whole, or its ``part``; of a container the key before it, or else
    its opening bracket.
    """
    listed = list(findings)
    missing = [place for each in listed for place in (each, *each.related) if place.location is None]
    if missing:
        root, lines = _wanted(place.path for place in missing), Lines(text)
        _find(text, root)

        def located(place: P) -> P:
            return place if place.location else place.located(lines.location(*_span(text, root, place)))

        listed = [replace(located(each), related=tuple(map(located, each.related))) for each in listed]
    return sorted(listed, key=_order)


def _order(finding: Diagnostic) -> tuple[bool, int, int]:
    """By place; what speaks of the whole run and not of its place comes last."""
    where = finding.location
    assert where is not None
    return finding.rule == "too-many-findings", where.line, where.column


def _wanted(paths: Iterable[SpecPath]) -> _Wanted:
    """The places of ``paths`` and of all that is around them, which are yet to be found."""
    root = _Wanted()
    for path in paths:
        place = root
        for part in path:
            place = place.inside.setdefault(part, _Wanted())
    return root


def _find(text: str, root: _Wanted) -> None:
    """Finds ``root`` and all that is looked for inside it. Of a key that stands twice, the first counts."""
    around: list[_Around] = []
    for token in _TOKEN.finditer(text):
        char = text[token.start()]
        container = around[-1] if around else None
        if char in "]}":
            around.pop().close(token.end())
        elif char == ",":
            if container is not None:
                container.count += 1
        elif char == ":":
            pass
        elif container is not None and container.is_object and container.key is None:
            container.key = token.span()
        else:
            place = root if container is None else container.place_of_value(text)
            if place is not None and place.start >= 0:
                place = None
            if place is not None:
                place.start, place.end = token.span()
                place.key = container.key if container is not None else None
            if container is not None:
                container.key = None
            if char in "[{":
                around.append(_Around(place, is_object=char == "{"))


@dataclass
class _Around:
    """A container that is open: its place where something in it is looked for, and how far it was read."""

    place: _Wanted | None
    is_object: bool
    key: tuple[int, int] | None = None
    count: int = 0

    def place_of_value(self, text: str) -> _Wanted | None:
        """The place of the next value, where it is looked for."""
        if self.place is None or not self.place.inside:
            return None
        if self.key is None:
            return self.place.inside.get(self.count)
        return self.place.inside.get(unquote(text[slice(*self.key)]))

    def close(self, end: int) -> None:
        if self.place is not None:
            self.place.end = end


def _span(text: str, root: _Wanted, wanted: Place) -> tuple[int, int]:
    place = root
    for part in wanted.path:
        inner = place.inside.get(part)
        if inner is None or inner.start < 0:
            break
        place = inner
    if place.start < 0:  # there is no value at all
        return 0, 0
    if place.key is not None and (wanted.on_key or text[place.start] in "[{"):
        return place.key
    if text[place.start] in "[{":
        return place.start, place.start + 1
    if wanted.part and text[place.start] == '"':
        return _part(text, place.start, place.end, wanted.part)
    return place.start, place.end


def _part(text: str, start: int, end: int, part: str) -> tuple[int, int]:
    """Where ``part`` stands in the string between ``start`` and ``end``: at its beginning, or in its first brackets."""
    written = text[start + 1 : end - 1]
    characters = [match.span() for match in _CHARACTER.finditer(written)]
    decoded = unquote(text[start:end])
    if decoded.startswith(part):
        index = 0
    else:
        word = re.compile(rf"(?<!\w){re.escape(part)}(?!\w)").search(decoded, decoded.find("[") + 1)
        if word is None:
            return start, end
        index = word.start()
    offset = start + 1
    return offset + characters[index][0], offset + characters[index + len(part) - 1][1]
