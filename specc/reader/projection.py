"""What of a document its archive's graph holds by itself, once the contract is gone.

Lost, since a SavedModel has no place for them:

* the model, ``imports``, the document's name and description; the endpoints' ``function`` (it comes back as null),
  ``kwargs``, ``preprocess``, ``postprocess``, ``autograph``, ``gradients``, ``jax`` and descriptions; ``track``;
* the collections: a graph lists their variables, and no path on a model leads to them;
* the names and bounds of dims (a named dim comes back as ``?``), and the bounds and descriptions of leaves;
* what a default loses in its dtype's own precision;
* the order of the keys of dicts and of ``kwargs``: keys come back sorted;
* ``serving_only``, ``optional`` and ``save_options``. The mode is the archive's tag, and a method its signature's.

A receiver is a signature and nothing else, so it comes back as a flat endpoint called by its signature's key, such as
``examples:score``; where it is the plain signature, the endpoint of that name is the flat one, beside ``raw:score``.

Wire names survive always; the nested tree does where every wire name can be linked to its leaf. The graph records the
names of dense inputs (in the TensorSpec) and no others, so

* a dense input keeps its ``name``; one that is the name made from the path is left out;
* a composite input keeps its ``name`` where its components have the usual suffixes and fit no other left-over composite
  of the endpoint; with ``names`` for single components, or with such a rival, the endpoint is read flat: one argument
  for each wire name, in alphabetical order;
* outputs with a ``name`` or ``names`` of their own are read flat: a dict from wire name to tensor.

The default endpoint survives, with one doubt: among endpoints whose signatures are the same to the letter, the graph
says which one is the default only where ``serving_default`` shares its object, as it does in specc's own archives.
"""

from __future__ import annotations

from collections.abc import Callable

from specc.language.document import Document, Endpoint
from specc.language.names import Component, input_leaves
from specc.language.signatures import METHOD_NAMES, PublishedSignature, published_signatures
from specc.language.tensor_string import ANY, Shape
from specc.language.trees import Leaf, List, Tensor, Tree, tree_to_json
from specc.reader.functions import Function, Trace, without_names
from specc.reader.graph_document import assemble
from specc.reader.signatures import Signature, WireTensor
from specc.reader.structured import dense, leaves, with_leaves
from specc.reader.tensor_values import stored_value


def project(document: Document) -> Document:
    """What ``inspect`` finds in an archive that specc built of ``document``, without its contract."""
    published = published_signatures(document)
    signatures = {signature.key: _signature(document, signature) for signature in published}
    nodes: dict[str, int] = {}
    for index, signature in enumerate(published):  # an alias follows what it repeats
        nodes[signature.key] = nodes[signature.alias_of] if signature.alias_of else index
    functions = {name: _function(endpoint) for name, endpoint in document.endpoints.items()}
    lazily: dict[str, Callable[[], Function]] = {name: lambda f=f: f for name, f in functions.items()}  # type: ignore[misc]
    projected, _ = assemble(signatures, lazily, nodes, document.mode)
    assert projected is not None  # a document has an endpoint
    return projected


def _signature(document: Document, published: PublishedSignature) -> Signature:
    endpoint = document.endpoints[published.endpoint]
    defaults = {
        leaf.components[0].wire_name: stored_value(leaf.leaf.default, leaf.leaf.dtype)
        for leaf in input_leaves(endpoint)
        if published.receiver is None and isinstance(leaf.leaf, Tensor) and leaf.leaf.default is not None
    }
    method_name = METHOD_NAMES[published.method]
    return Signature(_wire(published.inputs), _wire(published.outputs), method_name, defaults)


def _wire(components: tuple[Component, ...]) -> dict[str, WireTensor]:
    return {component.wire_name: WireTensor(component.dtype, _open(component.shape)) for component in components}


def _function(endpoint: Endpoint) -> Function:
    inputs = tuple(_forget(tree, keep_names=True) for tree in endpoint.inputs)
    outputs = without_names(_forget(endpoint.outputs, keep_names=False))
    return Function((Trace(endpoint.arguments, inputs, outputs),))


def _forget(tree: Tree, keep_names: bool) -> Tree:
    forgotten = with_leaves(tree, iter([_forget_leaf(leaf, keep_names) for leaf in leaves(tree)]))
    (ordered,) = List.model_validate({"items": [tree_to_json(forgotten, sort_keys=True)]}).items
    return ordered


def _forget_leaf(leaf: Leaf, keep_names: bool) -> Leaf:
    if isinstance(leaf, Tensor):
        return dense(leaf.dtype, _open(leaf.shape), name=leaf.name if keep_names else None)
    return leaf.model_copy(update={"shape": _open(leaf.shape), "name": None, "names": None, "description": ""})


def _open(shape: Shape) -> Shape:
    return None if shape is None else tuple(dim if isinstance(dim, int) else ANY for dim in shape)
