"""What is shown: the document of a spec or an archive, what else an archive holds, and what has changed since."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from specc.change import Change, Verdict, worst
from specc.compatibility.difference import changes_between, in_order
from specc.compatibility.named_sides import NamedSide, archive_side, read_side
from specc.compatibility.policy import Policy
from specc.diagnostics import Diagnostic
from specc.errors import ArchiveError
from specc.language.document import Document
from specc.language.load import digest
from specc.source.file_names import model_name

if TYPE_CHECKING:
    from specc.reader.contents import Contents
    from specc.reader.inspection import Inspection


@dataclass(frozen=True)
class Subject:
    """A spec or an archive that is shown."""

    file: str
    """Its name as it was given: a path, or ``REV:path``."""
    document: Document
    contract_digest: str
    """64 hexadecimal digits."""
    inspection: Inspection | None = None
    """How the document was read from an archive: its source, notes, what was left out; None for a spec."""
    contents: Contents | None = None
    """What else is in the archive; None for a spec, and where it cannot be read, which is then a note."""
    side: NamedSide | None = field(default=None, repr=False)
    """The same as a side of a comparison; None for an archive whose contract is damaged or does not match its graph."""

    @property
    def title(self) -> str:
        """The name of the model: the document's, or that of the file or the directory."""
        return self.document.name or model_name(self.file)

    @property
    def has_contract(self) -> bool:
        """False where the document was read from a graph: ``?`` then means that a size is not known."""
        return self.inspection is None or self.inspection.source == "contract"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the archive does not record, as text."""
        return () if self.inspection is None else self.inspection.notes

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """How the contract of an archive is damaged or differs from its graph."""
        return () if self.inspection is None else self.inspection.findings


@dataclass(frozen=True)
class Against:
    """What has changed since another spec or archive."""

    file: str
    """The other one's name as it was given."""
    document: Document
    """The other one's document."""
    changes: tuple[Change, ...]
    """Breaking ones first; the path of each is in the shown document, or where ``in_old`` in the other one."""

    @property
    def verdict(self) -> Verdict:
        """The worst of all changes on each surface."""
        return worst(list(self.changes))


def read_subject(name: str) -> Subject:
    """The Subject called ``name``: a spec, the directory of an archive, or ``REV:path``.

    A damaged contract of an archive is among the findings; the document is then read from the graph.

    Raises:
        SpecError: the spec is invalid.
        UnreadableError, ArchiveError: it cannot be read.
        UsageError: the name makes no sense.
    """
    if not (name and Path(name).is_dir()):
        side = read_side(name)
        document = side.described.document
        return Subject(name, document, digest(document), side=side)
    return archive_subject(name)


def archive_subject(directory: str) -> Subject:
    """The Subject of an archive; raises as :func:`read_subject` does."""
    from specc.reader import inspect_archive  # noqa: PLC0415  # it loads protobuf
    from specc.reader.contents import read_contents  # noqa: PLC0415

    inspection, contents = inspect_archive(directory), None
    try:
        contents = read_contents(Path(directory), inspection)
    except ArchiveError as error:  # the interface has been read, and is what matters
        inspection = replace(inspection, notes=(*inspection.notes, f"its variables and ops are not known: {error}"))
    side = None if inspection.findings else archive_side(inspection, directory)
    return Subject(directory, inspection.document, digest(inspection.document), inspection, contents, side)


def changes_since(name: str, subject: Subject, policy: Policy | None = None) -> Against | None:
    """What has changed in ``subject`` since ``name``; None where the contract of ``subject`` cannot be relied on.

    The levels and waivers of a project are in ``policy``.

    Raises:
        SpecError, UnreadableError, ArchiveError, UsageError: as :func:`read_subject` does.
    """
    old = read_side(name, subject.file)
    if subject.side is None:
        return None
    changes = (policy or Policy()).judged(changes_between(old, subject.side))
    return Against(name, old.described.document, tuple(in_order(changes)))
