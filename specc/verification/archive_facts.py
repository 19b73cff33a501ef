"""ArchiveFacts: what is read from an archive before it runs, and decides how it is called and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from specc.language.document import Document
from specc.language.signatures import TAGS
from specc.reader.inspection import choose_graph, inspect_archive
from specc.reader.saved_model import read_saved_model


@dataclass(frozen=True)
class ArchiveFacts:
    """Facts about the archive in ``directory``, which does not depend on the current one."""

    directory: str
    tags: tuple[str, ...] = ("serve",)
    """The tags to load it with."""
    has_objects: bool = True
    """Whether it has attributes; TensorFlow 1 does not write them."""
    has_contract: bool = False
    describes_itself: bool = False
    """Whether the document was read from its graph: an endpoint then need not be both an attribute and a signature."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The optional endpoints that it was built without, each with the reason."""
    undescribed: Mapping[str, str] = field(default_factory=dict)
    """The endpoints whose attribute has a tree that cannot be written in a spec, each with the reason."""
    captures: Mapping[str, frozenset[str]] | None = None
    """The paths of the variables that each endpoint uses; None if that is not known."""


def read_facts(document: Document, directory: Path) -> ArchiveFacts:
    """The facts about the archive in ``directory``, which is called as ``document`` says.

    Raises:
        ArchiveError: there is no readable SavedModel.
    """
    inspection = inspect_archive(directory)
    graph, _ = choose_graph(read_saved_model(directory))
    describes_itself = inspection.source != "contract" and inspection.document == document
    optional = {name: reason for name, reason in inspection.left_out.items() if name in document.endpoints}
    return ArchiveFacts(
        str(directory.absolute()),
        graph.tags if describes_itself else (TAGS[document.mode],),
        graph.has_objects,
        inspection.source == "contract",
        describes_itself,
        {name: reason for name, reason in optional.items() if document.endpoints[name].optional},
        inspection.undescribed,
    )
