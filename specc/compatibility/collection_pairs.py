"""Pairs of variable collections, with the members that each side pins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from specc.compatibility.sides import Comparison, Described
from specc.diagnostics import SpecPath
from specc.language.document import Selection
from specc.language.trees import Tensor

COLLECTIONS = "variable_collections"


@dataclass(frozen=True)
class Pinned:
    """A collection of one side: its selections, and the members that they pin, by path."""

    selections: tuple[Selection, ...]
    members: Mapping[str, Tensor]
    places: Mapping[str, SpecPath]
    is_complete: bool
    """Whether every selection pins its members, so that there are no others."""


@dataclass(frozen=True)
class CollectionPair:
    """A collection that both sides have."""

    name: str
    old: Pinned
    new: Pinned

    @property
    def path(self) -> SpecPath:
        """Its path in both documents."""
        return (COLLECTIONS, self.name)


def are_known(comparison: Comparison) -> bool:
    """Whether the collections of both sides are known: without a contract they are not, but TensorFlow 1 has none."""
    return comparison.old.has_contract and (comparison.new.has_contract or not comparison.new.has_python)


def collections_of(side: Described) -> Mapping[str, tuple[Selection, ...]]:
    """The collections that can be read from a side's Python object."""
    return side.document.variable_collections if side.has_python else {}


@lru_cache(maxsize=2)  # several rules look at them
def collection_pairs(comparison: Comparison) -> tuple[CollectionPair, ...]:
    """The collections that both sides have, in the order of their names."""
    if not are_known(comparison):
        return ()
    old, new = collections_of(comparison.old), collections_of(comparison.new)
    names = sorted(old.keys() & new.keys())
    return tuple(CollectionPair(name, _pinned(name, old[name]), _pinned(name, new[name])) for name in names)


def _pinned(name: str, selections: tuple[Selection, ...]) -> Pinned:
    members: dict[str, Tensor] = {}
    places: dict[str, SpecPath] = {}
    for index, selection in enumerate(selections):
        at: SpecPath = (COLLECTIONS, name, *((index,) if len(selections) > 1 else ()), "content")
        for path, tensor in (selection.content or {}).items():
            members[path], places[path] = tensor, (*at, path)
    is_complete = all(selection.content is not None for selection in selections)
    return Pinned(selections, dict(sorted(members.items())), places, is_complete)
