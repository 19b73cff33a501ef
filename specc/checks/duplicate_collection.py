"""One selection of variables under two names."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, Place, finding
from specc.language.document import Collection


def duplicate_collection(context: CheckContext) -> Iterator[Diagnostic]:
    """Two collections that select the same: one of them was meant to be another, or is left over."""
    seen: dict[object, str] = {}
    for name, collection in context.document.variable_collections.items():
        selected = _selected(collection)
        if selected in seen:
            message = f"the collection {name!r} selects the same variables as {seen[selected]!r}"
            path = ("variable_collections", name)
            other = (Place(message="the other collection", path=("variable_collections", seen[selected]), on_key=True),)
            yield finding("duplicate-collection", path, message, "remove one", on_key=True, related=other)
        seen.setdefault(selected, name)


def _selected(collection: Collection) -> object:
    """What the collection takes; what it must find does not change that."""
    return frozenset((each.from_, each.match, each.trainable, each.dtype) for each in collection)
