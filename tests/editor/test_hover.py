"""Hovering: every key of the language has a description and an example, and every name a description."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from language_service import Editor, Place
from schema_places import parts_of, visits

from specc.language.document import Document
from specc.language.json_schema.schema import document_schema
from specc.language.model_walk import fields_of, models
from specc.language.trees import KINDS

SCHEMA = document_schema()
PARTS = dict(parts_of(SCHEMA))
EVERYTHING = json.loads((Path(__file__).parents[1] / "language" / "everything.specc.json").read_text(encoding="utf-8"))
TEXT = json.dumps({**EVERYTHING, "$schema": "../../schemas/specc.v1.schema.json"}, indent=2)


def keys_in(value: Any, place: Place = ()) -> list[Place]:
    """The place of every key in ``value``, of the language or chosen by the author."""
    match value:
        case dict():
            return [found for key, item in value.items() for found in ((*place, key), *keys_in(item, (*place, key)))]
        case list():
            return [found for index, item in enumerate(value) for found in keys_in(item, (*place, index))]
    return []


def explanations() -> dict[Place, dict[str, Any]]:
    """The innermost part of the schema for each key of the language in the document of everything."""
    found: dict[Place, dict[str, Any]] = {}
    for pointer, place in visits(SCHEMA, EVERYTHING):
        if re.search(r"/properties/[^/]+$", pointer):
            found.setdefault(place, PARTS[pointer])
    return found


def unescaped(markdown: str) -> str:
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", markdown)


def test_the_document_has_every_key_of_the_language() -> None:
    found = {tuple(pointer.split("/")[-3::2]) for pointer, _ in visits(SCHEMA, EVERYTHING) if "/properties/" in pointer}
    assert {(model.__name__, key) for model in models()[1:] for key in fields_of(model)} <= found
    assert set(fields_of(Document)) <= EVERYTHING.keys()


def test_every_key_of_the_language_shows_its_description_and_its_examples(editor: Editor) -> None:
    wanted = explanations()
    hovers = {place: unescaped(text).replace("`", "") for place, text in editor.hovers(TEXT, wanted).items()}
    assert len(wanted) > 100
    assert [place for place, part in wanted.items() if part["description"] not in hovers[place]] == []
    examples = [(place, example) for place, part in wanted.items() for example in part.get("examples", KINDS)]
    assert [
        (place, example)
        for place, example in examples
        if f'"{place[-1]}": {json.dumps(example, ensure_ascii=False)}' not in hovers[place]
    ] == []


def test_every_name_that_the_author_chose_says_what_it_names(editor: Editor) -> None:
    names = [place for place in keys_in(EVERYTHING) if place not in explanations()]
    hovers = editor.hovers(TEXT, names)
    assert [place for place in names if not hovers[place]] == []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (
            ("dims", "time", "max"),
            'The largest size; unlimited by default.\n\n```json\n"max": 512\n```',
        ),
        (
            ("endpoints", "received", "outputs"),
            "A tensor: dtype[dimensions]. A dimension is a size, a name, or '?' for any size; [] is a scalar, [...] has "
            'unknown rank.\n\nThe tree of the result.\n\n```json\n"outputs": "float32[batch, 1]"\n"outputs": {"score": '
            '"float32[batch, 1]"}\n```',
        ),
        (
            ("endpoints", "sparse", "inputs", 0, "names", "indices"),
            'The wire name of the indices, int64[?, rank].\n\n```json\n"indices": "tag_indices"\n```',
        ),
        (
            ("endpoints", "received", "receiver"),
            "The receiver that is the plain signature; the endpoint's own inputs are then published as `raw:endpoint`.\n\n```json\n"
            '"receiver": "examples"\n```',
        ),
        (("endpoints", "short"), "One way to call the model: a function, what goes in and what comes out."),
        (("endpoints", "tensor", "inputs", 0), "A dense tensor. The short form is a string."),
        (
            ("mode",),
            "What the archive is for; sets its tag (serve, train, eval) and the default signature's key.\n\n```json\n"
            '"mode": "train"\n```\n\n`train`: For training: the tag train, and the key train.',
        ),
    ],
    ids=str,
)
def test_what_is_shown(place: Place, text: str, editor: Editor) -> None:
    assert unescaped(editor.hovers(TEXT, [place])[place]) == text
