"""Check for one selection of variables under two names."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, Place, finding
from specc.language.document import Collection


def duplicate_collection(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for collections that select the same variables: one is wrong, or redundant."""
    seen: dict[object, str] = {}
    for name, collection in context.document.variable_collections.items():
        selected = _selection_key(collection)
        if selected in seen:
            message = f"the collection {name!r} selects the same variables as {seen[selected]!r}"
            path = ("variable_collections", name)
            other = (Place(message="the other collection", path=("variable_collections", seen[selected]), on_key=True),)
            yield finding("duplicate-collection", path, message, "remove one", on_key=True, related=other)
        seen.setdefault(selected, name)


def _selection_key(collection: Collection) -> object:
    """A key for the variables that a collection selects; ``content`` does not change it."""
    return frozenset((each.from_, each.match, each.trainable, each.dtype) for each in collection)
