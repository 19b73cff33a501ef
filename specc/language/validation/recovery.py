"""Validation of a broken document: all of its defects, and the findings of the rules on the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.validation.affordable import charge_data, document_budget
from specc.language.validation.json_paths import to_json_paths
from specc.language.validation.pydantic_errors import Defect, diagnose
from specc.language.validation.repair import BeyondRepairError, is_uncertain, repair
from specc.language.validation.rules import MANY_VALUES, Rule, capped, from_data, run_rules
from specc.source.limits import MAX_FINDINGS

_FIRST_VALUES = 20_000
"""How many values of a long document are checked first."""
_ROUNDS = 3
"""How many times a document is repaired: a misspelt key may have misspelt keys inside."""
_PLACEHOLDER_RULES = ("bad-number", "lone-surrogate")
"""Rules of the loader that replace an unreadable value by a placeholder."""


def validated_with_defects(
    data: Any, rules: Sequence[Rule], known: Sequence[Diagnostic], *, values: int, directory: Path | None
) -> Document:
    """The Document of plain JSON data that is long or may have defects; otherwise like ``validated``.

    Raises:
        SpecError: there are findings: those that are ``known``, those of single parts, and those of ``rules``.
    """
    filled = frozenset(diagnostic.path for diagnostic in known if diagnostic.rule in _PLACEHOLDER_RULES)
    if values > MANY_VALUES:
        early = [each for each in _early_findings(data) if not is_uncertain(each.path, filled)]
        if early:
            raise SpecError(capped(chain(known, early)))
        charge_data(data, values, document_budget())
    document: Document | None = None
    defects: list[Defect] = []
    repaired: frozenset[SpecPath] = frozenset()
    try:
        document = from_data(data, directory)
    except ValidationError as error:
        defects = _without_misspelt_keys(list(islice(diagnose(error, data), MAX_FINDINGS)))
        document, repaired = _repair_document(data, defects, directory)
    of_parts = (defect.finding for defect in defects if not is_uncertain(defect.finding.path, filled))
    between = to_json_paths(run_rules(document, *rules), data) if document is not None else ()
    certain = (each for each in between if not is_uncertain(each.path, filled | repaired))
    findings = list(capped(chain(known, of_parts, certain)))
    if findings or document is None:
        raise SpecError(findings)
    return document


def _without_misspelt_keys(defects: list[Defect]) -> list[Defect]:
    """``defects`` without the missing keys that are only misspelt."""
    intended = {(*defect.place[:-1], defect.intended_key) for defect in defects if defect.intended_key}
    return [defect for defect in defects if defect.finding.rule != "missing-key" or defect.place not in intended]


def _repair_document(
    data: Any, defects: Sequence[Defect], directory: Path | None
) -> tuple[Document | None, frozenset[SpecPath]]:
    """The document that ``data`` is without ``defects``, or None, and the paths that are in doubt."""
    uncertain: frozenset[SpecPath] = frozenset()
    with suppress(BeyondRepairError):
        for _ in range(_ROUNDS):
            data, more = repair(data, defects)
            uncertain |= more
            try:
                return from_data(data, directory), uncertain
            except ValidationError as error:  # below a key that was just corrected
                defects = list(islice(diagnose(error, data), MAX_FINDINGS))
    return None, uncertain


def _early_findings(data: Any) -> Iterator[Diagnostic]:
    """The findings about single parts in the beginning of a long document, and a last one about the rest."""
    cut: set[SpecPath] = set()
    beginning = _cut_after(data, (), [_FIRST_VALUES], cut)
    try:
        Document.model_validate(beginning)
    except ValidationError as error:
        found = (each.finding for each in diagnose(error, beginning) if not {each.finding.path, each.place} & cut)
        certain = list(islice(found, MAX_FINDINGS))
        yield from certain
        if certain:
            yield finding("too-many-findings", (), "there may be more findings in the rest; fix these first")


def _cut_after(value: Any, path: SpecPath, left: list[int], cut: set[SpecPath]) -> Any:
    """``value`` cut after the number of values that are ``left``; the paths that were cut are added to ``cut``."""
    if not isinstance(value, (dict, list)):
        return value
    kept: list[tuple[Any, Any]] = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if left[0] <= 0:
            cut.add(path)
            break
        left[0] -= 1
        kept.append((key, _cut_after(item, (*path, key), left, cut)))
    return dict(kept) if isinstance(value, dict) else [item for _, item in kept]
