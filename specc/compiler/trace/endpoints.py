"""Traces an endpoint around its core: as the flat signature, and as the nested function of the revived object."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import tensorflow as tf

from specc.compiler.compiled_endpoint import CompiledEndpoint
from specc.compiler.keras_steps import why_missing
from specc.compiler.tensorspec import component_spec, default_tensor
from specc.compiler.trace.binding import BoundEndpoint, LeftOut, leaving_out_optional, require_taken
from specc.compiler.trace.cores import (
    TRACING,
    Core,
    Cores,
    flatten,
    parameters,
    refuse_python_ops,
    source_of,
    wire_parameters,
)
from specc.compiler.trace.output_check import describe, find_conflicts, spec_of
from specc.compiler.user_code import run_user_code
from specc.diagnostics import Diagnostic, SpecPath
from specc.errors import FindingCollector, SpecError
from specc.language.document import Endpoint
from specc.language.trees import Tensor, has_default
from specc.language.wire_names import BoundLeaf


@dataclass(frozen=True)
class TracedEndpoint:
    """An endpoint ready to be saved.

    ``signature`` is what ``tf.saved_model.save`` takes as a signature; ``concrete`` is its trace; ``called`` are the
    cores that the signature calls, or none if it is the core itself. ``revived`` is the tf.function that the endpoint
    revives as, if it is not the one that the document declares, and ``further`` are its other traces.
    """

    compiled: CompiledEndpoint
    signature: Any
    concrete: Any
    revived: Any = None
    further: tuple[Any, ...] = ()
    called: tuple[Any, ...] = ()

    @property
    def concretes(self) -> tuple[Any, ...]:
        """All traces of the endpoint."""
        return (self.concrete, *self.further)

    @property
    def python_signature(self) -> inspect.Signature:
        """The parameters of the declared function in Python, with the defaults of trailing arguments."""
        return parameters(self.compiled.declared.arguments, _argument_defaults(self.compiled))

    @cached_property
    def nested(self) -> Any:
        """The tf.function that the endpoint revives as."""
        return self.revived or _nested_function(self)

    def call(self, flat: Mapping[str, Any]) -> dict[str, Any]:
        """The flat results of the signature for flat tensors, both by wire name."""
        return call_flat(self.compiled, self.concrete, flat)


def call_flat(compiled: CompiledEndpoint, concrete: Any, flat: Mapping[str, Any]) -> dict[str, Any]:
    """The results of the traced signature ``concrete``, which takes tensors by position, for tensors by wire name."""
    return concrete(*(flat[component.wire_name] for component in compiled.parameters))  # type: ignore[no-any-return]


def trace_endpoints(
    bound: Iterable[BoundEndpoint], cores: Cores, left_out: LeftOut, model: Any
) -> list[TracedEndpoint]:
    """Every endpoint, traced and checked against its declaration, in the order of their names.

    An optional endpoint that cannot be traced, or does not match its declaration, is added to ``left_out``.

    Raises:
        SpecError: functions raise while traced, or return what is not declared; it has the findings of every endpoint.
    """
    findings = FindingCollector()
    possible: list[BoundEndpoint] = []
    for endpoint in bound:
        with findings.gather(), leaving_out_optional(endpoint.compiled, left_out):
            _require_supported(endpoint, cores, model)
            possible.append(endpoint)
    findings.raise_any()  # before anything is traced
    traced: list[TracedEndpoint] = []
    # Endpoints whose signature can be the core itself come first, so that the core gets their wire names.
    for endpoint in sorted(possible, key=lambda endpoint: (_wraps_core(endpoint), endpoint.compiled.name)):
        with findings.gather(), leaving_out_optional(endpoint.compiled, left_out):
            traced.append(_trace_endpoint(endpoint, cores))
    findings.raise_any()
    return sorted(traced, key=lambda endpoint: endpoint.compiled.name)


def _require_supported(bound: BoundEndpoint, cores: Cores, model: Any) -> None:
    """Raises SpecError if the backend does not support the endpoint's inputs, outputs or layers."""
    inputs = None if bound.preprocess else bound.compiled.inputs
    outputs = None if bound.postprocess else bound.compiled.outputs
    findings = list(cores.backend.find_unsupported(source_of(bound), inputs, outputs, model))
    if findings:
        raise SpecError(findings)


def _wraps_core(bound: BoundEndpoint) -> bool:
    return bool(bound.preprocess or bound.postprocess or any(has_default(leaf.leaf) for leaf in bound.compiled.inputs))


def _trace_endpoint(bound: BoundEndpoint, cores: Cores) -> TracedEndpoint:
    compiled = bound.compiled
    names_in = tuple(component.wire_name for component in compiled.input_components)
    names_out = tuple(component.wire_name for component in compiled.output_components)
    preprocess = None if bound.preprocess is None else cores.preprocess(bound)
    if preprocess is None:
        core = cores.function(bound, compiled.input_signature, names_in, () if bound.postprocess else names_out)
    else:
        core = cores.function(bound, _argument_specs(bound, preprocess), (), () if bound.postprocess else names_out)
    if not _wraps_core(bound):
        _require_declared_outputs(compiled, core.result)
        if (
            core.input_names == names_in
            and core.output_names == names_out
            and not _needs_shape_checks(compiled, core.result)
        ):
            return TracedEndpoint(compiled, core.concrete, core.concrete)
    signature = _flat_function(bound, preprocess, core)
    specs = [component_spec(component) for component in compiled.parameters]
    traceable = tf.function(signature, autograph=False, input_signature=specs)
    concrete = traceable.get_concrete_function()
    if bound.postprocess is not None:
        refuse_python_ops(concrete, (*compiled.path, "postprocess"))
    called = tuple(each.concrete for each in (preprocess, core) if each is not None)
    return TracedEndpoint(compiled, traceable, concrete, called=called)


def _flat_function(bound: BoundEndpoint, preprocess: Core | None, core: Core) -> Any:
    """A flat function around the core: defaults, preprocessing, postprocessing and the declared shapes."""
    compiled = bound.compiled
    order = [component.wire_name for component in compiled.parameters]
    names_out = [component.wire_name for component in compiled.output_components]

    def signature(*tensors: Any) -> dict[str, Any]:
        flat = dict(zip(order, tensors, strict=True))
        given = [flat[component.wire_name] for component in compiled.input_components]
        arguments = tf.nest.pack_sequence_as(compiled.input_signature, given, expand_composites=True)
        if preprocess is not None:
            arguments = as_arguments(preprocess.call(arguments))
        result = core.call(arguments)
        if bound.postprocess is not None and not core.is_postprocessed:
            result = _run_postprocess(bound, bound.postprocess, result)
        _require_declared_outputs(compiled, result)
        return dict(zip(names_out, _with_declared_shapes(compiled, flatten(result)), strict=True))

    signature.__signature__ = wire_parameters(order, _defaults_by_wire_name(compiled))  # type: ignore[attr-defined]
    return signature


def _run_postprocess(bound: BoundEndpoint, function: Callable[..., Any], result: Any) -> Any:
    if bound.compiled.declared.autograph:
        function = tf.function(function, autograph=True)
    path = (*bound.compiled.path, "postprocess")
    return run_user_code(lambda: function(result), "trace-failed", path, TRACING)


def _argument_specs(bound: BoundEndpoint, preprocess: Core) -> list[Any]:
    """The specs of the preprocessing's result, for which the core is traced."""
    arguments = as_arguments(preprocess.result)
    for leaf in tf.nest.flatten(arguments):
        if spec_of(leaf) is None:
            path, message = (*bound.compiled.path, "preprocess"), f"returned {describe(leaf)}, where a tensor is needed"
            raise SpecError([Diagnostic(rule="step-conflict", path=path, message=message)])
    require_taken(bound, len(arguments))
    return tf.nest.map_structure(spec_of, arguments)  # type: ignore[no-any-return]


def as_arguments(returned: Any) -> list[Any]:
    """The preprocessing's result as positional arguments: a plain tuple holds all of them, anything else is one."""
    return list(returned) if isinstance(returned, tuple) and not hasattr(returned, "_fields") else [returned]


def _nested_function(endpoint: TracedEndpoint) -> Any:
    """The endpoint as a nested function: nested arguments by position or name, the nested result as declared."""
    compiled, concrete = endpoint.compiled, endpoint.concrete
    names_in = [component.wire_name for component in compiled.input_components]
    names_out = [component.wire_name for component in compiled.output_components]

    def nested(*arguments: Any) -> Any:
        outputs = call_flat(compiled, concrete, dict(zip(names_in, flatten(list(arguments)), strict=True)))
        flat = [outputs[name] for name in names_out]
        return tf.nest.pack_sequence_as(compiled.output_specs, flat, expand_composites=True)

    nested.__name__ = compiled.name
    nested.__signature__ = endpoint.python_signature  # type: ignore[attr-defined]
    return tf.function(nested, autograph=False, input_signature=compiled.input_signature)


def _require_declared_outputs(compiled: CompiledEndpoint, result: Any) -> None:
    path, declared = (*compiled.path, "outputs"), compiled.declared
    findings = [
        replace(each, hint=each.hint or _why_missing(declared, each.path[len(path) :], result))
        for each in find_conflicts(declared.outputs, result, path)
    ]
    if findings:
        raise SpecError(findings)


def _why_missing(declared: Endpoint, place: SpecPath, result: Any) -> str:
    key = place[0] if len(place) == 1 and declared.postprocess is None else None
    return why_missing(declared.function, key) if isinstance(result, Mapping) and key not in result else ""


def _needs_shape_checks(compiled: CompiledEndpoint, result: Any) -> bool:
    return any(_is_less_specific(tensor, shape) for tensor, shape in _with_component_shapes(compiled, flatten(result)))


def _with_declared_shapes(compiled: CompiledEndpoint, flat: list[Any]) -> list[Any]:
    """The flat tensors, with a run-time check where the traced shape is less specific than the declared one."""
    return [
        tf.ensure_shape(tensor, shape) if _is_less_specific(tensor, shape) else tensor
        for tensor, shape in _with_component_shapes(compiled, flat)
    ]


def _with_component_shapes(compiled: CompiledEndpoint, flat: list[Any]) -> list[tuple[Any, Any]]:
    shapes = [component_spec(component).shape for component in compiled.output_components]
    return list(zip(flat, shapes, strict=True))


def _is_less_specific(tensor: Any, declared: Any) -> bool:
    return bool(tensor.shape != tensor.shape.merge_with(declared)) if declared.rank is not None else False


def _defaults_by_wire_name(compiled: CompiledEndpoint) -> dict[str, Any]:
    """The default tensor of each wire name that has one."""
    return {
        leaf.components[0].wire_name: default_tensor(leaf.leaf)
        for leaf in compiled.inputs
        if isinstance(leaf.leaf, Tensor) and has_default(leaf.leaf)
    }


def _argument_defaults(compiled: CompiledEndpoint) -> dict[str, Any]:
    """The nested default of each trailing argument all of whose leaves have one."""
    defaults: dict[str, Any] = {}
    by_argument: dict[Any, list[BoundLeaf]] = {}
    for leaf in compiled.inputs:
        by_argument.setdefault(leaf.path[len(compiled.path) + 1], []).append(leaf)
    for index, leaves in reversed(by_argument.items()):
        if not all(has_default(leaf.leaf) for leaf in leaves):
            break
        flat = [default_tensor(leaf.leaf) for leaf in leaves if isinstance(leaf.leaf, Tensor)]
        spec = compiled.input_signature[index]
        defaults[compiled.declared.arguments[index]] = tf.nest.pack_sequence_as(spec, flat)
    return defaults
