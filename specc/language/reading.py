"""From a text to a Document, or to everything that is wrong with it: of the text, of its parts, and between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.holding import MANY_VALUES, Rule, capped, find, placed
from specc.loaders.json_text import read_json


def read_document(content: str | bytes, file: str, rules: Sequence[Rule]) -> Document:
    """The Document in ``content``, which findings call ``file``, held against ``rules``.

    Raises:
        SpecError: there are findings; all of them are told, each with its location, in the order of the text.
    """
    try:
        read = read_json(content)
        try:
            return validated(read.data, rules, read.findings, values=read.values)
        except SpecError as error:
            raise SpecError(_located(read.text, error.diagnostics)) from None
    except SpecError as error:
        raise SpecError(diagnostic.in_file(file) for diagnostic in error.diagnostics) from None


def validated(data: Any, rules: Sequence[Rule], known: Sequence[Diagnostic] = (), *, values: int = 0) -> Document:
    """The Document of plain JSON data, which holds as many ``values``.

    Raises:
        SpecError: there are findings: those that are ``known``, those of single parts, and those of ``rules``.
    """
    if not known and values <= MANY_VALUES:
        with suppress(ValidationError):
            document = Document.model_validate(data)
            findings = [placed(each, data) for each in capped(find(document, *rules))]
            if findings:
                raise SpecError(findings)
            return document
    from specc.language.defects import validated_with_defects  # noqa: PLC0415  # only what is broken waits for it

    return validated_with_defects(data, rules, known, values=values)


def located(content: str | bytes, file: str, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings about the document in ``content``, whose file it is, with their locations in it."""
    try:
        read = read_json(content)
    except SpecError:  # the file has changed since
        return [diagnostic.in_file(file) for diagnostic in diagnostics]
    moved = [placed(diagnostic, read.data) for diagnostic in diagnostics]
    return [diagnostic.in_file(file) for diagnostic in _located(read.text, moved)]


def _located(text: str, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    from specc.loaders.locate import locate  # noqa: PLC0415  # only what is broken waits for it

    return locate(text, diagnostics)
