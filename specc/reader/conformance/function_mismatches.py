"""Compares the functions of a graph's root with the declared endpoints: their arguments and trees."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, SpecPath
from specc.language.document import Endpoint
from specc.language.signatures import DEFAULT_KEYS
from specc.language.trees import LEAVES, Dict, Tree, children
from specc.language.wire_names import input_leaves
from specc.reader.conformance.compared_graph import ComparedGraph
from specc.reader.conformance.tree_comparison import (
    Side,
    is_wider,
    listed,
    paired_nodes,
    same_leaf,
    shape_of,
    shown_tree,
)
from specc.reader.describe_endpoint import distinct_traces
from specc.reader.saved_functions import Trace, read_function


def find_function_mismatches(compared: ComparedGraph, endpoint: Endpoint, name: str) -> Iterator[Diagnostic]:
    """The mismatches of a function, which may be a warning: not each tool keeps a function for each signature."""
    at: SpecPath = ("endpoints", name)
    is_by_signature = _is_flat(endpoint, at) or not _can_be_described(compared, name)
    if not (compared.is_foreign and name in compared.signatures and is_by_signature):
        yield from _function(compared, endpoint, at, name)
        return
    document, found = compared.declared.document, next(_function(compared, endpoint, at, name), None)
    if found is None or name == DEFAULT_KEYS[document.mode]:
        return
    message = f"only the signature {name!r} is as {compared.name} has it: {found.message}"
    yield Diagnostic(rule=found.rule, path=at, message=message, hint=found.hint, level="warning")


def _can_be_described(compared: ComparedGraph, name: str) -> bool:
    """Whether the root lacks this function, or has a trace of it that a spec can describe."""
    node = compared.root.functions.get(name)
    return node is None or bool(read_function(compared.graph, node).traces)


def _function(compared: ComparedGraph, endpoint: Endpoint, at: SpecPath, name: str) -> Iterator[Diagnostic]:
    if not compared.graph.has_objects and compared.is_spec:
        return  # TensorFlow 1 keeps signatures only
    node = compared.root.functions.get(name)
    if node is None:
        yield compared.no_function(name)
        return
    function = read_function(compared.graph, node)
    traces = distinct_traces(function)
    if len(traces) == 1 and not function.problems:
        yield from _arguments(compared, endpoint, at, traces[0])
    elif not any(_is_kept(compared, endpoint, at, trace) for trace in traces):  # one of several traces is enough
        reason = "; ".join(function.problems) or f"it has {len(traces)} different traces"
        yield compared.finding(at, f"the function {name!r} of the graph's root cannot be described: {reason}")


def _is_kept(compared: ComparedGraph, endpoint: Endpoint, at: SpecPath, trace: Trace) -> bool:
    return all(found.rule != compared.rule for found in _arguments(compared, endpoint, at, trace))


def _arguments(compared: ComparedGraph, endpoint: Endpoint, at: SpecPath, trace: Trace) -> Iterator[Diagnostic]:
    if endpoint.arguments != trace.arguments:
        message = f"the function of the graph's root takes {listed(trace.arguments)}"
        yield compared.finding((*at, "arguments"), message, f"{compared.name} has {listed(endpoint.arguments)}")
    else:
        for index, (declared, found) in enumerate(zip(endpoint.inputs, trace.inputs, strict=True)):
            yield from _trees(compared, "input", declared, found, (*at, "inputs", index))
    yield from _trees(compared, "output", endpoint.outputs, trace.outputs, (*at, "outputs"))


def _trees(compared: ComparedGraph, side: Side, declared: Tree, found: Tree, path: SpecPath) -> Iterator[Diagnostic]:
    for place, leaf, other in paired_nodes(declared, found, path):
        message = f"the function of the graph's root has {shown_tree(other)} here"
        if not isinstance(leaf, LEAVES) or not same_leaf(side, leaf, other):
            yield compared.finding(place, message)
        elif side == "input" and leaf.kind != "sparse" and is_wider(shape_of(other), leaf.shape):
            yield from compared.not_enforced(place, message, f"{compared.name} has {shown_tree(leaf)}")


def _is_flat(endpoint: Endpoint, at: SpecPath) -> bool:
    """Whether an endpoint is described as a signature is called: by wire names, which its arguments and outputs are."""
    arguments = all(
        isinstance(tree, LEAVES) and leaf.name == argument
        for tree, argument, leaf in zip(endpoint.inputs, endpoint.arguments, input_leaves(endpoint, at), strict=False)
    )
    outputs = endpoint.outputs
    return arguments and isinstance(outputs, Dict) and all(isinstance(tree, LEAVES) for _, tree in children(outputs))
