"""The definitions of the ops that a graph uses, whose default values its nodes leave out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.compiler.op_registry import op_definition
from specc.diagnostics import Diagnostic
from specc.errors import SpecError


def complete_ops(meta_graph: Any, allowed_namespaces: Any) -> None:
    """Removes default values from every node, and lists the definitions of the ops that are used.

    An op of a newer release may have an attribute that an older one lacks: without its default value, it is loaded.

    Raises:
        SpecError: the graph has an op of a namespace that is not allowed, as in ``Namespace>Op``.
    """
    functions = {function.signature.name for function in meta_graph.graph_def.library.function}
    definitions: dict[str, Any] = {}
    defaults: dict[str, list[tuple[str, Any]]] = {}
    for node in _nodes(meta_graph.graph_def):
        if node.op not in defaults:
            found = None if node.op in functions else op_definition(node.op)
            known = [] if found is None else [each for each in found.attr if each.HasField("default_value")]
            defaults[node.op] = [(each.name, each.default_value) for each in known]
            if found is not None:
                definitions[node.op] = found
        for name, default in defaults[node.op]:
            if name in node.attr and node.attr[name] == default:
                del node.attr[name]
    used = sorted(defaults.keys() - functions)
    _require_allowed(used, allowed_namespaces)
    info = meta_graph.meta_info_def
    info.stripped_default_attrs = True
    info.stripped_op_list.op.extend(definitions[op] for op in sorted(definitions))


def used_ops(saved_model: Any) -> set[str]:
    """The ops of all graphs and functions of a SavedModel proto, functions that are called as ops left out."""
    graphs = [meta_graph.graph_def for meta_graph in saved_model.meta_graphs]
    functions = {function.signature.name for graph in graphs for function in graph.library.function}
    return {node.op for graph in graphs for node in _nodes(graph)} - functions


def _nodes(graph: Any) -> Iterator[Any]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _require_allowed(used: list[str], allowed: Any) -> None:
    """Raises SpecError as TensorFlow raises ValueError, for ops of namespaces that ``namespace_whitelist`` lacks."""
    if allowed is None:
        return
    refused = [op for op in used if ">" in op and op.partition(">")[0] not in allowed]
    if refused:
        message = f"the graph has ops of namespaces that are not allowed: {', '.join(refused)}"
        namespaces = sorted({op.partition(">")[0] for op in refused})
        hint = f"add {', '.join(map(repr, namespaces))} to it if every consumer registers these ops"
        path = ("save_options", "namespace_whitelist")
        raise SpecError([Diagnostic(rule="save-failed", path=path, message=message, hint=hint)])
