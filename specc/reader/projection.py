"""What of a document its archive's graph holds by itself, once the contract is gone.

Lost, since a SavedModel has no place for them:

* the model, the document's name and description; the endpoints' ``function`` (it comes back as null), ``kwargs``,
  ``preprocess``, ``postprocess``, ``autograph``, ``gradients`` and descriptions; ``track``;
* the collections: a graph lists their variables, and no path on a model leads to them;
* the names and bounds of dims (a named dim comes back as ``?``), and the bounds and descriptions of leaves;
* what a default loses in its dtype's own precision;
* a dict's order, which means nothing to the language either.

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

from specc.language.document import Document, Endpoint
from specc.language.names import BoundLeaf, input_leaves, output_leaves
from specc.language.tensor_string import ANY, Shape
from specc.language.trees import Leaf, Tensor, Tree
from specc.reader.functions import Function, Trace, without_names
from specc.reader.graph_document import assemble
from specc.reader.signatures import SERVING_DEFAULT, Signature, WireTensor
from specc.reader.structured import dense, leaves, with_leaves
from specc.reader.tensor_values import stored_value


def project(document: Document) -> Document:
    """What ``inspect`` finds in an archive that specc built of ``document``, without its contract."""
    signatures = {name: _signature(endpoint) for name, endpoint in document.endpoints.items()}
    nodes = {name: index for index, name in enumerate(signatures)}
    if document.default is not None:
        signatures[SERVING_DEFAULT] = signatures[document.default]
        nodes[SERVING_DEFAULT] = nodes[document.default]
    functions = {name: _function(endpoint) for name, endpoint in document.endpoints.items()}
    projected, _ = assemble(signatures, {name: lambda f=f: f for name, f in functions.items()}, nodes)  # type: ignore[misc]
    assert projected is not None  # a document has an endpoint
    return projected


def _signature(endpoint: Endpoint) -> Signature:
    bound = input_leaves(endpoint)
    defaults = {
        leaf.components[0].wire_name: stored_value(leaf.leaf.default, leaf.leaf.dtype)
        for leaf in bound
        if isinstance(leaf.leaf, Tensor) and leaf.leaf.default is not None
    }
    return Signature(_wire(bound), _wire(output_leaves(endpoint)), defaults=defaults)


def _wire(bound: tuple[BoundLeaf, ...]) -> dict[str, WireTensor]:
    return {
        component.wire_name: WireTensor(component.dtype, _open(component.shape))
        for leaf in bound
        for component in leaf.components
    }


def _function(endpoint: Endpoint) -> Function:
    inputs = tuple(_forget(tree, keep_names=True) for tree in endpoint.inputs)
    outputs = without_names(_forget(endpoint.outputs, keep_names=False))
    return Function((Trace(endpoint.arguments, inputs, outputs),))


def _forget(tree: Tree, keep_names: bool) -> Tree:
    return with_leaves(tree, iter([_forget_leaf(leaf, keep_names) for leaf in leaves(tree)]))


def _forget_leaf(leaf: Leaf, keep_names: bool) -> Leaf:
    if isinstance(leaf, Tensor):
        return dense(leaf.dtype, _open(leaf.shape), name=leaf.name if keep_names else None)
    return leaf.model_copy(update={"shape": _open(leaf.shape), "name": None, "names": None, "description": ""})


def _open(shape: Shape) -> Shape:
    return None if shape is None else tuple(dim if isinstance(dim, int) else ANY for dim in shape)
