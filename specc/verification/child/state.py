"""Puts the variables and tables of an archive back after a call that may change them.

Every call starts from the state that the archive was stored in, whatever was called before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

# There is no public way to look up the definition of an op by its name.
from tensorflow.python.framework import op_def_registry

from specc.language.calls.flat_tensor import FlatTensor
from specc.reader.saved_graph import node_of
from specc.verification.child.tensors import from_array, from_tensor, to_tensor

_READING = frozenset(
    {
        *("Assert", "Case", "If", "NoOp", "PartitionedCall", "Print", "PrintV2", "StatefulPartitionedCall", "While"),
        *("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarHandleOp", "VarIsInitializedOp", "VariableShape"),
        *("Variable", "VariableV2", "IsVariableInitialized"),
        *("HashTableV2", "LookupTableFindV2", "LookupTableSizeV2", "LookupTableExportV2"),
        *("MutableHashTableV2", "MutableDenseHashTableV2", "MutableHashTableOfTensorsV2"),
        *("LookupTableFind", "LookupTableSize", "LookupTableExport", "HashTable", "MutableHashTable"),
    }
)
"""Ops that are stateful, or take a reference, and change neither variables nor tables."""
_DRAWING = frozenset(
    {
        *("Multinomial", "ParameterizedTruncatedNormal", "RandomGamma", "RandomPoisson", "RandomPoissonV2"),
        *("RandomShuffle", "RandomStandardNormal", "RandomUniform", "RandomUniformInt", "TruncatedNormal"),
    }
)
"""Ops that draw random numbers from a state of their own, which cannot be put back."""
_MUTABLE_TABLES = ("MutableHashTableV2", "MutableDenseHashTableV2", "MutableHashTableOfTensorsV2")
_RENAMED = re.compile(r"_load_\d+$")
"""What TensorFlow adds to the name of a table when it loads an archive."""


class Effects(NamedTuple):
    """What running a graph may do apart from its answer: change variables or tables, and draw random numbers."""

    writes: bool
    draws: bool


def effects_of(graph: Any, names: Iterable[str] | None = None) -> Effects:
    """The Effects of running the nodes called ``names`` of a GraphDef, or all of it."""
    ops = set(_ops_of(graph, names))
    return Effects(any(_may_write(op) for op in ops - _READING - _DRAWING), not ops.isdisjoint(_DRAWING))


def _may_write(op: str) -> bool:
    definition = op_def_registry.get(op)
    if definition is None:  # a function of the graph, whose own ops are looked at
        return False
    return bool(definition.is_stateful or any(argument.is_ref for argument in definition.input_arg))


def _ops_of(graph: Any, names: Iterable[str] | None) -> Iterator[str]:
    """The types of all ops that run with the nodes called ``names``, those of called functions included."""
    nodes = {node.name: node for node in graph.node}
    functions = {function.signature.name: function for function in graph.library.function}
    left = [nodes[name] for name in (nodes if names is None else names) if name in nodes]
    seen = {node.name for node in left}
    called: set[str] = set()
    while left:
        node = left.pop()
        yield node.op
        reached = [node_of(text) for text in node.input]
        left += [nodes[name] for name in reached if name in nodes and name not in seen]
        seen.update(reached)
        called |= _functions_of(node) & functions.keys()
    pending = list(called)
    while pending:
        for node in functions[pending.pop()].node_def:
            yield node.op
            further = (_functions_of(node) & functions.keys()) - called
            called |= further
            pending += further


def _functions_of(node: Any) -> set[str]:
    """The names of the functions that a node may run."""
    named = {each.name for value in node.attr.values() for each in (value.func, *value.list.func) if each.name}
    return {*named, node.op}


def effects_of_traces(traces: Iterable[Any]) -> Effects:
    """The Effects of functions of which these are the traces; every effect is possible where there is no graph."""
    graphs = [getattr(trace, "graph", None) for trace in traces]
    found = [Effects(True, True) if graph is None else effects_of(graph.as_graph_def()) for graph in graphs]
    return Effects(any(each.writes for each in found), any(each.draws for each in found))


class RevivedState:
    """The variables and mutable tables among the parts of a loaded archive, or a model, as they are when it is made."""

    def __init__(self, parts: Iterable[Any]) -> None:
        parts = list({id(part): part for part in parts}.values())
        variables = [part for part in parts if isinstance(part, tf.Variable) and part.is_initialized()]
        self._variables = [(variable, from_tensor(variable)) for variable in variables]
        self._tables = [(table, table.content()) for part in parts for table in _mutable_tables(part)]

    def restore(self) -> tuple[str, ...]:
        """Puts back what has changed, and returns the names, sorted."""
        moved: list[str] = []
        for variable, stored in self._variables:
            if from_tensor(variable) != stored:
                variable.assign(to_tensor(stored))
                moved.append(variable.name.partition(":")[0])
        for table, content in self._tables:
            if table.content() != content:
                table.fill(content)
                moved.append(table.name)
        return tuple(sorted(moved))


class _Table:
    """A mutable table, through its resource handle."""

    def __init__(self, handle: Any, name: str, key_dtype: Any, value_dtype: Any) -> None:
        self.name, self._handle, self._key_dtype, self._value_dtype = name, handle, key_dtype, value_dtype

    def content(self) -> tuple[FlatTensor, FlatTensor]:
        """Its keys and values, in an order that does not depend on how they came in."""
        keys, values = tf.raw_ops.LookupTableExportV2(
            table_handle=self._handle, Tkeys=self._key_dtype, Tvalues=self._value_dtype
        )
        order = np.argsort(keys.numpy(), axis=0, kind="stable") if keys.shape.rank == 1 else slice(None)
        return from_array(keys.numpy()[order], keys.dtype.name), from_array(values.numpy()[order], values.dtype.name)

    def fill(self, content: tuple[FlatTensor, FlatTensor]) -> None:
        keys, values = map(to_tensor, content)
        tf.raw_ops.LookupTableImportV2(table_handle=self._handle, keys=keys, values=values)


def _mutable_tables(part: Any) -> Iterator[_Table]:
    if isinstance(part, tf.lookup.experimental.MutableHashTable | tf.lookup.experimental.DenseHashTable):
        yield _Table(part.resource_handle, part.name or type(part).__name__, part.key_dtype, part.value_dtype)
        return
    for concrete in getattr(getattr(part, "_create_resource", None), "concrete_functions", ()):
        graph = concrete.graph.as_graph_def()
        for node in (*graph.node, *(node for function in graph.library.function for node in function.node_def)):
            if node.op in _MUTABLE_TABLES:
                dtypes = [tf.dtypes.as_dtype(node.attr[key].type) for key in ("key_dtype", "value_dtype")]
                name = _RENAMED.sub("", node.attr["shared_name"].s.decode("utf-8", "replace"))
                yield _Table(part.resource_handle, name, *dtypes)
