"""From a text to a Document, or to everything that is wrong with it: of the text, of its parts, and between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.errors import SpecError
from specc.language.document import Document
from specc.language.findings import Defect, diagnose
from specc.language.repair import BeyondRepairError, is_doubtful, repair
from specc.language.trees import is_long_form
from specc.loaders.json_text import read_json
from specc.loaders.locate import locate

Rule = Callable[[Document], Iterator[Diagnostic]]
"""Something that every document, or every one that is to be built, keeps to."""

MAX_FINDINGS = 1000
"""A million findings are no more use to a reader than a thousand, and cost a thousand times the time."""
_MANY_VALUES = 100_000
"""A document of more than these is looked at from its beginning first: each value may be an error of a kilobyte."""
_BEGINNING = 20_000
"""How many values of such a document are its beginning."""
_FILLERS = ("bad-number", "lone-surrogate")
"""Rules of the loader that leave a value of ours in the place of what cannot be read."""


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
            raise SpecError(locate(read.text, error.diagnostics)) from None
    except SpecError as error:
        raise SpecError(diagnostic.in_file(file) for diagnostic in error.diagnostics) from None


def validated(data: Any, rules: Sequence[Rule], known: Sequence[Diagnostic] = (), *, values: int = 0) -> Document:
    """The Document of plain JSON data, which holds as many ``values``.

    Raises:
        SpecError: there are findings: those that are ``known``, those of single parts, and those of ``rules``.
    """
    filled = frozenset(diagnostic.path for diagnostic in known if diagnostic.rule in _FILLERS)
    if values > _MANY_VALUES:
        early = [each for each in _early_findings(data) if not is_doubtful(each.path, filled)]
        if early:
            raise SpecError(capped(chain(known, early)))
    document: Document | None = None
    defects: list[Defect] = []
    repaired: frozenset[SpecPath] = frozenset()
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        defects = list(islice(diagnose(error, data), MAX_FINDINGS))
        with suppress(BeyondRepairError, ValidationError):
            whole, repaired = repair(data, defects)
            document = Document.model_validate(whole)
    of_parts = (defect.finding for defect in defects if not is_doubtful(defect.finding.path, filled))
    between = (_placed(each, data) for each in find(document, *rules)) if document is not None else ()
    certain = (each for each in between if not is_doubtful(each.path, filled | repaired))
    findings = list(capped(chain(known, of_parts, certain)))
    if findings or document is None:
        raise SpecError(findings)
    return document


def located(content: str | bytes, file: str, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings about the document in ``content``, whose file it is, with their locations in it."""
    try:
        read = read_json(content)
    except SpecError:  # the file has changed since
        return [diagnostic.in_file(file) for diagnostic in diagnostics]
    placed = [_placed(diagnostic, read.data) for diagnostic in diagnostics]
    return [diagnostic.in_file(file) for diagnostic in locate(read.text, placed)]


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


def _early_findings(data: Any) -> Iterator[Diagnostic]:
    """The findings of single parts in the beginning of a long document, and a last one that says so."""
    cut: set[SpecPath] = set()
    beginning = _beginning(data, (), [_BEGINNING], cut)
    try:
        Document.model_validate(beginning)
    except ValidationError as error:
        found = (each.finding for each in diagnose(error, beginning) if not {each.finding.path, each.place} & cut)
        certain = list(islice(found, MAX_FINDINGS))
        yield from certain
        if certain:
            yield finding("too-many-findings", (), "there may be more findings in the rest; mend these first")


def _beginning(value: Any, path: SpecPath, left: list[int], cut: set[SpecPath]) -> Any:
    """``value`` without what comes behind the values that are ``left``; ``cut`` gets the paths that lost something."""
    if not isinstance(value, (dict, list)):
        return value
    kept: list[tuple[Any, Any]] = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if left[0] <= 0:
            cut.add(path)
            break
        left[0] -= 1
        kept.append((key, _beginning(item, (*path, key), left, cut)))
    return dict(kept) if isinstance(value, dict) else [item for _, item in kept]


def _placed(diagnostic: Diagnostic, data: Any) -> Diagnostic:
    """A finding of a rule with its path as the file has it.

    A long form of a list or dict has its parts under ``items``, and one of a tensor its dtype and dimensions apart.
    """
    path: list[str | int] = []
    current = data
    for part in diagnostic.path:
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
    if diagnostic.part and is_long_form(current):
        shape = current.get("shape")
        if isinstance(shape, list) and diagnostic.part in shape:
            path += ["shape", shape.index(diagnostic.part)]
        elif diagnostic.part == current.get("dtype"):
            path.append("dtype")
    return diagnostic.at(tuple(path))
