"""Locating values in a JSON text: a second pass over the text, only if there are findings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from specc.diagnostics import Diagnostic, Place
from specc.source.json_scanner import find_spans, unquote
from specc.source.lines import Lines
from specc.source.wanted_values import Wanted, wanted_values

_CHARACTER = re.compile(r"(\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.)|[\s\S]")
"""One character of a string as it is written: it may be a pair of escapes."""
P = TypeVar("P", bound=Place)


def locate(text: str, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """``findings`` about the JSON text ``text``, each with its location, in the order of the text.

    Related places are located too. The location of a scalar is its span, or that of its ``part``; the location of a
    container is its key, or else its opening bracket.
    """
    listed = list(findings)
    missing = [place for each in listed for place in (each, *each.related) if place.location is None]
    if missing:
        root, lines = wanted_values(place.path for place in missing), Lines(text)
        start = len(text) - len(text.lstrip())
        if root.inside or text[start : start + 1] not in ("[", "{"):
            find_spans(text, root)
        else:  # all are about the whole document
            root.found(start, start + 1, None)

        def located(place: P) -> P:
            return place if place.location else place.located(lines.location(*_span_of(text, root, place)))

        listed = [
            found.with_fields(related=tuple(map(located, found.related))) if found.related else found
            for found in map(located, listed)
        ]
    return sorted(listed, key=_sort_key)


def _sort_key(finding: Diagnostic) -> tuple[bool, int, int]:
    """The sort key of a finding: its place; findings about the whole run come last."""
    where = finding.location
    assert where is not None
    return finding.rule == "too-many-findings", where.line, where.column


def _span_of(text: str, root: Wanted, wanted: Place) -> tuple[int, int]:
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
        return _part_span(text, place.start, place.end, wanted.part)
    return place.start, place.end


def _part_span(text: str, start: int, end: int, part: str) -> tuple[int, int]:
    """The span of ``part`` in the string between ``start`` and ``end``: at its beginning, or in its first brackets."""
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
