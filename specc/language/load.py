"""From a spec's text to a Document, and back to its canonical text."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.consistency import find_inconsistencies
from specc.language.document import Document, document_to_json
from specc.language.findings import capped, diagnose
from specc.language.legality import find_illegal
from specc.language.trees import is_long_form
from specc.loaders.json_text import parse_json, read_json

Rule = Callable[[Document], Iterator[Diagnostic]]


def load(source: str | os.PathLike[str]) -> Document:
    """The Document in the file ``source``.

    Raises:
        SpecError: the text is no document of the language; ``diagnostics`` holds every finding.
        UnreadableError: the file cannot be read.
    """
    return _parse(read_json(Path(source)), str(source), find_inconsistencies)


def loads(text: str | bytes) -> Document:
    """The Document in ``text``; raises as :func:`load` does."""
    return from_json(parse_json(text))


def from_json(data: Any) -> Document:
    """The Document of plain JSON data; raises as :func:`load` does."""
    return _parse(data, "", find_inconsistencies)


def load_buildable(source: str | os.PathLike[str]) -> Document:
    """The Document in the file ``source``, held against the rules of building too: what ``specc validate`` asks.

    Raises:
        SpecError, UnreadableError: as :func:`load` does.
    """
    return _parse(read_json(Path(source)), str(source), find_inconsistencies, find_illegal)


def require_buildable(document: Document) -> None:
    """Raises SpecError with every finding, where ``document`` makes no sense or cannot be built."""
    findings = _find(document, find_inconsistencies, find_illegal)
    if findings:
        raise SpecError(findings)


def dump(document: Document) -> str:
    """The canonical text of ``document``: equal documents have equal texts. It ends in a newline."""
    return json.dumps(document_to_json(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def digest(document: Document) -> str:
    """SHA-256, in hex, of what the document means: formatting, the order of keys and ``$schema`` don't count."""
    data = {key: value for key, value in document_to_json(document).items() if key != "$schema"}
    compact = json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(compact.encode("utf-8")).hexdigest()


def _parse(data: Any, file: str, *rules: Rule) -> Document:
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        raise SpecError(finding.in_file(file) for finding in capped(diagnose(error, data))) from None
    findings = _find(document, *rules)
    if findings:
        raise SpecError(_placed(finding, data).in_file(file) for finding in findings)
    return document


def _find(document: Document, *rules: Rule) -> list[Diagnostic]:
    """The first findings of all rules: the rest are never even looked for, of which a hostile file has a million."""
    return list(capped(finding for find in rules for finding in find(document)))


def _placed(finding: Diagnostic, data: Any) -> Diagnostic:
    """``finding`` with its path as the file has it: a long form of a list or dict has its parts under ``items``."""
    path: list[str | int] = []
    current = data
    for part in finding.path:
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
    return finding.at(tuple(path))
