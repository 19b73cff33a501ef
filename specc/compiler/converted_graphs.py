"""What converters would find in a built archive: the graph of each signature, and what LiteRT's converter refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from specc.checks.built_graph import Built, BuiltGraph, BuiltOp
from specc.language.document import Document
from specc.language.signatures import published_signatures, tags_of
from specc.reader.conformance.notable_ops import STATE_OPS
from specc.reader.saved_graph import node_of

_TABLES = frozenset({"HashTableV2", "MutableHashTableV2"})
_INITIALIZER = "__saved_model_init_op"
"""The signature that loaders run once; it is not converted."""
_TABLE_FILE = "InitializeTableFromTextFileV2"


def examine(document: Document, directory: Path, *, with_litert: bool) -> Built:
    """The graphs of a staged archive, and what LiteRT's converter refuses of it."""
    graphs = built_graphs(directory, tags_of(document))
    keys = [key for key in own_signatures(document) if key in graphs]
    refused = refused_by_litert(directory, keys, tags_of(document)) if with_litert else {}
    return Built(graphs=graphs, refused_by_litert=refused)


def own_signatures(document: Document) -> list[str]:
    """The keys of the signatures that take an endpoint's own inputs, without aliases."""
    return [each.key for each in published_signatures(document) if each.receiver is None and not each.alias_of]


def built_graphs(directory: Path, tags: Iterable[str]) -> dict[str, BuiltGraph]:
    """The BuiltGraph of each signature of the MetaGraph with these ``tags`` in an archive, by its key."""
    archive = saved_model_pb2.SavedModel.FromString((directory / "saved_model.pb").read_bytes())
    (graph,) = (graph for graph in archive.meta_graphs if set(graph.meta_info_def.tags) == set(tags))
    nodes = {node.name: node for node in graph.graph_def.node}
    functions = {function.signature.name: function.node_def for function in graph.graph_def.library.function}
    fills = any(node.op == _TABLE_FILE for body in functions.values() for node in body)
    tables = {name for name, node in nodes.items() if node.op in _TABLES}
    found = {}
    for key, signature in graph.signature_def.items():
        if key == _INITIALIZER:
            continue
        main = _needed(nodes, (info.name for info in signature.outputs.values()))
        ops = frozenset(_ops(main.values(), functions))
        names = {op.name for op in ops}
        found[key] = BuiltGraph(
            ops,
            changing=frozenset(name for name in names if STATE_OPS.fullmatch(name)),
            reads_table_file=fills and "LookupTableFindV2" in names,
            leaves_tables=not tables <= main.keys(),
        )
    return found


def _needed(nodes: Mapping[str, Any], tensors: Iterable[str]) -> dict[str, Any]:
    """The nodes of the main graph that the tensors need."""
    found, waiting = dict[str, Any](), [node_of(tensor) for tensor in tensors]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = nodes[name]
            waiting += map(node_of, nodes[name].input)
    return found


def _ops(nodes: Iterable[Any], functions: Mapping[str, Any]) -> Iterator[BuiltOp]:
    """The ops of the nodes and of the functions that they call."""
    waiting, seen = list(nodes), set[str]()
    while waiting:
        node = waiting.pop()
        for name in {node.op, *_called(node)} & functions.keys() - seen:
            seen.add(name)
            waiting += functions[name]
        if node.op not in functions:
            kinds = {
                attr.type for key, attr in node.attr.items() if attr.WhichOneof("value") == "type" and key[0] != "_"
            }
            yield BuiltOp(node.op, tuple(sorted(tf.as_dtype(kind).name for kind in kinds)))


def _called(node: Any) -> Iterator[str]:
    for attr in node.attr.values():
        yield attr.func.name
        yield from (each.name for each in attr.list.func)


def refused_by_litert(directory: Path, keys: Iterable[str], tags: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The ops that LiteRT's converter names where it refuses a signature, by its key; or its error's first line.

    It runs in a process of its own: it prints whole graphs, and a defect of it ends the process.
    """
    request = json.dumps({"directory": str(directory), "keys": list(keys), "tags": list(tags)})
    command = [sys.executable, str(Path(__file__).with_name("litert_conversion.py"))]
    done = subprocess.run(command, input=request, capture_output=True, text=True, check=False)
    lines = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith('["'))
    crashed = [key for key in json.loads(request)["keys"] if key not in lines]
    found = {key: tuple(refused) for key, refused in lines.items() if refused}
    return {**found, **dict.fromkeys(crashed[:1], (f"its process ended with {done.returncode}",))}
