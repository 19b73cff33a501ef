"""Conversion of paths in a document to paths in its JSON, which may use long forms instead of short ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specc.diagnostics import Diagnostic, Place, SpecPath
from specc.language.model_walk import ModelCursor
from specc.language.trees import is_long_form


def to_json_paths(diagnostic: Diagnostic, data: Any) -> Diagnostic:
    """``diagnostic`` with its path and those of its related places converted to paths in the file's JSON."""
    related = tuple(place.at(_path_in_json(place, data)) for place in diagnostic.related)
    return replace(diagnostic, path=_path_in_json(diagnostic, data), related=related)


def _path_in_json(place: Place, data: Any) -> SpecPath:
    """The path of ``place`` in ``data``, down to the part of a long form that it is about."""
    cursor = ModelCursor(data).follow_path(place.path)
    path, value = cursor.path, cursor.data
    if place.part and is_long_form(value):
        shape = value.get("shape")
        if isinstance(shape, list) and place.part in shape:
            return (*path, "shape", shape.index(place.part))
        if place.part == value.get("dtype"):
            return (*path, "dtype")
    return path
