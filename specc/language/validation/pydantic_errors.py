"""pydantic's errors as Diagnostics: one for each defect, with a path in the document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from specc.diagnostics import Diagnostic, SpecPath, closest, did_you_mean, finding, shorten
from specc.language.model_walk import ModelCursor, fields_of
from specc.language.scalars import describe
from specc.rules.table import RuleId

_CHOICE = re.compile(r"'([^']+)'")


@dataclass(frozen=True)
class Defect:
    """A finding of pydantic, with what a repair of the document needs.

    ``place`` is the path of the value to change or add. ``node`` is the path of the tree node that it is a part of, or
    None outside trees. ``intended_key`` is the known key that is closest to an unknown one, or empty.
    """

    finding: Diagnostic
    place: SpecPath
    node: SpecPath | None
    intended_key: str = ""


def diagnose(error: ValidationError, data: Any) -> Iterator[Defect]:
    """Every defect that pydantic found in ``data``, in the order of the document."""
    root = ModelCursor(data)
    for detail in error.errors(include_url=False):
        cursor = root.follow_location(detail["loc"])
        place, node, keys = cursor.path, cursor.node, tuple(fields_of(cursor.model))
        if detail["type"] == "missing" and node == place:
            node = root.follow_location(detail["loc"][:-2]).node  # a pair without its tree: the node around it
        intended_key = closest(str(place[-1]), keys) if detail["type"] == "extra_forbidden" else ""
        yield Defect(_finding_of_error(detail, place, keys), place, node, intended_key)


def _finding_of_error(detail: ErrorDetails, path: SpecPath, keys: tuple[str, ...]) -> Diagnostic:
    found, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return _missing_finding(path)
        case "extra_forbidden":
            key = str(path[-1])
            hint = did_you_mean(key, keys) or f"the keys here are {', '.join(keys)}"
            return finding("unknown-key", path, f"unknown key {shorten(key)!r}", hint, on_key=True)
        case "model_type" | "dict_type" | "model_attributes_type":
            return _wrong_type_finding(path, "an object", found)
        case "tuple_type" | "list_type":
            return _wrong_type_finding(path, "an array", found)
        case "too_long":
            limit, length = context["max_length"], context["actual_length"]
            return finding("wrong-length", path, f"expected at most {limit} items here, found {length}")
        case "literal_error":
            text = f"expected {context['expected']}, found {describe(found)}"
            choices = _CHOICE.findall(context["expected"])
            hint = did_you_mean(found, choices) if isinstance(found, str) else ""
            return finding("bad-choice", path, text, hint)
        case rule:
            message, hint, part = (context.get(key, "") for key in ("message", "hint", "part"))
            if rule == "unknown-kind" and isinstance(found, dict) and "kind" in found:
                path = (*path, "kind")
            id = cast(RuleId, rule)  # see problem() in scalars
            return finding(id, path, message or detail["msg"], hint, part=part, on_key=detail["loc"][-1:] == ("[key]",))


def _missing_finding(path: SpecPath) -> Diagnostic:
    last = path[-1]
    if isinstance(last, int):
        hint = "a field of a namedtuple is a pair of its name and its tree"
        return finding("wrong-length", path[:-1], "expected two items here", hint)
    return finding("missing-key", path[:-1], f"the key {last!r} is missing")


def _wrong_type_finding(path: SpecPath, expected: str, found: Any) -> Diagnostic:
    hint = ""
    match path:
        case ("endpoints", _, "inputs"):
            hint = '"inputs" is the list of positional arguments: put brackets around a single one'
        case ("dims",):
            hint = 'an object with a key for each name: {"batch": {}}'
        case ("dims", _):
            hint = 'write {} for any size, or bounds: {"min": 1, "max": 512}'
        case ("endpoints",):
            hint = 'an object with a key for each name: {"score": {"inputs": [...], "outputs": ...}}'
        case (*_, "fields"):
            hint = "an array of pairs of a name and a tree"
    return finding("wrong-type", path, f"expected {expected}, found {describe(found)}", hint)
