"""OLD and NEW of a comparison by their names: a spec, an archive, ``REV:path``, or ``REV`` of the other side's spec."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from specc.compatibility.sides import Described
from specc.diagnostics import Diagnostic
from specc.errors import FindingCollector, SpecError, UnreadableError, UsageError
from specc.language.document import Document
from specc.language.load import BUILDABLE, load_spec, require_consistent
from specc.language.validation.pipeline import LoadedSpec, read_spec

if TYPE_CHECKING:
    from specc.reader import Inspection

Contract: TypeAlias = str | os.PathLike[str] | Document
"""What can be compared: a Document, or the name of a spec, an archive or a revision."""
_EXPECTED = "expected a spec, the directory of a SavedModel, or REV:path"


@dataclass(frozen=True)
class NamedSide:
    """One side of a comparison, with the name that its findings have as their file."""

    name: str
    described: Described
    spec: LoadedSpec | None = None
    """The text of the document; None for an archive, a Document, and a spec that does not exist."""
    place: str = ""
    """The path that decides which pyproject.toml applies."""
    exists: bool = True

    def in_text(self, findings: list[Diagnostic]) -> list[Diagnostic]:
        """``findings`` about the document with their file, and with locations where there is a text."""
        if self.spec is not None:
            return self.spec.locate(findings)
        return [finding.in_file(self.name) for finding in findings]


def read_sides(old: Contract, new: Contract) -> tuple[NamedSide, NamedSide]:
    """Both sides.

    Raises:
        SpecError: a side is invalid, or the contract of an archive does not match its graph; with the findings of both.
        UnreadableError, ArchiveError: a side cannot be read.
        UsageError: a name makes no sense.
    """
    collector, sides = FindingCollector(), []
    for side, other in ((old, new), (new, old)):
        with collector.gather():
            sides.append(of_document(side) if isinstance(side, Document) else read_side(side, other))
    collector.raise_any()
    return sides[0], sides[1]


def of_document(document: Document) -> NamedSide:
    """A document that has no text.

    Raises:
        SpecError: it is inconsistent.
    """
    require_consistent(document)
    return NamedSide("", Described(document))


def read_side(name: str | os.PathLike[str], other: Contract = "") -> NamedSide:
    """The side called ``name``; ``other`` is the name of the other one, whose spec ``REV`` means.

    Raises:
        SpecError, UnreadableError, ArchiveError, UsageError: as :func:`read_sides` does.
    """
    name = os.fspath(name)
    if not name:
        raise UsageError(f"an empty name names nothing: {_EXPECTED}")
    path = Path(name)
    if path.is_dir():
        return read_archive(name)
    if os.path.lexists(path):
        return NamedSide(name, *_described(load_spec(name)), place=name)
    revision, colon, inside = name.partition(":")
    if inside.startswith("//"):
        hint = "give the directory of a local copy, or with --base the URL of the directory of its versions"
        raise UsageError(f"{name} is a URL, which cannot be read in place; {hint}")
    if colon and not (revision and inside):
        raise UsageError(f"{name!r} names no {'file' if revision else 'revision'}: {_EXPECTED}")
    from specc.source.git_revisions import SUFFIX, repository_of  # noqa: PLC0415  # most comparisons need no git

    if colon:
        repository = repository_of()
        if inside.startswith(("./", "../")):  # as in git
            inside = repository.path_of(inside)
        return read_revision(repository.root, revision, inside)
    if name.endswith(SUFFIX):
        raise UnreadableError(f"cannot read {name}: there is no such file")
    partner = _spec_of(other)
    try:
        repository = repository_of(os.path.dirname(partner) or ".")  # noqa: PTH120  # "" is the working directory
    except UnreadableError as error:
        raise UnreadableError(f"cannot read {name}: there is no such file or directory; {error}") from None
    if repository.find_commit(name) is None and not repository.is_shallow():
        raise UnreadableError(f"cannot read {name}: there is no such file, directory or revision")
    if not partner:
        hint = f"write {name}:path"
        raise UsageError(f"{name} is a revision, and the other side is not a spec that could be read there; {hint}")
    return read_revision(repository.root, name, repository.path_of(partner))


def _spec_of(other: Contract) -> str:
    """The file of the working tree that ``REV`` without a path means, given the other side; or nothing."""
    if isinstance(other, Document):
        return ""
    name = os.fspath(other)
    if os.path.isfile(name):  # noqa: PTH113  # of a name that may be anything
        return name
    _, colon, inside = name.partition(":")
    if not colon or not inside or inside.startswith("//"):
        return ""
    if inside.startswith(("./", "../")):
        return inside
    from specc.source.git_revisions import repository_of  # noqa: PLC0415

    return str(repository_of().root / inside)


def read_revision(root: Path, revision: str, path: str, shown: str = "") -> NamedSide:
    """The spec at ``path`` of a revision in the repository at ``root``; ``shown`` is its name in findings."""
    from specc.source.git_revisions import Repository  # noqa: PLC0415

    repository = Repository(root)
    name = shown or f"{revision}:{path}"
    spec = read_spec(repository.text(revision, path), name, BUILDABLE)
    return NamedSide(name, *_described(spec), place=repository.file_at(path))


def read_archive(directory: str, shown: str = "") -> NamedSide:
    """The archive in a local directory; ``shown`` is its name in findings.

    Raises:
        SpecError: its contract is damaged or does not match its graph.
        ArchiveError: it cannot be read.
    """
    from specc.reader import inspect_archive  # noqa: PLC0415  # it loads protobuf

    name = shown or directory
    inspection = inspect_archive(directory)
    if inspection.findings:
        raise SpecError(finding.in_file(name) for finding in inspection.findings)
    return archive_side(inspection, directory, name)


def archive_side(inspection: Inspection, directory: str, shown: str = "") -> NamedSide:
    """The archive in ``directory``, which has been inspected without findings; ``shown`` is its name in findings."""
    name = shown or directory
    if inspection.source == "contract":
        document = _as_built(inspection.document, frozenset(inspection.left_out))
        return NamedSide(name, Described(document, undescribed=frozenset(inspection.undescribed)), place=directory)
    has_python = inspection.source != "signatures"
    described = Described(
        inspection.document,
        has_contract=False,
        has_python=has_python,
        undescribed=inspection.flat,
        unpublished=inspection.unpublished,
        tags=frozenset(inspection.tags),
    )
    return NamedSide(name, described, place=directory)


def _as_built(document: Document, left_out: frozenset[str]) -> Document:
    """The document of an archive, in which nothing is optional: it has no endpoint that was left out."""
    endpoints = {
        name: endpoint.model_copy(update={"optional": False}) if endpoint.optional else endpoint
        for name, endpoint in document.endpoints.items()
        if name not in left_out
    }
    return document.model_copy(update={"endpoints": endpoints})


def absent(side: NamedSide, name: str) -> NamedSide:
    """The other side of a spec that was added or deleted: the same document, without anything to call."""
    document = side.described.document.model_copy(update={"endpoints": {}, "default": None, "variable_collections": {}})
    return NamedSide(name, Described(document), place=side.place, exists=False)


def _described(spec: LoadedSpec) -> tuple[Described, LoadedSpec]:
    return Described(spec.document), spec
