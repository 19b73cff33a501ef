"""The functions of an archive: FunctionDefs of traces, thin ones around them, and how Python revives each."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

# The protos are not part of TensorFlow's public API, but there is no public way to write a SavedModel's proto.
from tensorflow.core.framework import function_pb2
from tensorflow.core.protobuf import saved_object_graph_pb2

from specc.compiler.write.meta_graph import MetaGraph, NotWritable, call_op, fill_call
from specc.compiler.write.structured_values import encode

_USER_SPECIFIED_NAME = "_user_specified_name"
_INPUT_SHAPES = "_input_shapes"
_OUTPUT_SHAPES = "_output_shapes"
_JIT_COMPILE = saved_object_graph_pb2.FunctionSpec.JitCompile


class Library:
    """The functions of a MetaGraph that is being written."""

    def __init__(self, graph: MetaGraph) -> None:
        self.graph = graph
        self.definitions: dict[str, Any] = {}
        """The FunctionDef of each function by its name."""
        self.traces: dict[str, Any] = {}
        """The traces that were added, by name."""
        self.called: dict[str, Any] = {}
        """The functions of this process among them and what they call, by name, each with its ``graph``."""
        self._alive: list[Any] = []

    def add(self, traces: Iterable[Any]) -> None:
        """Adds traces, with all functions that they call."""
        new = {name_of(trace): trace for trace in traces if name_of(trace) not in self.traces}
        holder = tf.Graph()
        for trace in new.values():
            trace.add_to_graph(holder)
        # With the shapes that a trace knows: a loader that infers them again loses those that were set.
        written = holder.as_graph_def(add_shapes=True)
        self.graph.proto.graph_def.versions.CopyFrom(written.versions)
        library = written.library
        # Only a private attribute leads to the functions that a trace calls; gradients capture tensors of them.
        called = {name: each for name, each in holder._functions.items() if hasattr(each, "graph")}
        for name, each in called.items():
            if not getattr(each.graph, "saveable", True):  # it reads all copies of a variable, and one is written
                raise NotWritable(f"TensorFlow says that the function {name!r} cannot be saved")
        self.called |= called
        for definition in library.function:
            self.definitions.setdefault(definition.signature.name, definition)
            for node in definition.node_def:
                if node.op == "Const":  # a loader infers its shape from its value, and takes time to set it again
                    node.attr.pop(_OUTPUT_SHAPES, None)
        self.graph.library.gradient.extend(library.gradient)
        self._alive.append(library)
        for name, trace in new.items():
            self.traces[name] = trace
            shapes = self.definitions[name].attr[_INPUT_SHAPES].list
            del shapes.shape[:]
            shapes.shape.extend(tensor.shape.as_proto() for tensor in trace.graph.inputs)

    def definition(self, trace: Any) -> Any:
        """The FunctionDef of a trace, which is added if it is new."""
        if name_of(trace) not in self.traces:
            self.add([trace])
        return self.definitions[name_of(trace)]

    def describe(self, trace: Any) -> None:
        """Writes how Python revives a trace, once: its arguments, its result and what it captures."""
        if name_of(trace) not in self.graph.objects.concrete_functions:  # as it is if it is several endpoints
            inputs, outputs = trace.structured_input_signature, output_specs(trace)
            self.describe_as(name_of(trace), self.captured(trace), inputs, outputs)

    def describe_as(self, name: str, captured: Iterable[int], inputs: Any, outputs: Any) -> None:
        """Writes how Python revives the function ``name``.

        ``captured`` are the objects that it captures; ``inputs`` and ``outputs`` are nested specs.
        """
        concrete = self.graph.objects.concrete_functions[name]
        concrete.bound_inputs.extend(captured)
        concrete.canonicalized_input_signature.CopyFrom(encode(inputs))
        concrete.output_signature.CopyFrom(encode(outputs))

    def captured(self, trace: Any) -> list[int]:
        """The objects that a trace captures, in the order of its inputs."""
        return [self.graph.captured(tensor).object_id for tensor in trace.captured_inputs]

    def add_bare(self, trace: Any, keywords: Sequence[str]) -> int:
        """Adds a trace as an object without polymorphism, whose tensors are given by position or by these names."""
        self.describe(trace)
        spec = function_spec(full_arg_spec(keywords), None if keywords else ())
        return add_bare_function(self.graph, name_of(trace), keywords, len(keywords), spec)

    def add_thin(
        self, name: str, trace: Any, inputs: Sequence[int], outputs: Sequence[int], *, adds_nodes: bool = True
    ) -> Any:
        """Adds a FunctionDef that only calls ``trace``, and returns it.

        It takes the own inputs of ``trace`` at the positions ``inputs``, then all that ``trace`` captures, and returns
        its outputs at the positions ``outputs``. As in a trace, each result is a node of its own, which waits for all
        that the call does. Without ``adds_nodes``, a call without side effects gives the results itself.
        """
        called = self.definition(trace)
        thin = function_pb2.FunctionDef()
        thin.signature.name = self.unique_name(name)
        thin.signature.is_stateful = called.signature.is_stateful
        own = len(trace.inputs) - len(trace.captured_inputs)
        arguments, shapes = called.signature.input_arg, called.attr[_INPUT_SHAPES].list.shape
        # Hundreds of captured variables would have their long names once more in each thin function.
        names = [each.name if at < own else f"captured_{at}" for at, each in enumerate(arguments)]
        taken = set(names[:own])
        names[own:] = [_free_name(name, taken) for name in names[own:]]
        for position, original in enumerate([*inputs, *range(own, len(arguments))]):
            argument = thin.signature.input_arg.add()
            argument.CopyFrom(arguments[original])
            argument.name = names[original]
            if original >= own:  # a loader knows of what it captures, and takes time to set this again
                argument.ClearField("handle_data")
            if original in called.arg_attr and original < own:
                thin.arg_attr[position].CopyFrom(called.arg_attr[original])
            thin.attr[_INPUT_SHAPES].list.shape.add().CopyFrom(shapes[original])
        call = thin.node_def.add(name=_free_name("call", set(names)), op=call_op(called))
        call.input.extend(names)
        fill_call(call, called)
        # A gradient that was computed in this process has added outputs to the trace.
        known = zip(trace.outputs, called.signature.output_arg, strict=False)
        call.attr[_OUTPUT_SHAPES].list.shape.extend(tensor.shape.as_proto() for tensor, _ in known)
        for position, original in enumerate(outputs):
            output = thin.signature.output_arg.add(name=f"output_{position}")
            output.type = called.signature.output_arg[original].type
            thin.ret[output.name] = f"{call.name}:output:{original}"
        if adds_nodes or called.signature.is_stateful:
            _add_results(thin, call.name, {*names, call.name})
        self.definitions[thin.signature.name] = thin
        return thin

    def unique_name(self, stem: str) -> str:
        """A name for a new function that no trace has or gets later: the numbers of theirs do not begin with 0.

        It ends in a number, too: without one, TensorFlow makes no fingerprint.
        """
        number = len(self.definitions)
        while (name := f"__inference_{stem}_0{number}") in self.definitions:
            number += 1
        return name

    def write(self) -> None:
        """Adds every function to the MetaGraph."""
        self.graph.library.function.extend(self.definitions.values())


def describe_function(graph: MetaGraph, names: Iterable[str], spec: Any) -> int:
    """Adds the object of a Python function with the traces ``names``, and returns its number."""
    held = graph.add_object()
    function = graph.objects.nodes[held].function
    function.concrete_functions.extend(names)
    function.function_spec.CopyFrom(spec)
    return held


def add_bare_function(graph: MetaGraph, name: str, keywords: Sequence[str], positional: int, spec: Any) -> int:
    """Adds the object of a single trace, of whose ``keywords`` the first ``positional`` may be given by position."""
    held = graph.add_object()
    bare = graph.objects.nodes[held].bare_concrete_function
    bare.concrete_function_name = name
    bare.argument_keywords.extend(keywords)
    bare.allowed_positional_arguments = positional
    bare.function_spec.CopyFrom(spec)
    return held


def name_of(trace: Any) -> str:
    """The name of the FunctionDef of a trace, which is bytes in some releases of TensorFlow."""
    return trace.name.decode() if isinstance(trace.name, bytes) else str(trace.name)


def own_inputs(trace: Any) -> list[Any]:
    """The symbolic inputs of a trace without those that it captures."""
    return list(trace.inputs[: len(trace.inputs) - len(trace.captured_inputs)])


def input_names(trace: Any) -> list[str]:
    """The wire names of the own inputs of a trace.

    Raises:
        NotWritable: two inputs have the same name, or one has none.
    """
    names = specified_names(trace)
    if "" in names or len(set(names)) < len(names):
        raise NotWritable(f"the inputs of the function {name_of(trace)!r} have no distinct names")
    return names


def specified_names(trace: Any) -> list[str]:
    """The name that the specs or parameters of a trace give each of its own inputs; empty where they give none."""
    attributes = [tensor.op.node_def.attr for tensor in own_inputs(trace)]
    return [attr[_USER_SPECIFIED_NAME].s.decode() if _USER_SPECIFIED_NAME in attr else "" for attr in attributes]


def named_outputs(trace: Any) -> dict[str, Any]:
    """The symbolic outputs of a trace by wire name, numbered as TensorFlow does where they have no keys.

    Raises:
        NotWritable: the result is nested, or a part of it is not a tensor.
    """
    outputs = trace.structured_outputs
    if hasattr(outputs, "_asdict"):
        outputs = outputs._asdict()
    if not isinstance(outputs, Mapping):
        several = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        outputs = {f"output_{position}": output for position, output in enumerate(several)}
    for name, output in outputs.items():
        if not isinstance(output, tf.Tensor) and not isinstance(output, tf.TensorSpec):
            raise NotWritable(f"the output {name!r} of the function {name_of(trace)!r} is {type(output).__name__}")
    return dict(outputs)


def function_spec(
    arguments: inspect.FullArgSpec, input_signature: Any = None, *, jit_compile: bool | None = None
) -> Any:
    """The proto of a Python function's parameters; annotations are left out."""
    proto = saved_object_graph_pb2.FunctionSpec()
    proto.fullargspec.CopyFrom(encode(arguments._replace(annotations={})))
    proto.input_signature.CopyFrom(encode(input_signature))
    proto.jit_compile = {None: _JIT_COMPILE.DEFAULT, True: _JIT_COMPILE.ON, False: _JIT_COMPILE.OFF}[jit_compile]
    return proto


def full_arg_spec(names: Sequence[str] = (), keywords: Sequence[str] = ()) -> inspect.FullArgSpec:
    """Parameters without defaults: positional ones, and those by keyword only."""
    return inspect.FullArgSpec(list(names), None, None, None, list(keywords), None, {})


def output_specs(trace: Any) -> Any:
    """The nested specs of a trace's result."""
    return tf.nest.map_structure(spec_of, trace.structured_outputs)


def spec_of(output: Any) -> Any:
    """The spec of an output of a trace; what is not a tensor is kept."""
    if isinstance(output, tf.Tensor):
        return tf.TensorSpec(output.shape, output.dtype)
    return tf.type_spec_from_value(output) if isinstance(output, tf.__internal__.CompositeTensor) else output


def _add_results(thin: Any, call: str, taken: set[str]) -> None:
    """Makes each result of ``thin`` a node of its own, which waits for all that the node ``call`` does."""
    done = thin.node_def.add(name=_free_name("NoOp", taken), op="NoOp", input=[f"^{call}"])
    for position, output in enumerate(thin.signature.output_arg):
        name = f"Identity_{position}" if position else "Identity"
        result = thin.node_def.add(name=_free_name(name, taken), op="Identity")
        result.input.extend([thin.ret[output.name], f"^{done.name}"])
        result.attr["T"].type = output.type
        thin.ret[output.name] = f"{result.name}:output:0"
    thin.control_ret[call] = call  # what the call does besides returning a result must be done
    thin.signature.control_output.append(call)


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
