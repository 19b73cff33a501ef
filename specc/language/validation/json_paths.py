"""Conversion of paths in a document to paths in its JSON, which may use long forms instead of short ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from specc.diagnostics import Diagnostic, Place, SpecPath
from specc.language.model_walk import PathFollower
from specc.language.trees import is_long_form


def to_json_paths(diagnostics: Iterable[Diagnostic], data: Any) -> Iterator[Diagnostic]:
    """``diagnostics`` with their paths and those of their related places converted to paths in the file's JSON."""
    paths = PathFollower(data)
    for each in diagnostics:
        path, related = _path_in_json(each, paths), each.related
        if related:
            related = tuple(place.at(_path_in_json(place, paths)) for place in related)
        yield each if path == each.path and not related else each.with_fields(path=path, related=related)


def _path_in_json(place: Place, paths: PathFollower) -> SpecPath:
    """The path of ``place`` in the JSON, down to the part of a long form that is meant."""
    path, value = paths.follow(place.path)
    if place.part and is_long_form(value):
        shape = value.get("shape")
        if isinstance(shape, list) and place.part in shape:
            return (*path, "shape", shape.index(place.part))
        if place.part == value.get("dtype"):
            return (*path, "dtype")
    return path
