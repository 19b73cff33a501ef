"""Merges the equal constants of a function: a trace has one for each use, and a loader takes time for each."""

from __future__ import annotations

import hashlib
from typing import Any

from specc.compiler.write.node_references import redirect, redirect_captures


def merge_constants(meta_graph: Any) -> None:
    """Leaves the first of the constants of a function that differ only in their name, down to the bits of the value."""
    merged = {}
    for definition in meta_graph.graph_def.library.function:
        names = _equal_constants(definition)
        if names:
            nodes = definition.node_def
            for position in reversed([at for at, node in enumerate(nodes) if node.name in names]):
                del nodes[position]
            redirect(definition, names)
            merged[definition.signature.name] = names
    redirect_captures(meta_graph.object_graph_def, merged)


def _equal_constants(definition: Any) -> dict[str, str]:
    """The name of the first constant that is equal, by the name of each further one."""
    first: dict[bytes, str] = {}
    names = {}
    for node in definition.node_def:
        if node.op == "Const":
            name, node.name = node.name, ""
            # With its device, and the control inputs that say in which branch or loop it is.
            content = hashlib.sha256(node.SerializeToString(deterministic=True)).digest()
            node.name = name
            kept = first.setdefault(content, name)
            if kept != name:
                names[name] = kept
    return names
