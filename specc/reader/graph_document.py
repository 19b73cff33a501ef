"""Derives a Document from the graph only: all public signatures and all public functions that can be described."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial

from specc.diagnostics import counted
from specc.language.document import CALL, VERSION, Document, Endpoint, Mode
from specc.language.signatures import DEFAULT_KEYS, TAGS
from specc.language.trees import Dict, Tree, children
from specc.reader.describe_endpoint import (
    DescribedEndpoint,
    charge_description,
    describe_function,
    describe_signature,
    has_namedtuple,
    has_open_dims,
)
from specc.reader.meta_graph import MAX_NAMES, MetaGraph
from specc.reader.protobuf.messages import Message
from specc.reader.protobuf.tensors import UndescribableError, describable
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_functions import Function, read_function
from specc.reader.signature_defs import Signature, read_signature
from specc.source.budget import Budget

SIGNATURES = "signatures"
"""The attribute of the root that holds the signatures of TensorFlow 2."""
_FUNCTION_KINDS = ("function", "bare_concrete_function")
_LIST_IDENTIFIERS = ("trackable_list_wrapper", "trackable_tuple_wrapper")
OWN_LISTS = ("variables", "trainable_variables", "non_trainable_variables")
"""Lists that every archive has; a collection must not have one of these names."""


@dataclass(frozen=True)
class Root:
    """The public attributes of an archive's root object. Each is empty where the archive has no object graph."""

    functions: dict[str, Message]
    collections: dict[str, int]
    """Lists of variables other than the three of every archive, and how many each holds."""
    signature_nodes: dict[str, int]
    """The ids of the signatures' objects; two names may share one object."""
    function_lists: dict[str, int]
    """Lists of functions, such as the ``regularization_losses`` of TF-Hub's modules, and how many each holds."""


def read_root(graph: MetaGraph) -> Root:
    """The public attributes of the root object of ``graph``."""
    return graph.once("root", lambda: _read_root(graph))


def _read_root(graph: MetaGraph) -> Root:
    root = Root({}, {}, {}, {})
    for name, index in _children(graph, graph.node(0)):
        node = graph.node(index)
        if name == SIGNATURES:
            root.signature_nodes.update(_children(graph, node))
        if node is None or not is_public(name) or name == SIGNATURES or name in OWN_LISTS:
            continue
        if _is_function(node):
            if len(root.functions) == MAX_NAMES:
                raise DamagedError(f"its root has more than {MAX_NAMES:,} functions")
            root.functions[name] = node
        elif _is_list(node):
            kind_of_items, count = graph.once(("list", index), partial(_kind_of_items, graph, index))
            if kind_of_items == "variable":
                root.collections[name] = count
            elif kind_of_items == "function":
                root.function_lists[name] = count
    return root


def _items(graph: MetaGraph, index: int) -> list[int]:
    """The ids of the children of an object."""
    return graph.once(("items", index), lambda: [item for _, item in _children(graph, graph.node(index))])


def _kind_of_items(graph: MetaGraph, index: int) -> tuple[str, int]:
    """What the items of a list are, ``variable`` or ``function``, if they are of one kind; and how many it has."""
    items = _items(graph, index)
    if all(graph.is_variable(item) for item in items):
        return "variable", len(items)
    return ("function" if all(_is_function(graph.node(item)) for item in items) else ""), len(items)


def list_items(graph: MetaGraph, name: str) -> list[int] | None:
    """The ids of the members of the root's list ``name``, or None where it has no such list."""
    index = graph.children(0).get(name)
    return None if index is None or not _is_list(graph.node(index)) else _items(graph, index)


def _is_function(node: Message | None) -> bool:
    return node is not None and node.WhichOneof("kind") in _FUNCTION_KINDS


def _is_list(node: Message | None) -> bool:
    return (
        node is not None
        and node.WhichOneof("kind") == "user_object"
        and node.user_object.identifier in _LIST_IDENTIFIERS
    )


def is_public(name: str) -> bool:
    """Whether an attribute or a signature is public: ``__call__``, or a name that does not start with ``_``."""
    return bool(name) and (name == CALL or not name.startswith("_"))


def _children(graph: MetaGraph, node: Message | None) -> Iterator[tuple[str, int]]:
    if node is not None:
        graph.budget.charge("objects", len(node.children))
        for child in node.children:
            yield child.local_name, child.node_id


def read_signatures(graph: MetaGraph) -> tuple[dict[str, Signature], tuple[str, ...]]:
    """The public signatures that can be described, by name, and a note for each other one."""
    return graph.once("signatures", lambda: _read_signatures(graph))


def _read_signatures(graph: MetaGraph) -> tuple[dict[str, Signature], tuple[str, ...]]:
    found, notes = {}, []
    for name, proto in sorted(graph.signatures.items()):
        if not is_public(name):
            continue
        try:
            with describable():
                found[name] = read_signature(proto, graph.budget)
        except UndescribableError as error:
            notes.append(f"signature {name!r} is left out: it has {error}")
    return found, tuple(notes)


@dataclass(frozen=True)
class Assembled:
    """The Document of a graph, or None if nothing in it can be described, and notes on what is not recorded."""

    document: Document | None
    notes: tuple[str, ...]
    flat: frozenset[str] = frozenset()
    """The endpoints of which only the signature is known, not the Python tree."""
    unpublished: frozenset[str] = frozenset()
    """The endpoints that are functions without a signature."""


def describe_graph(graph: MetaGraph) -> Assembled:
    """The Document of a graph, with notes on what is not recorded."""
    root = read_root(graph)
    signatures, notes = read_signatures(graph)
    functions: dict[str, Callable[[], Function]] = {
        name: partial(read_function, graph, node) for name, node in root.functions.items()
    }
    found = assemble_document(signatures, functions, root.signature_nodes, graph.budget, mode_of(graph.tags))
    return replace(found, notes=(*notes, *found.notes, *_list_notes(root), *collection_notes(root)))


def mode_of(tags: Collection[str]) -> Mode:
    """The mode of a MetaGraph with these tags."""
    return next((mode for mode, tag in TAGS.items() if tag in tags), "predict")


def assemble_document(
    signatures: dict[str, Signature],
    functions: dict[str, Callable[[], Function]],
    nodes: dict[str, int],
    budget: Budget,
    mode: Mode = "predict",
) -> Assembled:
    """The Document of these signatures and functions, and notes; ``nodes`` are the ids of the signatures' objects.

    Each is charged under each of its names, since what many names share is still described under every one of them.
    """
    endpoints: dict[str, Endpoint] = {}
    flat: set[str] = set()
    unpublished: set[str] = set()
    notes: list[str] = []
    aliased, key = None, DEFAULT_KEYS[mode]
    if key not in functions and key in signatures:
        aliased, alias_notes = _find_aliased_endpoint(signatures, nodes, key)
        notes.extend(alias_notes)
    default = aliased or (key if key in signatures else None)
    for name in sorted(signatures.keys() | functions.keys()):
        if aliased is not None and repeats_default(name, key, aliased, signatures):
            continue
        function = functions[name]() if name in functions else None
        signature = signatures.get(name)
        is_bare = name == CALL and name != default
        if is_bare and signature is not None:
            notes.append(
                f"{name}: its signature is left out: the call of the revived object has one only as the default"
            )
            signature = None
        charge_description(name, signature, function, budget)
        try:
            with describable():
                described = _describe(signature, function, budget, may_have_defaults=not is_bare)
        except UndescribableError as error:
            described = DescribedEndpoint(None, (f"not described: it has {error}",))
        notes.extend(f"{name}: {note}" for note in described.notes)
        if described.endpoint is not None:
            endpoints[name] = described.endpoint
            if described.is_flat:
                flat.add(name)
            if signature is None:
                unpublished.add(name)
    if not endpoints:
        return Assembled(None, tuple(notes))
    document = Document(specc=VERSION, endpoints=endpoints, default=default, mode=mode)
    return Assembled(document, (*notes, *general_notes(document)), frozenset(flat), frozenset(unpublished))


def _describe(
    signature: Signature | None, function: Function | None, budget: Budget, *, may_have_defaults: bool
) -> DescribedEndpoint:
    if signature is not None:
        return describe_signature(signature, function, budget)
    if function is None:
        return DescribedEndpoint(None)
    return describe_function(function, may_have_defaults=may_have_defaults)


def repeats_default(name: str, key: str, aliased: str, signatures: dict[str, Signature]) -> bool:
    """Whether a signature repeats the default one, or that of a receiver of the default endpoint."""
    if name == key:
        return True
    receiver, colon, rest = name.rpartition(":")
    return rest == key and colon == ":" and signatures.get(f"{receiver}:{aliased}") == signatures.get(name)


def _find_aliased_endpoint(
    signatures: dict[str, Signature], nodes: dict[str, int], key: str
) -> tuple[str | None, tuple[str, ...]]:
    """The one endpoint that is also published under the default's ``key``, or None, and notes on what is uncertain."""
    default = signatures[key]
    same = sorted(name for name, signature in signatures.items() if name != key and signature == default)
    shared = [name for name in same if key in nodes and nodes.get(name) == nodes[key]]
    match shared or same:
        case []:
            return None, ()
        case [name]:
            note = f"{key}: taken as an alias of {name!r}, since all their tensors are the same"
            return name, () if shared else (note,)
        case names:
            return None, (f"{key}: its tensors equal those of {', '.join(names)}, so it is a separate endpoint",)


def general_notes(document: Document) -> Iterator[str]:
    """Notes on what a graph does not record about endpoints."""
    yield "a graph does not record which function each endpoint runs"
    if any(has_open_dims(endpoint) for endpoint in document.endpoints.values()):
        yield "a graph does not record the names of dimensions: '?' is a size that it leaves open"
    if any(_has_order(tree) for endpoint in document.endpoints.values() for tree in endpoint.inputs):
        order = "they are sorted, and a function may get them in another order"
        yield f"a graph does not record the order of dict keys: {order}"
    if any(has_namedtuple(tree) for point in document.endpoints.values() for tree in (*point.inputs, point.outputs)):
        yield "a graph does not record the modules of namedtuples"


def _has_order(tree: Tree) -> bool:
    """Whether a tree holds a dict of several keys."""
    return (isinstance(tree, Dict) and len(tree.items) > 1) or any(_has_order(child) for _, child in children(tree))


def _list_notes(root: Root) -> Iterator[str]:
    """Notes on the attributes of the root that cannot be declared in a spec."""
    for name, count in sorted(root.function_lists.items()):
        yield f"{name}: a list of {counted(count, 'function')}, which cannot be declared in a spec"


def collection_notes(root: Root) -> Iterator[str]:
    """Notes on what a graph does not record about variable collections."""
    for name, count in sorted(root.collections.items()):
        if count:
            things = "variable" if count == 1 else "variables"
            yield f"{name}: a list of {count} {things}; a graph does not record its path on the model"
