"""The endpoints and signatures of an archive: thin functions around the traces, for Python and for other runtimes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.compiler.trace.endpoints import TracedEndpoint
from specc.compiler.write.library import (
    Library,
    add_bare_function,
    describe_function,
    full_arg_spec,
    function_spec,
    input_names,
    name_of,
    named_outputs,
    own_inputs,
    spec_of,
    specified_names,
)
from specc.compiler.write.meta_graph import ROOT, MetaGraph, NotWritable, add_call, call_op
from specc.compiler.write.structured_values import encode
from specc.compiler.write.unique_names import UniqueNames
from specc.language.document import CALL
from specc.language.signatures import DEFAULT_KEYS, METHOD_NAMES, PublishedSignature
from specc.language.wire_names import parameter_name

_CONCRETE = tf.types.experimental.ConcreteFunction
_UNNAMED = "tensor_arg"
"""TensorFlow's name of an input that has none."""
_NOT_IN_SCOPES = re.compile(r"[^A-Za-z0-9_.-]")


def add_endpoint(graph: MetaGraph, library: Library, endpoint: TracedEndpoint) -> list[str]:
    """Adds an endpoint as an attribute of the root, and returns the names of its functions."""
    if endpoint.revived is not None:
        traces, spec = _revived(library, endpoint.revived)
    else:
        traces, spec = {_add_nested(library, endpoint): _leaf_names(endpoint.compiled)}, _declared_spec(endpoint)
    held = describe_function(graph, traces, spec)
    graph.add_child(ROOT, endpoint.compiled.name, held)
    # A loader takes from these how each trace is called with flat tensors; the trace itself has their specs.
    spec.input_signature.CopyFrom(encode(None))
    for position, (name, inputs) in enumerate(traces.items()):
        keywords = _keywords(inputs)
        trace = add_bare_function(graph, name, keywords, len(keywords), spec)
        graph.add_child(held, f"trace_{position}", trace)
    return list(traces)


def _add_nested(library: Library, endpoint: TracedEndpoint) -> str:
    """Adds the function with the nested arguments and the nested result that the endpoint declares."""
    compiled, trace = endpoint.compiled, endpoint.concrete
    positions = {name: position for position, name in enumerate(input_names(trace))}
    outputs = {name: position for position, name in enumerate(sorted(named_outputs(trace)))}
    thin = library.add_thin(
        compiled.name,
        trace,
        [positions[component.wire_name] for component in compiled.input_components],
        [outputs[component.wire_name] for component in compiled.output_components],
    )
    name = str(thin.signature.name)
    inputs: Any = (tuple(compiled.input_signature), {})
    library.describe_as(name, library.captured(trace), inputs, _traced_outputs(compiled, trace))
    return name


def _leaf_names(compiled: CompiledEndpoint) -> list[str]:
    """The name of each flat input of the nested function: that of its spec, else that of its argument."""
    arguments = zip(compiled.declared.arguments, compiled.input_signature, strict=True)
    return [
        getattr(leaf, "name", None) or argument
        for argument, specs in arguments
        for leaf in tf.nest.flatten(specs)
        for _ in tf.nest.flatten(leaf, expand_composites=True)
    ]


def _keywords(names: Iterable[str]) -> list[str]:
    """The names by which a trace is called with flat tensors, numbered as TensorFlow does where several are equal."""
    given = UniqueNames()
    return [given.add(name or _UNNAMED) for name in names]


def _traced_outputs(compiled: CompiledEndpoint, trace: Any) -> Any:
    """The nested output specs, with the sizes that the trace knows and the document leaves open."""
    outputs = named_outputs(trace)
    flat = [outputs[component.wire_name] for component in compiled.output_components]
    with trace.graph.as_default():  # ragged tensors are made of several
        packed = tf.nest.pack_sequence_as(compiled.output_specs, flat, expand_composites=True)
        return tf.nest.map_structure(spec_of, packed)


def _declared_spec(endpoint: TracedEndpoint) -> Any:
    parameters = endpoint.python_signature.parameters
    defaults = [each.default for each in parameters.values() if each.default is not inspect.Parameter.empty]
    arguments = full_arg_spec(list(parameters))._replace(defaults=tuple(defaults) or None)
    return function_spec(arguments, tuple(endpoint.compiled.input_signature))


def _revived(library: Library, function: Any) -> tuple[dict[str, list[str]], Any]:
    """All traces of a tf.function with the names of their inputs, and its parameters, neither of which is public."""
    traces = function._list_all_concrete_functions_for_serialization()
    library.add(traces)
    for trace in traces:
        library.describe(trace)
    spec = function.function_spec
    described = function_spec(spec.fullargspec, spec.input_signature, jit_compile=spec.jit_compile)
    return {name_of(trace): specified_names(trace) for trace in traces}, described


class Signatures:
    """The SignatureDefs of a MetaGraph that is being written, and the functions with which Python calls them."""

    def __init__(self, graph: MetaGraph, library: Library) -> None:
        self.graph, self.library = graph, library
        self._map = graph.add_user_object("signature_map")
        self._added: dict[str, int] = {}
        self._described: dict[str, Any] = {}

    def attach(self) -> None:
        """Makes them an attribute of the root."""
        self.graph.add_child(ROOT, "signatures", self._map)

    def add(self, published: Iterable[PublishedSignature], functions: Mapping[str, Any]) -> None:
        """Adds the ``published`` signatures; ``functions`` has that of each key that is not an alias."""
        for signature in published:
            if signature.alias_of:
                definition = self.graph.proto.signature_def[signature.key]
                definition.CopyFrom(self.graph.proto.signature_def[signature.alias_of])
                held = self._added[signature.alias_of]
            else:
                held = self._added[signature.key] = self._add(signature, functions[signature.key])
            self.graph.add_child(self._map, signature.key, held)

    def _add(self, signature: PublishedSignature, function: Any) -> int:
        trace = function if isinstance(function, _CONCRETE) else function.get_concrete_function()
        inputs = _in_order_of_parameters(trace)
        results = {name: _spec_of(output, name) for name, output in sorted(named_outputs(trace).items())}
        called = self._called(trace, inputs, results)
        self._define(signature, trace, called, inputs, results, _defaults(function, input_names(trace)))
        positional = 1 if len(inputs) == 1 else 0  # several arguments have no order in a SignatureDef
        spec = function_spec(full_arg_spec(keywords=list(map(parameter_name, inputs))), None if inputs else ())
        return add_bare_function(self.graph, called.signature.name, list(inputs), positional, spec)

    def _called(self, trace: Any, inputs: dict[str, Any], results: dict[str, Any]) -> Any:
        """A function that takes and returns tensors in the order in which Python flattens them by name.

        It is never the trace itself: an endpoint calls that, too, and TensorFlow's gradients change a function that is
        called directly and by another one.
        """
        key = name_of(trace)
        if key not in self._described:
            places_in = {name: position for position, name in enumerate(input_names(trace))}
            flat, outputs = tf.nest.flatten(trace.structured_outputs), named_outputs(trace)
            places_out = {id(output): position for position, output in enumerate(flat)}
            given, order = [places_in[name] for name in inputs], [places_out[id(outputs[name])] for name in results]
            called = self.library.add_thin("signature", trace, given, order)
            keywords = {parameter_name(name): spec for name, spec in inputs.items()}
            self.library.describe_as(called.signature.name, self.library.captured(trace), ((), keywords), results)
            self._described[key] = called
        return self._described[key]

    def _define(  # each is a separate part of a SignatureDef
        self,
        signature: PublishedSignature,
        trace: Any,
        called: Any,
        inputs: dict[str, Any],
        outputs: dict[str, Any],
        defaults: Mapping[str, Any],
    ) -> None:
        """Adds the SignatureDef, its placeholders and the call of its function."""
        definition = self.graph.proto.signature_def[signature.key]
        definition.method_name = METHOD_NAMES[signature.method]
        key = DEFAULT_KEYS["predict"] if signature.key == CALL else signature.key
        given: list[str] = []
        for spec in inputs.values():
            name = _NOT_IN_SCOPES.sub("_", f"{key}_{spec.name}")
            if spec.name in defaults:
                default = self.graph.add_node(f"{name}/input", "Const", dtype=spec.dtype)
                default.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(defaults[spec.name]))
                definition.defaults[spec.name].CopyFrom(default.attr["value"].tensor)
                node = self.graph.add_node(
                    name, "PlaceholderWithDefault", [default.name], dtype=spec.dtype, shape=spec.shape
                )
            else:
                node = self.graph.add_node(name, "Placeholder", dtype=spec.dtype, shape=spec.shape)
            given.append(node.name)
            _fill_info(definition.inputs[spec.name], f"{node.name}:0", spec)
        given += [self.graph.captured(tensor).node for tensor in trace.captured_inputs]
        call = add_call(self.graph, call_op(called), called, given)
        shapes = call.attr["_output_shapes"].list.shape
        for position, (name, spec) in enumerate(outputs.items()):
            _fill_info(definition.outputs[name], f"{call.name}:{position}", spec)
            shapes.add().CopyFrom(spec.shape.as_proto())


def _in_order_of_parameters(trace: Any) -> dict[str, Any]:
    """The specs of a trace's own inputs by wire name, in the order in which Python flattens keywords.

    Raises:
        NotWritable: two inputs would be one parameter.
    """
    names = input_names(trace)
    if len(set(map(parameter_name, names))) < len(names):
        raise NotWritable(f"two inputs of the function {name_of(trace)!r} have the same name in Python")
    tensors = dict(zip(names, own_inputs(trace), strict=True))
    return {name: _spec_of(tensors[name], name) for name in sorted(names, key=parameter_name)}


def _spec_of(tensor: Any, name: str) -> Any:
    return tf.TensorSpec(tensor.shape, tensor.dtype, name)


def _fill_info(info: Any, tensor: str, spec: Any) -> None:
    info.name, info.dtype = tensor, spec.dtype.as_datatype_enum
    info.tensor_shape.CopyFrom(spec.shape.as_proto())


def _defaults(function: Any, names: list[str]) -> dict[str, Any]:
    """The default tensor of each input of a tf.function that has one, by wire name; its parameters have their order."""
    python_function = getattr(function, "python_function", None)
    if python_function is None:
        return {}
    given = [each.default for each in inspect.signature(python_function).parameters.values()]
    if len(given) != len(names):
        return {}
    return {name: default.numpy() for name, default in zip(names, given, strict=True) if tf.is_tensor(default)}
