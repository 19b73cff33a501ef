"""Checks an archive's contract against its graph, since either may have been edited or copied from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from specc.diagnostics import Diagnostic, SpecPath
from specc.language.contract import Contract
from specc.language.document import Endpoint
from specc.language.signatures import METHOD_NAMES, TAGS, PublishedSignature, published_signatures
from specc.language.stored_values import stored_value
from specc.language.tensor_string import Shape, format_tensor
from specc.language.trees import Leaf, NamedTuple, Ragged, Sparse, Tensor, Tree, children, leaf_kind
from specc.language.wire_names import BoundLeaf, Component, input_leaves, output_leaves, placed_children
from specc.reader.describe_endpoint import distinct_traces
from specc.reader.graph_document import Root, read_root, read_signatures
from specc.reader.linking import shapes_agree
from specc.reader.saved_functions import Trace, read_function
from specc.reader.saved_model import MetaGraph
from specc.reader.signature_defs import Signature, WireTensor
from specc.rules.table import RuleId

RULE: RuleId = "contract-mismatch"

Side = Literal["input", "output"]


def find_mismatches(contract: Contract, graph: MetaGraph) -> Iterator[Diagnostic]:
    """A finding for every difference between the graph and ``contract``."""
    document, root = contract.document, read_root(graph)
    signatures, _ = read_signatures(graph)
    if TAGS[document.mode] not in graph.tags:
        tags = ", ".join(graph.tags) or "nothing"
        yield _mismatch(("mode",), f"the graph is tagged {tags}, not {TAGS[document.mode]}")
    published = published_signatures(document, contract.left_out)
    declared = {signature.key for signature in published}
    for signature in published:
        is_described = signature.endpoint not in contract.undescribed
        yield from _signature_mismatches(
            document.endpoints[signature.endpoint], signature, signatures, is_described=is_described
        )
    for name, endpoint in sorted(document.endpoints.items()):
        if name in contract.undescribed:
            if name not in root.functions:
                yield _missing_function(name)
        elif name not in contract.left_out:
            yield from _function_mismatches(endpoint, ("endpoints", name), name, root, graph)
        elif name in root.functions:
            yield _mismatch(("endpoints", name), f"the graph's root has {name!r}, which the contract leaves out")
    for name in sorted(signatures.keys() - declared):
        yield _mismatch(("endpoints",), f"the graph has a signature {name!r} that the contract does not declare")
    for name in sorted(document.variable_collections.keys() - root.collections.keys()):
        yield _mismatch(("variable_collections", name), f"the graph's root has no list of variables {name!r}")
    for op in sorted(contract.custom_ops.keys() - graph.ops) if contract.custom_ops else ():
        yield _mismatch((), f"the graph has no op {op!r}, which the contract names among its custom ops")


def _signature_mismatches(
    endpoint: Endpoint, declared: PublishedSignature, signatures: dict[str, Signature], *, is_described: bool
) -> Iterator[Diagnostic]:
    at: SpecPath = ("default",) if declared.alias_of else ("endpoints", declared.endpoint)
    name, signature = declared.key, signatures.get(declared.key)
    if signature is None:
        yield _mismatch(at, f"the graph has no signature {name!r} that can be described")
        return
    if declared.alias_of:
        if signature != signatures.get(declared.alias_of, signature):
            yield _mismatch(at, f"the graph's {name!r} differs from its signature {declared.alias_of!r}")
        return
    if signature.method_name != METHOD_NAMES[declared.method]:
        hint = f"the contract has {METHOD_NAMES[declared.method]!r}"
        yield _mismatch((*at, "method"), f"the method of the signature {name!r} is {signature.method_name!r}", hint)
    inputs = input_leaves(endpoint, at) if declared.receiver is None else ()
    if declared.receiver is None:
        yield from _tensor_mismatches("input", _components_with_paths(inputs), signature.inputs, at, name)
    else:
        place: SpecPath = (*at, "receivers", declared.receiver)
        yield from _tensor_mismatches(
            "input", [(place, part) for part in declared.inputs], signature.inputs, place, name
        )
    yield from _tensor_mismatches(
        "output", _components_with_paths(output_leaves(endpoint, at)), signature.outputs, at, name
    )
    extension_outputs = signature.extension_outputs if is_described else ()
    for wire_name in sorted({*signature.whole_inputs, *signature.whole_outputs, *extension_outputs}):
        yield _mismatch(at, f"the signature {name!r} has one wire name, {wire_name!r}, for a whole composite tensor")
    yield from _default_mismatches(inputs, signature, name)


def _components_with_paths(leaves: tuple[BoundLeaf, ...]) -> list[tuple[SpecPath, Component]]:
    return [(leaf.path, component) for leaf in leaves for component in leaf.components]


def _default_mismatches(inputs: tuple[BoundLeaf, ...], signature: Signature, name: str) -> Iterator[Diagnostic]:
    for leaf in inputs:
        for component in leaf.components:
            declared = leaf.leaf.default if isinstance(leaf.leaf, Tensor) else None
            expected = None if declared is None else stored_value(declared, component.dtype)
            found = signature.defaults.get(component.wire_name)
            if found != expected:
                message = f"the signature {name!r} has the default {found!r} for {component.wire_name!r}"
                yield _mismatch(leaf.path, message, f"the contract has {expected!r}")


def _tensor_mismatches(
    side: Side, placed: list[tuple[SpecPath, Component]], wire: dict[str, WireTensor], at: SpecPath, name: str
) -> Iterator[Diagnostic]:
    for path, component in placed:
        found = wire.get(component.wire_name)
        if found is None:
            yield _mismatch(path, f"the signature {name!r} has no {side} {component.wire_name!r}")
        elif found.dtype != component.dtype or not _shape_conforms(side, component.shape, found.shape):
            text = format_tensor(found.dtype, found.shape)
            message = f"the {side} {component.wire_name!r} of the signature {name!r} is {text}"
            yield _mismatch(path, message, f"the contract has {format_tensor(component.dtype, component.shape)}")
    for extra in sorted(wire.keys() - {component.wire_name for _, component in placed}):
        yield _mismatch(at, f"the signature {name!r} has an {side} {extra!r} that the contract does not declare")


def _shape_conforms(side: Side, declared: Shape, found: Shape) -> bool:
    """Whether a graph's shape conforms to a declared one: an output may be more precise, an input may not."""
    return shapes_agree(declared, found) and (side == "output" or not _is_narrower(found, declared))


def _is_narrower(found: Shape, declared: Shape) -> bool:
    if found is None or declared is None:
        return found is not None
    return any(isinstance(size, int) and isinstance(dim, str) for size, dim in zip(found, declared, strict=True))


def _function_mismatches(
    endpoint: Endpoint, at: SpecPath, name: str, root: Root, graph: MetaGraph
) -> Iterator[Diagnostic]:
    node = root.functions.get(name)
    if node is None:
        yield _missing_function(name)
        return
    function = read_function(graph, node)
    traces = distinct_traces(function)
    if len(traces) == 1 and not function.problems:
        yield from _argument_mismatches(endpoint, at, traces[0])
    elif not any(_trace_conforms(endpoint, at, trace) for trace in traces):  # one of several traces is enough
        reason = "; ".join(function.problems) or f"it has {len(traces)} different traces"
        yield _mismatch(at, f"the function {name!r} of the graph's root cannot be described: {reason}")


def _missing_function(name: str) -> Diagnostic:
    return _mismatch(("endpoints", name), f"the graph's root has no function {name!r}")


def _trace_conforms(endpoint: Endpoint, at: SpecPath, trace: Trace) -> bool:
    return next(_argument_mismatches(endpoint, at, trace), None) is None


def _argument_mismatches(endpoint: Endpoint, at: SpecPath, trace: Trace) -> Iterator[Diagnostic]:
    if endpoint.arguments != trace.arguments:
        message = f"the function of the graph's root takes {_in_parentheses(trace.arguments)}"
        yield _mismatch((*at, "arguments"), message, f"the contract has {_in_parentheses(endpoint.arguments)}")
    else:
        for index, (declared, found) in enumerate(zip(endpoint.inputs, trace.inputs, strict=True)):
            yield from _tree_mismatches("input", declared, found, (*at, "inputs", index))
    yield from _tree_mismatches("output", endpoint.outputs, trace.outputs, (*at, "outputs"))


def _in_parentheses(names: tuple[str, ...]) -> str:
    return f"({', '.join(names)})"


def _tree_mismatches(side: Side, declared: Tree, found: Tree, path: SpecPath) -> Iterator[Diagnostic]:
    match declared:
        case Tensor() | Ragged() | Sparse():
            if not _leaf_conforms(side, declared, found):
                yield _mismatch(path, f"the function of the graph's root has {_describe_tree(found)} here")
        case _ if _container_key(declared) != _container_key(found):
            yield _mismatch(path, f"the function of the graph's root has {_describe_tree(found)} here")
        case _:
            placed = placed_children(declared, path)
            for (_, child, place), (_, other) in zip(placed, children(found), strict=True):
                yield from _tree_mismatches(side, child, other, place)


def _leaf_conforms(side: Side, declared: Leaf, found: Tree) -> bool:
    match found:
        case Tensor() | Ragged() | Sparse():
            same = leaf_kind(declared) == leaf_kind(found) and declared.dtype == found.dtype
            return same and _shape_conforms(side, declared.shape, found.shape)
        case _:
            return False


def _container_key(tree: Tree) -> tuple[object, ...]:
    """The kind, type name and keys of a container, to compare two of them."""
    typename = tree.typename if isinstance(tree, NamedTuple) else ""
    return tree.kind, typename, tuple(key for key, _ in children(tree))


def _describe_tree(tree: Tree) -> str:
    match tree:
        case Tensor():
            return format_tensor(tree.dtype, tree.shape)
        case Ragged() | Sparse():
            return f"a {tree.kind} {format_tensor(tree.dtype, tree.shape)}"
        case _:
            return f"a {tree.kind} with {_in_parentheses(tuple(str(key) for key, _ in children(tree)))}"


def _mismatch(path: SpecPath, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(rule=RULE, path=path, message=message, hint=hint)
