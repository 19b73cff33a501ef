"""The type of a rule, and running rules on a document with a limit on the number of findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from specc.diagnostics import Diagnostic, finding
from specc.language.document import Document
from specc.source.limits import MAX_FINDINGS

Rule = Callable[[Document], Iterator[Diagnostic]]
"""A function that yields the findings about a document."""

MANY_VALUES = 100_000
"""A document with more values than this is checked from its beginning first: each may be an error of a kilobyte."""


def from_data(data: Any, directory: Path | None) -> Document:
    """The Document of plain JSON data in a file in ``directory``; raises pydantic's ValidationError."""
    document = Document.model_validate(data)
    return document if directory is None else document.in_directory(directory)


def find(document: Document, *rules: Rule) -> Iterator[Diagnostic]:
    """The findings of all rules."""
    return chain.from_iterable(rule(document) for rule in rules)


def capped(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """At most MAX_FINDINGS of ``diagnostics``; the last one states that there are more, which are not computed."""
    for count, diagnostic in enumerate(diagnostics):
        if count == MAX_FINDINGS - 1:
            more = finding("too-many-findings", (), "there are more findings; fix these first")
            yield replace(more, level=diagnostic.level)
            return
        yield diagnostic
