"""JSON Schema and pydantic accept the same documents: three validators agree on every mutant."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from mutations import EVERYTHING, mutants
from pydantic import ValidationError
from schema_places import parts_of, visits

from specc.language.document import Document
from specc.language.json_schema.schema import document_schema
from specc.language.model_walk import fields_of, models

SCHEMA = document_schema()
Mutant = tuple[str, Any, bool]


def _accepts(document: Any) -> bool:
    try:
        Document.model_validate(document)
    except ValidationError:
        return False
    return True


@pytest.fixture(scope="module")
def judged() -> list[Mutant]:
    """Every mutant, and whether pydantic accepts it."""
    return [(what, document, _accepts(document)) for what, document in mutants(_places())]


def _places() -> Iterator[tuple[str | int, ...]]:
    """One place for each set of subschemas that apply to it: other places of the same kind would add nothing."""
    looked_at: dict[tuple[str | int, ...], list[str]] = {}
    for pointer, place in visits(SCHEMA, EVERYTHING):
        looked_at.setdefault(place, []).append(pointer)
    yield from {tuple(pointers): place for place, pointers in reversed(looked_at.items())}.values()


def test_the_document_of_everything_is_accepted_and_visits_every_part_of_the_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema_rs.meta.validate(SCHEMA)
    jsonschema.validate(EVERYTHING, SCHEMA, jsonschema.Draft202012Validator)
    assert _accepts(EVERYTHING)
    visited = {pointer for pointer, _ in visits(SCHEMA, EVERYTHING)}
    assert {pointer for pointer, _ in parts_of(SCHEMA)} - visited == set()


def test_the_schema_has_every_key_of_every_model() -> None:
    for model in models():
        part = SCHEMA if model is Document else SCHEMA["$defs"][model.__name__]
        assert list(part["properties"]) == list(fields_of(model))


def test_pydantic_accepts_some_mutants_and_refuses_others(judged: list[Mutant]) -> None:
    accepted = sum(answer for _, _, answer in judged)
    assert len(judged) > 10_000
    assert 0.1 < accepted / len(judged) < 0.9


def test_jsonschema_rs_agrees_with_pydantic(judged: list[Mutant]) -> None:
    accepts = jsonschema_rs.Draft202012Validator(SCHEMA).is_valid
    assert [what for what, document, answer in judged if accepts(document) != answer] == []


def test_jsonschema_agrees_with_pydantic(judged: list[Mutant]) -> None:
    accepts = jsonschema.Draft202012Validator(SCHEMA).is_valid
    assert [what for what, document, answer in judged if accepts(document) != answer] == []


def _keyword(name: str, keyword: str, value: Any = ...) -> Callable[[dict[str, Any]], None]:
    """An edit that sets, or drops, one keyword of a definition, or of a key of it: ``Dim`` or ``Dim.max``.

    What is required is asked for in ``then``, once no key is unknown.
    """

    def edit(schema: dict[str, Any]) -> None:
        definition, _, key = name.partition(".")
        part = schema if definition == "Document" else schema["$defs"][definition]
        part = part["properties"][key] if key else part["then"] if keyword == "required" else part
        assert keyword in part
        if value is ...:
            del part[keyword]
        else:
            assert part[keyword] != value
            part[keyword] = value

    return edit


def _replace(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    """An edit that rewrites every pattern that contains ``old``."""

    def edit(schema: dict[str, Any]) -> None:
        found = [part for _, part in parts_of(schema) if old in part.get("pattern", "")]
        assert found
        for part in found:
            part["pattern"] = part["pattern"].replace(old, new)

    return edit


def _nullable(definition: str, key: str) -> Callable[[dict[str, Any]], None]:
    return _keyword(f"{definition}.{key}", "type", ["string", "null"])


WRONG: dict[str, Callable[[dict[str, Any]], None]] = {
    "an unknown key of the document passes": _keyword("Document", "additionalProperties"),
    "an unknown key of a tensor passes": _keyword("Tensor", "additionalProperties"),
    "an unknown component of a sparse tensor passes": _keyword("SparseNames", "additionalProperties"),
    "the version may be left out": _keyword("Document", "required", ["endpoints"]),
    "outputs may be left out": _keyword("Endpoint", "required", ["inputs"]),
    "a tensor's shape may be left out": _keyword("Tensor", "required", ["kind", "dtype"]),
    "a namedtuple's class may be left out": _keyword("NamedTuple", "required", ["kind", "fields"]),
    "version 2 passes": _keyword("Document.specc", "const", 2),
    "any version passes": _keyword("Document.specc", "const"),
    "no endpoints at all": _keyword("Document.endpoints", "minProperties"),
    "an endpoint without a name": _keyword("Document.endpoints", "propertyNames"),
    "any name for a dim": _keyword("Document.dims", "propertyNames"),
    "one size more for a dim": _keyword("Dim.max", "maximum", 10**18),
    "one size less for a dim": _keyword("Dim.min", "maximum", 10**18 - 2),
    "a negative size": _keyword("Dim.min", "minimum", -1),
    "half a size": _keyword("Dim.max", "type", ["number", "null"]),
    "one ragged rank more": _keyword("Ragged.ragged_rank", "maximum", 17),
    "a ragged rank of 0": _keyword("Ragged.ragged_rank", "minimum", 0),
    "int8 row splits": _keyword("Ragged.row_splits_dtype", "enum", ["int32", "int64", "int8"]),
    "any dtype": _keyword("Sparse.dtype", "enum"),
    "one dimension more": lambda schema: schema["$defs"]["Shape"]["else"].update(maxItems=255),
    "an empty list": _keyword("List.items", "minItems"),
    "an empty tuple": _keyword("Tuple.items", "minItems"),
    "an empty dict in the long form": _keyword("Dict.items", "minProperties"),
    "an empty key in the long form": _keyword("Dict.items", "propertyNames"),
    "a description that is null": _nullable("Endpoint", "description"),
    "a flag of any type": _keyword("Endpoint.autograph", "type", ["boolean", "integer"]),
    "an empty wire name": _keyword("Tensor.name", "minLength"),
    "a pattern that forgets the last newline": _replace(r"$(?!\n)", "$"),
    "a pattern that forgets the end": _replace(r"$(?!\n)", ""),
    "a pattern that forgets the start": _replace("^", ""),
    "leading zeros in a size": _replace("[1-9][0-9]{0,17}", "[0-9]{1,18}"),
    "a size too long": _replace("{0,17}", "{0,18}"),
    "a digit in front of a name": _replace("[A-Za-z_][A-Za-z0-9_]*", "[A-Za-z0-9_]+"),
    "a dot too many in a path": _replace(r"(\.", r"\.?(\."),
    "control characters in a file name": _replace(r"[^\u0000-\u001f]", r"[\s\S]"),
    "base64 without its padding": _replace("{2}==", "{2}"),
    "a tree that is a number": _keyword("Tree", "type", ["string", "array", "object", "number"]),
    "a kind that is not known": _keyword("Tuple.kind", "const", "list"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_schema_is_caught(name: str, judged: list[Mutant]) -> None:
    schema = copy.deepcopy(SCHEMA)
    WRONG[name](schema)
    # Either may catch it: a dollar at the end of a pattern lets a newline pass in Python, and not in Rust.
    assert any(
        accepts(document) != answer
        for accepts in (
            jsonschema_rs.Draft202012Validator(schema).is_valid,
            jsonschema.Draft202012Validator(schema).is_valid,
        )
        for _, document, answer in judged
    )


NOTES = {"$schema", "$id", "$defs", "title", "description", "examples", "default"} | {
    "markdownDescription", "enumDescriptions", "errorMessage", "patternErrorMessage", "defaultSnippets",
}  # fmt: skip
BRANCHES = {"if", "then", "else", "properties", "propertyNames"}  # each part of them is dropped by itself
NODES = ("Tensor", "Ragged", "Sparse", "List", "Tuple", "NamedTuple", "Dict")
REPEATED = {
    # Only an object with that kind gets to the long form of a node.
    *(f"#/$defs/{node}/type" for node in NODES),
    *(f"#/$defs/{node}/properties/kind/const" for node in NODES),
    # Only strings reach a path; its type is for the editor.
    "#/$defs/AttributePath/type",
    "#/$defs/Endpoint/properties/kwargs/additionalProperties",
}  # fmt: skip
"""Parts of the schema that another part implies."""


@pytest.mark.long
def test_every_keyword_is_needed(judged: list[Mutant]) -> None:
    needless = set()
    for pointer, part in parts_of(SCHEMA):
        for word in part.keys() - NOTES - BRANCHES:
            schema = copy.deepcopy(SCHEMA)
            del dict(parts_of(schema))[pointer][word]
            accepts = jsonschema_rs.Draft202012Validator(schema).is_valid
            if all(accepts(document) == answer for _, document, answer in judged):
                needless.add(f"{pointer}/{word}")
    names = {
        f"{pointer}/type" for pointer, part in parts_of(SCHEMA) if pointer.endswith("/propertyNames") and "type" in part
    }
    assert needless == REPEATED | names
