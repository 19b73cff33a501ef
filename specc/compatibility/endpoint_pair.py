"""Two endpoints that are compared, with everything that the rules about inputs and outputs look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from specc.change import SURFACES, Judgement, Surface
from specc.compatibility.compared_leaves import Sides
from specc.compatibility.dims import Mismatch, dim_term, is_open, sized_axes
from specc.compatibility.halves import Half
from specc.compatibility.pairing import (
    ArgumentPairing,
    LeafPair,
    NodePair,
    Pairing,
    Role,
    pair_arguments,
    pair_in_order,
    pair_leaves,
)
from specc.compatibility.unification import Unified, unify
from specc.compatibility.witness import Witnesses
from specc.diagnostics import SpecPath
from specc.language import trees
from specc.language.tensor_string import ANY
from specc.language.wire_names import BoundContainer

View: TypeAlias = Literal["wire", "python"]
"""How leaves are paired: by wire name, for wire and rest, or by path."""
_OF_VIEW: dict[View, tuple[Surface, ...]] = {"wire": ("wire", "rest"), "python": ("python",)}


class SizeChange(NamedTuple):
    """A mismatch of sizes, on the surfaces of the views that have it. ``unified`` is the solution of the first one."""

    mismatch: Mismatch
    surfaces: tuple[Surface, ...]
    unified: Unified
    is_stated: bool
    """False if it rests on a ``?`` of a document that was read from a graph: what it stands for is not known."""


@dataclass(frozen=True, eq=False)
class EndpointPair:
    """Two endpoints, and the surfaces on which clients see one as the other's successor.

    ``name`` is what the findings call them: the endpoint, or the key under which both are published.
    """

    old: Half
    new: Half
    surfaces: tuple[Surface, ...]
    name: str

    @cached_property
    def arguments(self) -> ArgumentPairing:
        """The pairs of arguments."""
        return pair_arguments(self.old.arguments, self.new.arguments)

    @cached_property
    def has_equal_containers(self) -> bool:
        """Whether both endpoints have the same arguments, and the same containers at the same paths."""
        if self.old.endpoint.arguments != self.new.endpoint.arguments:
            return False
        old, new = (list(map(_container, half.nodes.containers)) for half in (self.old, self.new))
        return old == new

    @cached_property
    def inputs(self) -> Pairing:
        """The pairs of inputs."""
        found = pair_in_order(self.old.nodes.inputs, self.new.nodes.inputs) if self.has_equal_containers else None
        return found or self._walk_inputs()

    def _walk_inputs(self) -> Pairing:
        pairs = sorted((*self.arguments.kept, *self.arguments.renamed), key=lambda pair: pair[0].index)
        roots: list[NodePair] = [
            NodePair(
                one.tree, other.tree, (*self.old.path, "inputs", one.index), (*self.new.path, "inputs", other.index)
            )
            for one, other in pairs
        ]
        return pair_leaves("inputs", self.old.nodes.inputs, self.new.nodes.inputs, roots)

    @cached_property
    def outputs(self) -> Pairing:
        """The pairs of outputs."""
        old, new = self.old, self.new
        found = pair_in_order(old.nodes.outputs, new.nodes.outputs) if self.has_equal_containers else None
        if found is not None:
            return found
        root = NodePair(old.endpoint.outputs, new.endpoint.outputs, (*old.path, "outputs"), (*new.path, "outputs"))
        return pair_leaves("outputs", old.nodes.outputs, new.nodes.outputs, [root])

    @cached_property
    def witnesses(self) -> Witnesses:
        """Makes the witnesses of the changes."""
        return Witnesses(self)

    @cached_property
    def new_places(self) -> set[SpecPath]:
        """The paths of all nodes of the endpoint in NEW, and of the arrays and objects around them."""
        nodes, path = self.new.nodes, self.new.path
        leaves = {leaf.path for leaf in (*nodes.inputs, *nodes.outputs)}
        return {path, (*path, "inputs"), *leaves, *(node.path for node in nodes.containers)}

    @cached_property
    def new_argument(self) -> dict[str | int, int]:
        """The position in NEW of each argument of OLD that it still has, by its position in OLD."""
        return {one.index: other.index for one, other in (*self.arguments.kept, *self.arguments.renamed)}

    def pairing(self, role: Role) -> Pairing:
        """The pairs of inputs or of outputs."""
        return self.inputs if role == "inputs" else self.outputs

    def seen(self, *surfaces: Surface) -> tuple[Surface, ...]:
        """Those of ``surfaces`` on which the two endpoints are compared."""
        return tuple(surface for surface in surfaces if surface in self.surfaces)

    def judged(self, judgement: Judgement, surfaces: Iterable[Surface] = SURFACES) -> dict[Surface, Judgement]:
        """``judgement`` on each of ``surfaces`` on which the two endpoints are compared."""
        return dict.fromkeys(self.seen(*surfaces), judgement)

    def leaf_pairs(self, role: Role) -> list[tuple[LeafPair, tuple[Surface, ...]]]:
        """Every pair of leaves that is one leaf on a surface, with these surfaces, in the order of OLD."""
        return self._input_pairs if role == "inputs" else self._output_pairs

    def differing_pairs(self, role: Role) -> Iterator[tuple[LeafPair, tuple[Surface, ...]]]:
        """Those of the ``leaf_pairs`` whose leaves may differ: equal ones are often one object, made of one string."""
        return (each for each in self.leaf_pairs(role) if each[0].old.leaf is not each[0].new.leaf)

    @cached_property
    def _input_pairs(self) -> list[tuple[LeafPair, tuple[Surface, ...]]]:
        return self._find_pairs("inputs")

    @cached_property
    def _output_pairs(self) -> list[tuple[LeafPair, tuple[Surface, ...]]]:
        return self._find_pairs("outputs")

    def _find_pairs(self, role: Role) -> list[tuple[LeafPair, tuple[Surface, ...]]]:
        pairing = self.pairing(role)
        if pairing.wire is pairing.python:
            surfaces = self.seen(*SURFACES)
            return [(pair, surfaces) for pair in pairing.wire]
        found: dict[tuple[int, int], tuple[LeafPair, tuple[Surface, ...]]] = {}
        for surfaces, pairs in (
            (self.seen("wire", "rest"), [*pairing.wire, *pairing.renamed]),
            (self.seen("python"), pairing.python),
        ):
            for pair in pairs if surfaces else ():
                key = (id(pair.old), id(pair.new))
                found[key] = (pair, (*found[key][1], *surfaces) if key in found else surfaces)
        order = {id(leaf): index for index, leaf in enumerate(self.old.leaves(role))}
        return sorted(found.values(), key=lambda each: order[id(each[0].old)])

    @cached_property
    def solutions(self) -> dict[View, Unified]:
        """The unified sizes in each view that a surface has."""
        return self._solve(is_reversed=False)

    @cached_property
    def reverse_solutions(self) -> dict[View, Unified]:
        """As ``solutions``, with NEW compared to OLD: what mismatches there is accepted or promised in addition."""
        return self._solve(is_reversed=True)

    def _solve(self, *, is_reversed: bool) -> dict[View, Unified]:
        solved: dict[View, Unified] = {}
        for view, surfaces in _OF_VIEW.items():
            if self.seen(*surfaces):
                sides = self._sides(view)
                same = "wire" in solved and self._sides("wire").same_pairs(sides)
                solved[view] = solved["wire"] if same else unify(sides.reversed() if is_reversed else sides)
        return solved

    def _sides(self, view: View) -> Sides:
        inputs, outputs = self.inputs, self.outputs
        is_wire = view == "wire"
        return Sides(
            self.old.dims,
            self.new.dims,
            [*inputs.wire, *inputs.renamed] if is_wire else inputs.python,
            [*outputs.wire, *outputs.renamed] if is_wire else outputs.python,
            () if is_wire else inputs.regrouped,
            self.old.nodes.inputs,
            self.new.nodes.inputs,
        )

    def has_elements(self, role: Role, leaves: LeafPair, surfaces: tuple[Surface, ...]) -> bool:
        """Whether an old input, or a new output, can have an element in a request that both accept."""
        half, leaf = (self.old, leaves.old) if role == "inputs" else (self.new, leaves.new)
        unified = self.solutions["python" if surfaces == ("python",) else "wire"]
        side: Literal["old", "new"] = "old" if role == "inputs" else "new"
        terms = (dim_term(side, leaf, axis, half.dims) for axis in sized_axes(leaf.leaf))
        return all(unified.bounds(term).high != 0 for term in terms)

    def size_changes(self, role: Role, *, is_reversed: bool = False) -> list[SizeChange]:
        """The mismatches of the inputs or the outputs; reversed, those of NEW compared to OLD."""
        if (role, is_reversed) not in self._size_changes:
            self._size_changes[role, is_reversed] = self._find_size_changes(role, is_reversed=is_reversed)
        return self._size_changes[role, is_reversed]

    @cached_property
    def _size_changes(self) -> dict[tuple[Role, bool], list[SizeChange]]:
        return {}

    def _find_size_changes(self, role: Role, *, is_reversed: bool) -> list[SizeChange]:
        found: dict[tuple[object, ...], SizeChange] = {}
        for view, unified in (self.reverse_solutions if is_reversed else self.solutions).items():
            surfaces = self.seen(*_OF_VIEW[view])
            for mismatch in unified.inputs if role == "inputs" else unified.outputs:
                if is_reversed and role == "inputs" and mismatch.problem == "size":
                    continue  # told by the other direction
                known = found.get(mismatch.place)
                if known:
                    found[mismatch.place] = known._replace(surfaces=(*known.surfaces, *surfaces))
                else:
                    is_stated = self._is_stated(mismatch, role, is_reversed=is_reversed)
                    found[mismatch.place] = SizeChange(mismatch, surfaces, unified, is_stated)
        return list(found.values())

    def _is_stated(self, mismatch: Mismatch, role: Role, *, is_reversed: bool) -> bool:
        first, second = (self.new, self.old) if is_reversed else (self.old, self.new)
        if not first.described.has_contract:
            if role == "inputs" and any(position.old == ANY for position in mismatch.positions):
                return False
            if any(is_open(term) for term in mismatch.terms):
                return False
        return second.described.has_contract or all(position.new != ANY for position in mismatch.positions)


def _container(node: BoundContainer) -> tuple[object, ...]:
    """What the pairs of leaves depend on."""
    fields = [name for name, _ in node.tree.fields] if isinstance(node.tree, trees.NamedTuple) else []
    return (node.path, node.tree.kind, getattr(node.tree, "typename", ""), fields)
