"""``wire-crossed``: a tensor of a SignatureDef is not the one that the called function gives or takes under that name.

TensorFlow keeps a function for each signature, whose arguments and results have the wire names: its arguments in the
order of ``argument_keywords``, its results sorted by name. The main graph calls it once, and the SignatureDef names the
tensors of that call. Where one of these records is missing or differs in its names, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specc.diagnostics import Diagnostic, Place, SpecPath, finding
from specc.language.signatures import PublishedSignature
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.reader.conformance.subject import Subject
from specc.reader.protobuf.messages import Message
from specc.reader.saved_functions import concrete_names
from specc.reader.saved_graph import GraphNode, node_of


def find_crossed_wires(subject: Subject) -> Iterator[Diagnostic]:
    """A finding for each side of a signature whose tensors are crossed, at the first leaf that is."""
    for signature in subject.published:
        proto, node = subject.graph.signatures.get(signature.key), subject.signature_object(signature.key)
        if proto is None or node is None or node.WhichOneof("kind") != "bare_concrete_function":
            continue
        repeated = subject.graph.signatures.get(signature.alias_of)
        if repeated is not None and _tensors(proto.outputs) == _tensors(repeated.outputs):
            continue  # the finding is that of the signature itself
        yield from _signature(subject, signature, proto, node)


def _signature(subject: Subject, signature: PublishedSignature, proto: Message, node: Message) -> Iterator[Diagnostic]:
    (name,) = concrete_names(node)
    calls = subject.program.calls.get(name, [])
    outputs = _tensors(proto.outputs)
    at: SpecPath = ("default",) if signature.alias_of else ("endpoints", signature.endpoint)
    called = {node_of(tensor) for tensor in outputs.values()}
    if calls and not called & {call.name for call in calls}:
        other = _other_signature(subject, signature.key, called)
        if other:
            message = f"the tensors of the signature {signature.key!r} are those of the signature {other!r}"
            yield finding("wire-crossed", at, message, "build the archive again")
        return
    for call in calls:
        if call.name in called:
            given = _crossed_outputs(outputs, subject.graph.function(name), call)
            yield from _finding(subject, signature, "output", given)
            keywords = list(node.bare_concrete_function.argument_keywords)
            yield from _finding(subject, signature, "input", _crossed_inputs(_tensors(proto.inputs), keywords, call))


def _other_signature(subject: Subject, key: str, called: set[str]) -> str | None:
    """The signature whose function all nodes in ``called`` call, if it is not that of ``key``."""
    nodes = subject.program.main.nodes
    functions = {function for each in called if each in nodes for function in nodes[each].calls}
    if len(functions) != 1 or not called <= nodes.keys():
        return None
    return next((other for other in subject.signatures_of.get(functions.pop(), ()) if other != key), None)


def _tensors(entries: Message) -> dict[str, str]:
    """The tensors of one side of a SignatureDef by wire name, without composites."""
    return {entry.key: entry.value.name for entry in entries if entry.value.WhichOneof("encoding") == "name"}


def _crossed_outputs(outputs: Mapping[str, str], function: Message | None, call: GraphNode) -> dict[str, str]:
    """By wire name: the name that the function gives to the tensor, where it is another."""
    if function is None or function.output_signature.WhichOneof("kind") != "dict_value":
        return {}
    fields = sorted(function.output_signature.dict_value.fields, key=lambda field: str(field.key))
    names = [field.key for field in fields]
    if any(field.value.WhichOneof("kind") != "tensor_spec_value" for field in fields) or set(names) != set(outputs):
        return {}
    found = {}
    for name, tensor in outputs.items():
        node, _, index = tensor.partition(":")
        if node != call.name or not (index or "0").isdecimal() or int(index or 0) >= len(names):
            return {}
        found[name] = names[int(index or 0)]
    return {name: other for name, other in found.items() if name != other}


def _crossed_inputs(inputs: Mapping[str, str], keywords: list[str], call: GraphNode) -> dict[str, str]:
    """By wire name: the argument that the tensor is passed as, where it is another."""
    if set(keywords) != set(inputs):
        return {}
    passed: dict[str, list[str]] = {}
    for keyword, tensor in zip(keywords, call.inputs, strict=False):
        passed.setdefault(_whole_name(tensor), []).append(keyword)
    found = {name: passed.get(_whole_name(tensor), []) for name, tensor in inputs.items()}
    return {name: others[0] for name, others in found.items() if others and name not in others}


def _whole_name(tensor: str) -> str:
    return tensor if ":" in tensor else f"{tensor}:0"


def _finding(
    subject: Subject, signature: PublishedSignature, side: str, crossed: dict[str, str]
) -> Iterator[Diagnostic]:
    if not crossed:
        return
    at: SpecPath = ("default",) if signature.alias_of else ("endpoints", signature.endpoint)
    places = [_place(subject, signature, side, name, at) for name in sorted(crossed)]
    names = ", ".join(f"{name!r} is {crossed[name]!r}" for name in sorted(crossed))
    verb = "returns" if side == "output" else "takes"
    message = f"the {side}s of the signature {signature.key!r} are not those that its function {verb}: {names}"
    related = tuple(Place(message=f"this {side} is crossed too", path=place) for place in places[1:])
    yield finding("wire-crossed", places[0], message, "build the archive again", related=related)


def _place(subject: Subject, signature: PublishedSignature, side: str, name: str, at: SpecPath) -> SpecPath:
    """The path of the leaf with this wire name, or of the signature."""
    if signature.alias_of:
        return at
    if side == "input" and signature.receiver is not None:
        return (*at, "receivers", signature.receiver)
    endpoint = subject.document.endpoints[signature.endpoint]
    leaves: tuple[BoundLeaf, ...] = (input_leaves if side == "input" else output_leaves)(endpoint, at)
    return next((leaf.path for leaf in leaves for part in leaf.components if part.wire_name == name), at)
