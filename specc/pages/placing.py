"""Places in a document that changes are about: the leaf, or the endpoint, or the collections, or the document."""

from __future__ import annotations

from collections.abc import Iterable

from specc.change import Change
from specc.diagnostics import SpecPath
from specc.language.document import Document
from specc.language.wire_names import input_leaves, output_leaves
from specc.pages.subject import Against

COLLECTIONS: SpecPath = ("variable_collections",)


def changes_by_place(document: Document, against: Against) -> dict[SpecPath, list[Change]]:
    """The changes by the place where they are shown, in their order.

    A place is the path of a leaf of ``document``, of an endpoint of it or of the other document, :data:`COLLECTIONS`,
    or ``()``.
    """
    leaves: dict[str, frozenset[SpecPath]] = {}
    found: dict[SpecPath, list[Change]] = {}
    for change in against.changes:
        found.setdefault(_place(document, change, leaves), []).append(change)
    return found


def _place(document: Document, change: Change, leaves: dict[str, frozenset[SpecPath]]) -> SpecPath:
    path = change.path
    if path in ((), ("endpoints",)) and change.old is not None:  # an endpoint or all collections are gone
        path = change.old.path[:2]
    if path[:1] == COLLECTIONS:
        return COLLECTIONS
    if len(path) < 2 or path[0] != "endpoints":
        return ()
    name = str(path[1])
    if name in document.endpoints and not change.in_old:  # what is gone was at another place
        if name not in leaves:
            endpoint = document.endpoints[name]
            leaves[name] = frozenset(bound.path for bound in (*input_leaves(endpoint), *output_leaves(endpoint)))
        inside = path[2:]
        for length in range(len(inside), 0, -1):
            if inside[:length] in leaves[name]:
                return ("endpoints", name, *inside[:length])
    return ("endpoints", name)


def endpoints_with_changes(places: Iterable[SpecPath]) -> dict[str, list[SpecPath]]:
    """The places of each endpoint that changes are about, the endpoint itself first."""
    found: dict[str, list[SpecPath]] = {}
    for place in sorted(places, key=len):
        if place[:1] == ("endpoints",):
            found.setdefault(str(place[1]), []).append(place)
    return found
