"""Loading a spec's text as a Document, and writing its canonical text."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from specc.diagnostics import did_you_mean, finding, shorten
from specc.errors import SpecError, UsageError
from specc.language.document import Document, Endpoint
from specc.language.pretty_json import lay_out
from specc.language.record import ordered_keys, to_json
from specc.language.validation.buildable import find_unbuildable
from specc.language.validation.consistency import find_inconsistencies
from specc.language.validation.pipeline import LoadedSpec, read_spec, validated
from specc.language.validation.rules import Rule, capped, run_rules
from specc.source.json_text import measure, read_content
from specc.source.limits import MAX_DEPTH

ALWAYS: tuple[Rule, ...] = (find_inconsistencies,)
"""The rules for every document."""
BUILDABLE: tuple[Rule, ...] = (find_inconsistencies, find_unbuildable)
"""The rules for a document that an archive can be built from."""
_LISTED = 12


def load(source: str | os.PathLike[str]) -> Document:
    """The Document in the file ``source``. The files that its examples name are not read.

    Raises:
        SpecError: the text is not a valid document; ``diagnostics`` has every finding, with its location.
        UnreadableError: the file cannot be read.
    """
    path = Path(source)
    return read_spec(read_content(path), str(source), ALWAYS).document.in_directory(path.parent)


def loads(text: str | bytes) -> Document:
    """The Document in ``text``; raises as :func:`load` does."""
    return read_spec(text, "", ALWAYS).document


def from_json(data: Any) -> Document:
    """The Document of plain JSON data; raises as :func:`load` does, though without locations."""
    depth, values = measure(data)
    if depth > MAX_DEPTH:
        raise SpecError([finding("too-deep", (), f"the data is nested deeper than {MAX_DEPTH} levels")])
    return validated(data, ALWAYS, values=values)


def load_spec(source: str | os.PathLike[str], rules: Sequence[Rule] = BUILDABLE) -> LoadedSpec:
    """The Document in the file ``source`` with its text, checked against ``rules``, by default those of validate.

    Of the files that its examples name the headers are checked.

    Raises:
        SpecError, UnreadableError: as :func:`load` does.
    """
    path = Path(source)
    return read_spec(read_content(path), str(source), rules, path.absolute().parent)


def require_consistent(document: Document) -> None:
    """Raises SpecError with every finding if ``document`` is inconsistent, as one that was made in code may be."""
    _require(document, ALWAYS)


def require_buildable(document: Document) -> None:
    """Raises SpecError with every finding if ``document`` is inconsistent or cannot be built.

    Its examples are not checked, since building needs none: they and their files may have stayed behind.
    """
    _require(document.promises(), BUILDABLE)


def require_endpoint(document: Document, name: str) -> None:
    """Raises UsageError if ``document`` has no endpoint called ``name``, with the names that it has."""
    known = sorted(document.endpoints)
    if name not in document.endpoints:
        more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
        hint = did_you_mean(name, known) or f"there are {', '.join(map(shorten, known[:_LISTED]))}{more}"
        raise UsageError(f"there is no endpoint {shorten(name)!r}; {hint}")


def _require(document: Document, rules: Sequence[Rule]) -> None:
    findings = list(capped(run_rules(document, *rules)))
    if findings:
        raise SpecError(findings)


def dump(document: Document) -> str:
    """The canonical text of ``document``: equal documents have equal texts. It ends in a newline."""
    return lay_out(document.to_json())


def digest(document: Document) -> str:
    """The SHA-256, in hex, of the document's promises, without formatting and ``$schema``: the contract digest.

    It is computed from compact JSON in UTF-8. ``inputs`` and ``kwargs`` are as in the canonical text, since the order
    of their keys matters; the keys of all other objects are sorted.
    """
    import hashlib  # noqa: PLC0415  # which loads OpenSSL, and validating needs no digest

    data = document.promises().to_json()
    data.pop("$schema", None)
    endpoints = {
        name: to_json(endpoint) | {key: endpoint[key] for key in ordered_keys(Endpoint) if key in endpoint}
        for name, endpoint in data["endpoints"].items()
    }
    digested = to_json(data) | {"endpoints": endpoints}
    compact = json.dumps(digested, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(compact.encode("utf-8")).hexdigest()
