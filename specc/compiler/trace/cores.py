"""Traces each function once, as a core that takes and returns flat tensors.

A core is a ConcreteFunction with one wire-named tensor per component. Signatures and nested endpoints are thin
functions around it, or the core itself, so that no part of the model is traced, saved or differentiated twice.
"""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import tensorflow as tf

from specc.compiler.backends import Backend, Callee, current_backend
from specc.compiler.backends.jax_shapes import declared_symbols
from specc.compiler.trace.binding import BoundEndpoint
from specc.compiler.trace.model_containers import with_model_containers
from specc.compiler.trace.opaque_results import opaque_objects
from specc.compiler.trace.rejected_inputs import find_rejected_input
from specc.compiler.trace.result_containers import is_rebuilt, plain_unless_rebuilt
from specc.compiler.user_code import run_user_code
from specc.diagnostics import Diagnostic, SpecPath
from specc.errors import SpecError
from specc.language.trees import Tree
from specc.language.wire_names import BoundLeaf, parameter_name
from specc.reader.conformance.notable_ops import PYTHON_OPS

OutputNames = tuple[str, ...] | Callable[[Any], tuple[str, ...]]
"""Wire names for the flat tensors of a result, or a function that returns them for the nested result."""

TRACING = "tracing failed"


@dataclass(frozen=True)
class Core:
    """A traced function.

    ``concrete`` takes a tensor for each of ``input_names``, by position, and returns one for each of ``output_names``,
    both in the order in which ``tf.nest`` flattens the arguments and the result with composites expanded. ``result`` is
    the nested symbolic result of the trace, with its structure and static shapes. ``is_postprocessed`` is whether the
    endpoint's ``postprocess`` has already been applied to it.
    """

    concrete: Any
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    result: Any
    is_postprocessed: bool = False

    def call(self, arguments: Any) -> Any:
        """The nested result for the nested ``arguments``."""
        outputs = self.concrete(*flatten(arguments))
        tensors = iter([outputs[name] for name in self.output_names])
        leaves = [next(tensors) if tf.is_tensor(leaf) else leaf for leaf in flatten(self.result)]
        return tf.nest.pack_sequence_as(self.result, leaves, expand_composites=True)


def flatten(structure: Any) -> list[Any]:
    """The flat tensors of a nested structure, composites expanded, in TensorFlow's order; variables are read."""
    return [to_tensor(leaf) for leaf in tf.nest.flatten(structure, expand_composites=True)]


def to_tensor(leaf: Any) -> Any:
    """A variable's value; anything else unchanged."""
    if isinstance(leaf, keras.Variable):
        leaf = leaf.value
    return tf.convert_to_tensor(leaf) if isinstance(leaf, tf.Variable) else leaf


def _unchanged(result: Any) -> Any:
    return result


@dataclass(frozen=True, kw_only=True)
class Source(Callee):
    """A function to trace, with the options of tracing.

    ``identity`` is equal for the same function, called in the same way, while it is alive; ``as_result`` is applied to
    what the function returns. ``postprocess`` is applied outside the core, unless the function returns an object, whose
    tensors belong to the core's graph, or a container that cannot be rebuilt from its items. ``inputs`` and ``leaves``
    are the declared inputs, if the function takes these.
    """

    identity: object
    kwargs: dict[str, Any] = field(default_factory=dict)
    autograph: bool = False
    as_result: Callable[[Any], Any] = _unchanged
    postprocess: Callable[..., Any] | None = None
    inputs: tuple[Tree, ...] = ()
    leaves: tuple[BoundLeaf, ...] = ()


@dataclass
class Cores:
    """The traces of one export: one for each function, kwargs and argument specs, however many endpoints use it.

    ``_alive`` keeps references to the functions whose ids are keys, and to the variables that the traces use: a model
    that changes may drop them, and a trace does not keep them.
    """

    backend: Backend = field(default_factory=current_backend)
    functions: dict[object, Core] = field(default_factory=dict)
    preprocessing: dict[object, Core] = field(default_factory=dict)
    _alive: list[Any] = field(default_factory=list)

    def function(
        self,
        bound: BoundEndpoint,
        arguments: Sequence[Any],
        input_names: tuple[str, ...],
        output_names: tuple[str, ...],
    ) -> Core:
        """The core of the endpoint's function; see :meth:`trace`."""
        return self.trace(source_of(bound), arguments, input_names, output_names)

    def trace(
        self, source: Source, arguments: Sequence[Any], input_names: tuple[str, ...], output_names: OutputNames
    ) -> Core:
        """The core of a function for nested argument specs.

        Its flat tensors get these names if it is traced now and there are as many names as tensors.
        """
        kwargs = json.dumps(source.kwargs)  # in their order, which may matter to a function
        key = (
            source.identity,
            kwargs,
            source.autograph,
            _spec_key(arguments),
            self.backend.cache_key(source, list(arguments)),
        )
        if key not in self.functions:
            called = replace(source, function=with_model_containers(source.function))
            function = self.backend.as_tf_function(called, list(arguments))
            core = _trace_core(source, function, arguments, input_names, output_names)
            faults = list(self.backend.check_trace(source, core.concrete))
            if faults:
                raise SpecError(faults)
            self._alive += [source.function, *core.concrete.variables]
            # A core that includes one endpoint's postprocess cannot be shared.
            self.functions[object() if core.is_postprocessed else key] = core
            return core
        return self.functions[key]

    def preprocess(self, bound: BoundEndpoint) -> Core:
        """The core of the endpoint's preprocessing, traced for the declared inputs."""
        assert bound.preprocess is not None
        declared, identity = bound.compiled.declared, bound.preprocess_identity
        key = (identity, declared.autograph, _spec_key(bound.compiled.input_signature))
        if key not in self.preprocessing:
            path = (*bound.compiled.path, "preprocess")
            source = Source(
                function=bound.preprocess,
                identity=identity,
                path=path,
                autograph=declared.autograph,
                inputs=declared.inputs,
                leaves=bound.compiled.inputs,
            )
            self._alive.append(bound.preprocess)
            self.preprocessing[key] = _trace_core(source, source.function, bound.compiled.input_signature, (), ())
        return self.preprocessing[key]


def source_of(bound: BoundEndpoint) -> Source:
    """The Source of an endpoint's function."""
    compiled, declared = bound.compiled, bound.compiled.declared
    return Source(
        function=bound.function,
        path=(*compiled.path, "function"),
        is_tensorflow=bound.is_tensorflow,
        options=declared.jax,
        symbols=None if bound.preprocess else declared_symbols(compiled.inputs),
        gradients=declared.gradients,
        identity=bound.identity,
        kwargs=declared.kwargs,
        autograph=declared.autograph,
        postprocess=bound.postprocess,
        inputs=() if bound.preprocess else declared.inputs,
        leaves=() if bound.preprocess else compiled.inputs,
    )


def _without_tensor_names(specs: Any) -> Any:
    return tf.nest.map_structure(
        lambda spec: tf.TensorSpec(spec.shape, spec.dtype) if isinstance(spec, tf.TensorSpec) else spec, specs
    )


def _spec_key(specs: Any) -> object:
    """A key that is equal for equal nested specs, container types and key order; tensor names are ignored."""
    structure = tf.nest.map_structure(lambda _: ".", specs)
    return repr(structure), tuple(tf.nest.flatten(_without_tensor_names(specs))), _container_classes(specs)


def _container_classes(specs: Any) -> tuple[str, ...]:
    """The class names of the containers, which ``repr`` may not show."""
    if isinstance(specs, dict):
        return tuple(name for item in specs.values() for name in _container_classes(item))
    if isinstance(specs, (list, tuple)):
        return (type(specs).__name__, *(name for item in specs for name in _container_classes(item)))
    return ()


def _trace_core(
    source: Source,
    function: Callable[..., Any],
    arguments: Sequence[Any],
    input_names: tuple[str, ...],
    output_names: OutputNames,
) -> Core:
    specs = _without_tensor_names(list(arguments))
    components = tf.nest.flatten(specs, expand_composites=True)
    names = _names_or_numbers(input_names, "input", len(components))
    traces: list[tuple[Any, tuple[str, ...]]] = []  # TensorFlow traces again if the first trace created variables
    path, is_postprocessed = source.path, False
    given: tuple[Any, ...] = ()

    def core(*flat: Any) -> dict[str, Any]:  # by position, since a wire name need not be an identifier
        nonlocal given, path, is_postprocessed
        given, path, is_postprocessed = flat, source.path, False
        nested = tf.nest.pack_sequence_as(specs, list(flat), expand_composites=True)
        # A copy each time: the function may change its kwargs, and the document must not change.
        result = source.as_result(function(*nested, **copy.deepcopy(source.kwargs)))
        if source.postprocess is not None and (opaque_objects(flatten(result)) or not is_rebuilt(result)):
            path, is_postprocessed = (*source.path[:-1], "postprocess"), True
            result = source.postprocess(result)
        result = plain_unless_rebuilt(result)
        tensors = [leaf for leaf in flatten(result) if tf.is_tensor(leaf)]
        wanted_names = output_names(result) if callable(output_names) else output_names
        traces.append((result, _names_or_numbers(wanted_names, "output", len(tensors))))
        return dict(zip(traces[-1][1], tensors, strict=True))

    flat_specs = [tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in zip(names, components, strict=True)]
    # Traced on its own, never inside another trace: lifted out of that, it would lose every gradient tape it uses.
    traceable = tf.function(core, autograph=source.autograph)

    def place(error: BaseException) -> SpecPath:
        rejected = find_rejected_input(error, source.function, source.inputs, source.leaves, given)
        return path if rejected is None or is_postprocessed else rejected

    concrete = run_user_code(lambda: traceable.get_concrete_function(*flat_specs), "trace-failed", place, TRACING)
    refuse_python_ops(concrete, path)
    result, names_out = traces[-1]
    return Core(concrete, names, names_out, result, is_postprocessed)


def _names_or_numbers(names: tuple[str, ...], word: str, count: int) -> tuple[str, ...]:
    """``names`` if there are as many as tensors, else numbered names."""
    return names if len(names) == count else tuple(f"{word}_{index}" for index in range(count))


def ops_of(concrete: Any) -> set[str]:
    """The types of all ops of a trace, including those of the functions that it calls."""
    definition = concrete.graph.as_graph_def()
    used = {node.op for node in definition.node}
    return used | {node.op for function in definition.library.function for node in function.node_def}


def refuse_python_ops(concrete: Any, path: SpecPath) -> None:
    """Raises SpecError if ``concrete`` calls Python.

    A py_function is a pointer into this process, so the archive would fail in any other process.
    """
    if ops_of(concrete) & PYTHON_OPS:
        raise python_op_error("the function", path)


def python_op_error(caller: str, path: SpecPath, otherwise: str = "") -> SpecError:
    """The error for a ``caller`` of Python; ``otherwise`` is another way to mend it."""
    message = f"{caller} calls Python code through tf.py_function or tf.numpy_function, which cannot be saved"
    hint = f"write it with TensorFlow ops{otherwise}"
    return SpecError([Diagnostic(rule="python-op", path=path, message=message, hint=hint)])


def parameters(names: Sequence[str], defaults: dict[str, Any]) -> inspect.Signature:
    """A signature with these positional parameters, which TensorFlow reads in place of ``*args``."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    empty = inspect.Parameter.empty
    return inspect.Signature([inspect.Parameter(name, kind, default=defaults.get(name, empty)) for name in names])


def wire_parameters(wire_names: Sequence[str], defaults: dict[str, Any]) -> inspect.Signature:
    """The positional parameters of a signature, whose ``defaults`` are by wire name.

    TensorFlow calls a function by wire name to make a signature of it, and a parameter of that name gets the tensor:
    with parameters ``a, b`` for the wire names ``b, a`` the tensors would be swapped silently.
    """
    named = {parameter_name(name): default for name, default in defaults.items()}
    return parameters([parameter_name(name) for name in wire_names], named)
