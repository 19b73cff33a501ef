"""Rules for a variable collection that is gone, and for one that is new."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side, Witness
from specc.compatibility.collection_pairs import COLLECTIONS, are_known, collections_of
from specc.compatibility.sides import Comparison
from specc.language.record import array_or_item, to_json


def collection_removed(comparison: Comparison) -> Iterator[Change]:
    """A change for each collection that is gone."""
    if are_known(comparison):
        old, new = collections_of(comparison.old), collections_of(comparison.new)
        for name in sorted(old.keys() - new.keys()):
            yield Change(
                rule="collection-removed",
                path=(COLLECTIONS,) if new else (),
                message=f"the collection {name!r} is gone",
                hint="keep it until no client reads it",
                surfaces={"python": "breaking"},
                subject=(name,),
                old=Side((COLLECTIONS, name), array_or_item(to_json(old[name]))),
                witness=Witness("python", name, {}, None, f"there is no collection {name!r}"),
            )


def collection_added(comparison: Comparison) -> Iterator[Change]:
    """A change for each collection that is new."""
    if are_known(comparison):
        old, new = collections_of(comparison.old), collections_of(comparison.new)
        for name in sorted(new.keys() - old.keys()):
            yield Change(
                rule="collection-added",
                path=(COLLECTIONS, name),
                message=f"the collection {name!r} is new",
                surfaces={"python": "safe"},
                subject=(name,),
                new=Side((COLLECTIONS, name), array_or_item(to_json(new[name]))),
            )
