"""One endpoint, from its flat signature and the function of its name, whichever there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from specc.language.document import Endpoint
from specc.language.tensor_string import ANY, Shape
from specc.language.tree_edits import dense, leaves, with_leaves, without_names
from specc.language.trees import Dict, Leaf, NamedTuple, Tensor, Tree, children
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.reader.linking import Names, link, more_precise, renamed
from specc.reader.saved_functions import Function, Trace
from specc.reader.signature_defs import Signature, WireTensor


@dataclass(frozen=True)
class Described:
    """An endpoint, or None where there is nothing to make one of, and what could not be known about it."""

    endpoint: Endpoint | None
    notes: tuple[str, ...] = ()


def describe_function(function: Function, *, may_have_defaults: bool = True) -> Described:
    """The endpoint of a function that has no signature: as it infers, where it was traced for training too."""
    notes = list(function.problems)
    distinct = _distinct(inferring(function.traces))
    if not distinct:
        return Described(None, (*notes, "not described: no trace of it can be described, and no signature chooses"))
    trace = distinct[0]
    if len(distinct) > 1:
        notes.append(f"described as the first of its {len(distinct)} traces that differ, since no signature chooses")
    notes.append("it has no signature: only the revived object offers it")
    notes.extend(_trace_notes(function, trace))
    endpoint = _endpoint(trace)
    said = [_names(leaf) for leaf in input_leaves(endpoint)]
    inputs = _relinked(_bare(trace), input_leaves, said, lambda leaf, _: leaf)
    if may_have_defaults:
        inputs = _with_defaults(inputs, trace)
    elif trace.defaults:
        notes.append(f"the default of {', '.join(trace.defaults)} is left out: it has no signature to store it")
    return Described(endpoint.model_copy(update={"inputs": inputs}), tuple(notes))


def describe_signature(signature: Signature, function: Function | None) -> Described:
    """The endpoint of a signature, with the nested trees of ``function`` where their tensors can be linked."""
    notes = list(signature.notes)
    if signature.method is None:
        notes.append(f"its method is {signature.method_name!r}")
    for name in (*signature.whole_inputs, *signature.whole_outputs):
        notes.append(
            f"{name!r} is one name for all the components of a composite tensor, which the language cannot say"
        )
    linked = list(_linked(signature, function.traces)) if function else []
    found = _distinct([trace for trace, _ in linked])
    if function and len(found) == 1:
        endpoint = linked[0][1]
        notes.extend(_trace_notes(function, found[0]))
    else:
        endpoint = _flat(signature)
        if function and found:
            notes.append(f"described flat: {len(found)} traces that differ have the signature's names")
        elif function:
            notes.append(_unlinked(function))
    outputs = _outputs(signature, found)
    if outputs is None:
        outputs = _flat_outputs(signature)
        if found:
            notes.append("its outputs are described flat: their names could not be linked to what the function returns")
    method = signature.method or "predict"
    return Described(endpoint.model_copy(update={"outputs": outputs, "method": method}), tuple(notes))


def _unlinked(function: Function) -> str:
    if not function.traces:
        reason = function.problems[0] if function.problems else "it was never traced"
        return f"described flat: the function of its name cannot be described: {reason}"
    arguments = ", ".join(function.traces[0].arguments)
    return f"described flat: its names could not be linked to the arguments of the function of its name ({arguments})"


def _trace_notes(function: Function, trace: Trace) -> Iterator[str]:
    if len(function.traces) > 1:
        others = dict.fromkeys(", ".join(each.fixed) for each in function.traces if each.fixed != trace.fixed)
        lost = "; ".join(fixed or "the one that fixes nothing" for fixed in others)
        lost = f", and not {lost}" if lost else ""
        yield f"the function of its name has {len(function.traces)} traces; one is described{lost}"
    if trace.fixed:
        yield f"its trace fixes {', '.join(trace.fixed)}"
    if trace.by_name:
        yield f"the revived function takes {', '.join(trace.by_name)} by name only"


def distinct_traces(function: Function) -> list[Trace]:
    """The traces of a function that the language can tell apart."""
    return _distinct(function.traces)


def inferring(traces: Sequence[Trace]) -> Sequence[Trace]:
    """Those of ``traces`` that infer, or all where none does."""
    return [trace for trace in traces if trace.infers] or traces


def _distinct(traces: Sequence[Trace]) -> list[Trace]:
    """The first of each kind."""
    return list({_key(trace): trace for trace in reversed(traces)}.values())[::-1] if len(traces) > 1 else list(traces)


def _key(trace: Trace) -> tuple[object, ...]:
    """What of a trace the language describes: traces that differ in nothing else are one."""
    return (trace.arguments, repr([without_names(tree) for tree in trace.inputs]), repr(trace.outputs))


def _linked(signature: Signature, traces: Sequence[Trace]) -> Iterator[tuple[Trace, Endpoint]]:
    if signature.whole_inputs:
        return
    for trace in traces:
        endpoint = _endpoint(trace)
        names = link(input_leaves(endpoint), signature.inputs, trace.keywords)
        if names is not None:
            dress = _dresser(signature.inputs, signature)
            yield trace, endpoint.model_copy(update={"inputs": _relinked(_bare(trace), input_leaves, names, dress)})


def _outputs(signature: Signature, traces: Sequence[Trace]) -> Tree | None:
    """The tree that every one of ``traces`` returns, under the signature's names."""
    if signature.whole_outputs or len(traces) != 1:
        return None
    bare = _bare(traces[0]).model_copy(update={"method": signature.method or "predict"})
    bound = output_leaves(bare)
    names = link(bound, signature.outputs)
    if names is None:
        return None
    return _relinked(bare, output_leaves, names, _dresser(signature.outputs))[0]


Dress = Callable[[Leaf, Names], Leaf]


def _dresser(wire: dict[str, WireTensor], signature: Signature | None = None) -> Dress:
    """What a signature adds to a leaf: the more precise shape of a dense one, and its default."""

    def dress(leaf: Leaf, names: Names) -> Leaf:
        if not isinstance(leaf, Tensor):
            return leaf
        default = signature.defaults.get(names[0]) if signature else None
        return _dressed(leaf, more_precise(leaf.shape, wire[names[0]].shape), default)

    return dress


def _dressed(leaf: Tensor, shape: Shape, default: Any) -> Tensor:
    return dense(leaf.dtype, shape, name=leaf.name, default=default, minimum=leaf.minimum, maximum=leaf.maximum)


def _relinked(
    endpoint: Endpoint, bind: Callable[[Endpoint], tuple[BoundLeaf, ...]], names: Sequence[Names], dress: Dress
) -> tuple[Tree, ...]:
    """The trees of one side of a nameless ``endpoint``, each leaf under its wire names."""
    bound = bind(endpoint)
    new = iter([dress(renamed(leaf.leaf, _names(leaf), said), said) for leaf, said in zip(bound, names, strict=True)])
    trees = (endpoint.outputs,) if bind is output_leaves else endpoint.inputs
    return tuple(with_leaves(tree, new) for tree in trees)


def _names(leaf: BoundLeaf) -> Names:
    return tuple(component.wire_name for component in leaf.components)


def _endpoint(trace: Trace) -> Endpoint:
    return Endpoint(function=None, arguments=trace.arguments, inputs=trace.inputs, outputs=without_names(trace.outputs))


def _bare(trace: Trace) -> Endpoint:
    return _endpoint(trace).model_copy(update={"inputs": tuple(without_names(tree) for tree in trace.inputs)})


def _with_defaults(inputs: tuple[Tree, ...], trace: Trace) -> tuple[Tree, ...]:
    return tuple(
        _dressed(tree, tree.shape, trace.defaults[name])
        if isinstance(tree, Tensor) and name in trace.defaults
        else tree
        for name, tree in zip(trace.arguments, inputs, strict=True)
    )


def _flat(signature: Signature) -> Endpoint:
    """One argument for each wire name, which is how Python calls a signature."""
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
    """Whether a tree holds a namedtuple, whose module a graph does not record."""
    return isinstance(tree, NamedTuple) or any(has_namedtuple(child) for _, child in children(tree))


def has_open_dims(endpoint: Endpoint) -> bool:
    """Whether some size in ``endpoint`` is any size."""
    shapes = [leaf.shape for tree in (*endpoint.inputs, endpoint.outputs) for leaf in leaves(tree)]
    return any(shape is None or ANY in shape for shape in shapes)
