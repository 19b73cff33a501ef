"""Reading an archive: its contract where it carries one, held against its graph; else what the graph itself says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from specc.diagnostics import Diagnostic, printable
from specc.errors import ArchiveError, SpecError
from specc.language.contract import CONTRACT_PATH, read_contract
from specc.language.document import Document
from specc.language.holding import capped
from specc.loaders.limits import MAX_BYTES
from specc.reader.contract_check import find_mismatches
from specc.reader.custom_ops import custom_ops
from specc.reader.graph_document import describe_graph
from specc.reader.saved_model import MetaGraph, damaged, read_saved_model
from specc.reader.wire import DamagedError

Source = Literal["contract", "object graph", "signatures"]

_SERVE = "serve"


@dataclass(frozen=True)
class Inspection:
    """What an archive says of itself."""

    document: Document
    source: Source
    """Where the document comes from: ``signatures`` is what TensorFlow 1 left."""
    findings: tuple[Diagnostic, ...] = ()
    """Where the contract and the graph do not agree; paths are those of the contract's document."""
    notes: tuple[str, ...] = ()
    """What could not be known, in words."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The optional endpoints of the contract that the archive was built without, each with the reason."""
    undescribed: Mapping[str, str] = field(default_factory=dict)
    """The endpoints of the contract of which it describes only the wire, each with the reason."""
    custom_ops: Mapping[str, str] = field(default_factory=dict)
    """The ops of the graph that TensorFlow lacks, each with the module that registers it; "" where it is not known."""


def inspect(path: str | os.PathLike[str]) -> Document:
    """The Document of the SavedModel in the directory ``path``.

    Raises:
        ArchiveError: there is no SavedModel that can be read, or it offers nothing that can be described.
        SpecError: the archive carries a contract that is damaged or does not match its graph.
    """
    inspection = inspect_archive(path)
    if inspection.findings:
        raise SpecError(inspection.findings)
    return inspection.document


def inspect_archive(path: str | os.PathLike[str]) -> Inspection:
    """The Document of the SavedModel in the directory ``path``, where it comes from, and what it could not know.

    A contract that does not match its graph gives findings; one that is damaged does too, and the graph speaks instead.

    Raises:
        ArchiveError: there is no SavedModel that can be read, or it offers nothing that can be described.
    """
    directory = Path(path)
    graph, notes = choose_graph(read_saved_model(directory))
    findings: tuple[Diagnostic, ...] = ()
    try:
        text = _contract_text(directory)
        if text is not None:
            try:
                contract = read_contract(text)
            except SpecError as error:
                findings = _in_contract(error.diagnostics)
            else:
                mismatches = capped(find_mismatches(contract, graph))
                notes += tuple(
                    f"{name}: its Python tree is not described: {reason}"
                    for name, reason in contract.undescribed.items()
                )
                return Inspection(
                    contract.document,
                    "contract",
                    _in_contract(mismatches),
                    _printable(notes),
                    contract.left_out,
                    contract.undescribed,
                    custom_ops(graph.ops) if contract.custom_ops is None else contract.custom_ops,
                )
        document, unknown = describe_graph(graph)
        ops = custom_ops(graph.ops)
        source: Source = "object graph" if graph.has_objects else "signatures"
    except DamagedError as error:
        raise damaged(directory, error) from None
    if document is None:
        raise ArchiveError(f"{directory} offers nothing that can be described: {_reason(unknown)}")
    return Inspection(document, source, findings, _printable((*notes, *unknown)), custom_ops=ops)


def _reason(notes: tuple[str, ...]) -> str:
    return "; ".join(_printable(notes[:3])) or "it has no signature and no public function"


def _printable(notes: tuple[str, ...]) -> tuple[str, ...]:
    """Notes hold names from the archive, which may hold anything."""
    return tuple(printable(note) for note in notes)


def _in_contract(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(finding.in_file(CONTRACT_PATH) for finding in findings)


def choose_graph(graphs: list[MetaGraph]) -> tuple[MetaGraph, tuple[str, ...]]:
    """The MetaGraph that is described, the one for serving; a note says which others there are."""
    serving = [graph for graph in graphs if _SERVE in graph.tags]
    chosen = min(serving, key=lambda graph: len(graph.tags)) if serving else graphs[0]
    others = [graph for graph in graphs if graph is not chosen]
    if not others:
        return chosen, ()
    listed = ", ".join(_tags(graph) for graph in others)
    return chosen, (f"the MetaGraph tagged {_tags(chosen)} is described; there are others, tagged {listed}",)


def _tags(graph: MetaGraph) -> str:
    return "+".join(graph.tags) or "nothing"


def _contract_text(directory: Path) -> bytes | None:
    path = directory / CONTRACT_PATH
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ArchiveError(f"cannot read {path}: it is no regular file")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ArchiveError(f"cannot read {path}: {error.strerror}") from None
