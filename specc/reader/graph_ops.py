"""The ops that a graph uses, in its nodes and in its functions.

They are read from the nodes. The op list of a MetaGraph (``stripped_op_list``) is incomplete: TensorFlow writes it
before it adds the gradient functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from specc.reader.protobuf.wire_format import DamagedError, Span, file_spans
from specc.source.budget import Budget

REFERENCE_OPS = frozenset({"Variable", "VariableV2"})
"""Variables of TensorFlow 1 that are ops of the graph and not objects.

They run after loading, but cannot be saved again: an archive that is built from them lacks their values.
"""

MAX_NODES = 2**22
"""Reading a graph of this many nodes takes about ten seconds; EfficientNetB0 has 10,000."""

MAX_OP_BYTES = 2**16

NODE, LIBRARY = 1, 2
FUNCTION = 1
FUNCTION_SIGNATURE, FUNCTION_NODE = 1, 3
_OP_NAME = 1
_OP = 2
"""The fields of ``GraphDef``, ``FunctionDefLibrary``, ``FunctionDef``, ``OpDef`` and ``NodeDef``."""


def graph_ops(file: BinaryIO, graphs: list[Span], budget: Budget) -> frozenset[str]:
    """The names of the ops in the ``GraphDef`` whose parts are ``graphs`` of ``file``, without calls of its functions.

    Raises:
        DamagedError: a graph is cut short, or has too many nodes.
    """
    ops: set[bytes] = set()
    functions: set[bytes] = set()
    for count, node in enumerate(_nodes(file, graphs, functions, budget)):
        if count == MAX_NODES:
            raise DamagedError(f"its graph has more than {MAX_NODES:,} nodes")
        for op in _texts(file, node, _OP, budget):
            if op not in ops:
                budget.charge("characters of names", len(op))
                ops.add(op)
    return frozenset(name.decode("utf-8", "replace") for name in ops - functions)


def _nodes(file: BinaryIO, graphs: list[Span], functions: set[bytes], budget: Budget) -> Iterator[Span]:
    """Every node of the graph and of its functions, whose names are added to ``functions``."""
    for graph in graphs:
        for part in file_spans(file, graph.start, graph.end, budget):
            if part.number == NODE:
                yield part
            elif part.number == LIBRARY:
                for function in file_spans(file, part.start, part.end, budget):
                    if function.number == FUNCTION:
                        yield from _function_nodes(file, function, functions, budget)


def _function_nodes(file: BinaryIO, function: Span, functions: set[bytes], budget: Budget) -> Iterator[Span]:
    for part in file_spans(file, function.start, function.end, budget):
        if part.number == FUNCTION_SIGNATURE:
            for name in _texts(file, part, _OP_NAME, budget):
                budget.charge("characters of names", len(name))
                functions.add(name)
        elif part.number == FUNCTION_NODE:
            yield part


def _texts(file: BinaryIO, message: Span, number: int, budget: Budget) -> Iterator[bytes]:
    """The first field ``number`` of a message; the rest is not read, since that would take most of the time."""
    for part in file_spans(file, message.start, message.end, budget):
        if part.number == number:
            if part.end - part.start > MAX_OP_BYTES:
                raise DamagedError(f"the name of an op has more than {MAX_OP_BYTES:,} bytes")
            file.seek(part.start)
            yield file.read(part.end - part.start)
            return
