"""One of the two endpoints that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from specc.compatibility.dims import Dims, Term, dim_term, sized_axes
from specc.compatibility.pairing import Argument, Role
from specc.compatibility.sides import Described
from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.trees import Tree, has_default
from specc.language.wire_names import BoundLeaf, EndpointNodes, endpoint_nodes, placed_children


@dataclass(frozen=True, eq=False)
class Half:
    """One of the two endpoints, in its document."""

    described: Described
    name: str

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint."""
        return self.described.document.endpoints[self.name]

    @cached_property
    def path(self) -> SpecPath:
        """The endpoint's path in its document."""
        return ("endpoints", self.name)

    @cached_property
    def nodes(self) -> EndpointNodes:
        """The leaves and containers, with their paths."""
        return endpoint_nodes(self.endpoint, self.path)

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments, in order."""
        names = self.endpoint.arguments
        return tuple(Argument(names[index], index, tree) for index, tree in enumerate(self.endpoint.inputs))

    @property
    def dims(self) -> Dims:
        """The bounds of the document's dims."""
        return self.described.dims

    @cached_property
    def words(self) -> Mapping[SpecPath, str]:
        """What Python calls each leaf, by its path: ``argument.key.0``; empty for the bare result."""
        found: dict[SpecPath, str] = {}
        stack: list[tuple[Tree, SpecPath, str]] = [
            (argument.tree, (*self.path, "inputs", argument.index), argument.name) for argument in self.arguments
        ]
        stack.append((self.endpoint.outputs, (*self.path, "outputs"), ""))
        while stack:
            tree, path, word = stack.pop()
            found[path] = word
            for key, child, place in placed_children(tree, path):
                stack.append((child, place, f"{word}.{key}" if word else str(key)))
        return found

    @cached_property
    def first_optional(self) -> int:
        """The position of the first argument that Python may leave out: from there on, all have defaults throughout."""
        required = [int(leaf.path[3]) for leaf in self.nodes.inputs if not has_default(leaf.leaf)]
        return max(required, default=-1) + 1

    @cached_property
    def optional_words(self) -> frozenset[str]:
        """What Python calls the inputs that it may leave out."""
        return frozenset(
            self.words[leaf.path] for leaf in self.nodes.inputs if int(leaf.path[3]) >= self.first_optional
        )

    @cached_property
    def origins(self) -> Mapping[Term, tuple[str, int]]:
        """The first input, and its axis, that has each term, if the document is compared as OLD."""
        found: dict[Term, tuple[str, int]] = {}
        for leaf in self.nodes.inputs:
            for axis in sized_axes(leaf.leaf):
                found.setdefault(dim_term("old", leaf, axis, self.dims), (leaf.name, axis))
        return found

    def leaves(self, role: Role) -> tuple[BoundLeaf, ...]:
        """The leaves of all inputs, or of all outputs."""
        return self.nodes.inputs if role == "inputs" else self.nodes.outputs
