"""The type of a rule, and running rules on a document with a limit on the number of findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from specc.diagnostics import Diagnostic, finding
from specc.language.document import Document
from specc.language.validation.affordable import charge_document, document_budget
from specc.source.budget import DOCUMENT_LIMITS
from specc.source.limits import MAX_FINDINGS

Rule = Callable[[Document], Iterator[Diagnostic]]
"""A function that yields the findings about a document."""

MANY_VALUES = 40_000
"""A document with more values than this is checked from its beginning first: each may be an error of a kilobyte."""


MANY_CHARACTERS = DOCUMENT_LIMITS["characters of names"]
"""Where all names have fewer, which the length of the text may show, they need not be counted."""


def from_data(data: Any, directory: Path | None, characters: int = MANY_CHARACTERS) -> Document:
    """The Document of plain JSON data in a file in ``directory``, whose names have at most this many ``characters``.

    Raises:
        ValidationError: pydantic's, about single parts.
        SpecError: the names of its leaves are more than can be afforded.
    """
    document = Document.model_validate(data)
    if characters >= MANY_CHARACTERS or any(endpoint.receivers for endpoint in document.endpoints.values()):
        charge_document(document, document_budget())
    return document if directory is None else document.in_directory(directory)


def run_rules(document: Document, *rules: Rule) -> Iterator[Diagnostic]:
    """The findings of all rules."""
    return chain.from_iterable(rule(document) for rule in rules)


def capped(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """At most MAX_FINDINGS of ``diagnostics``; the last one states that there are more, which are not computed."""
    for count, diagnostic in enumerate(diagnostics):
        if count == MAX_FINDINGS - 1:
            more = finding("too-many-findings", (), "there are more findings; fix these first")
            yield more.with_fields(level=diagnostic.level)
            return
        yield diagnostic
