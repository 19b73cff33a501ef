"""Artefact: one file that is made of a document; and what an artefact kind is."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.language.document import Document, Endpoint
from specc.language.load import digest
from specc.report.writer import escaped
from specc.rules.table import RuleId, Target


@dataclass(frozen=True)
class Request:
    """What an artefact is made of: a valid document, the name of the served model, and the chosen endpoints.

    No chosen endpoints stand for all of them.
    """

    document: Document
    name: str
    endpoints: Collection[str] = ()

    @property
    def contract_digest(self) -> str:
        """The contract digest of the whole document."""
        return digest(self.document)

    def chosen(self) -> dict[str, Endpoint]:
        """The chosen endpoints by name, sorted."""
        names = self.endpoints or self.document.endpoints
        return {name: self.document.endpoints[name] for name in sorted(names)}


class Artefact(NamedTuple):
    """The bytes of an artefact, and the findings about it; no bytes where one of them is an error."""

    data: bytes
    findings: tuple[Diagnostic, ...] = ()


Rendered = tuple[bytes, list[Diagnostic]]


@dataclass(frozen=True)
class Kind:
    """A kind of artefacts. ``file_name`` has ``{name}`` for the model's name; ``target`` is that of its checks.

    ``within`` puts an artefact into an existing file, which it may be a part of; ``stem`` makes the name in the file's
    name of that of the model.
    """

    name: str
    file_name: str
    summary: str
    render: Callable[[Request], Rendered]
    target: Target | None = None
    is_binary: bool = False
    within: Callable[[bytes, bytes], bytes] | None = None
    stem: Callable[[str], str] = str

    def usual_name(self, name: str) -> str:
        """The usual name of the file for the model called ``name``."""
        return self.file_name.format(name=self.stem(name))


def emit_finding(rule: RuleId, path: SpecPath, message: str, hint: str = "", *, is_error: bool = False) -> Diagnostic:
    """A finding about an artefact: a warning, or an error because of which there is none."""
    return replace(finding(rule, path, message, hint), level="error" if is_error else "warning")


def json_text(value: Any) -> bytes:
    """Canonical text of JSON: two spaces, and no NaN. What controls a terminal is an escape, as in all output."""
    return (escaped(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)) + "\n").encode("utf-8")
