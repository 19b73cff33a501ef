"""Describes one endpoint from its flat signature, the function of the same name, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from specc.language.document import Endpoint
from specc.language.tensor_string import ANY, Shape
from specc.language.tree_edits import dense, leaves, with_leaves, without_names
from specc.language.trees import Dict, Leaf, NamedTuple, Tensor, Tree, children
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.reader.linking import Names, link, more_precise, with_wire_names
from specc.reader.saved_functions import Function, Trace
from specc.reader.signature_defs import Signature, WireTensor
from specc.source.budget import Budget

NO_SIGNATURE = "only Python can call it, since it has no signature"
"""The note on a function without a signature."""
_NO_OPTIONS = "without options"


@dataclass(frozen=True)
class DescribedEndpoint:
    """An endpoint, or None if it cannot be described, and notes on what is not recorded."""

    endpoint: Endpoint | None
    notes: tuple[str, ...] = ()
    is_flat: bool = False
    """Whether the inputs or the outputs are those of the signature, since no Python tree is known."""


def describe_function(function: Function, *, may_have_defaults: bool = True) -> DescribedEndpoint:
    """The endpoint of a function that has no signature; traces for inference are preferred to those for training."""
    notes = list(function.problems)
    distinct = _distinct_descriptions(inference_traces(function.traces))
    if not distinct:
        return DescribedEndpoint(None, (f"left out: {'; '.join(notes) or 'it was never traced'}",))
    trace = distinct[0]
    if len(distinct) > 1:
        notes.append(f"described as the first of its {len(distinct)} different traces, since it has no signature")
    notes.append(NO_SIGNATURE)
    notes.extend(_trace_notes(function, trace))
    endpoint = _endpoint_of_trace(trace)
    names = [_names_of_leaf(leaf) for leaf in input_leaves(endpoint)]
    inputs = _with_linked_names(_nameless_endpoint(trace), input_leaves, names, lambda leaf, _: leaf)
    if may_have_defaults:
        inputs = _with_trace_defaults(inputs, trace)
    elif trace.defaults:
        notes.append(f"the default of {', '.join(trace.defaults)} is left out: it has no signature to store it")
    return DescribedEndpoint(endpoint.model_copy(update={"inputs": inputs}), tuple(notes))


def charge_description(name: str, signature: Signature | None, function: Function | None, budget: Budget) -> None:
    """Charges what describing an endpoint takes: each of its traces is compared with its signature."""
    for trace in function.traces if function is not None else ():
        budget.charge("leaves", trace.extent.leaves)
        budget.charge("characters of names", trace.extent.characters + len(name))
    if signature is not None:
        tensors = len(signature.inputs) + len(signature.outputs)
        budget.charge("leaves", tensors)
        budget.charge("characters of names", sum(map(len, (*signature.inputs, *signature.outputs))))


def describe_signature(signature: Signature, function: Function | None, budget: Budget) -> DescribedEndpoint:
    """The endpoint of a signature, with the nested trees of ``function`` if their tensors can be linked."""
    notes = list(signature.notes)
    if signature.method is None:
        notes.append(f"its method is {signature.method_name!r}")
    for name in (*signature.whole_inputs, *signature.whole_outputs):
        notes.append(
            f"{name!r} is one name for all the components of a composite tensor, which cannot be written in a spec"
        )
    linked = list(_linked_traces(signature, function.traces, budget)) if function else []
    found = _distinct_descriptions([trace for trace, _ in linked])
    if function and len(found) == 1:
        endpoint = linked[0][1]
        notes.extend(_trace_notes(function, found[0]))
    else:
        endpoint = _flat_endpoint(signature)
        if function and found:
            notes.append(f"described flat: {len(found)} different traces have the signature's names")
        elif function:
            notes.append(_why_unlinked(function))
    outputs = _linked_outputs(signature, found, budget)
    is_flat = not (function and len(found) == 1) or outputs is None
    if outputs is None:
        outputs = _flat_outputs(signature)
        if found:
            notes.append("its outputs are described flat: their names could not be linked to what the function returns")
    method = signature.method or "predict"
    endpoint = endpoint.model_copy(update={"outputs": outputs, "method": method})
    return DescribedEndpoint(endpoint, tuple(notes), is_flat)


def _why_unlinked(function: Function) -> str:
    if not function.traces:
        reason = function.problems[0] if function.problems else "it was never traced"
        return f"described flat: the function of the same name cannot be described: {reason}"
    arguments = ", ".join(function.traces[0].arguments)
    return (
        f"described flat: its names could not be linked to the arguments of the function of the same name ({arguments})"
    )


def _trace_notes(function: Function, trace: Trace) -> Iterator[str]:
    options, number = _options_text(trace), len(function.traces)
    others = [each for each in dict.fromkeys(map(_options_text, function.traces)) if each != options]
    if others:
        yield f"one of its {number} traces is described: the one {options}, not the one {' or '.join(others)}"
    elif number > 1:
        yield f"one of its {number} traces is described"
    elif options != _NO_OPTIONS:
        yield f"it was traced only {options}"
    if trace.by_name:
        yield f"the revived function takes {', '.join(trace.by_name)} by name only"


def _options_text(trace: Trace) -> str:
    """The Python values that a trace has fixed; an option that is None was not set."""
    options = [each for each in trace.fixed if not each.endswith("=None")]
    return f"with {', '.join(options)}" if options else _NO_OPTIONS


def distinct_traces(function: Function) -> list[Trace]:
    """The traces of a function, one for each different description."""
    return _distinct_descriptions(function.traces)


def inference_traces(traces: Sequence[Trace]) -> Sequence[Trace]:
    """Those of ``traces`` that run inference, or all if there is none."""
    return [trace for trace in traces if trace.infers] or traces


def _distinct_descriptions(traces: Sequence[Trace]) -> list[Trace]:
    """The first of ``traces`` for each different description."""
    return (
        list({_description_key(trace): trace for trace in reversed(traces)}.values())[::-1]
        if len(traces) > 1
        else list(traces)
    )


def _description_key(trace: Trace) -> tuple[object, ...]:
    """The parts of a trace that a spec describes; traces with equal keys are described equally."""
    return (trace.arguments, repr([without_names(tree) for tree in trace.inputs]), repr(trace.outputs))


def _linked_traces(signature: Signature, traces: Sequence[Trace], budget: Budget) -> Iterator[tuple[Trace, Endpoint]]:
    if signature.whole_inputs:
        return
    for trace in traces:
        endpoint = _endpoint_of_trace(trace)
        names = link(input_leaves(endpoint), signature.inputs, budget, trace.keywords)
        if names is not None:
            complete = _leaf_completer(signature.inputs, signature)
            yield (
                trace,
                endpoint.model_copy(
                    update={"inputs": _with_linked_names(_nameless_endpoint(trace), input_leaves, names, complete)}
                ),
            )


def _linked_outputs(signature: Signature, traces: Sequence[Trace], budget: Budget) -> Tree | None:
    """The tree that the only one of ``traces`` returns, with the signature's names; None if it cannot be linked."""
    if signature.whole_outputs or len(traces) != 1:
        return None
    bare = _nameless_endpoint(traces[0]).model_copy(update={"method": signature.method or "predict"})
    bound = output_leaves(bare)
    names = link(bound, signature.outputs, budget)
    if names is None:
        return None
    return _with_linked_names(bare, output_leaves, names, _leaf_completer(signature.outputs))[0]


LeafCompleter = Callable[[Leaf, Names], Leaf]


def _leaf_completer(wire: dict[str, WireTensor], signature: Signature | None = None) -> LeafCompleter:
    """A function that adds to a dense leaf its more precise shape and its default from a signature."""

    def complete(leaf: Leaf, names: Names) -> Leaf:
        if not isinstance(leaf, Tensor):
            return leaf
        default = signature.defaults.get(names[0]) if signature else None
        return _complete_tensor(leaf, more_precise(leaf.shape, wire[names[0]].shape), default)

    return complete


def _complete_tensor(leaf: Tensor, shape: Shape, default: Any) -> Tensor:
    return dense(leaf.dtype, shape, name=leaf.name, default=default, minimum=leaf.minimum, maximum=leaf.maximum)


def _with_linked_names(
    endpoint: Endpoint,
    bind: Callable[[Endpoint], tuple[BoundLeaf, ...]],
    names: Sequence[Names],
    complete: LeafCompleter,
) -> tuple[Tree, ...]:
    """The trees of one side of an ``endpoint`` without names, each leaf with its wire names."""
    bound = bind(endpoint)
    new = iter(
        [
            complete(with_wire_names(leaf.leaf, _names_of_leaf(leaf), linked), linked)
            for leaf, linked in zip(bound, names, strict=True)
        ]
    )
    trees = (endpoint.outputs,) if bind is output_leaves else endpoint.inputs
    return tuple(with_leaves(tree, new) for tree in trees)


def _names_of_leaf(leaf: BoundLeaf) -> Names:
    return tuple(component.wire_name for component in leaf.components)


def _endpoint_of_trace(trace: Trace) -> Endpoint:
    return Endpoint(function=None, arguments=trace.arguments, inputs=trace.inputs, outputs=without_names(trace.outputs))


def _nameless_endpoint(trace: Trace) -> Endpoint:
    return _endpoint_of_trace(trace).model_copy(update={"inputs": tuple(without_names(tree) for tree in trace.inputs)})


def _with_trace_defaults(inputs: tuple[Tree, ...], trace: Trace) -> tuple[Tree, ...]:
    return tuple(
        _complete_tensor(tree, tree.shape, trace.defaults[name])
        if isinstance(tree, Tensor) and name in trace.defaults
        else tree
        for name, tree in zip(trace.arguments, inputs, strict=True)
    )


def _flat_endpoint(signature: Signature) -> Endpoint:
    """The endpoint with one argument for each wire name, as a signature is called in Python."""
    found: dict[str, Leaf] = dict(signature.whole_inputs)
    for name, tensor in signature.inputs.items():
        found[name] = dense(tensor.dtype, tensor.shape, default=signature.defaults.get(name))
    arguments = tuple(sorted(found))
    return Endpoint(
        function=None,
        arguments=arguments,
        inputs=tuple(found[name] for name in arguments),
        outputs=_flat_outputs(signature),
    )


def _flat_outputs(signature: Signature) -> Tree:
    flat: dict[str, Tree] = {name: dense(tensor.dtype, tensor.shape) for name, tensor in signature.outputs.items()}
    return Dict(items={**flat, **signature.whole_outputs})


def has_namedtuple(tree: Tree) -> bool:
    """Whether a tree has a namedtuple, whose module a graph does not record."""
    return isinstance(tree, NamedTuple) or any(has_namedtuple(child) for _, child in children(tree))


def has_open_dims(endpoint: Endpoint) -> bool:
    """Whether ``endpoint`` has a dimension or a rank that is open."""
    shapes = [leaf.shape for tree in (*endpoint.inputs, endpoint.outputs) for leaf in leaves(tree)]
    return any(shape is None or ANY in shape for shape in shapes)
