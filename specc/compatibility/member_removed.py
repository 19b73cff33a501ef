"""Rules for a variable that a collection no longer holds, and for one that it holds in addition."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side, Witness
from specc.compatibility.collection_pairs import collection_pairs
from specc.compatibility.sides import Comparison


def member_removed(comparison: Comparison) -> Iterator[Change]:
    """A change for each variable that was pinned, and that a collection of pinned variables no longer holds."""
    for pair in collection_pairs(comparison):
        for path, tensor in pair.old.members.items():
            if pair.new.is_complete and path not in pair.new.members:
                yield Change(
                    rule="member-removed",
                    path=pair.path,
                    message=f"the variable {path!r} of {pair.name!r} is gone",
                    hint="keep it, or add a collection without it",
                    surfaces={"python": "breaking"},
                    subject=(pair.name, path),
                    old=Side(pair.old.places[path], tensor.to_json(sort_keys=False)),
                    witness=Witness("python", pair.name, {}, {}, f"there is no variable {path!r}"),
                )


def member_added(comparison: Comparison) -> Iterator[Change]:
    """A change for each variable that a collection of pinned variables did not hold before."""
    for pair in collection_pairs(comparison):
        for path, tensor in pair.new.members.items():
            if pair.old.is_complete and path not in pair.old.members:
                yield Change(
                    rule="member-added",
                    path=pair.new.places[path],
                    message=f"the variable {path!r} of {pair.name!r} is new",
                    surfaces={"python": "safe"},
                    subject=(pair.name, path),
                    new=Side(pair.new.places[path], tensor.to_json(sort_keys=False)),
                )
