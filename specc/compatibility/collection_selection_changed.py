"""Rule for a collection that selects its variables in another way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specc.change import Change, Side
from specc.compatibility.collection_pairs import Pinned, collection_pairs
from specc.compatibility.shown_values import shown_value
from specc.compatibility.sides import Comparison
from specc.language.record import array_or_item, to_json


def collection_selection_changed(comparison: Comparison) -> Iterator[Change]:
    """A change for each collection that selects otherwise, unless both sides pin all members: these are compared."""
    for pair in collection_pairs(comparison):
        old, new = _selected(pair.old), _selected(pair.new)
        if old != new and not (pair.old.is_complete and pair.new.is_complete):
            yield Change(
                rule="collection-selection-changed",
                path=pair.path,
                message=f"the collection {pair.name!r} selects {shown_value(new)}, before {shown_value(old)}",
                hint='pin its variables with "content" before the change, so that they can be compared',
                surfaces={"python": "warning"},
                subject=(pair.name,),
                compared=(old, new),
                old=Side(pair.path, old),
                new=Side(pair.path, new),
            )


def _selected(pinned: Pinned) -> Any:
    """The selections of a collection as JSON, without the members that they pin."""
    return array_or_item(to_json(tuple(each.model_copy(update={"content": None}) for each in pinned.selections)))
