"""Holding a document against rules: what a rule is, how many findings are enough, and where they stand in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from specc.diagnostics import Diagnostic, finding
from specc.language.document import Document
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
            more = finding("too-many-findings", (), "there are more findings; fix these first")
            yield replace(more, level=diagnostic.level)
            return
        yield diagnostic
