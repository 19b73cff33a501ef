"""Pairs of leaves: which input or output of OLD is which one of NEW, by wire name and, independently, by path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from specc.diagnostics import SpecPath
from specc.language.trees import LEAVES, Dict, NamedTuple, Ragged, Sparse, Tensor, Tree, children, leaf_kind
from specc.language.wire_names import BoundLeaf, placed_children

Role: TypeAlias = Literal["inputs", "outputs"]
WireKey: TypeAlias = tuple[str, ...]


@dataclass(eq=False, slots=True)
class LeafPair:
    """One leaf in both documents."""

    old: BoundLeaf
    new: BoundLeaf


@dataclass(frozen=True)
class NodePair:
    """The places of two containers that stand at the same path, or of the arguments of the same name."""

    old_tree: Tree
    new_tree: Tree
    old: SpecPath
    new: SpecPath


@dataclass(frozen=True)
class Argument:
    """One argument: its name, position and tree."""

    name: str
    index: int
    tree: Tree


@dataclass(frozen=True)
class ArgumentPairing:
    """The arguments of two endpoints: those of one name, renamed ones at one place, and the others."""

    kept: tuple[tuple[Argument, Argument], ...]
    renamed: tuple[tuple[Argument, Argument], ...]
    removed: tuple[Argument, ...]
    added: tuple[Argument, ...]
    moved: bool
    """Whether two arguments that both endpoints have change their order."""


@dataclass
class Pairing:
    """The pairs of all inputs, or of all outputs, of two endpoints.

    ``wire`` are pairs of one wire name, ``python`` of one path. A ``renamed`` pair has one path, or is the only output
    on both sides, and its wire names stand on one side each; a ``regrouped`` one has one wire name, and its paths stand
    on one side each. What has no pair is removed or added, except that ``structure`` speaks for leaves in Python
    whose wire name goes on elsewhere, and an added or removed argument for all of its leaves.
    """

    wire: list[LeafPair] = field(default_factory=list)
    renamed: list[LeafPair] = field(default_factory=list)
    python: list[LeafPair] = field(default_factory=list)
    regrouped: list[LeafPair] = field(default_factory=list)
    crossed: list[tuple[LeafPair, LeafPair]] = field(default_factory=list)
    """The wire pair and the path pair of one old leaf, to two different new leaves."""
    structure: list[NodePair] = field(default_factory=list)
    """The topmost containers that differ, at most one for each argument or result."""
    typenames: list[NodePair] = field(default_factory=list)
    """Namedtuples with the same fields and another name."""
    wire_removed: list[BoundLeaf] = field(default_factory=list)
    wire_added: list[BoundLeaf] = field(default_factory=list)
    python_removed: list[BoundLeaf] = field(default_factory=list)
    python_added: list[BoundLeaf] = field(default_factory=list)
    into_dicts: set[SpecPath] = field(default_factory=set)
    """The paths of the leaves in ``python_added`` that stand under a new key of a dict."""


def wire_key(leaf: BoundLeaf) -> WireKey:
    """What names a leaf on the wire: the wire names of its components."""
    return tuple(component.wire_name for component in leaf.components)


def pair_arguments(old: Sequence[Argument], new: Sequence[Argument]) -> ArgumentPairing:
    """The ArgumentPairing of two lists of arguments.

    An argument counts as renamed if it is the n-th one without a partner after the same number of arguments that both
    sides have, and the two take the same trees.
    """
    by_name = {each.name: each for each in new}
    kept = tuple((each, by_name[each.name]) for each in old if each.name in by_name)
    names = {each.name for each, _ in kept}
    gaps: dict[tuple[int, int], Argument] = dict(_gaps(old, names))
    renamed = tuple(
        (gaps[place], each)
        for place, each in _gaps(new, names)
        if place in gaps and _alike(gaps[place].tree, each.tree)
    )
    gone, come = {each.name for each, _ in renamed} | names, {each.name for _, each in renamed} | names
    order = [other.index for _, other in kept]
    return ArgumentPairing(
        kept,
        renamed,
        tuple(each for each in old if each.name not in gone),
        tuple(each for each in new if each.name not in come),
        moved=order != sorted(order),
    )


def _gaps(arguments: Sequence[Argument], kept: set[str]) -> Iterator[tuple[tuple[int, int], Argument]]:
    """The arguments that are not ``kept``, each with how many kept ones precede it, and its position among the rest."""
    before = since = 0
    for argument in arguments:
        if argument.name in kept:
            before, since = before + 1, 0
        else:
            yield (before, since), argument
            since += 1


def _alike(old: Tree, new: Tree) -> bool:
    """Whether two trees have the same structure, and leaves of the same kinds, dtypes and ranks."""
    match old, new:
        case (Tensor() | Ragged() | Sparse(), Tensor() | Ragged() | Sparse()):
            ranks = [None if leaf.shape is None else len(leaf.shape) for leaf in (old, new)]
            return leaf_kind(old) == leaf_kind(new) and old.dtype == new.dtype and ranks[0] == ranks[1]
    old_parts, new_parts = children(old), children(new)
    if old.kind != new.kind or [key for key, _ in old_parts] != [key for key, _ in new_parts]:
        return False
    return all(_alike(one, other) for (_, one), (_, other) in zip(old_parts, new_parts, strict=True))


def pair_in_order(old: Sequence[BoundLeaf], new: Sequence[BoundLeaf]) -> Pairing | None:
    """The Pairing of the leaves of equal containers if both sides have them under the same names, in the same order.

    It is what :func:`pair_leaves` finds, several times as fast; None if it has to look.
    """
    keys = _keys(old)
    if [leaf.path for leaf in old] != [leaf.path for leaf in new] or keys != _keys(new) or len(set(keys)) < len(keys):
        return None
    pairs = list(map(LeafPair, old, new))
    return Pairing(wire=pairs, python=pairs)


def _keys(leaves: Iterable[BoundLeaf]) -> list[WireKey | str]:
    """The wire keys; only the name of a leaf that is one tensor."""
    return [leaf.components[0].wire_name if len(leaf.components) == 1 else wire_key(leaf) for leaf in leaves]


def pair_leaves(role: Role, old: Sequence[BoundLeaf], new: Sequence[BoundLeaf], roots: Iterable[NodePair]) -> Pairing:
    """The Pairing of the leaves of two endpoints in one role. ``roots`` are the trees that stand for each other."""
    pairer = _Pairer(role, old, new)
    for root in roots:
        pairer.walk(root)
    return pairer.finish()


class _Pairer:
    """Pairs all leaves by wire name first, then walks each two trees for the pairs by path."""

    def __init__(self, role: Role, old: Sequence[BoundLeaf], new: Sequence[BoundLeaf]) -> None:
        self.role, self.old, self.new = role, old, new
        self.found = Pairing()
        self.old_at = {leaf.path: leaf for leaf in old}
        self.new_at = {leaf.path: leaf for leaf in new}
        old_keys = {wire_key(leaf): leaf for leaf in reversed(old)}
        new_keys = {wire_key(leaf): leaf for leaf in reversed(new)}
        self.partner = {leaf.path: new_keys[key] for key, leaf in old_keys.items() if key in new_keys}
        self.reached = {leaf.path for leaf in self.partner.values()}
        self.differing: list[tuple[int, NodePair]] = []

    def walk(self, root: NodePair) -> None:
        """Pairs the leaves of two trees by path, and notes how the trees differ."""
        self.differing = []
        self._walk(root, 0)
        if self.differing:
            self.found.structure.append(min(self.differing, key=lambda each: each[0])[1])

    def _walk(self, nodes: NodePair, depth: int) -> None:
        old, new = nodes.old_tree, nodes.new_tree
        leaves = [isinstance(tree, LEAVES) for tree in (old, new)]
        if all(leaves):
            self.found.python.append(LeafPair(self.old_at[nodes.old], self.new_at[nodes.new]))
            return
        if any(leaves) or old.kind != new.kind:
            self.differing.append((depth, nodes))
            return
        old_parts = {key: (tree, path) for key, tree, path in placed_children(old, nodes.old)}
        new_parts = {key: (tree, path) for key, tree, path in placed_children(new, nodes.new)}
        if isinstance(old, NamedTuple) and isinstance(new, NamedTuple):
            if [key for key in old_parts if key in new_parts] != [key for key in new_parts if key in old_parts]:
                self.differing.append((depth, nodes))
                return
            if old.typename != new.typename:
                self.found.typenames.append(nodes)
        gone = [self.old_at[path] for key, part in old_parts.items() if key not in new_parts for path in _paths(*part)]
        come = [self.new_at[path] for key, part in new_parts.items() if key not in old_parts for path in _paths(*part)]
        open_dict = self.role == "outputs" and isinstance(new, Dict)
        lives_on = any(leaf.path in self.partner for leaf in gone)
        lived_before = any(leaf.path in self.reached for leaf in come) and not open_dict
        if lives_on or lived_before:
            self.differing.append((depth, nodes))
        if not (lives_on or lived_before):
            self.found.python_removed += gone
        if open_dict or not (lives_on or lived_before):
            self.found.python_added += come
            self.found.into_dicts.update(leaf.path for leaf in come if isinstance(new, Dict))
        for key, (tree, path) in old_parts.items():
            if key in new_parts:
                self._walk(NodePair(tree, new_parts[key][0], path, new_parts[key][1]), depth + 1)

    def finish(self) -> Pairing:
        """The Pairing, after all trees."""
        found = self.found
        found.wire = [LeafPair(leaf, self.partner[leaf.path]) for leaf in self.old if leaf.path in self.partner]
        by_path = {pair.old.path: pair for pair in found.python}
        ends = {pair.new.path for pair in found.python}
        found.renamed = [
            pair for pair in found.python if pair.old.path not in self.partner and pair.new.path not in self.reached
        ]
        single = all(len(side) == 1 and len(side[0].components) == 1 for side in (self.old, self.new))
        if self.role == "outputs" and single and not found.wire and not found.renamed:
            found.renamed = [LeafPair(self.old[0], self.new[0])]
        for pair in found.wire:
            other = by_path.get(pair.old.path)
            if other is None and pair.new.path not in ends:
                found.regrouped.append(pair)
            elif other is not None and other.new is not pair.new:
                found.crossed.append((pair, other))
        lost, won = {pair.old.path for pair in found.renamed}, {pair.new.path for pair in found.renamed}
        found.wire_removed = [leaf for leaf in self.old if leaf.path not in self.partner and leaf.path not in lost]
        found.wire_added = [leaf for leaf in self.new if leaf.path not in self.reached and leaf.path not in won]
        return found


def _paths(tree: Tree, path: SpecPath) -> Iterator[SpecPath]:
    """The paths of all leaves of the tree at ``path``."""
    if isinstance(tree, LEAVES):
        yield path
    for _, child, place in placed_children(tree, path):
        yield from _paths(child, place)
