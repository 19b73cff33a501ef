"""Makes a Document of a text, or reports all findings: about the text, its parts, and the relations between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from specc.diagnostics import Diagnostic
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.validation.affordable import charge_paths, document_budget
from specc.language.validation.json_paths import to_json_paths
from specc.language.validation.rules import MANY_CHARACTERS, MANY_VALUES, Rule, capped, from_data, run_rules
from specc.source.json_text import read_json
from specc.source.spec_source import SpecSource


@dataclass(frozen=True)
class LoadedSpec:
    """A Document with the text that it was read from."""

    document: Document
    source: SpecSource

    def locate(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """``findings`` about the document, each with its file and location, in the order of the text."""
        return self.source.locate(to_json_paths(findings, self.source.data))


def read_spec(content: str | bytes, name: str, rules: Sequence[Rule], directory: Path | None = None) -> LoadedSpec:
    """The Document in ``content``, checked against ``rules``; ``name`` is the file name in findings.

    ``directory`` is the one of the file, where those of its examples are.

    Raises:
        SpecError: there are findings; all of them are reported, each with its location, in the order of the text.
    """
    source = read_json(content, name)
    try:
        characters = len(source.text) * source.values
        document = validated(
            source.data, rules, source.defects, values=source.values, characters=characters, directory=directory
        )
    except SpecError as error:
        raise SpecError(source.locate(error.diagnostics)) from None
    return LoadedSpec(document, source)


def validated(
    data: Any,
    rules: Sequence[Rule],
    known: Sequence[Diagnostic] = (),
    *,
    values: int = 0,
    characters: int = MANY_CHARACTERS,
    directory: Path | None = None,
) -> Document:
    """The Document of plain JSON data, which has ``values`` values, in a file in ``directory``.

    ``characters`` is a bound on how many all of its names can have.

    Raises:
        SpecError: there are findings: those that are ``known``, those of single parts, and those of ``rules``.
    """
    if characters >= MANY_CHARACTERS:
        charge_paths(data, document_budget())
    if not known and values <= MANY_VALUES:
        with suppress(ValidationError):
            document = from_data(data, directory, characters)
            findings = list(to_json_paths(capped(run_rules(document, *rules)), data))
            if findings:
                raise SpecError(findings)
            return document
    from specc.language.validation.recovery import validated_with_defects  # noqa: PLC0415  # only for broken texts

    return validated_with_defects(data, rules, known, values=values, directory=directory)
