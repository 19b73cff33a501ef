"""Completion: in every object only the keys of the language, and after a key the values that it can have."""

from __future__ import annotations

import json
import re

import pytest
from language_service import CURSOR, Editor
from pydantic import BaseModel

from specc.language.document import Dim, Document, Endpoint, Selection
from specc.language.dtypes import DTYPES
from specc.language.examples import Example
from specc.language.jax_options import JaxOptions
from specc.language.load import from_json
from specc.language.model_walk import fields_of, models
from specc.language.receivers import Feature, Receiver
from specc.language.save_options import SaveOptions, Sharding
from specc.language.tolerance import OutputTolerance, Tolerance
from specc.language.trees import (
    KINDS,
    Dict,
    List,
    NamedTuple,
    Ragged,
    RaggedNames,
    Sparse,
    SparseNames,
    Tensor,
    Tuple,
)


def whole(key: str, value: str) -> str:
    """A document with one more key."""
    return f'{{"specc": 1, "endpoints": {{"score": {{"inputs": [], "outputs": "bool[]"}}}}, "{key}": {value}}}'


def endpoint(text: str) -> str:
    """A document with one endpoint."""
    return f'{{"specc": 1, "endpoints": {{"score": {text}}}}}'


def outputs(tree: str) -> str:
    """A document with one tree of outputs."""
    return endpoint(f'{{"inputs": [], "outputs": {tree}}}')


def receiver(text: str) -> str:
    return endpoint(f'{{"inputs": [], "outputs": "bool[]", "receivers": {{"examples": {text}}}}}')


OBJECTS: list[tuple[str, type[BaseModel]]] = [
    ("{¦}", Document),
    (whole("dims", '{"batch": {¦}}'), Dim),
    (endpoint("{¦}"), Endpoint),
    (outputs('{"kind": "tensor", ¦}'), Tensor),
    (outputs('[{"kind": "ragged", ¦}]'), Ragged),
    (outputs('{"kind": "ragged", "names": {¦}}'), RaggedNames),
    (outputs('{"user": {"kind": "sparse", ¦}}'), Sparse),
    (outputs('{"kind": "sparse", "names": {¦}}'), SparseNames),
    (outputs('{"kind": "list", ¦}'), List),
    (outputs('{"kind": "tuple", "items": [{"kind": "tuple", ¦}]}'), Tuple),
    (outputs('{"kind": "namedtuple", ¦}'), NamedTuple),
    (outputs('{"kind": "dict", "items": {"a": {"kind": "dict", ¦}}}'), Dict),
    (whole("variable_collections", '{"all": {¦}}'), Selection),
    (whole("variable_collections", '{"all": ["variables", {¦}]}'), Selection),
    (receiver("{¦}"), Receiver),
    (receiver('{"kind": "tf_example", "features": {"user_id": {¦}}}'), Feature),
    (endpoint('{"jax": {¦}}'), JaxOptions),
    (endpoint('{"tolerance": {¦}}'), Tolerance),
    (endpoint('{"tolerance": {"outputs": {"score": {¦}}}}'), OutputTolerance),
    (endpoint('{"examples": {"zeros": {¦}}}'), Example),
    (whole("save_options", "{¦}"), SaveOptions),
    (whole("save_options", '{"experimental_sharding_callback": {¦}}'), Sharding),
]


@pytest.mark.parametrize(
    ("text", "model"), OBJECTS, ids=lambda value: value.__name__ if isinstance(value, type) else ""
)
def test_an_object_is_offered_the_keys_of_the_language(text: str, model: type[BaseModel], editor: Editor) -> None:
    items = editor.complete(text)
    kind_is_there = '"kind"' in text.rpartition("{")[2]
    assert [item["label"] for item in items] == [key for key in fields_of(model) if key != "kind" or not kind_is_there]
    assert [item["documentation"]["kind"] for item in items] == ["markdown"] * len(items)
    assert [item["label"] for item in items if f'"{item["label"]}": ' not in item["documentation"]["value"]] == []


def test_every_model_is_completed() -> None:
    assert {model for _, model in OBJECTS} == set(models())


def test_a_dict_of_trees_is_offered_what_makes_it_a_long_form(editor: Editor) -> None:
    assert [item["label"] for item in editor.complete(outputs('{"user": "int64[]", ¦}'))] == ["kind"]


def test_an_object_that_is_a_value_is_offered_its_forms(editor: Editor) -> None:
    text = outputs('{"kind": "tensor", "dtype": "string", "shape": [], "default": {¦}}')
    assert [item["label"] for item in editor.complete(text)] == ["base64", "real", "imag"]


INSERTED: list[tuple[str, dict[str, str]]] = [
    # A fixed string is a placeholder; after a key with several values, the editor offers them.
    (
        whole("dims", '{"batch": {¦}}'),
        {
            "min": '"min": $1',
            "max": '"max": ${1:512}',
            "description": '"description": "${1:Events of one user, latest last.}"',
        },
    ),
    (
        outputs('{"kind": "namedtuple", ¦}'),
        {
            "typename": '"typename": "${1:Pair}"',
            "fields": '"fields": [\n\t[\n\t\t"left",\n\t\t"float32[]"\n\t],\n\t[\n\t\t"right",\n\t\t"float32[]"\n\t]\n]',
        },
    ),
    (
        endpoint('{"description": "d", "kwargs": {}, "preprocess": "a:b", ¦ "postprocess": "a:c", "arguments": ["a"]}'),
        {
            "function": '"function": $1,',
            "autograph": '"autograph": $1,',
            "gradients": '"gradients": $1,',
            "jax": '"jax": {\n\t"platforms": [\n\t\t"cpu",\n\t\t"cuda"\n\t]\n\\},',
            "inputs": '"inputs": $1,',
            "outputs": '"outputs": $1,',
            "method": '"method": $1,',
            "receivers": '"receivers": {\n\t"examples": {\n\t\t"kind": "tf_example"\n\t\\}\n\\},',
            "receiver": '"receiver": "${1:examples}",',
            "optional": '"optional": $1,',
            "pure": '"pure": ${1:false},',
            "rowwise": '"rowwise": ${1:true},',
            "tolerance": '"tolerance": $1,',
            "examples": '"examples": {\n\t"zeros": {\n\t\t"inputs": [\n\t\t\t[\n\t\t\t\t[\n\t\t\t\t\t0,\n\t\t\t\t\t0,\n'
            '\t\t\t\t\t0\n\t\t\t\t]\n\t\t\t]\n\t\t],\n\t\t"outputs": [\n\t\t\t[\n\t\t\t\t0.5\n\t\t\t]\n\t\t]\n\t\\}\n\\},',
        },
    ),
]


@pytest.mark.parametrize(("text", "inserted"), INSERTED)
def test_a_new_key_comes_with_room_for_its_value(text: str, inserted: dict[str, str], editor: Editor) -> None:
    assert {item["label"]: item["insertText"] for item in editor.complete(text)} == inserted


def quoted(*values: str) -> list[str]:
    return [json.dumps(value) for value in values]


_TREES = [
    *quoted("float32[batch, 3]"),
    '["int64[batch]"]',
    '{"kind":"tuple","items":["float32[]","float32[]"]}',
    *KINDS,
]
VALUES: list[tuple[str, list[str]]] = [
    ("¦", ["a spec with one endpoint"]),
    (whole("mode", "¦"), quoted("predict", "train", "eval")),
    (whole("serving_only", "¦"), ["false", "true"]),
    (whole("dims", '{"batch": {"min": ¦}}'), ["0", "1"]),
    (endpoint("¦"), ["an endpoint"]),
    (endpoint('{"method": ¦}'), quoted("predict", "classify", "regress", "train", "eval")),
    (endpoint('{"method": "cl¦"}'), quoted("predict", "classify", "regress", "train", "eval")),
    (endpoint('{"gradients": ¦}'), ["true", "false"]),
    (endpoint('{"function": ¦}'), [*quoted("__call__", "call", "ranker.serving:score"), "null"]),
    (endpoint('{"inputs": [¦]}'), _TREES),
    (outputs('{"user": ¦}'), _TREES),
    (outputs("¦"), [*quoted("float32[batch, 1]"), '{"score":"float32[batch, 1]"}', *_TREES]),
    (outputs('{"kind": ¦}'), quoted(*KINDS)),
    (outputs('{"kind": "¦"}'), quoted(*KINDS)),
    (outputs('{"kind": "¦", "items": ["bool[]"]}'), quoted(*KINDS)),
    (outputs('{"kind": "¦", "dtype": "int8", "shape": []}'), quoted(*KINDS)),
    *((outputs(f'{{"kind": "{kind}", "dtype": ¦}}'), quoted(*DTYPES)) for kind in ("tensor", "ragged", "sparse")),
    (outputs('{"kind": "tensor", "shape": ¦}'), ['["batch",3,"?"]', *quoted("...")]),
    (outputs('{"kind": "tensor", "minimum": ¦}'), ["0", *quoted("-Infinity")]),
    (outputs('{"kind": "ragged", "row_splits_dtype": ¦}'), quoted("int32", "int64")),
    (receiver("¦"), ["a receiver of tf.Examples"]),
    (receiver('{"kind": ¦}'), quoted("tf_example", "tf_sequence_example")),
    (receiver('{"features": {"user_id": {"sequence": ¦}}}'), ["true", "false", "null"]),
    (
        whole("variable_collections", '{"all": [¦]}'),
        [*quoted("optimizer.variables"), '{"from":"variables","match":"encoder/**","trainable":true}'],
    ),
    (whole("variable_collections", '{"all": {"dtype": ¦}}'), [*quoted(*DTYPES), "null"]),
    (
        whole("save_options", '{"experimental_variable_policy": ¦}'),
        [*quoted("save_variable_devices", "expand_distributed_variables"), "null"],
    ),
]


@pytest.mark.parametrize(("text", "labels"), VALUES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_value_is_offered_what_it_can_be(text: str, labels: list[str], editor: Editor) -> None:
    items = editor.complete(text)
    assert [item["label"] for item in items] == labels


@pytest.mark.parametrize(
    "text",
    [
        whole("mode", "¦"),
        endpoint('{"method": ¦}'),
        outputs('{"kind": ¦}'),
        outputs('{"kind": "tensor", "dtype": ¦}'),
        receiver('{"kind": ¦}'),
        whole("save_options", '{"experimental_variable_policy": ¦}'),
    ],
)
def test_each_of_a_fixed_set_of_values_is_explained(text: str, editor: Editor) -> None:
    items = editor.complete(text)
    assert [item["label"] for item in items if not item.get("documentation")] == []


def filled(snippet: str) -> str:
    """A snippet of VS Code, with nothing typed into its placeholders."""
    return re.sub(r"\$\{\d+:([^}]*)\}|\$\d+", r"\1", snippet).replace("\\}", "}").replace("\\$", "$")


@pytest.mark.parametrize(
    "text", ["¦", endpoint("¦"), receiver("¦"), outputs("¦"), endpoint('{"inputs": [¦], "outputs": "bool[]"}')]
)
def test_what_is_offered_whole_makes_a_document(text: str, editor: Editor) -> None:
    snippets = [item["insertText"] for item in editor.complete(text) if item["label"][0] not in '"[{']
    assert snippets
    for snippet in snippets:
        document = json.loads(text.replace(CURSOR, filled(snippet)))
        from_json({**document, "dims": {"batch": {}}})
