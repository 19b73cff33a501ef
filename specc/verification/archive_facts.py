"""ArchiveFacts: what is read from an archive before it runs, and decides how it is called and judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from specc.errors import SpecError
from specc.language.contract import Contract, read_contract
from specc.language.document import Document
from specc.language.signatures import tags_of
from specc.reader.archive_files import require_regular_files
from specc.reader.conformance.static_checks import graph_for
from specc.reader.conformance.subject import Subject
from specc.reader.graph_document import OWN_LISTS, describe_graph, list_items
from specc.reader.inspection import contract_text
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_model import damaged_error, read_saved_model


@dataclass(frozen=True)
class ArchiveFacts:
    """Facts about the archive in ``directory``, which does not depend on the current one."""

    directory: str
    tags: tuple[str, ...] = ("serve",)
    """The tags to load it with."""
    has_objects: bool = True
    """Whether it revives with attributes and variables: not one of TensorFlow 1, nor one of several MetaGraphs."""
    has_contract: bool = False
    describes_itself: bool = False
    """Whether the document was read from its graph: an endpoint then need not be both an attribute and a signature."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The optional endpoints that it was built without, each with the reason."""
    undescribed: Mapping[str, str] = field(default_factory=dict)
    """The endpoints of which only the signature is described, and not the attribute's tree, each with the reason."""
    captures: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """The positions, in the root's ``variables``, of those that each endpoint uses."""


def read_facts(document: Document, directory: Path) -> ArchiveFacts:
    """The facts about the archive in ``directory``, which is called as ``document`` says.

    Raises:
        ArchiveError: there is no readable SavedModel.
    """
    graphs = read_saved_model(directory)
    require_regular_files(directory)
    graph, contract_file = graph_for(document, graphs)
    try:
        text = contract_text(directory, contract_file)
        contract = None if text is None else _contract(text)
        subject = Subject(document, directory, graph, contract, has_contract=text is not None)
        read = describe_graph(graph) if text is None else None
        described, notes = (None, ()) if read is None else (read.document, read.notes)
        describes_itself = described == document
        tags = tags_of(document)
        return ArchiveFacts(
            str(directory.absolute()),
            graph.tags if describes_itself else tags,
            graph.has_objects and len(graphs) == 1,
            contract is not None,
            describes_itself,
            {name: _reason(contract, name) for name in sorted(subject.left_out)},
            _flat_only(notes) if describes_itself else contract.undescribed if contract is not None else {},
            _captures(subject),
        )
    except DamagedError as error:
        raise damaged_error(directory, error) from None


def _contract(text: bytes) -> Contract | None:
    try:
        return read_contract(text)
    except SpecError:
        return None  # a static finding


def _reason(contract: Contract | None, endpoint: str) -> str:
    return "the archive does not have it" if contract is None else contract.left_out[endpoint]


def _flat_only(notes: Iterable[str]) -> dict[str, str]:
    """The endpoints whose description is only that of their signature, with the reasons, from notes of the reader."""
    said = (note.partition(": ") for note in notes)
    return {name: reason for name, _, reason in said if "described flat" in reason}


def _captures(subject: Subject) -> dict[str, frozenset[int]]:
    """The positions in the root's ``variables`` of those that each endpoint uses."""
    listed = list_items(subject.graph, OWN_LISTS[0]) or []
    positions = {node: position for position, node in enumerate(listed)}
    return {
        name: frozenset(
            positions[node]
            for function in subject.functions_of(name)
            for node in subject.graph.captures.get(function, ())
            if node in positions
        )
        for name in subject.document.endpoints
    }
