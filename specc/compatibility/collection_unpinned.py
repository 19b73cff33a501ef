"""Rules for a collection whose variables are no longer pinned, and for one that pins more of them."""

from __future__ import annotations

from collections.abc import Iterator

from specc.change import Change, Side
from specc.compatibility.collection_pairs import CollectionPair, collection_pairs
from specc.compatibility.sides import Comparison


def collection_unpinned(comparison: Comparison) -> Iterator[Change]:
    """A change for each collection that may lose variables which were pinned, or hold others beside them."""
    for pair, dropped in _less_pinned(comparison, of_old=True):
        yield Change(
            rule="collection-unpinned",
            path=pair.path,
            message=f"the collection {pair.name!r} no longer pins {_shown(dropped)}",
            hint='keep "content"',
            surfaces={"python": "warning"},
            subject=(pair.name,),
            compared=(dropped, None),
            old=Side(pair.path, dropped),
            new=Side(pair.path, sorted(pair.new.members)),
        )


def collection_pinned(comparison: Comparison) -> Iterator[Change]:
    """A change for each collection that pins variables which were not pinned before."""
    for pair, gained in _less_pinned(comparison, of_old=False):
        yield Change(
            rule="collection-pinned",
            path=pair.path,
            message=f"the collection {pair.name!r} pins {_shown(gained)}",
            surfaces={"python": "safe"},
            subject=(pair.name,),
            compared=(None, gained),
            old=Side(pair.path, sorted(pair.old.members)),
            new=Side(pair.path, gained),
        )


def _less_pinned(comparison: Comparison, *, of_old: bool) -> Iterator[tuple[CollectionPair, list[str]]]:
    """The collections that pin more on one side, with the members of that side that the other may have or not."""
    for pair in collection_pairs(comparison):
        one, other = (pair.old, pair.new) if of_old else (pair.new, pair.old)
        if not other.is_complete:
            more = [path for path in one.members if path not in other.members]
            if more or one.is_complete:
                yield pair, more


def _shown(paths: list[str]) -> str:
    if not paths:
        return "all of its variables"
    more = f" and {len(paths) - 8} more" if len(paths) > 8 else ""
    return ", ".join(map(repr, paths[:8])) + more
