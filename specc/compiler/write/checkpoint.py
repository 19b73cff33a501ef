"""The checkpoint of an archive: its variables and the contents of mutable tables, and the nodes that restore them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

# The protos are not part of TensorFlow's public API, but there is no public way to write a checkpoint's object graph.
from tensorflow.core.protobuf import saver_pb2, trackable_object_graph_pb2

from specc.compiler.write.bundles import CPU, save_bundle
from specc.compiler.write.distributed import value_of
from specc.compiler.write.early_weights import EarlyWeights
from specc.compiler.write.meta_graph import MetaGraph, NotWritable, add_call, string_const
from specc.compiler.write.variables import copies_of
from specc.reader.checkpoint import ATTRIBUTES, OBJECT_GRAPH, PREFIX, VALUE, VARIABLE_VALUE

_POLICIES = tf.saved_model.experimental.VariablePolicy


@dataclass(frozen=True)
class _Attribute:
    """What a checkpoint holds of an object: the attribute's name, its key, and the object's own name."""

    object_id: int
    name: str
    key: str
    full_name: str


@dataclass(frozen=True)
class _StoredTable:
    """A mutable table: its keys and values, and the functions that export and import them."""

    key: str
    export: Callable[[], tuple[Any, Any]]
    dtypes: tuple[Any, Any]
    save: Any
    restore: Any
    node: str

    @property
    def names(self) -> tuple[str, str]:
        """The names of its keys and values in the checkpoint."""
        return f"{self.key}-keys", f"{self.key}-values"


class Checkpoint:
    """The variables and mutable tables of an archive, each stored once, under the first path that leads to it."""

    def __init__(self, graph: MetaGraph, policy: Any) -> None:
        self.graph = graph
        self._expands = policy is _POLICIES.EXPAND_DISTRIBUTED_VARIABLES
        self._saves_devices = self._expands or policy is _POLICIES.SAVE_VARIABLE_DEVICES
        self._objects: dict[int, int] = {}
        self._variables: list[tuple[str, Any, str]] = []
        self._tables: list[_StoredTable] = []
        self._attributes: list[_Attribute] = []

    def variable(self, variable: Any, path: str) -> int:
        """The object of a variable, which is added if it is new, under the ``path`` of attributes from the root.

        All copies of a distributed variable have one object.

        Raises:
            NotWritable: its copies are to be written one by one, or it has parts.
        """
        copies = copies_of(variable)
        handles = [getattr(copy, "handle", None) for copy in copies]
        if (self._expands and len(copies) > 1) or not all(isinstance(handle, tf.Tensor) for handle in handles):
            raise NotWritable(f"the variable {getattr(variable, 'name', variable)!r} is distributed")
        if id(handles[0]) not in self._objects:
            held = self._add_variable(variable, handles, path)
            self._objects |= {id(handle): held for handle in handles}
        return self._objects[id(handles[0])]

    def _add_variable(self, variable: Any, handles: Sequence[Any], path: str) -> int:
        name = variable.name.partition(":")[0]
        held = self.graph.add_object()
        saved = self.graph.objects.nodes[held].variable
        saved.dtype = variable.dtype.as_datatype_enum
        saved.shape.CopyFrom(variable.shape.as_proto())
        saved.trainable = bool(variable.trainable)
        saved.name = name
        saved.synchronization = variable.synchronization.value
        saved.aggregation = variable.aggregation.value
        node = self.graph.add_node(name, "VarHandleOp", dtype=variable.dtype, shape=variable.shape)
        node.attr["shared_name"].s = node.name.encode()
        if self._saves_devices:
            saved.device = node.device = copies_of(variable)[0].device
        key = f"{path}{VALUE}"
        for handle in handles:
            self.graph.hold(handle, held, node.name)
        self._variables.append((key, variable, node.name))
        # OpenVINO finds the tensor of a node by this name, which several variables may have before it is unique.
        self._attributes.append(_Attribute(held, VARIABLE_VALUE, key, node.name))
        return held

    def add_table(self, object_id: int, path: str, stored: str, table: Any, functions: tuple[Any, Any]) -> None:
        """Stores the contents of a mutable ``table`` as its attribute ``stored``.

        ``functions`` are the FunctionDefs that return its keys and values, and take them.
        """
        key = f"{path}{ATTRIBUTES}{stored}"
        node = self.graph.captured(table.resource_handle).node
        dtypes = (table.key_dtype, table.value_dtype)
        self._tables.append(_StoredTable(key, table.export, dtypes, *functions, node))
        self._attributes.append(_Attribute(object_id, stored, key, ""))

    @property
    def _keys(self) -> list[str]:
        return [*(key for key, _, _ in self._variables), *(name for table in self._tables for name in table.names)]

    def write(self, directory: Path, device: str | None, early: EarlyWeights | None) -> None:
        """Writes the checkpoint, or completes what ``early`` has, with the object graph from which objects are found.

        Raises:
            OSError, tf.errors.OpError: the disk is full, or the directory cannot be written.
        """
        prefix, graph = directory / PREFIX, self._object_graph()
        prefix.parent.mkdir(parents=True, exist_ok=True)
        variables = {key: variable for key, variable, _ in self._variables}
        with tf.device(device or CPU):
            tensors = dict(self._table_contents())
            if early is not None and early.complete(prefix, variables, tensors, graph):
                return
            values = {key: value_of(variable) for key, variable in variables.items()}
        save_bundle(prefix, values | tensors | {OBJECT_GRAPH: tf.constant(graph)}, device)

    def _table_contents(self) -> Iterator[tuple[str, Any]]:
        """The keys and values of each table, by their names in the checkpoint."""
        for table in self._tables:
            yield from zip(table.names, table.export(), strict=True)

    def _object_graph(self) -> bytes:
        """The objects of the archive as a checkpoint names them: by number, with their children and keys."""
        graph = trackable_object_graph_pb2.TrackableObjectGraph()
        for saved in self.graph.objects.nodes:
            children = graph.nodes.add().children
            for child in saved.children:
                children.add(node_id=child.node_id, local_name=child.local_name)
        for each in self._attributes:
            node = graph.nodes[each.object_id]
            node.attributes.add(name=each.name, full_name=each.full_name, checkpoint_key=each.key)
            node.has_checkpoint_values.value = True
        return bytes(graph.SerializeToString(deterministic=True))

    def add_saver(self) -> None:
        """Adds the nodes with which a Session and the C++ loader restore the checkpoint, and save one."""
        graph = self.graph
        filename = graph.add_node("saver_filename", "Placeholder", dtype=tf.string, shape=tf.TensorShape([]))
        names = string_const(graph, "save/tensor_names", [key.encode() for key in self._keys])
        slices = string_const(graph, "save/shape_and_slices", [b""] * len(self._keys))
        dtypes = [variable.dtype for _, variable, _ in self._variables]
        dtypes += [dtype for table in self._tables for dtype in table.dtypes]
        restored: list[str] = []
        saved: list[str] = []
        if dtypes:
            read = graph.add_node("save/RestoreV2", "RestoreV2", [filename.name, names, slices], dtypes=dtypes)
            tensors = iter(f"{read.name}:{position}" for position in range(len(dtypes)))
            for _, variable, node in self._variables:
                # As TensorFlow does: OpenVINO finds the tensor of a variable by this Identity only.
                given = graph.add_node("save/Restored", "Identity", [next(tensors)], T=variable.dtype)
                inputs = [node, given.name]
                assigned = graph.add_node("save/Assign", "AssignVariableOp", inputs, dtype=variable.dtype)
                restored.append(f"^{assigned.name}")
                value = graph.add_node("save/Read", "ReadVariableOp", [node], dtype=variable.dtype)
                saved.append(value.name)
            for table in self._tables:
                imported = add_call(graph, "save/Import", table.restore, [next(tensors), next(tensors), table.node])
                restored.append(f"^{imported.name}")
                key = graph.add_node("save/key", "Const", dtype=tf.string)
                key.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(table.key))
                exported = add_call(graph, "save/Export", table.save, [key.name, table.node])
                # Each part of the result is a dict, flattened by key: "name", "slice_spec", "tensor".
                saved += [f"{exported.name}:2", f"{exported.name}:5"]
        done = graph.add_node("save/restore_all", "NoOp", restored)
        control: Sequence[str] = ()
        if dtypes:
            write = graph.add_node("save/SaveV2", "SaveV2", [filename.name, names, slices, *saved], dtypes=dtypes)
            control = [f"^{write.name}"]
        result = graph.add_node("save/Identity", "Identity", [filename.name, *control], T=tf.string)
        self.graph.proto.saver_def.CopyFrom(
            saver_pb2.SaverDef(
                filename_tensor_name=f"{filename.name}:0",
                save_tensor_name=f"{result.name}:0",
                restore_op_name=done.name,
                version=saver_pb2.SaverDef.V2,
            )
        )
