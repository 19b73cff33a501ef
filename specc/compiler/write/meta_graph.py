"""A MetaGraphDef under construction: the main graph, the objects that Python revives, and what functions capture.

The main graph is what a Session and the C++ loader run; the object graph is what ``tf.saved_model.load`` revives. A
captured tensor has a place in both: a node of the one, and an object of the other.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

# The protos are not part of TensorFlow's public API, but there is no public way to write a SavedModel's proto.
from tensorflow.core.framework import node_def_pb2, types_pb2

from specc.compiler.write.node_references import redirected
from specc.compiler.write.unique_names import UniqueNames

ROOT = 0
"""The number of the root object."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.\\/>-]")
HANDLE_DTYPES = (tf.resource, tf.variant)
"""The dtypes of handles, which have no value that a constant can hold."""


class NotWritable(Exception):  # noqa: N818  # not an error: TensorFlow can save such a part
    """A part of an archive that only ``tf.saved_model.save`` can save; the message says which."""


@dataclass(frozen=True)
class Captured:
    """A tensor that functions capture: the object and the node of the main graph that stand for it."""

    tensor: Any
    object_id: int
    node: str


class MetaGraph:
    """A MetaGraphDef under construction."""

    def __init__(self, proto: Any) -> None:
        self.proto = proto
        self.nodes = self.proto.graph_def.node
        self.objects = self.proto.object_graph_def
        self.library = self.proto.graph_def.library
        self._names = UniqueNames()
        self._captured: dict[int, Captured] = {}

    def add_node(self, name: str, op: str, inputs: Iterable[str] = (), **attributes: Any) -> Any:
        """Adds a node to the main graph, and returns its NodeDef; a name that is taken gets a number.

        An attribute is a dtype, a ``tf.TensorShape``, bytes, or a list of dtypes.
        """
        node = self.nodes.add(name=self.unique_name(name), op=op)
        node.input.extend(inputs)
        set_attributes(node, attributes)
        return node

    def import_graph(self, graph: Any) -> dict[str, str]:
        """Adds the nodes of a ``tf.Graph``, and returns the new name of each by its name there."""
        nodes = graph.as_graph_def().node
        renamed = {node.name: self.unique_name(node.name) for node in nodes}
        for node in nodes:
            copy = self.nodes.add()
            copy.CopyFrom(node)
            copy.name = renamed[node.name]
            copy.input[:] = [redirected(text, renamed) for text in node.input]
        return renamed

    def unique_name(self, name: str) -> str:
        """``name`` as a legal name of a node, with a number if it is taken."""
        legal = _NOT_IN_NAMES.sub("_", name)
        legal = legal if re.match(r"[A-Za-z0-9.]", legal) else f".{legal}"
        return self._names.add(legal)

    def add_object(self, **kind: Any) -> int:
        """Adds an object, and returns its number; ``kind`` sets one field of its SavedObject."""
        self.objects.nodes.add(**kind)
        return len(self.objects.nodes) - 1

    def add_user_object(self, identifier: str = "_generic_user_object") -> int:
        """Adds an object without a type of its own, or one that TensorFlow revives as a list or as signatures."""
        held = self.add_object()
        self.make_user_object(held, identifier)
        return held

    def make_user_object(self, held: int, identifier: str = "_generic_user_object") -> None:
        """Makes an object one of a user, which has only attributes."""
        user_object = self.objects.nodes[held].user_object
        user_object.identifier = identifier
        user_object.version.producer = user_object.version.min_consumer = 1

    def add_list(self, parent: int, name: str, items: Iterable[int]) -> int:
        """Adds a list of objects as a child of ``parent``."""
        held = self.add_user_object("trackable_list_wrapper")
        self.add_child(parent, name, held)
        for position, item in enumerate(items):
            self.add_child(held, str(position), item)
        return held

    def add_child(self, parent: int, name: str, child: int) -> None:
        """Makes an object an attribute of another."""
        self.objects.nodes[parent].children.add(node_id=child, local_name=name)

    def hold(self, tensor: Any, object_id: int, node: str) -> None:
        """Records which object and which node stand for a tensor that functions capture."""
        self._captured[id(tensor)] = Captured(tensor, object_id, node)

    def captured(self, tensor: Any) -> Captured:
        """What stands for a captured tensor; a constant is added when it is first captured.

        Raises:
            NotWritable: the tensor is neither a constant nor a resource of the archive.
        """
        if id(tensor) not in self._captured:
            if not is_constant(tensor):
                raise NotWritable(f"a function captures {tensor!r}"[:200])
            node = self.add_node("Const", "Const", dtype=tensor.dtype)
            fill_tensor(node.attr["value"].tensor, tensor)
            held = self.add_object()
            self.objects.nodes[held].constant.operation = node.name
            self.hold(tensor, held, node.name)
        return self._captured[id(tensor)]

    def is_captured(self, tensor: Any) -> bool:
        """Whether an object stands for ``tensor``, or can be made to."""
        return id(tensor) in self._captured or is_constant(tensor)


def is_constant(tensor: Any) -> bool:
    """Whether ``tensor`` has a value that a constant can hold.

    A value read from a variable with a caching device has a private attribute: it would never change again.
    """
    return (
        isinstance(tensor, tf.Tensor)
        and hasattr(tensor, "numpy")
        and tensor.dtype not in HANDLE_DTYPES
        and not hasattr(tensor, "_cached_variable")
    )


def fill_tensor(proto: Any, tensor: Any) -> None:
    """Writes an eager tensor to an empty TensorProto: all of its elements, or only the first if all are equal.

    Raises:
        ValueError: what is to be written has 2 GB or more.
    """
    values = tensor.numpy()  # of a scalar string, bytes
    if isinstance(values, np.ndarray) and values.size > 1 and _repeats_first(values):
        with contextlib.suppress(TypeError):  # some kinds of float8, which a proto holds only as a whole
            proto.CopyFrom(tf.make_tensor_proto(values.reshape(-1)[:1], dtype=tensor.dtype, shape=tensor.shape))
            return
    proto.CopyFrom(tf.make_tensor_proto(values, dtype=tensor.dtype, shape=tensor.shape))


def _repeats_first(array: Any) -> bool:
    """Whether all elements of an array are equal, down to the bits."""
    flat = np.ascontiguousarray(array).reshape(-1)
    if flat.dtype == object:
        return bool((flat == flat[0]).all())
    elements = flat.view(np.uint8).reshape(flat.size, flat.itemsize)
    return bool((elements == elements[0]).all())


def string_const(graph: MetaGraph, name: str, values: Sequence[bytes]) -> str:
    """Adds a constant vector of strings, and returns the name of its node."""
    node = graph.add_node(name, "Const", dtype=tf.string)
    tensor = node.attr["value"].tensor
    tensor.dtype = types_pb2.DT_STRING
    tensor.tensor_shape.dim.add(size=len(values))
    tensor.string_val.extend(values)
    return str(node.name)


def set_attributes(node: node_def_pb2.NodeDef, attributes: Mapping[str, Any]) -> None:
    """Sets attributes of a NodeDef: dtypes, shapes, bytes and lists of dtypes."""
    for name, value in attributes.items():
        match value:
            case tf.DType():
                node.attr[name].type = value.as_datatype_enum
            case tf.TensorShape():
                node.attr[name].shape.CopyFrom(value.as_proto())
            case bytes():
                node.attr[name].s = value
            case _:
                node.attr[name].list.type.extend(each.as_datatype_enum for each in value)


def add_call(graph: MetaGraph, name: str, definition: Any, inputs: Iterable[str]) -> Any:
    """Adds a call of the FunctionDef ``definition`` to the main graph, and returns its NodeDef."""
    node = graph.add_node(name, call_op(definition), inputs)
    fill_call(node, definition)
    return node


def call_op(definition: Any) -> str:
    """The op that calls a function: one without side effects and variables may be computed once, or not at all."""
    return "StatefulPartitionedCall" if definition.signature.is_stateful else "PartitionedCall"


def fill_call(node: Any, definition: Any) -> None:
    """Sets the attributes of a StatefulPartitionedCall of the FunctionDef ``definition``."""
    node.attr["Tin"].list.type.extend(argument.type for argument in definition.signature.input_arg)
    node.attr["Tout"].list.type.extend(argument.type for argument in definition.signature.output_arg)
    node.attr["f"].func.name = definition.signature.name
