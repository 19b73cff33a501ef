"""Holding a document against rules: what a rule is, how many findings are enough, and where they stand in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from specc.diagnostics import Diagnostic, Place, SpecPath, finding
from specc.language.document import Document
from specc.language.trees import is_long_form
from specc.source.limits import MAX_FINDINGS

Rule = Callable[[Document], Iterator[Diagnostic]]
"""Something that every document, or every one that is to be built, keeps to."""

MANY_VALUES = 100_000
"""A document of more than these is looked at from its beginning first: each value may be an error of a kilobyte."""


def find(document: Document, *rules: Rule) -> Iterator[Diagnostic]:
    """The findings of all rules."""
    return chain.from_iterable(rule(document) for rule in rules)


def capped(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """At most MAX_FINDINGS of ``diagnostics``; the last one says that there are more, which are not even looked for."""
    for count, diagnostic in enumerate(diagnostics):
        if count == MAX_FINDINGS - 1:
            more = finding("too-many-findings", (), "there are more findings; mend these first")
            yield replace(more, level=diagnostic.level)
            return
        yield diagnostic


def placed(diagnostic: Diagnostic, data: Any) -> Diagnostic:
    """A finding of a rule with its path, and those of its related places, as the file has them."""
    related = tuple(place.at(_json_path(place, data)) for place in diagnostic.related)
    return replace(diagnostic, path=_json_path(diagnostic, data), related=related)


def _json_path(place: Place, data: Any) -> SpecPath:
    """The path of ``place`` in ``data``.

    A long form of a list or dict has its parts under ``items``, and one of a tensor its dtype and dimensions apart.
    """
    path: list[str | int] = []
    current = data
    for part in place.path:
        if is_long_form(current) and current["kind"] in ("list", "dict"):
            path.append("items")
            current = current["items"]
        if len(path) == 2 and path[0] == "variable_collections" and isinstance(current, list) and part == "content":
            path.append(0)  # an array of one selection is the same collection as the selection
            current = current[0]
        path.append(part)
        try:
            current = current[part]
        except (KeyError, IndexError, TypeError):
            current = None
    if place.part and is_long_form(current):
        shape = current.get("shape")
        if isinstance(shape, list) and place.part in shape:
            path += ["shape", shape.index(place.part)]
        elif place.part == current.get("dtype"):
            path.append("dtype")
    return tuple(path)
