"""What changes are about, in the tree and on the page: a leaf, an endpoint, the collections, or the document."""

from __future__ import annotations

from collections.abc import Container, Iterable

from specc.change import Change
from specc.diagnostics import SpecPath
from specc.language.document import Document
from specc.language.wire_names import input_leaves, output_leaves
from specc.pages.subject import Against

COLLECTIONS: SpecPath = ("variable_collections",)


def sign_of(change: Change) -> str:
    """``+`` for what was added, ``-`` for what is gone, ``~`` for another change."""
    return "+" if change.old is None else "-" if change.new is None else "~"


def place_of(change: Change) -> tuple[str, SpecPath]:
    """The endpoint that a change is about, and the path in it; an empty name where it is not about an endpoint."""
    path = _path(change)
    return (str(path[1]), path[2:]) if len(path) > 1 and path[0] == "endpoints" else ("", ())


def leaf_at(path: SpecPath, leaves: Container[SpecPath]) -> SpecPath | None:
    """The path of the leaf that is at ``path`` or has it as a field; None if it is not one of ``leaves``."""
    return next((path[:end] for end in range(len(path), 0, -1) if path[:end] in leaves), None)


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
    name, path = place_of(change)
    if not name:
        return COLLECTIONS if _path(change)[:1] == COLLECTIONS else ()
    if name in document.endpoints:
        if name not in leaves:
            endpoint = document.endpoints[name]
            leaves[name] = frozenset(bound.path for bound in (*input_leaves(endpoint), *output_leaves(endpoint)))
        return ("endpoints", name, *(leaf_at(path, leaves[name]) or ()))
    return ("endpoints", name)


def _path(change: Change) -> SpecPath:
    path = change.path[:2] if change.in_old else change.path  # what is gone was at another place
    if len(path) < 2 and change.old is not None:  # an endpoint or all collections are gone
        return change.old.path
    return path


def endpoints_with_changes(places: Iterable[SpecPath]) -> dict[str, list[SpecPath]]:
    """The places of each endpoint that changes are about, the endpoint itself first."""
    found: dict[str, list[SpecPath]] = {}
    for place in sorted(places, key=len):
        if place[:1] == ("endpoints",):
            found.setdefault(str(place[1]), []).append(place)
    return found
