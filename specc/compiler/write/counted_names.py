"""Replaces the names that TensorFlow counts per process by names made from the content: builds are reproducible.

Names inside functions come first, then the functions, and the tables last, since their names are made from everything
else. TensorFlow's own names for tables are counters, so that two archives in one process can share a table by accident,
or absolute paths of the building machine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from specc.compiler.write.function_names import FunctionNames
from specc.compiler.write.local_names import rename_locals
from specc.compiler.write.serialized import serialized

_TABLE_OPS = frozenset(
    {
        "HashTable",
        "HashTableV2",
        "MutableDenseHashTable",
        "MutableDenseHashTableV2",
        "MutableHashTable",
        "MutableHashTableOfTensors",
        "MutableHashTableOfTensorsV2",
        "MutableHashTableV2",
    }
)
_SHARED_NAME = "shared_name"
_LOADED = re.compile(rb"_load_\d+(_\d+)?$")
"""The suffix that a loader adds to the name of every resource that a function of an archive creates."""


def name_by_content(saved_model: Any, directory: Path) -> dict[str, str]:
    """Names functions, gradients and tables of a staged archive; returns the functions' new names by their old ones."""
    (meta_graph,) = saved_model.meta_graphs
    rename_locals(meta_graph)
    graph = meta_graph.graph_def
    held = {each.signature.name: list(_shared_names(each.node_def)) for each in graph.library.function}
    for attribute, _ in (named for names in held.values() for named in names):
        attribute.s = b""  # not part of the body: a table's name is made from the whole archive
    functions = FunctionNames(meta_graph, is_ambiguous=lambda definition: bool(held[definition.signature.name]))
    resources = list(_shared_names(graph.node))
    resources += [named for original in functions.in_order for named in held[original]]
    numbers: dict[bytes, int] = {}
    for attribute, shared in resources:
        attribute.s = b"table_%d" % numbers.setdefault(shared, len(numbers))
    functions.assign()
    if resources or functions.need_digest:
        digest = _archive_digest(saved_model, directory)
        functions.assign(digest)
        for attribute, _ in resources:
            attribute.s = b"%s_%s" % (attribute.s, digest[:32].encode())
    return functions.renamed


def _archive_digest(saved_model: Any, directory: Path) -> str:
    """A digest of the archive: the graphs, the assets, and the checksums of all weights."""
    digest = hashlib.sha256(serialized(saved_model))
    index = directory / "variables" / "variables.index"
    digest.update(index.read_bytes() if index.exists() else b"")
    for asset in sorted(path for path in (directory / "assets").rglob("*") if path.is_file()):
        digest.update(asset.name.encode() + b"\0" + asset.read_bytes())
    return digest.hexdigest()


def _shared_names(nodes: Iterable[Any]) -> Iterator[tuple[Any, bytes]]:
    """The attributes with the shared names of tables, and of resources that a loader renamed, each with that name."""
    for node in nodes:
        if _SHARED_NAME in node.attr:
            attribute = node.attr[_SHARED_NAME]
            if attribute.s and (node.op in _TABLE_OPS or _LOADED.search(attribute.s)):
                yield attribute, attribute.s
