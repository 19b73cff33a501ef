"""Compares a graph with a document: the archive's own contract, or a spec that the archive has to conform to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from specc.diagnostics import Diagnostic, SpecPath
from specc.language.contract import Contract
from specc.language.document import Endpoint
from specc.language.signatures import (
    DEFAULT_KEYS,
    METHOD_NAMES,
    TAGS,
    PublishedSignature,
    published_signatures,
    tags_of,
)
from specc.language.stored_values import stored_value
from specc.language.tensor_string import format_tensor
from specc.language.trees import LEAVES, Dict, Leaf, Tensor, Tree, children
from specc.language.wire_names import BoundLeaf, Component, input_leaves, output_leaves
from specc.reader.conformance.tree_comparison import (
    Side,
    holds,
    is_wider,
    listed,
    paired_nodes,
    same_leaf,
    shape_of,
    shown_tree,
)
from specc.reader.describe_endpoint import distinct_traces
from specc.reader.graph_document import Root, read_root, read_signatures, repeats_default
from specc.reader.meta_graph import MetaGraph
from specc.reader.saved_functions import Trace, concrete_names, read_function
from specc.reader.signature_defs import Signature, WireTensor
from specc.rules.table import RuleId

_UNCHECKED_PARTS = ("indices", "dense_shape")
"""The tensors of a sparse leaf whose static shape no function checks."""


def find_mismatches(contract: Contract, graph: MetaGraph) -> Iterator[Diagnostic]:
    """A finding for every difference between the graph and its own ``contract``."""
    return _Comparison(contract, graph).mismatches()


def find_spec_mismatches(spec: Contract, graph: MetaGraph, *, has_contract: bool) -> Iterator[Diagnostic]:
    """A finding for everything in which the graph is not what ``spec`` declares; also what it has too much.

    ``has_contract`` is whether the archive was built from a document. In any other, an endpoint that is described as
    its signature is called may have no function of its own, or another one.
    """
    return _Comparison(spec, graph, "spec-mismatch", "the spec", is_foreign=not has_contract).mismatches()


@dataclass(frozen=True)
class _Comparison:
    """A graph beside what is declared about it; ``name`` is how messages call the latter."""

    declared: Contract
    graph: MetaGraph
    rule: RuleId = "contract-mismatch"
    name: str = "the contract"
    is_foreign: bool = False

    @cached_property
    def _root(self) -> Root:
        return read_root(self.graph)

    @cached_property
    def _signatures(self) -> dict[str, Signature]:
        return read_signatures(self.graph)[0]

    @property
    def _is_spec(self) -> bool:
        return self.rule == "spec-mismatch"

    def mismatches(self) -> Iterator[Diagnostic]:
        contract, root = self.declared, self._root
        document = contract.document
        yield from self._tags()
        published = published_signatures(document, contract.left_out)
        for signature in published:
            is_described = signature.endpoint not in contract.undescribed
            yield from self._signature(document.endpoints[signature.endpoint], signature, is_described=is_described)
        for name, endpoint in sorted(document.endpoints.items()):
            if name in contract.undescribed:
                if name not in root.functions:
                    yield self._no_function(name)
            elif name not in contract.left_out:
                yield from self._endpoint(endpoint, name)
            elif name in root.functions:
                yield self._finding(("endpoints", name), f"the graph's root has {name!r}, which {self.name} leaves out")
        for name in sorted(self._signatures.keys() - {signature.key for signature in published}):
            if self.is_foreign and self._repeats_default(name):
                continue
            message = f"the graph has a signature {name!r} that {self.name} does not declare"
            yield self._finding(("endpoints",), message)
        if self._is_spec:
            yield from self._more_functions()
        for name in sorted(document.variable_collections.keys() - root.collections.keys()):
            yield self._finding(("variable_collections", name), f"the graph's root has no list of variables {name!r}")
        yield from self._function_aliases()
        for op in sorted(contract.custom_ops.keys() - self.graph.ops) if contract.custom_ops else ():
            yield self._finding((), f"the graph has no op {op!r}, which {self.name} names among its custom ops")

    def _repeats_default(self, name: str) -> bool:
        """Whether a signature repeats that of a receiver, which a document without receivers has as an endpoint."""
        document = self.declared.document
        default = document.default
        return default is not None and repeats_default(name, DEFAULT_KEYS[document.mode], default, self._signatures)

    def _tags(self) -> Iterator[Diagnostic]:
        document, found = self.declared.document, self.graph.tags
        expected = tags_of(document)
        shown = ", ".join(found) or "nothing"
        if TAGS[document.mode] not in found:
            yield self._finding(("mode",), f"the graph is tagged {shown}, not {TAGS[document.mode]}")
        elif self._is_spec and set(found) != set(expected):
            message = f"the graph is tagged {shown}, not {', '.join(expected)}: loaders ask for exactly these tags"
            yield self._finding(("mode",), message)

    def _function_aliases(self) -> Iterator[Diagnostic]:
        contract, root = self.declared, self._root
        for alias, name in sorted(contract.document.save_options.function_aliases.items()):
            functions = {each for each, other in self.graph.function_aliases.items() if other == alias}
            own = set(concrete_names(root.functions[name])) if name in root.functions else set[str]()
            if name not in contract.left_out and not functions & own:
                found = f"it stands for {', '.join(sorted(functions))}" if functions else "there is no such alias"
                message = f"the alias {alias!r} is not one of the function of {name!r}: {found}"
                yield self._finding(("save_options", "function_aliases", alias), message)

    def _more_functions(self) -> Iterator[Diagnostic]:
        """The public functions of the root that are not declared, of those that can be called."""
        published = self._signatures.keys() | self.declared.document.endpoints.keys()
        for name in sorted(self._root.functions.keys() - published):
            if read_function(self.graph, self._root.functions[name]).traces:
                message = f"the graph's root has a function {name!r} that {self.name} does not declare"
                # Keras 2, for one, adds functions of its own.
                yield replace(self._finding(("endpoints",), message), level="warning" if self.is_foreign else "error")

    def _signature(
        self, endpoint: Endpoint, declared: PublishedSignature, *, is_described: bool
    ) -> Iterator[Diagnostic]:
        at: SpecPath = ("default",) if declared.alias_of else ("endpoints", declared.endpoint)
        name, signature = declared.key, self._signatures.get(declared.key)
        if signature is None:
            yield self._finding(at, f"the graph has no signature {name!r} that can be described")
            return
        if declared.alias_of:
            if signature != self._signatures.get(declared.alias_of, signature) or not self._is_alias(declared):
                yield self._finding(at, f"the graph's {name!r} differs from its signature {declared.alias_of!r}")
            return
        if signature.method_name != METHOD_NAMES[declared.method]:
            hint = f"{self.name} has {METHOD_NAMES[declared.method]!r}"
            message = f"the method of the signature {name!r} is {signature.method_name!r}"
            yield self._finding((*at, "method"), message, hint)
        inputs = self._divided(input_leaves(endpoint, at), signature.whole_inputs) if declared.receiver is None else ()
        outputs = self._divided(output_leaves(endpoint, at), signature.whole_outputs)
        if declared.receiver is None:
            yield from self._tensors("input", _placed(inputs), signature.inputs, at, name)
        else:
            place: SpecPath = (*at, "receivers", declared.receiver)
            yield from self._tensors(
                "input", [(place, part) for part in declared.inputs], signature.inputs, place, name
            )
        yield from self._tensors("output", _placed(outputs), signature.outputs, at, name)
        whole = {
            *signature.whole_inputs,
            *signature.whole_outputs,
            *(signature.extension_outputs if is_described else ()),
        }
        for wire_name in () if self.is_foreign else sorted(whole):
            message = f"the signature {name!r} has one wire name, {wire_name!r}, for a whole composite tensor"
            yield self._finding(at, message)
        yield from self._defaults(inputs, signature, name)

    def _divided(self, leaves: tuple[BoundLeaf, ...], whole: dict[str, Leaf]) -> tuple[BoundLeaf, ...]:
        """The leaves that have a wire name for each component, as in all archives but those of TensorFlow 1."""
        if not self.is_foreign:
            return leaves
        return tuple(
            each for each in leaves if each.name not in whole or not same_leaf("output", each.leaf, whole[each.name])
        )

    def _is_alias(self, declared: PublishedSignature) -> bool:
        """Whether an alias is the object that it repeats, as in every archive that was built from a document."""
        nodes = self._root.signature_nodes
        ours, other = nodes.get(declared.key), nodes.get(declared.alias_of)
        return self.is_foreign or ours is None or other is None or ours == other

    def _defaults(self, inputs: tuple[BoundLeaf, ...], signature: Signature, name: str) -> Iterator[Diagnostic]:
        for leaf in inputs:
            for component in leaf.components:
                declared = leaf.leaf.default if isinstance(leaf.leaf, Tensor) else None
                expected = None if declared is None else stored_value(declared, component.dtype)
                found = signature.defaults.get(component.wire_name)
                if found != expected:
                    message = f"the signature {name!r} has the default {found!r} for {component.wire_name!r}"
                    yield self._finding(leaf.path, message, f"{self.name} has {expected!r}")

    def _tensors(
        self, side: Side, placed: list[tuple[SpecPath, Component]], wire: dict[str, WireTensor], at: SpecPath, name: str
    ) -> Iterator[Diagnostic]:
        for path, component in placed:
            found = wire.get(component.wire_name)
            if found is None:
                yield self._finding(path, f"the signature {name!r} has no {side} {component.wire_name!r}")
                continue
            declared, text = component.shape, format_tensor(found.dtype, found.shape)
            message = f"the {side} {component.wire_name!r} of the signature {name!r} is {text}"
            hint = f"{self.name} has {format_tensor(component.dtype, declared)}"
            if found.dtype != component.dtype or not holds(side, declared, found.shape):
                yield self._finding(path, message, hint)
            elif side == "input" and component.part not in _UNCHECKED_PARTS and is_wider(found.shape, declared):
                yield from self._not_enforced(path, message, hint)
        for extra in sorted(wire.keys() - {component.wire_name for _, component in placed}):
            yield self._finding(at, f"the signature {name!r} has an {side} {extra!r} that {self.name} does not declare")

    def _endpoint(self, endpoint: Endpoint, name: str) -> Iterator[Diagnostic]:
        """The mismatches of a function, which may be a warning: not each tool keeps a function for each signature."""
        at: SpecPath = ("endpoints", name)
        is_by_signature = _is_flat(endpoint, at) or not self._can_be_described(name)
        if not (self.is_foreign and name in self._signatures and is_by_signature):
            yield from self._function(endpoint, at, name)
            return
        document, found = self.declared.document, next(self._function(endpoint, at, name), None)
        if found is None or name == DEFAULT_KEYS[document.mode]:
            return
        message = f"only the signature {name!r} is as {self.name} has it: {found.message}"
        yield Diagnostic(rule=found.rule, path=at, message=message, hint=found.hint, level="warning")

    def _can_be_described(self, name: str) -> bool:
        """Whether the root lacks this function, or has a trace of it that a spec can describe."""
        node = self._root.functions.get(name)
        return node is None or bool(read_function(self.graph, node).traces)

    def _function(self, endpoint: Endpoint, at: SpecPath, name: str) -> Iterator[Diagnostic]:
        if not self.graph.has_objects and self._is_spec:
            return  # TensorFlow 1 keeps signatures only
        node = self._root.functions.get(name)
        if node is None:
            yield self._no_function(name)
            return
        function = read_function(self.graph, node)
        traces = distinct_traces(function)
        if len(traces) == 1 and not function.problems:
            yield from self._arguments(endpoint, at, traces[0])
        elif not any(self._is_kept(endpoint, at, trace) for trace in traces):  # one of several traces is enough
            reason = "; ".join(function.problems) or f"it has {len(traces)} different traces"
            yield self._finding(at, f"the function {name!r} of the graph's root cannot be described: {reason}")

    def _no_function(self, name: str) -> Diagnostic:
        return self._finding(("endpoints", name), f"the graph's root has no function {name!r}")

    def _is_kept(self, endpoint: Endpoint, at: SpecPath, trace: Trace) -> bool:
        return all(found.rule != self.rule for found in self._arguments(endpoint, at, trace))

    def _arguments(self, endpoint: Endpoint, at: SpecPath, trace: Trace) -> Iterator[Diagnostic]:
        if endpoint.arguments != trace.arguments:
            message = f"the function of the graph's root takes {listed(trace.arguments)}"
            yield self._finding((*at, "arguments"), message, f"{self.name} has {listed(endpoint.arguments)}")
        else:
            for index, (declared, found) in enumerate(zip(endpoint.inputs, trace.inputs, strict=True)):
                yield from self._trees("input", declared, found, (*at, "inputs", index))
        yield from self._trees("output", endpoint.outputs, trace.outputs, (*at, "outputs"))

    def _trees(self, side: Side, declared: Tree, found: Tree, path: SpecPath) -> Iterator[Diagnostic]:
        for place, leaf, other in paired_nodes(declared, found, path):
            message = f"the function of the graph's root has {shown_tree(other)} here"
            if not isinstance(leaf, LEAVES) or not same_leaf(side, leaf, other):
                yield self._finding(place, message)
            elif side == "input" and leaf.kind != "sparse" and is_wider(shape_of(other), leaf.shape):
                yield from self._not_enforced(place, message, f"{self.name} has {shown_tree(leaf)}")

    def _not_enforced(self, path: SpecPath, message: str, hint: str) -> Iterator[Diagnostic]:
        if self._is_spec:
            message = f"{message}, so that a call with another size is not refused"
            yield Diagnostic(rule="not-enforced", path=path, message=message, hint=hint)

    def _finding(self, path: SpecPath, message: str, hint: str = "") -> Diagnostic:
        return Diagnostic(rule=self.rule, path=path, message=message, hint=hint)


def _placed(leaves: tuple[BoundLeaf, ...]) -> list[tuple[SpecPath, Component]]:
    return [(leaf.path, component) for leaf in leaves for component in leaf.components]


def _is_flat(endpoint: Endpoint, at: SpecPath) -> bool:
    """Whether an endpoint is described as a signature is called: by wire names, which its arguments and outputs are."""
    arguments = all(
        isinstance(tree, LEAVES) and leaf.name == argument
        for tree, argument, leaf in zip(endpoint.inputs, endpoint.arguments, input_leaves(endpoint, at), strict=False)
    )
    outputs = endpoint.outputs
    return arguments and isinstance(outputs, Dict) and all(isinstance(tree, LEAVES) for _, tree in children(outputs))
