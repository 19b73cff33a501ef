"""Which parts of a JSON Schema look at which parts of a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema

Place = tuple[str | int, ...]


def parts_of(schema: Any, pointer: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every subschema with its pointer, except the conditions: those are asked, and accept nothing by themselves."""
    yield pointer, schema
    for keyword in ("additionalProperties", "propertyNames", "items", "then", "else"):
        if isinstance(schema.get(keyword), dict):
            yield from parts_of(schema[keyword], f"{pointer}/{keyword}")
    for keyword in ("properties", "$defs"):
        for key, part in schema.get(keyword, {}).items():
            yield from parts_of(part, f"{pointer}/{keyword}/{key}")
    for keyword in ("prefixItems", "allOf"):
        for index, part in enumerate(schema.get(keyword, ())):
            yield from parts_of(part, f"{pointer}/{keyword}/{index}")


def visits(root: dict[str, Any], document: Any) -> Iterator[tuple[str, Place]]:
    """Every pair of a subschema's pointer and a place in ``document`` that it is applied to."""
    yield from _visits(root, root, "#", document, ())


def _visits(root: Any, schema: Any, pointer: str, value: Any, place: Place) -> Iterator[tuple[str, Place]]:
    yield pointer, place
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        yield from _visits(root, root["$defs"][name], schema["$ref"], value, place)
    for index, part in enumerate(schema.get("allOf", ())):
        yield from _visits(root, part, f"{pointer}/allOf/{index}", value, place)
    if "if" in schema:
        branch = "then" if _condition(json.dumps(schema["if"])).is_valid(value) else "else"
        if branch in schema:
            yield from _visits(root, schema[branch], f"{pointer}/{branch}", value, place)
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(value, dict) and "propertyNames" in schema:
            yield f"{pointer}/propertyNames", place
        keyword = _keyword_for(schema, key)
        if keyword:
            part = schema
            for step in keyword:
                part = part[step]
            steps = "/".join(map(str, keyword))
            yield from _visits(root, part, f"{pointer}/{steps}", item, (*place, key))


@cache
def _condition(text: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(text))


def _keyword_for(schema: Any, key: str | int) -> tuple[str | int, ...]:
    """Which keyword of ``schema`` looks at the value of a key or at an item, as the steps that lead to its subschema."""
    if isinstance(key, int):
        if key < len(schema.get("prefixItems", ())):
            return ("prefixItems", key)
        return ("items",) if "items" in schema else ()
    if key in schema.get("properties", {}):
        return ("properties", key)
    return ("additionalProperties",) if isinstance(schema.get("additionalProperties"), dict) else ()
