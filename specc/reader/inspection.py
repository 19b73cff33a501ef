"""Reads an archive: its contract, checked against its graph, or, without a contract, the graph itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from specc.diagnostics import Diagnostic, printable, with_short_names
from specc.errors import ArchiveError, SpecError
from specc.language.contract import CONTRACT_PATH, read_contract
from specc.language.document import Document
from specc.language.validation.rules import capped
from specc.reader.conformance.graph_mismatches import find_mismatches
from specc.reader.custom_ops import custom_ops
from specc.reader.graph_document import describe_graph
from specc.reader.meta_graph import MetaGraph
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_model import damaged_error, read_saved_model
from specc.source.limits import MAX_BYTES
from specc.source.regular_files import read_regular

Source = Literal["contract", "object graph", "signatures"]

_SERVE = "serve"


@dataclass(frozen=True)
class Inspection:
    """The result of inspecting an archive."""

    document: Document
    source: Source
    """The source of the document; ``signatures`` is for archives of TensorFlow 1."""
    findings: tuple[Diagnostic, ...] = ()
    """Differences between the contract and the graph; paths are in the contract's document."""
    notes: tuple[str, ...] = ()
    """What the archive does not record, as text."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """The optional endpoints of the contract that the archive was built without, each with the reason."""
    undescribed: Mapping[str, str] = field(default_factory=dict)
    """The endpoints of the contract that are described only by their wire tensors, each with the reason."""
    custom_ops: Mapping[str, str] = field(default_factory=dict)
    """The ops of the graph that TensorFlow lacks, each with the module that registers it; "" if it is not known."""
    flat: frozenset[str] = frozenset()
    """Without a contract: the endpoints of which only the signature is known, not the Python tree."""
    unpublished: frozenset[str] = frozenset()
    """Without a contract: the endpoints that are functions without a signature."""
    tags: tuple[str, ...] = ()
    """Without a contract: the tags of the MetaGraph."""


def inspect(path: str | os.PathLike[str]) -> Document:
    """The Document of the SavedModel in the directory ``path``.

    Raises:
        ArchiveError: there is no readable SavedModel, or nothing in it can be described.
        SpecError: the archive's contract is damaged or does not match its graph.
    """
    inspection = inspect_archive(path)
    if inspection.findings:
        raise SpecError(inspection.findings)
    return inspection.document


def inspect_archive(path: str | os.PathLike[str]) -> Inspection:
    """The Inspection of the SavedModel in the directory ``path``: its Document, its source, and notes.

    A contract that does not match its graph yields findings. So does a damaged one; the graph is then used instead.

    Raises:
        ArchiveError: there is no readable SavedModel, or nothing in it can be described.
    """
    directory = Path(path)
    graph, notes = choose_graph(read_saved_model(directory))
    findings: tuple[Diagnostic, ...] = ()
    try:
        text = contract_text(directory)
        if text is not None:
            try:
                contract = read_contract(text)
            except SpecError as error:
                findings = _findings_in_contract(error.diagnostics)
            else:
                mismatches = capped(find_mismatches(contract, graph))
                notes += tuple(
                    f"{name}: its Python tree is not described: {reason}"
                    for name, reason in contract.undescribed.items()
                )
                return Inspection(
                    contract.document,
                    "contract",
                    _findings_in_contract(mismatches),
                    _printable_notes(notes),
                    contract.left_out,
                    contract.undescribed,
                    custom_ops(graph.ops) if contract.custom_ops is None else contract.custom_ops,
                )
        described = describe_graph(graph)
        ops = custom_ops(graph.ops)
        source: Source = "object graph" if graph.has_objects else "signatures"
    except DamagedError as error:
        raise damaged_error(directory, error) from None
    if described.document is None:
        raise ArchiveError(f"nothing in {directory} can be described: {_why_undescribable(described.notes)}")
    notes = _printable_notes((*notes, *described.notes))
    return Inspection(
        described.document,
        source,
        findings,
        notes,
        custom_ops=ops,
        flat=described.flat,
        unpublished=described.unpublished,
        tags=tuple(graph.tags),
    )


def _why_undescribable(notes: tuple[str, ...]) -> str:
    return "; ".join(_printable_notes(notes[:3])) or "it has no signature and no public function"


def _printable_notes(notes: tuple[str, ...]) -> tuple[str, ...]:
    """``notes`` with printable characters only and short names, since an archive may have any names."""
    return tuple(printable(with_short_names(note)) for note in notes)


def _findings_in_contract(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(finding.in_file(CONTRACT_PATH) for finding in findings)


def choose_graph(graphs: list[MetaGraph]) -> tuple[MetaGraph, tuple[str, ...]]:
    """The MetaGraph to describe, preferably the one for serving, and a note that lists the others."""
    serving = [graph for graph in graphs if _SERVE in graph.tags]
    chosen = min(serving, key=lambda graph: len(graph.tags)) if serving else graphs[0]
    others = [graph for graph in graphs if graph is not chosen]
    if not others:
        return chosen, ()
    listed = ", ".join(_format_tags(graph) for graph in others)
    return chosen, (f"the MetaGraph tagged {_format_tags(chosen)} is described; there are others, tagged {listed}",)


def _format_tags(graph: MetaGraph) -> str:
    return "+".join(graph.tags) or "nothing"


def contract_text(directory: Path, name: str = CONTRACT_PATH) -> bytes | None:
    """The bytes of the contract ``name`` of an archive, or None where it has none.

    Raises:
        ArchiveError: it cannot be read.
    """
    path = directory / name
    try:
        return read_regular(path, MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ArchiveError(f"cannot read {path}: {error.strerror}") from None
