"""What the static checks look at: a document, and the archive that has to conform to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from specc.diagnostics import Level
from specc.language.contract import Contract
from specc.language.document import Document
from specc.language.signatures import PublishedSignature, published_signatures
from specc.reader.checkpoint import StoredTensor, read_index
from specc.reader.conformance.notable_ops import is_notable
from specc.reader.graph_document import Root, read_root
from specc.reader.meta_graph import MetaGraph
from specc.reader.protobuf.messages import Message
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_functions import concrete_names
from specc.reader.saved_graph import SavedGraph, node_of


@dataclass(frozen=True)
class Subject:
    """A document and an archive."""

    document: Document
    directory: Path
    graph: MetaGraph
    contract: Contract | None = None
    """The archive's own contract, if it has one that can be read."""
    has_contract: bool = False
    """Whether it has one, also if that is damaged."""
    trusted: bool = False
    """Whether the caller trusts the archive, so that it may read files and use the network."""

    @cached_property
    def root(self) -> Root:
        """The public attributes of the archive's root object."""
        return read_root(self.graph)

    @cached_property
    def program(self) -> SavedGraph:
        """The nodes and functions of the graph."""
        return self.graph.read_graph(is_notable)

    @cached_property
    def index(self) -> dict[str, StoredTensor] | str:
        """The tensors of the checkpoint, by key, or why its index cannot be read."""
        try:
            return read_index(self.directory)
        except DamagedError as error:
            return str(error)

    @property
    def stored(self) -> dict[str, StoredTensor]:
        """The tensors of the checkpoint, by key; nothing where its index is damaged."""
        return {} if isinstance(self.index, str) else self.index

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The optional endpoints that the archive was built without."""
        if self.contract is not None:
            return frozenset(self.contract.left_out) & self.document.endpoints.keys()
        return frozenset(
            name
            for name, endpoint in self.document.endpoints.items()
            if endpoint.optional and name not in self.root.functions and name not in self.graph.signatures
        )

    @cached_property
    def published(self) -> tuple[PublishedSignature, ...]:
        """The signatures that the archive has to have."""
        return published_signatures(self.document, self.left_out)

    @property
    def promised_level(self) -> Level:
        """The level of a finding that is an error in an archive built from a document, and a warning in any other."""
        return "error" if self.has_contract else "warning"

    def functions_of(self, name: str) -> tuple[str, ...]:
        """The concrete functions of an endpoint: those of the root's attribute, and those of its signatures."""
        return self._functions.get(name, ())

    @cached_property
    def _functions(self) -> dict[str, tuple[str, ...]]:
        nodes = {name: [self.root.functions.get(name)] for name in self.document.endpoints}
        for signature in self.published:
            nodes[signature.endpoint].append(self.signature_object(signature.key))
        return {
            name: tuple(dict.fromkeys(each for node in found if node is not None for each in concrete_names(node)))
            for name, found in nodes.items()
        }

    def signature_object(self, key: str) -> Message | None:
        """The object of a signature, which TensorFlow 1 does not write."""
        index = self.root.signature_nodes.get(key)
        return None if index is None else self.graph.node(index)

    @cached_property
    def signatures_of(self) -> dict[str, tuple[str, ...]]:
        """The keys of the signatures whose object is each concrete function."""
        found: dict[str, tuple[str, ...]] = {}
        for key in sorted(self.root.signature_nodes):
            node = self.signature_object(key)
            for name in () if node is None else concrete_names(node):
                found[name] = (*found.get(name, ()), key)
        return found

    @cached_property
    def reached(self) -> dict[str, frozenset[str]]:
        """The functions that a call of each endpoint runs."""
        return {
            name: frozenset(self.program.reached((*self.functions_of(name), *self._calls_of(nodes))))
            for name, nodes in self.nodes.items()
        }

    @cached_property
    def nodes(self) -> dict[str, frozenset[str]]:
        """The nodes of the main graph that a request to the signatures of each endpoint runs."""
        tensors: dict[str, list[str]] = {name: [] for name in sorted(self.document.endpoints)}
        for signature in self.published:
            if signature.key in self.graph.signatures:
                tensors[signature.endpoint].extend(output_tensors(self.graph.signatures[signature.key]))
        return {name: frozenset(self.program.main_nodes(each)) for name, each in tensors.items()}

    def _calls_of(self, nodes: Iterable[str]) -> Iterator[str]:
        for name in nodes:
            node = self.program.main.nodes[name]
            yield from (node.op, *node.calls)

    @cached_property
    def loaded_nodes(self) -> set[str]:
        """The nodes of the main graph that run when a loader initialises the archive, or when a signature is called."""
        outputs = [tensor for proto in self.graph.signatures.values() for tensor in output_tensors(proto)]
        return self.program.main_nodes((*outputs, *self.graph.initializers))

    @cached_property
    def loaded_functions(self) -> set[str]:
        """The functions that run when the archive is loaded or anything in it is called."""
        return self.program.reached((*self.graph.captures, *self._calls_of(self.loaded_nodes)))

    @cached_property
    def asset_nodes(self) -> frozenset[str]:
        """The nodes of the main graph whose output is the path of an asset."""
        return frozenset(node_of(each.tensor_info.name) for each in self.graph.assets)


def output_tensors(signature: Message) -> Iterator[str]:
    """The names of the tensors that a signature returns."""
    for entry in signature.outputs:
        match entry.value.WhichOneof("encoding"):
            case "composite_tensor":
                yield from (part.name for part in entry.value.composite_tensor.components)
            case "coo_sparse":
                yield entry.value.coo_sparse.values_tensor_name
            case _:
                yield entry.value.name
