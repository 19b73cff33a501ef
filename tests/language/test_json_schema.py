"""The published schema is up to date, and documents every key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from specc.cli import main
from specc.language.json_schema.schema import document_schema
from specc.language.model_walk import models

SCHEMA = document_schema()
PUBLISHED = Path(__file__).parents[2] / "schemas"
NAMES = [model.__name__ for model in models()]


def test_the_published_schemas_are_not_stale() -> None:
    assert main(["schema", "--check", str(PUBLISHED)]) == 0, "run: make schemas"


def keys() -> list[tuple[str, str, dict[str, Any]]]:
    definitions = {name: SCHEMA["$defs"].get(name, SCHEMA) for name in NAMES}
    definitions["Value"] = SCHEMA["$defs"]["Value"]["then"]
    return [(name, key, part) for name, whole in definitions.items() for key, part in whole["properties"].items()]


@pytest.mark.parametrize(("name", "key", "part"), keys(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_key_is_described_with_examples_that_are_legal(name: str, key: str, part: dict[str, Any]) -> None:
    assert part["description"].endswith(".")
    assert part["examples"]
    shown = [f"{json.dumps(key)}: {json.dumps(example, ensure_ascii=False)}" for example in part["examples"]]
    assert part["markdownDescription"].split("\n")[1:] == ["", "```json", *shown, "```"]
    jsonschema.Draft202012Validator({"$defs": SCHEMA["$defs"], "type": "array", "items": part}).validate(
        part["examples"]
    )


@pytest.mark.parametrize("name", SCHEMA["$defs"])
def test_every_definition_has_a_title_and_examples_that_are_legal(name: str) -> None:
    part = SCHEMA["$defs"][name]
    assert part["title"].endswith(".")
    assert "description" not in part  # an editor would show it instead of the key's
    examples = part.get("examples", [])
    assert examples or name in NAMES
    jsonschema.Draft202012Validator({"$defs": SCHEMA["$defs"], "type": "array", "items": part}).validate(examples)


@pytest.mark.parametrize(
    ("tree", "message", "place"),
    [
        ({"a": {"b": ["float23[]"]}}, "'float23[]' does not match", ["a", "b", 0]),
        ({"a": {"kind": "tensor", "dtype": "bool", "shape": [-1]}}, "-1 is less than the minimum of 0", ["a", "shape", 0]),
        ({"a": {"kind": "ragged", "dtype": "bool", "shape": [], "nmae": "x"}}, "Additional properties are not allowed ('nmae' was unexpected)", ["a"]),
        ([3], "3 is not of type 'string', 'array', 'object'", [0]),
        ({"a": {"kind": "sparse", "dtype": "bool", "shape": [], "name": 3}}, "3 is not of type 'string', 'null'", ["a", "name"]),
        ({"a": {"kind": "sparse", "dtpe": "bool", "shape": []}}, "Additional properties are not allowed ('dtpe' was unexpected)", ["a"]),
        ({"a": {"kind": "sparse", "dtype": 3, "shape": []}}, "3 is not one of ['bool', ", ["a", "dtype"]),
        ({"a": {"kind": "sprse", "dtype": "bool", "shape": []}}, "'sprse' is not one of ['tensor', ", ["a", "kind"]),
        ({"a": {"knd": "sparse", "dtype": "bool", "shape": []}}, "'kind' is a required property", ["a"]),
    ],
)  # fmt: skip
def test_a_typo_in_a_tree_is_one_error_at_the_typo(tree: Any, message: str, place: list[str | int]) -> None:
    document = {"specc": 1, "endpoints": {"score": {"inputs": ["bool[]"], "outputs": tree}}}
    (error,) = jsonschema.Draft202012Validator(SCHEMA).iter_errors(document)
    assert (error.message[: len(message)], list(error.absolute_path)[3:]) == (message, place)


def test_the_schema_is_plain_json_without_alternatives_that_multiply_errors() -> None:
    text = json.dumps(SCHEMA)
    assert "oneOf" not in text
    assert "anyOf" not in text
