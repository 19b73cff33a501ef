"""Links the wire names of a flat signature to the leaves of a nested tree, only where the graph proves the link.

A signature and the function of the same name are recorded separately, and the object graph has no link between their
tensors. Three records provide one: the names that TensorFlow gave to the flat tensors of a trace, which a signature
made from that trace has too; the names that the author gave to the leaves; and the names that specc derives from a
tree. A link is valid if every wire name is used exactly once, dtypes are equal, shapes agree and no two records differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specc.language.tensor_string import ANY, Dimension, Shape
from specc.language.trees import Leaf, Ragged, RaggedNames, Sparse, SparseNames, Tensor
from specc.language.wire_names import BoundLeaf, Component, components
from specc.reader.signature_defs import WireTensor
from specc.source.budget import Budget

Names = tuple[str, ...]
"""The wire names of one leaf's components."""


def link(
    leaves: tuple[BoundLeaf, ...], wire: dict[str, WireTensor], budget: Budget, recorded: Names = ()
) -> list[Names] | None:
    """The wire names of each of ``leaves``, or None where they are uncertain.

    ``leaves`` have the names that their author gave or that specc derives; ``recorded`` are TensorFlow's names, one for
    each flat tensor in order.
    """
    given_or_derived = [tuple(component.wire_name for component in leaf.components) for leaf in leaves]
    found = [
        naming
        for naming in (_split_by_leaf(recorded, leaves), given_or_derived)
        if naming and _naming_fits(leaves, naming, wire)
    ]
    if not found:
        composite = _names_by_suffix(leaves, given_or_derived, wire, budget)
        found = [composite] if composite and _naming_fits(leaves, composite, wire) else []
    if not found and not leaves and not wire:
        return []
    return found[0] if found and all(naming == found[0] for naming in found) else None


def _split_by_leaf(recorded: Names, leaves: tuple[BoundLeaf, ...]) -> list[Names] | None:
    """``recorded`` split into the names of each leaf, or None if the counts differ."""
    if len(recorded) != sum(len(leaf.components) for leaf in leaves):
        return None
    names = iter(recorded)
    return [tuple(next(names) for _ in leaf.components) for leaf in leaves]


def _naming_fits(leaves: Iterable[BoundLeaf], naming: list[Names], wire: dict[str, WireTensor]) -> bool:
    flat = [name for names in naming for name in names]
    if len(set(flat)) < len(flat) or set(flat) != set(wire):
        return False
    return all(
        _tensors_agree(component, wire[name])
        for leaf, names in zip(leaves, naming, strict=True)
        for component, name in zip(leaf.components, names, strict=True)
    )


def _tensors_agree(component: Component, tensor: WireTensor) -> bool:
    return component.dtype == tensor.dtype and shapes_agree(component.shape, tensor.shape)


def shapes_agree(one: Shape, other: Shape) -> bool:
    """Whether a tensor can have both shapes; a named dimension has any size."""
    if one is None or other is None:
        return True
    return len(one) == len(other) and all(_sizes_agree(a, b) for a, b in zip(one, other, strict=True))


def _sizes_agree(one: Dimension, other: Dimension) -> bool:
    return isinstance(one, str) or isinstance(other, str) or one == other


def more_precise(one: Shape, other: Shape) -> Shape:
    """The intersection of two shapes that agree."""
    if one is None or other is None:
        return other if one is None else one
    return tuple(b if a == ANY else a for a, b in zip(one, other, strict=True))


_RAGGED_SUFFIXES, _SPARSE_SUFFIXES = ("values", "row_splits"), ("indices", "values", "dense_shape")


def _names_by_suffix(
    leaves: tuple[BoundLeaf, ...], given_or_derived: list[Names], wire: dict[str, WireTensor], budget: Budget
) -> list[Names] | None:
    """The names of all leaves, where composite leaves without a match get the remaining wire names; else None.

    A graph does not record the author's name of a composite. The remaining wire names must have the suffixes of its
    components and one common stem, and no other composite may fit them.
    """
    naming = list(given_or_derived)
    missing = [index for index, names in enumerate(given_or_derived) if not set(names) <= set(wire)]
    taken = {name for index, names in enumerate(given_or_derived) if index not in missing for name in names}
    free = {name: tensor for name, tensor in wire.items() if name not in taken}
    stems = sorted({name[: -len("_values")] for name in free if name.endswith("_values")} - {""})
    if len(missing) > len(stems):
        return None
    budget.charge("leaves", len(missing) * len(stems))  # each may fit each
    for index in missing:
        leaf = leaves[index].leaf
        if isinstance(leaf, Tensor):
            return None
        fitting = [names for stem in stems for names in [_names_for_stem(leaf, stem, free)] if names]
        if len(fitting) != 1:
            return None
        naming[index] = fitting[0]
    return naming


def _names_for_stem(leaf: Leaf, stem: str, free: dict[str, WireTensor]) -> Names | None:
    parts = components(leaf, stem)
    if all(part.wire_name in free and _tensors_agree(part, free[part.wire_name]) for part in parts):
        return tuple(part.wire_name for part in parts)
    return None


def with_wire_names(leaf: Leaf, derived: Names, names: Names) -> Leaf:
    """``leaf`` with the wire ``names``, in the shortest form; unchanged where they are the ``derived`` names."""
    if names == derived:
        return leaf
    match leaf:
        case Tensor():
            return leaf.model_copy(update={"name": names[0]})
        case Ragged() | Sparse():
            for stem in _possible_stems(names):
                if names == tuple(part.wire_name for part in components(leaf, stem)):
                    return leaf.model_copy(update={"name": stem})
            return leaf.model_copy(update={"names": _component_names(leaf, names)})


def _possible_stems(names: Names) -> Iterator[str]:
    for name in names:
        if name.endswith("_values") and name != "_values":
            yield name.removesuffix("_values")


def _component_names(leaf: Ragged | Sparse, names: Names) -> RaggedNames | SparseNames:
    if isinstance(leaf, Ragged):
        return RaggedNames(values=names[0], row_splits=names[1:])
    return SparseNames(indices=names[0], values=names[1], dense_shape=names[2])
