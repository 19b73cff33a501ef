"""Whether a SavedModel holds variables of TensorFlow 1 that are ops of its graph and no objects.

What loads them can run them, but has nothing to save: an archive that is built from them has lost their values.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from specc.reader.saved_model import FILE_NAME
from specc.reader.wire import file_spans

REFERENCE_OPS = frozenset({"Variable", "VariableV2"})

_META_GRAPHS, _GRAPH, _NODES, _OP = 2, 2, 1, 2
"""The fields ``SavedModel.meta_graphs``, ``MetaGraphDef.graph_def``, ``GraphDef.node`` and ``NodeDef.op``."""
_LONGEST = max(map(len, REFERENCE_OPS))


def holds_reference_variables(directory: Path) -> bool:
    """Whether some op of a graph in the SavedModel in ``directory``, which can be read, is such a variable.

    Raises:
        DamagedError: the graph is cut short.
    """
    path = directory / FILE_NAME
    with path.open("rb") as file:
        return any(op in REFERENCE_OPS for op in _ops(file, path.stat().st_size))


def _ops(file: BinaryIO, size: int) -> Iterator[str]:
    """The op of each node, as far as it may be that of a variable."""
    spans = [(0, size)]
    for wanted in (_META_GRAPHS, _GRAPH, _NODES):
        spans = [(part.start, part.end) for span in spans for part in file_spans(file, *span) if part.number == wanted]
    for span in spans:
        for part in file_spans(file, *span):
            if part.number == _OP:
                file.seek(part.start)
                yield file.read(min(part.end - part.start, _LONGEST + 1)).decode("utf-8", "replace")
