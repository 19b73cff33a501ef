"""The origin of a graph's nodes: removed by default, since it contains paths of the building machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The proto is not part of TensorFlow's public API, but there is no public way to read what it wrote.
from tensorflow.core.framework import graph_debug_info_pb2

_DEBUG_INFO_FILE = Path("debug", "saved_model_debug_info.pb")


def clear_debug_info(meta_graph: Any) -> None:
    """Removes the origin of the nodes from the graph itself."""
    graph = meta_graph.graph_def
    if "debug_info" in graph.DESCRIPTOR.fields_by_name:  # missing in older TensorFlows
        graph.ClearField("debug_info")
    for nodes in (graph.node, *(definition.node_def for definition in graph.library.function)):
        for node in nodes:
            node.ClearField("experimental_debug_info")


def rename_in_debug_info(directory: Path, functions: Mapping[str, str]) -> None:
    """Renames the functions in the stack traces of an archive, whose keys are ``node@function``."""
    path = directory / _DEBUG_INFO_FILE
    if not path.exists():
        return
    written = graph_debug_info_pb2.GraphDebugInfo.FromString(path.read_bytes())
    renamed = graph_debug_info_pb2.GraphDebugInfo()
    renamed.CopyFrom(written)
    renamed.traces.clear()
    for key, trace in written.traces.items():
        renamed.traces[_renamed_key(key, functions)].CopyFrom(trace)
    if "name_to_trace_id" in written.DESCRIPTOR.fields_by_name:  # since TensorFlow 2.16
        renamed.name_to_trace_id.clear()
        for key, number in written.name_to_trace_id.items():
            renamed.name_to_trace_id[_renamed_key(key, functions)] = number
    path.write_bytes(renamed.SerializeToString(deterministic=True))


def _renamed_key(key: str, functions: Mapping[str, str]) -> str:
    node, at, function = key.rpartition("@")
    return f"{node}{at}{functions.get(function, function)}"
