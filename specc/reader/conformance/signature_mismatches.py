"""Compares the signatures of a graph with the declared ones: their tensors, methods, aliases and defaults."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, SpecPath
from specc.language.document import Endpoint
from specc.language.signatures import METHOD_NAMES, PublishedSignature
from specc.language.stored_values import stored_value
from specc.language.tensor_string import format_tensor
from specc.language.trees import Leaf, Tensor
from specc.language.wire_names import BoundLeaf, Component, input_leaves, output_leaves
from specc.reader.conformance.compared_graph import ComparedGraph
from specc.reader.conformance.tree_comparison import Side, holds, is_wider, same_leaf
from specc.reader.signature_defs import Signature, WireTensor

_UNCHECKED_PARTS = ("indices", "dense_shape")
"""The tensors of a sparse leaf whose static shape no function checks."""


def find_signature_mismatches(
    compared: ComparedGraph, endpoint: Endpoint, declared: PublishedSignature, *, is_described: bool
) -> Iterator[Diagnostic]:
    """The mismatches of a published signature; ``is_described`` is whether a spec can describe its endpoint's trees."""
    at: SpecPath = ("default",) if declared.alias_of else ("endpoints", declared.endpoint)
    name, signature = declared.key, compared.signatures.get(declared.key)
    if signature is None:
        yield compared.finding(at, f"the graph has no signature {name!r} that can be described")
        return
    if declared.alias_of:
        if signature != compared.signatures.get(declared.alias_of, signature) or not _is_alias(compared, declared):
            yield compared.finding(at, f"the graph's {name!r} differs from its signature {declared.alias_of!r}")
        return
    if signature.method_name != METHOD_NAMES[declared.method]:
        hint = f"{compared.name} has {METHOD_NAMES[declared.method]!r}"
        message = f"the method of the signature {name!r} is {signature.method_name!r}"
        yield compared.finding((*at, "method"), message, hint)
    inputs = _divided(compared, input_leaves(endpoint, at), signature.whole_inputs) if declared.receiver is None else ()
    outputs = _divided(compared, output_leaves(endpoint, at), signature.whole_outputs)
    if declared.receiver is None:
        yield from _tensors(compared, "input", _placed(inputs), signature.inputs, at, name)
    else:
        place: SpecPath = (*at, "receivers", declared.receiver)
        yield from _tensors(
            compared, "input", [(place, part) for part in declared.inputs], signature.inputs, place, name
        )
    yield from _tensors(compared, "output", _placed(outputs), signature.outputs, at, name)
    whole = {
        *signature.whole_inputs,
        *signature.whole_outputs,
        *(signature.extension_outputs if is_described else ()),
    }
    for wire_name in () if compared.is_foreign else sorted(whole):
        message = f"the signature {name!r} has one wire name, {wire_name!r}, for a whole composite tensor"
        yield compared.finding(at, message)
    yield from _defaults(compared, inputs, signature, name)


def _divided(compared: ComparedGraph, leaves: tuple[BoundLeaf, ...], whole: dict[str, Leaf]) -> tuple[BoundLeaf, ...]:
    """The leaves that have a wire name for each component, as in all archives but those of TensorFlow 1."""
    if not compared.is_foreign:
        return leaves
    return tuple(
        each for each in leaves if each.name not in whole or not same_leaf("output", each.leaf, whole[each.name])
    )


def _is_alias(compared: ComparedGraph, declared: PublishedSignature) -> bool:
    """Whether an alias is the object that it repeats, as in every archive that was built from a document."""
    nodes = compared.root.signature_nodes
    ours, other = nodes.get(declared.key), nodes.get(declared.alias_of)
    return compared.is_foreign or ours is None or other is None or ours == other


def _defaults(
    compared: ComparedGraph, inputs: tuple[BoundLeaf, ...], signature: Signature, name: str
) -> Iterator[Diagnostic]:
    for leaf in inputs:
        for component in leaf.components:
            declared = leaf.leaf.default if isinstance(leaf.leaf, Tensor) else None
            expected = None if declared is None else stored_value(declared, component.dtype)
            found = signature.defaults.get(component.wire_name)
            if found != expected:
                message = f"the signature {name!r} has the default {found!r} for {component.wire_name!r}"
                yield compared.finding(leaf.path, message, f"{compared.name} has {expected!r}")


def _tensors(
    compared: ComparedGraph,
    side: Side,
    placed: list[tuple[SpecPath, Component]],
    wire: dict[str, WireTensor],
    at: SpecPath,
    name: str,
) -> Iterator[Diagnostic]:
    for path, component in placed:
        found = wire.get(component.wire_name)
        if found is None:
            yield compared.finding(path, f"the signature {name!r} has no {side} {component.wire_name!r}")
            continue
        declared, text = component.shape, format_tensor(found.dtype, found.shape)
        message = f"the {side} {component.wire_name!r} of the signature {name!r} is {text}"
        hint = f"{compared.name} has {format_tensor(component.dtype, declared)}"
        if found.dtype != component.dtype or not holds(side, declared, found.shape):
            yield compared.finding(path, message, hint)
        elif side == "input" and component.part not in _UNCHECKED_PARTS and is_wider(found.shape, declared):
            yield from compared.not_enforced(path, message, hint)
    for extra in sorted(wire.keys() - {component.wire_name for _, component in placed}):
        yield compared.finding(
            at, f"the signature {name!r} has an {side} {extra!r} that {compared.name} does not declare"
        )


def _placed(leaves: tuple[BoundLeaf, ...]) -> list[tuple[SpecPath, Component]]:
    return [(leaf.path, component) for leaf in leaves for component in leaf.components]
