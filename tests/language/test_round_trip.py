"""Documents are equal after writing and reading, however they were spelled."""

from __future__ import annotations

import jsonschema_rs
import pytest
from hypothesis import given, settings
from spellings import spelled_twice
from strategies import buildable_documents, document_data, documents, json_values

from specc.errors import SpecError
from specc.language.document import Document
from specc.language.json_schema.schema import document_schema
from specc.language.load import digest, dump, from_json, loads, require_buildable
from specc.language.validation.buildable import find_unbuildable
from specc.language.validation.consistency import find_inconsistencies

SCHEMA = jsonschema_rs.Draft202012Validator(document_schema())


@given(documents())
@settings(max_examples=max(1_000, settings().max_examples * 2))
def test_what_is_written_reads_back(document: Document) -> None:
    text = dump(document)
    again = loads(text)
    assert again == document
    assert dump(again) == text
    assert digest(again) == digest(document)


@given(spelled_twice())
@settings(max_examples=settings().max_examples * 2)
def test_two_spellings_are_one_document(texts: tuple[str, str]) -> None:
    first, second = loads(texts[0]), loads(texts[1])
    assert first == second
    assert dump(first) == dump(second)
    assert digest(first) == digest(second)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"kwargs": {"units": 1}}, {"kwargs": {"units": 1.0}}),
        ({"kwargs": {"units": 1}}, {"kwargs": {"units": True}}),
        (
            {"inputs": [{"kind": "tensor", "dtype": "float32", "shape": [], "default": 0.0}]},
            {"inputs": [{"kind": "tensor", "dtype": "float32", "shape": [], "default": -0.0}]},
        ),
        ({"kwargs": {"a": 10, "b": 2}}, {"kwargs": {"b": 2, "a": 10}}),
        ({"kwargs": {"weights": [{"a": 10, "b": 2}]}}, {"kwargs": {"weights": [{"b": 2, "a": 10}]}}),
        ({"inputs": [{"user": "bool[]", "item": "bool[]"}]}, {"inputs": [{"item": "bool[]", "user": "bool[]"}]}),
        (
            {"inputs": [[{"kind": "tuple", "items": [{"b": "bool[]", "a": "bool[]"}]}]]},
            {"inputs": [[{"kind": "tuple", "items": [{"a": "bool[]", "b": "bool[]"}]}]]},
        ),
        (
            {"inputs": [{"kind": "namedtuple", "typename": "Pair", "fields": [["x", {"b": "bool[]", "a": "bool[]"}]]}]},
            {"inputs": [{"kind": "namedtuple", "typename": "Pair", "fields": [["x", {"a": "bool[]", "b": "bool[]"}]]}]},
        ),
    ],
)
def test_what_python_calls_equal_makes_two_documents(left: dict[str, object], right: dict[str, object]) -> None:
    first, second = (
        from_json({"specc": 1, "endpoints": {"a": {"inputs": ["bool[]"], "outputs": "bool[]", **more}}})
        for more in (left, right)
    )
    assert dump(first) != dump(second)
    assert first != second
    assert first.endpoints["a"] != second.endpoints["a"]
    assert digest(first) != digest(second)
    assert loads(dump(first)) == first


_COMPLEX = {"kind": "tensor", "dtype": "complex64", "shape": []}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"outputs": {"b": "bool[]", "a": "bool[]"}}, {"outputs": {"a": "bool[]", "b": "bool[]"}}),
        ({"outputs": [{"b": "bool[]", "a": "bool[]"}]}, {"outputs": [{"a": "bool[]", "b": "bool[]"}]}),
        (
            {"jax": {"jax2tf_kwargs": {"b": {"d": 1, "c": 2}, "a": 3}}},
            {"jax": {"jax2tf_kwargs": {"a": 3, "b": {"c": 2, "d": 1}}}},
        ),
        (
            {"inputs": [{**_COMPLEX, "default": {"real": 1.0, "imag": 2.0}}]},
            {"inputs": [{"default": {"imag": 2.0, "real": 1.0}, **_COMPLEX}]},
        ),
        (
            {"receivers": {"r": {"kind": "tf_example", "features": {"y": {"key": "k"}, "x": {"key": "l"}}}}},
            {"receivers": {"r": {"features": {"x": {"key": "l"}, "y": {"key": "k"}}, "kind": "tf_example"}}},
        ),
    ],
)
def test_elsewhere_the_order_of_keys_says_nothing(left: dict[str, object], right: dict[str, object]) -> None:
    endpoint = {"arguments": ["x", "y"], "inputs": ["bool[2]", "bool[2]"], "outputs": "bool[2]"}
    single = {"arguments": ["x"]} if "inputs" in left else {}
    first, second = (
        from_json({"specc": 1, "endpoints": {"a": {**endpoint, **single, **more}}}) for more in (left, right)
    )
    assert dump(first) == dump(second)
    assert first == second
    assert first.endpoints["a"] == second.endpoints["a"]
    assert hash(first) == hash(second)
    assert digest(first) == digest(second)


@given(documents(), documents())
@settings(max_examples=settings().max_examples // 2)
def test_documents_are_equal_as_far_as_their_texts_are(left: Document, right: Document) -> None:
    assert (left == right) == (dump(left) == dump(right))


@given(document_data())
def test_the_schema_accepts_what_the_strategies_draw(document: dict[str, object]) -> None:
    assert SCHEMA.is_valid(document)
    assert SCHEMA.is_valid(Document.model_validate(document).model_dump(mode="json"))


@given(buildable_documents())
@settings(max_examples=settings().max_examples * 2)
def test_buildable_documents_have_no_findings(document: Document) -> None:
    assert [*find_inconsistencies(document), *find_unbuildable(document)] == []
    require_buildable(document)


@given(json_values)
def test_any_json_value_ends_in_findings(value: object) -> None:
    with pytest.raises(SpecError):
        from_json(value)
