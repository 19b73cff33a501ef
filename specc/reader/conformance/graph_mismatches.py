"""Compares a graph with a document: the archive's own contract, or a spec that the archive has to conform to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specc.diagnostics import Diagnostic
from specc.language.contract import Contract
from specc.language.signatures import DEFAULT_KEYS, TAGS, published_signatures, tags_of
from specc.reader.conformance.compared_graph import ComparedGraph
from specc.reader.conformance.function_mismatches import find_function_mismatches
from specc.reader.conformance.signature_mismatches import find_signature_mismatches
from specc.reader.graph_document import repeats_default
from specc.reader.meta_graph import MetaGraph
from specc.reader.saved_functions import concrete_names, read_function


def find_mismatches(contract: Contract, graph: MetaGraph) -> Iterator[Diagnostic]:
    """A finding for every difference between the graph and its own ``contract``."""
    return _mismatches(ComparedGraph(contract, graph))


def find_spec_mismatches(spec: Contract, graph: MetaGraph, *, has_contract: bool) -> Iterator[Diagnostic]:
    """A finding for everything in which the graph is not what ``spec`` declares; also what it has too much.

    ``has_contract`` is whether the archive was built from a document. In any other, an endpoint that is described as
    its signature is called may have no function of its own, or another one.
    """
    return _mismatches(ComparedGraph(spec, graph, "spec-mismatch", "the spec", is_foreign=not has_contract))


def _mismatches(compared: ComparedGraph) -> Iterator[Diagnostic]:
    contract, root = compared.declared, compared.root
    document = contract.document
    yield from _tags(compared)
    published = published_signatures(document, contract.left_out)
    for signature in published:
        is_described = signature.endpoint not in contract.undescribed
        yield from find_signature_mismatches(
            compared, document.endpoints[signature.endpoint], signature, is_described=is_described
        )
    for name, endpoint in sorted(document.endpoints.items()):
        if name in contract.undescribed:
            if name not in root.functions:
                yield compared.no_function(name)
        elif name not in contract.left_out:
            yield from find_function_mismatches(compared, endpoint, name)
        elif name in root.functions:
            yield compared.finding(
                ("endpoints", name), f"the graph's root has {name!r}, which {compared.name} leaves out"
            )
    for name in sorted(compared.signatures.keys() - {signature.key for signature in published}):
        if compared.is_foreign and _repeats_default(compared, name):
            continue
        message = f"the graph has a signature {name!r} that {compared.name} does not declare"
        yield compared.finding(("endpoints",), message)
    if compared.is_spec:
        yield from _more_functions(compared)
    for name in sorted(document.variable_collections.keys() - root.collections.keys()):
        yield compared.finding(("variable_collections", name), f"the graph's root has no list of variables {name!r}")
    yield from _function_aliases(compared)
    for op in sorted(contract.custom_ops.keys() - compared.graph.ops) if contract.custom_ops else ():
        yield compared.finding((), f"the graph has no op {op!r}, which {compared.name} names among its custom ops")


def _repeats_default(compared: ComparedGraph, name: str) -> bool:
    """Whether a signature repeats that of a receiver, which a document without receivers has as an endpoint."""
    document = compared.declared.document
    default = document.default
    return default is not None and repeats_default(name, DEFAULT_KEYS[document.mode], default, compared.signatures)


def _tags(compared: ComparedGraph) -> Iterator[Diagnostic]:
    document, found = compared.declared.document, compared.graph.tags
    expected = tags_of(document)
    shown = ", ".join(found) or "nothing"
    if TAGS[document.mode] not in found:
        yield compared.finding(("mode",), f"the graph is tagged {shown}, not {TAGS[document.mode]}")
    elif compared.is_spec and set(found) != set(expected):
        message = f"the graph is tagged {shown}, not {', '.join(expected)}: loaders ask for exactly these tags"
        yield compared.finding(("mode",), message)


def _function_aliases(compared: ComparedGraph) -> Iterator[Diagnostic]:
    contract, root = compared.declared, compared.root
    for alias, name in sorted(contract.document.save_options.function_aliases.items()):
        functions = {each for each, other in compared.graph.function_aliases.items() if other == alias}
        own = set(concrete_names(root.functions[name])) if name in root.functions else set[str]()
        if name not in contract.left_out and not functions & own:
            found = f"it stands for {', '.join(sorted(functions))}" if functions else "there is no such alias"
            message = f"the alias {alias!r} is not one of the function of {name!r}: {found}"
            yield compared.finding(("save_options", "function_aliases", alias), message)


def _more_functions(compared: ComparedGraph) -> Iterator[Diagnostic]:
    """The public functions of the root that are not declared, of those that can be called."""
    published = compared.signatures.keys() | compared.declared.document.endpoints.keys()
    for name in sorted(compared.root.functions.keys() - published):
        if read_function(compared.graph, compared.root.functions[name]).traces:
            message = f"the graph's root has a function {name!r} that {compared.name} does not declare"
            # Keras 2, for one, adds functions of its own.
            yield replace(
                compared.finding(("endpoints",), message), level="warning" if compared.is_foreign else "error"
            )
