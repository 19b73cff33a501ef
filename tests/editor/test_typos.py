"""Squiggles: a mistake has exactly one, at its place, with what was expected; correct text has none."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from language_service import Editor, Place
from pydantic import ValidationError
from schema_places import visits

from specc.language.document import Dim, Document, Endpoint, Selection
from specc.language.dtypes import DTYPES
from specc.language.json_schema.schema import document_schema
from specc.language.model_walk import fields_of
from specc.language.receivers import Feature, Receiver
from specc.language.save_options import SaveOptions, Sharding
from specc.language.trees import KINDS, Record, Tensor

ROOT = Path(__file__).parents[2]
EVERYTHING: dict[str, Any] = {
    **json.loads((ROOT / "tests" / "language" / "everything.specc.json").read_text(encoding="utf-8")),
    "$schema": "../../schemas/specc.v1.schema.json",
}
PLACES = [
    *dict.fromkeys(place for _, place in visits(document_schema(), EVERYTHING) if place not in ((), ("$schema",)))
]


def is_legal(document: Any) -> bool:
    try:
        Document.model_validate(document)
    except ValidationError:
        return False
    return True


def only(model: type[Record], instead: str = "") -> str:
    return f"Expected {instead}an object with no other keys than: {', '.join(fields_of(model))}."


@pytest.mark.parametrize("file", sorted((ROOT / "examples").rglob("*.specc.json")), ids=lambda file: file.stem)
def test_an_example_has_no_squiggles(file: Path, editor: Editor) -> None:
    document = {**json.loads(file.read_text(encoding="utf-8")), "$schema": EVERYTHING["$schema"]}
    assert editor.squiggles(json.dumps(document)) == []


def test_a_file_is_known_by_its_name_where_it_names_no_schema(editor: Editor) -> None:
    assert editor.squiggles('{"specc": 2, "endpoints": {"score": {"inputs": [], "outputs": "bool[]"}}}') == [
        (("specc",), "2", "Value must be 1.")
    ]


NO_TENSOR = (
    "Expected a dtype and its dimensions, such as float32[batch, 3]; a dimension is a size, a name or '?'. The dtypes "
    f"are {', '.join(DTYPES)}."
)
NO_TREE = 'Expected a tensor such as "float32[batch, 3]", an array of trees, or an object of trees.'
NO_SHAPE = 'Expected an array such as ["batch", 3, "?"], or "..." for unknown rank.'
NO_DTYPE = f"Value is not accepted. Valid values: {', '.join(map(json.dumps, DTYPES))}."
NO_KIND = f"Value is not accepted. Valid values: {', '.join(map(json.dumps, KINDS))}."
FEW_ITEMS = "Array has too few items. Expected 1 or more."
FEW_KEYS = "Object has fewer properties than the required number of 1"
LEAF = {"kind": "tensor", "dtype": "float32", "shape": ["batch"]}

DOCUMENTS: dict[str, tuple[dict[str, Any], Place, str, str]] = {
    "a key of the document": ({"endpionts": {}}, ("endpionts",), '"endpionts"', only(Document)),
    "a key of a dim": ({"dims": {"time": {"mx": 512}}}, ("dims", "time", "mx"), '"mx"', only(Dim)),
    "a name of a dim": ({"dims": {"1d": {}}}, ("dims", "1d"), '"1d"', "Expected a name for a dimension, for example 'batch'."),
    "a size": ({"dims": {"time": {"max": "512"}}}, ("dims", "time", "max"), '"512"', "Incorrect type. Expected one of integer, null."),
    "a mode": ({"mode": "serve"}, ("mode",), '"serve"', 'Value is not accepted. Valid values: "predict", "train", "eval".'),
    "a model": ({"model": "ranker"}, ("model",), '"ranker"', "Expected module:attribute, a .keras or .h5 file or, with a slash at its end, a SavedModel's directory, for example 'ranker.model:build'."),
    "a number for a name": ({"name": 3}, ("name",), "3", "Incorrect type. Expected one of string, null."),
    "a string for a flag": ({"serving_only": "yes"}, ("serving_only",), '"yes"', 'Incorrect type. Expected "boolean".'),
    "no endpoints": ({"endpoints": {}}, ("endpoints",), "{}", FEW_KEYS),
    "a string for a list": ({"track": "lookup"}, ("track",), '"lookup"', 'Incorrect type. Expected "array".'),
    "a key of a selection": (
        {"variable_collections": {"all": {"form": "variables"}}},
        ("variable_collections", "all", "form"), '"form"', only(Selection, "a dotted path, or "),
    ),
    "a number for a collection": (
        {"variable_collections": {"all": 3}}, ("variable_collections", "all"), "3", only(Selection, "a dotted path, or "),
    ),
    "a path of a collection": (
        {"variable_collections": {"all": ["optimizer."]}},
        ("variable_collections", "all", 0), '"optimizer."', "Expected a path of attributes, for example 'optimizer.variables'.",
    ),
    "a tensor of a collection's content": (
        {"variable_collections": {"all": {"from": "v", "content": {"k": "float[2]"}}}},
        ("variable_collections", "all", "content", "k"), '"float[2]"', NO_TENSOR,
    ),
    "a key of the save options": ({"save_options": {"extra_tag": []}}, ("save_options", "extra_tag"), '"extra_tag"', only(SaveOptions)),
    "a key of the sharding": (
        {"save_options": {"experimental_sharding_callback": {"max_shards": 3}}},
        ("save_options", "experimental_sharding_callback", "max_shards"), '"max_shards"', only(Sharding, "module:attribute, or "),
    ),
    "a path of the sharding": (
        {"save_options": {"experimental_sharding_callback": "by_table"}},
        ("save_options", "experimental_sharding_callback"), '"by_table"', "Expected module:attribute, for example 'ranker.saving:by_table'.",
    ),
}  # fmt: skip

ENDPOINTS: dict[str, tuple[dict[str, Any], Place, str, str]] = {
    "a key": ({"autgraph": True}, ("autgraph",), '"autgraph"', only(Endpoint)),
    "a required key": ({"inptus": [], "outputs": "bool[]"}, ("inptus",), '"inptus"', only(Endpoint)),
    "a method": (
        {"method": "prediction"},
        ("method",), '"prediction"', 'Value is not accepted. Valid values: "predict", "classify", "regress", "train", "eval".',
    ),
    "a function": ({"function": "call()"}, ("function",), '"call()"', "Expected an attribute of the model or module:attribute, for example 'call'."),
    "a tree for the inputs": ({"inputs": "bool[]", "outputs": "bool[]"}, ("inputs",), '"bool[]"', 'Incorrect type. Expected "array".'),
    "a kind of receiver": (
        {"receivers": {"r": {"kind": "example"}}},
        ("receivers", "r", "kind"), '"example"', 'Value is not accepted. Valid values: "tf_example", "tf_sequence_example".',
    ),
    "a key of a receiver": (
        {"receivers": {"r": {"knd": "tf_example"}}}, ("receivers", "r", "knd"), '"knd"', only(Receiver),
    ),
    "a key of a feature": (
        {"receivers": {"r": {"kind": "tf_example", "features": {"a": {"deflaut": 3}}}}},
        ("receivers", "r", "features", "a", "deflaut"), '"deflaut"', only(Feature),
    ),
    "no features": ({"receivers": {"r": {"kind": "tf_example", "features": {}}}}, ("receivers", "r", "features"), "{}", FEW_KEYS),
}  # fmt: skip

TREES: dict[str, tuple[Any, Place, str, str]] = {
    "a dtype": ({"a": ["float23[batch]"]}, ("a", 0), '"float23[batch]"', NO_TENSOR),
    "a dimension": ("float32[batch 3]", (), '"float32[batch 3]"', NO_TENSOR),
    "a bare dtype": (["float32"], (0,), '"float32"', NO_TENSOR),
    "a number": ([3], (0,), "3", NO_TREE),
    "an empty list": ({"a": []}, ("a",), "[]", FEW_ITEMS),
    "an empty dict": ([{}], (0,), "{}", FEW_KEYS),
    "an empty key": ({"": "bool[]"}, ("",), '""', "String is shorter than the minimum length of 1."),
    "a dtype of the long form": ({**LEAF, "dtype": "float"}, ("dtype",), '"float"', NO_DTYPE),
    "a number for a dtype": ({**LEAF, "dtype": 32}, ("dtype",), "32", NO_DTYPE),
    "a shape": ({**LEAF, "shape": "batch"}, ("shape",), '"batch"', NO_SHAPE),
    "a number for a shape": ({**LEAF, "shape": 3}, ("shape",), "3", NO_SHAPE),
    "a negative size": ({**LEAF, "shape": ["batch", -1]}, ("shape", 1), "-1", "Value is below the minimum of 0."),
    "a name of a dimension": ({**LEAF, "shape": ["1d"]}, ("shape", 0), '"1d"', 'Expected a size, a name or "?" for any size.'),
    "a key of the long form": ({**LEAF, "nmae": "x"}, ("nmae",), '"nmae"', only(Tensor)),
    "a required key of the long form": ({"kind": "tensor", "dtpe": "bool", "shape": []}, ("dtpe",), '"dtpe"', only(Tensor)),
    "a kind": ([{**LEAF, "kind": "tensr"}], (0, "kind"), '"tensr"', NO_KIND),
    "a kind of a container": ({"kind": "set", "items": ["bool[]"]}, ("kind",), '"set"', NO_KIND),
    "the key of a leaf's kind": ({"knd": "sparse", "dtype": "bool", "shape": []}, (), '"outputs"', 'Missing property "kind".'),
    "the key of a namedtuple's kind": ({"knd": "namedtuple", "typename": "P", "fields": [["a", "bool[]"]]}, (), '"outputs"', 'Missing property "kind".'),
    "the key of a list's kind": ({"knd": "list", "items": ["bool[]"]}, ("knd",), '"list"', NO_TENSOR),
    "an object for an array": ({"kind": "list", "items": {"a": "bool[]"}}, ("items",), '{"a": "bool[]"}', 'Incorrect type. Expected "array".'),
    "a field": ({"kind": "namedtuple", "typename": "P", "fields": [["a"]]}, ("fields", 0), '["a"]', "Array has too few items. Expected 2 or more."),
    "a ragged rank": ({"kind": "ragged", "dtype": "bool", "shape": [], "ragged_rank": 0}, ("ragged_rank",), "0", "Value is below the minimum of 1."),
    "a component": ({"kind": "ragged", "dtype": "bool", "shape": [], "names": {"splits": "s"}}, ("names", "splits"), '"splits"', "Expected an object with no other keys than: values, row_splits."),
    "a bound": ({**LEAF, "minimum": "-inf"}, ("minimum",), '"-inf"', 'Expected a number, "NaN", "Infinity" or "-Infinity".'),
    "null for a default": ({**LEAF, "default": [None]}, ("default", 0), "null", "Expected a number, true or false, a text, an object for bytes or a complex number, or arrays."),
    "a key of a default": ({**LEAF, "default": {"base46": "AA=="}}, ("default", "base46"), '"base46"', 'Expected {"base64": "..."} for bytes, or {"real": 1.0, "imag": 0.0}.'),
    "base64": ({**LEAF, "default": {"base64": "AA"}}, ("default", "base64"), '"AA"', "Expected base64 with its padding, for example '/wA='."),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_typo_in_a_document(name: str, editor: Editor) -> None:
    wrong, *squiggle = DOCUMENTS[name]
    endpoints = {} if "endpionts" in wrong else {"endpoints": {"score": {"inputs": [], "outputs": "bool[]"}}}
    assert editor.squiggles(json.dumps({"specc": 1, **endpoints, **wrong})) == [tuple(squiggle)]


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_typo_in_an_endpoint(name: str, editor: Editor) -> None:
    wrong, place, *squiggle = ENDPOINTS[name]
    rest = {} if "outputs" in wrong else {"inputs": [], "outputs": "bool[]"}
    text = json.dumps({"specc": 1, "endpoints": {"score": {**rest, **wrong}}})
    assert editor.squiggles(text) == [(("endpoints", "score", *place), *squiggle)]


@pytest.mark.parametrize("name", TREES)
def test_a_typo_in_a_tree(name: str, editor: Editor) -> None:
    wrong, place, *squiggle = TREES[name]
    text = json.dumps({"specc": 1, "endpoints": {"score": {"inputs": [], "outputs": wrong}}})
    assert editor.squiggles(text) == [(("endpoints", "score", "outputs", *place), *squiggle)]


def edited(place: Place, edit: Any) -> Any:
    """The document of everything, ``edit`` made to the container and key that ``place`` leads to."""
    document = copy.deepcopy(EVERYTHING)
    container: Any = document
    for part in place[:-1]:
        container = container[part]
    edit(container, place[-1])
    return document


def misspell(container: Any, key: str | int) -> None:
    items = [(f"{name}_" if name == key else name, value) for name, value in container.items()]
    container.clear()
    container.update(items)


@pytest.mark.parametrize("junk", [3.5, -1, 10**19, True, None, "?!", "", [], {}], ids=repr)
def test_junk_anywhere_has_one_squiggle_right_there(junk: Any, editor: Editor) -> None:
    seen, wrong = 0, []
    for place in PLACES:
        document = edited(place, lambda container, key: container.__setitem__(key, junk))
        squiggles = editor.squiggles(json.dumps(document))
        if is_legal(document):
            wrong += [(place, squiggles)] if squiggles else []
        else:
            seen += 1
            missing = 2 if junk == {} and place[:1] == ("endpoints",) and len(place) == 2 else 1  # inputs and outputs
            wrong += [(place, squiggles)] if [where for where, _, _ in squiggles] != [place] * missing else []
    assert wrong == []
    assert seen > 25


def test_each_key_misspelt_has_one_squiggle_at_the_key(editor: Editor) -> None:
    keys = [place for place in PLACES if isinstance(place[-1], str)]
    documents = {place: edited(place, misspell) for place in keys}
    illegal = [place for place in keys if not is_legal(documents[place])]
    squiggles = {place: editor.squiggles(json.dumps(documents[place])) for place in keys}
    assert [place for place in keys if len(squiggles[place]) != (place in illegal)] == []
    kinds = [place for place in illegal if place[-1] == "kind" and "receivers" not in place]
    assert len(illegal) > 90
    assert [
        place
        for place in illegal
        if squiggles[place][0][:2] != ((*place[:-1], f"{place[-1]}_"), f'"{place[-1]}_"') and place not in kinds
    ] == []
    # Without its kind, a long form may be a dict of features: the object is underlined, or the kind that is not a tensor.
    assert [place for place in kinds if squiggles[place][0][0] not in (place[:-1], (*place[:-1], "kind_"))] == []
