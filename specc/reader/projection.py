"""Computes what remains of a document when its archive is read without the contract.

Lost, since a SavedModel does not record them:

* the model, ``imports``, the document's name and description; the endpoints' ``function`` (it comes back as null),
  ``kwargs``, ``preprocess``, ``postprocess``, ``autograph``, ``gradients``, ``jax`` and descriptions; ``track``;
* the selections of collections: a graph lists their variables, but not their paths on the model;
* the names and bounds of dims (a named dim comes back as ``?``), and the bounds and descriptions of leaves;
* the digits of a default beyond the precision of its dtype;
* the order of the keys of dicts and of ``kwargs``: they are read sorted;
* ``serving_only``, ``optional``, ``pure``, ``rowwise``, ``tolerance``, ``examples`` and ``save_options``.

The mode is read from the archive's tag, and a method from its signature.

A receiver is only a signature, so it is read as a flat endpoint named by its signature's key, such as
``examples:score``; where it is the plain signature, the endpoint of that name is the flat one, next to ``raw:score``.

Wire names are always kept; the nested tree is kept if every wire name can be linked to its leaf. The graph records only
the names of dense inputs (in the TensorSpec), so

* a dense input keeps its ``name``, which is left out if it equals the name derived from the path;
* a composite input keeps its ``name`` if its components have the usual suffixes and fit no other unlinked composite of
  the endpoint; otherwise, or with ``names`` for single components, the endpoint is read flat: one argument for each
  wire name, in alphabetical order;
* outputs with a ``name`` or ``names`` are read flat: a dict from wire name to tensor.

The default endpoint is kept, with one exception: among endpoints with identical signatures, the default one is known
only if ``serving_default`` shares its object, as in specc's own archives.
"""

from __future__ import annotations

from collections.abc import Callable

from specc.language.document import Document, Endpoint
from specc.language.signatures import METHOD_NAMES, PublishedSignature, published_signatures
from specc.language.stored_values import stored_value
from specc.language.tensor_string import ANY, Shape
from specc.language.tree_edits import dense, leaves, with_leaves, without_names
from specc.language.trees import Leaf, List, Tensor, Tree
from specc.language.wire_names import Component, input_leaves
from specc.reader.graph_document import assemble_document
from specc.reader.protobuf.wire_format import archive_budget
from specc.reader.saved_functions import Function, Trace
from specc.reader.signature_defs import Signature, WireTensor


def project(document: Document) -> Document:
    """The Document that ``inspect`` reads from an archive that specc built from ``document``, without its contract."""
    published = published_signatures(document)
    signatures = {signature.key: _unrecorded_signature(document, signature) for signature in published}
    nodes: dict[str, int] = {}
    for index, signature in enumerate(published):  # an alias follows what it repeats
        nodes[signature.key] = nodes[signature.alias_of] if signature.alias_of else index
    functions = {name: _unrecorded_function(endpoint) for name, endpoint in document.endpoints.items()}
    readers: dict[str, Callable[[], Function]] = {name: lambda f=f: f for name, f in functions.items()}  # type: ignore[misc]
    projected = assemble_document(signatures, readers, nodes, archive_budget(), document.mode).document
    assert projected is not None  # a document has an endpoint
    return projected


def _unrecorded_signature(document: Document, published: PublishedSignature) -> Signature:
    endpoint = document.endpoints[published.endpoint]
    defaults = {
        leaf.components[0].wire_name: stored_value(leaf.leaf.default, leaf.leaf.dtype)
        for leaf in input_leaves(endpoint)
        if published.receiver is None and isinstance(leaf.leaf, Tensor) and leaf.leaf.default is not None
    }
    method_name = METHOD_NAMES[published.method]
    return Signature(_wire_tensors(published.inputs), _wire_tensors(published.outputs), method_name, defaults)


def _wire_tensors(components: tuple[Component, ...]) -> dict[str, WireTensor]:
    return {
        component.wire_name: WireTensor(component.dtype, _open_named_dims(component.shape)) for component in components
    }


def _unrecorded_function(endpoint: Endpoint) -> Function:
    inputs = tuple(_without_unrecorded(tree, keep_names=True) for tree in endpoint.inputs)
    outputs = without_names(_without_unrecorded(endpoint.outputs, keep_names=False))
    return Function((Trace(endpoint.arguments, inputs, outputs),))


def _without_unrecorded(tree: Tree, keep_names: bool) -> Tree:
    forgotten = with_leaves(tree, iter([_leaf_without_unrecorded(leaf, keep_names) for leaf in leaves(tree)]))
    (ordered,) = List.model_validate({"items": [forgotten.to_json()]}).items
    return ordered


def _leaf_without_unrecorded(leaf: Leaf, keep_names: bool) -> Leaf:
    if isinstance(leaf, Tensor):
        return dense(leaf.dtype, _open_named_dims(leaf.shape), name=leaf.name if keep_names else None)
    return leaf.model_copy(
        update={"shape": _open_named_dims(leaf.shape), "name": None, "names": None, "description": ""}
    )


def _open_named_dims(shape: Shape) -> Shape:
    return None if shape is None else tuple(dim if isinstance(dim, int) else ANY for dim in shape)
