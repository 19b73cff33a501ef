"""Custom gradients: a function for each op that has one, so that a revived archive can be differentiated as the model.

``tf.custom_gradient`` registers a Python function for each op that it makes, which an archive cannot hold: it is
traced, and the trace captures tensors of the function that holds the op. TensorFlow looks each of them up in a list, so
its time grows with the product of ops and captured tensors; here each is looked up in a dict. Gradients of TensorFlow
and Keras with the same code and constants, for tensors of the same dtypes and shapes, are traced once: each is a thin
function around the trace, which captures other tensors.
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import tensorflow as tf

# TensorFlow has no public way to find the Python function of a custom gradient; tests/compiler/test_both_writers.py
# compares the gradients of revived archives with those of the functions.
from tensorflow.python.framework import ops

from specc.compiler.trace.cores import python_op_error
from specc.compiler.write.library import Library, output_specs
from specc.compiler.write.meta_graph import HANDLE_DTYPES, MetaGraph, NotWritable
from specc.reader.conformance.notable_ops import PYTHON_OPS

_GRADIENT = "_gradient_op_type"
_LIBRARIES = ("tensorflow", "keras", "tf_keras")
"""Packages whose functions depend only on their code, their closure and the tensors that they are given."""


class _Unknown(Exception):  # noqa: N818  # not an error: such a gradient is traced separately
    """A part of a gradient that cannot be compared with another."""


@dataclass(frozen=True)
class _Template:
    """A traced gradient; ``captured`` has the position of each captured tensor among the tensors of its key."""

    trace: Any
    captured: tuple[int, ...]


class Gradients:
    """The custom gradients of a MetaGraph that is being written."""

    def __init__(self, graph: MetaGraph, library: Library) -> None:
        self.graph, self.library = graph, library
        self._holders = {id(function.graph): name for name, function in library.called.items()}
        self._captures = {
            id(inner): outer for function in library.called.values() for outer, inner in function.graph.captures
        }
        self._arguments: dict[int, str] = {}
        for name, function in library.called.items():
            arguments = library.definitions[name].signature.input_arg
            # The body of a loop may have got inputs after it was defined, when it was differentiated.
            for tensor, argument in zip(function.graph.inputs, arguments, strict=False):
                self._arguments[id(tensor)] = f"{argument.name}:0"
        self._objects: dict[int, int] = {}
        self._templates: dict[object, _Template] = {}
        self._alive: list[Any] = []

    def add(self) -> None:
        """Adds the gradient of every op that has one.

        Raises:
            ValueError: a gradient cannot be traced; the cause is what it raised.
            NotWritable: a gradient captures a tensor that no object of the archive can stand for.
            SpecError: a gradient calls Python.
        """
        done: set[str] = set()
        known = len(self.library.definitions)
        for name, function in list(self.library.called.items()):
            for tag, op in _tagged_ops(self.library.definitions[name], function.graph):
                if tag not in done:
                    done.add(tag)
                    self._add(tag, op)
        added = islice(self.library.definitions.values(), known, None)
        if any(node.op in PYTHON_OPS for definition in added for node in definition.node_def):
            otherwise = ', or set "gradients": false in each endpoint if no caller needs them'
            raise python_op_error("a custom gradient", ("endpoints",), otherwise)

    def _add(self, tag: str, op: Any) -> None:
        try:
            gradient = ops.gradient_registry.lookup(tag)
        except LookupError:
            return
        tensors: list[Any] = []
        key = _key(gradient, op, tensors)
        template = None if key is None else self._templates.get(key)
        if template is None:
            definition, trace = self._trace(gradient, op)
            captured = trace.captured_inputs
            positions = {id(tensor): position for position, tensor in enumerate(tensors)}
            if key is not None and all(id(tensor) in positions for tensor in captured):
                self._templates[key] = _Template(trace, tuple(positions[id(tensor)] for tensor in captured))
        else:
            trace, captured = template.trace, [tensors[position] for position in template.captured]
            called = self.library.definition(trace).signature
            own = range(len(called.input_arg) - len(captured))
            # There may be hundreds, and a loader takes time for each node.
            definition = self.library.add_thin("gradient", trace, own, range(len(called.output_arg)), adds_nodes=False)
        name, objects = definition.signature.name, map(self._object_of, captured)
        self.library.describe_as(name, objects, trace.structured_input_signature, output_specs(trace))
        self.graph.library.registered_gradients.add(gradient_func=name, registered_op_type=tag)

    def _trace(self, gradient: Any, op: Any) -> tuple[Any, Any]:
        """The FunctionDef and the trace of a gradient, as TensorFlow calls it: with None for the op, and its inputs."""
        try:
            # AutoGraph converts no function of TensorFlow, as that which calls the user's function is.
            trace = tf.function(gradient, autograph=False).get_concrete_function(None, *op.inputs)
        except Exception as error:
            raise ValueError("Error when tracing gradients.") from error  # as TensorFlow says it
        self._alive.append(trace)
        return self.library.definition(trace), trace

    def _object_of(self, tensor: Any) -> int:
        """The object for a tensor that a gradient captures: one of the archive, or a tensor inside a function."""
        while id(tensor) in self._captures:  # a function's own name for a tensor outside of it
            tensor = self._captures[id(tensor)]
        if self.graph.is_captured(tensor):
            return self.graph.captured(tensor).object_id
        if id(tensor) not in self._objects:
            holder = self._holders.get(id(getattr(tensor, "graph", None)))
            if holder is None or tensor.dtype in HANDLE_DTYPES:
                raise NotWritable(f"a gradient captures {tensor!r}"[:200])
            held = self._objects[id(tensor)] = self.graph.add_object()
            captured = self.graph.objects.nodes[held].captured_tensor
            captured.name, captured.concrete_function = self._arguments.get(id(tensor), tensor.name), holder
            self._alive.append(tensor)
        return self._objects[id(tensor)]


def _tagged_ops(definition: Any, graph: Any) -> Iterator[tuple[str, Any]]:
    """The ops of a function that have a custom gradient, each with the name under which it is registered."""
    for node in definition.node_def:
        if _GRADIENT in node.attr:
            with contextlib.suppress(KeyError):  # a node that is not an op of the graph
                yield node.attr[_GRADIENT].s.decode(), graph.get_operation_by_name(node.name)


def _key(gradient: Any, op: Any, tensors: list[Any]) -> object | None:
    """A key that is equal for gradients with the same trace, or None; adds the tensors that differ to ``tensors``."""
    seen: dict[int, int] = {}

    def tensor_key(tensor: Any) -> object:
        if id(tensor) not in seen:
            seen[id(tensor)] = len(tensors)
            tensors.append(tensor)
        shape = None if tensor.shape.rank is None else tuple(tensor.shape)
        return "tensor", seen[id(tensor)], tensor.dtype.name, shape, _static_value(tensor)

    def function_key(function: Any) -> object:
        if (function.__module__ or "").partition(".")[0] not in _LIBRARIES:
            raise _Unknown
        if id(function) in seen:
            return "function", seen[id(function)]
        seen[id(function)] = -1 - len(seen)
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
        defaults = [function.__defaults__, function.__kwdefaults__]
        return "function", function.__code__, value_key(defaults), value_key(cells)

    def value_key(value: Any) -> object:
        match value:
            case tf.Tensor():
                return tensor_key(value)
            case float():
                return "float", value.hex()  # 0.0 is equal to -0.0, and NaN to nothing
            case None | bool() | int() | str() | bytes():
                return type(value).__name__, value
            case list() | tuple():
                return type(value).__name__, *map(value_key, value)
            case dict():
                return "dict", *((key, value_key(value[key])) for key in sorted(value))
            case types.FunctionType():
                return function_key(value)
        raise _Unknown

    try:
        return value_key(list(op.inputs)), value_key(gradient)
    except (_Unknown, ValueError, TypeError):  # an empty cell, or keys of several types
        return None


def _static_value(tensor: Any) -> object:
    """The value of a tensor that is known while it is traced, on which a trace may depend, or None."""
    value = tf.get_static_value(tensor)
    if value is None:
        return None
    return tuple(value.ravel().tolist()) if value.dtype == object else value.tobytes()
