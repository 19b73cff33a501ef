"""The static checks: whether an archive conforms to a document, as far as its files show.

No TensorFlow is needed, and nothing of the archive runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from specc.diagnostics import Diagnostic, Place, SpecPath
from specc.errors import SpecError
from specc.language.contract import CONTRACT_PATH, Contract, contract_path, read_contract
from specc.language.document import Document
from specc.language.signatures import tags_of
from specc.language.validation.rules import capped
from specc.reader.conformance.assets import find_missing_assets
from specc.reader.conformance.contract_differences import describe_unpromised, endpoint_differences, find_differences
from specc.reader.conformance.cut_checkpoint import find_cut_checkpoint
from specc.reader.conformance.graph_mismatches import find_mismatches, find_spec_mismatches
from specc.reader.conformance.ops import (
    find_large_constants,
    find_machine_paths,
    find_python_ops,
    find_reaching_out,
)
from specc.reader.conformance.subject import Subject
from specc.reader.conformance.variables import (
    find_collection_mismatches,
    find_duplicate_variables,
    find_unlisted_variables,
)
from specc.reader.conformance.wiring import find_crossed_wires
from specc.reader.graph_document import describe_graph
from specc.reader.inspection import choose_graph, contract_text
from specc.reader.meta_graph import MetaGraph
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_model import damaged_error, read_saved_model

ARCHIVE_CHECKS: tuple[Callable[[Subject], Iterator[Diagnostic]], ...] = (
    find_missing_assets,
    find_cut_checkpoint,
    find_collection_mismatches,
    find_unlisted_variables,
    find_duplicate_variables,
    find_python_ops,
    find_reaching_out,
    find_machine_paths,
    find_large_constants,
)
"""The checks of what an archive holds; they come after what compares its interface with documents."""

_ENDPOINT = 2
"""The length of the path of an endpoint."""


def static_findings(document: Document, directory: Path, *, trusted: bool = False) -> list[Diagnostic]:
    """What is wrong with the archive in ``directory`` if it has to conform to ``document``, as far as its files show.

    The paths of findings are in ``document``. An archive that is ``trusted`` may use files and the network.

    Raises:
        ArchiveError: there is no SavedModel that can be read.
    """
    document = document.promises()
    graph, contract_file = graph_for(document, read_saved_model(directory))
    try:
        contract, findings = _contract(directory, contract_file)
        subject = Subject(
            document, directory, graph, contract, has_contract=contract is not None or bool(findings), trusted=trusted
        )
        findings += _comparisons(subject, contract_file)
        mismatched = {found.path for found in findings}
        findings += [found for found in find_crossed_wires(subject) if found.path not in mismatched]
        for check in ARCHIVE_CHECKS:
            findings += capped(check(subject))
    except DamagedError as error:
        raise damaged_error(directory, error) from None
    return list(capped(sorted(findings, key=lambda found: found.level != "error")))


def graph_for(document: Document, graphs: list[MetaGraph]) -> tuple[MetaGraph, str]:
    """The MetaGraph with the tags of ``document``, else the main one, and the path of its contract."""
    main, _ = choose_graph(graphs)
    tags = tags_of(document)
    chosen = next((graph for graph in graphs if set(graph.tags) == set(tags)), main)
    return chosen, CONTRACT_PATH if chosen is main else contract_path(tags)


def _contract(directory: Path, path: str) -> tuple[Contract | None, list[Diagnostic]]:
    text = contract_text(directory, path)
    if text is None:
        return None, []
    try:
        return read_contract(text), []
    except SpecError as error:
        return None, [found.in_file(path) for found in error.diagnostics]


def _comparisons(subject: Subject, contract_file: str) -> list[Diagnostic]:
    """What the document, the contract and the graph say differently, each difference once."""
    document, graph, contract = subject.document, subject.graph, subject.contract
    found = list(capped(_spec_mismatches(subject)))
    if contract is None:
        return _by_leaf(found)
    mismatches = _once(capped(find_mismatches(contract, graph)), found)
    known = {each.path for each in (*found, *mismatches)}
    differences = [
        each
        for each in capped(find_differences(document, contract.document, subject.left_out))
        if not _is_known(each.path, known)
    ]
    found = _by_leaf(found) + [each.in_file(contract_file) for each in _by_leaf(mismatches)]
    if not found and not differences:
        found += _note(document, contract.document)
    return found + differences


def _spec_mismatches(subject: Subject) -> Iterator[Diagnostic]:
    document, graph, contract = subject.document, subject.graph, subject.contract
    if not subject.has_contract and describe_graph(graph).document == document:
        return  # it was read from this graph
    spec = Contract(document, dict.fromkeys(subject.left_out, ""), _undescribed(document, contract))
    seen: set[tuple[str, SpecPath]] = set()
    for found in find_spec_mismatches(spec, graph, has_contract=subject.has_contract):
        if found.rule != "not-enforced" or (found.rule, found.path) not in seen:  # of each way to call an endpoint
            seen.add((found.rule, found.path))
            yield found


def _undescribed(document: Document, contract: Contract | None) -> dict[str, str]:
    """The endpoints that the contract describes only by their wire tensors, where the document says the same."""
    return {
        name: reason
        for name, reason in (contract.undescribed.items() if contract else ())
        if contract
        and name in document.endpoints
        and not any(endpoint_differences(document.endpoints[name], contract.document.endpoints[name]))
    }


def _once(mismatches: Iterable[Diagnostic], found: list[Diagnostic]) -> list[Diagnostic]:
    """Those of ``mismatches`` with the contract that the spec has not too: else spec and contract agree."""
    known = {(each.path, each.message.replace("the spec", "the contract")) for each in found}
    return [each for each in mismatches if (each.path, each.message) not in known]


def _by_leaf(mismatches: Iterable[Diagnostic]) -> list[Diagnostic]:
    """One finding for each part of an endpoint: its function and each of its signatures show the same defect."""
    found: dict[tuple[str, SpecPath], Diagnostic] = {}
    others: list[Diagnostic] = []
    for each in mismatches:
        key = (each.rule, each.path)
        if len(each.path) <= _ENDPOINT:
            others.append(each)
        elif key in found:
            place = Place(message=each.message, path=each.path)
            found[key] = replace(found[key], related=(*found[key].related, place))
        else:
            found[key] = each
    return [*others, *found.values()]


def _is_known(path: SpecPath, known: set[SpecPath]) -> bool:
    """Whether something is known of a place, of a part of it, or of the named part of the document that it is in."""
    return path in known or any(
        path[: len(each)] == each or each[: len(path)] == path for each in known if min(len(each), len(path)) > 1
    )


def _note(spec: Document, contract: Document) -> Iterator[Diagnostic]:
    keys = describe_unpromised(spec, contract)
    if keys:
        message = f"the archive's contract promises callers the same, but its text differs in {keys}"
        yield replace(Diagnostic(rule="contract-differs", message=message), level="info")
