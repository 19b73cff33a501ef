"""Conversion of paths in a document to paths in its JSON, which may use long forms instead of short ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specc.diagnostics import Diagnostic, Place, SpecPath
from specc.language.trees import is_long_form


def to_json_paths(diagnostic: Diagnostic, data: Any) -> Diagnostic:
    """``diagnostic`` with its path and those of its related places converted to paths in the file's JSON."""
    related = tuple(place.at(_json_path(place, data)) for place in diagnostic.related)
    return replace(diagnostic, path=_json_path(diagnostic, data), related=related)


def _json_path(place: Place, data: Any) -> SpecPath:
    """The path of ``place`` in ``data``.

    The long form of a list or dict has its parts under ``items``; that of a tensor has a dtype and a shape.
    """
    path: list[str | int] = []
    current = data
    for part in place.path:
        if is_long_form(current) and current["kind"] in ("list", "dict"):
            path.append("items")
            current = current["items"]
        if len(path) == 2 and path[0] == "variable_collections" and isinstance(current, list) and part == "content":
            path.append(0)  # an array of one selection is the same collection as the selection
            current = current[0]
        path.append(part)
        try:
            current = current[part]
        except (KeyError, IndexError, TypeError):
            current = None
    if place.part and is_long_form(current):
        shape = current.get("shape")
        if isinstance(shape, list) and place.part in shape:
            path += ["shape", shape.index(place.part)]
        elif place.part == current.get("dtype"):
            path.append("dtype")
    return tuple(path)
