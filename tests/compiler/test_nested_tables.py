"""Lookup tables two calls deep in a signature, which tf2onnx may not find: the note of a build."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import keras
import pytest
import tensorflow as tf

from specc.checks import Built, Settings, run_build_checks
from specc.language.load import from_json

pytestmark = pytest.mark.tensorflow

ITS_OWN = Settings()
NUMBER = {"kind": "tensor", "dtype": "int64", "shape": [], "default": 1}


class Words(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lookup = keras.layers.StringLookup(vocabulary=["bread", "milk"])
        self.weight = tf.Variable(2, dtype=tf.int64)

    def find(self, words: Any) -> Any:
        return self.lookup(words)

    def scaled(self, words: Any, by: Any) -> Any:
        return self.lookup(words) * by

    def double(self, numbers: Any) -> Any:
        return numbers * self.weight


@pytest.fixture(autouse=True)
def steps() -> Iterator[None]:
    module: Any = types.ModuleType("table_steps")
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(["bread"], tf.constant([1], tf.int64)), default_value=0
    )
    module.lower = tf.strings.lower
    module.number = table.lookup
    module.add = lambda numbers: numbers + 1
    module.named = lambda numbers: table.lookup(tf.strings.as_string(numbers))
    sys.modules["table_steps"] = module
    yield
    del sys.modules["table_steps"]


def endpoint(function: str, **more: Any) -> dict[str, Any]:
    return {"function": function, "inputs": ["string[batch]"], "outputs": "int64[batch]", **more}


@pytest.mark.parametrize(
    ("declared", "nested"),
    [
        (endpoint("find"), ()),
        (endpoint("find", receivers={"examples": {"kind": "tf_example"}}), ()),
        (endpoint("find", preprocess="table_steps:lower"), ("e",)),
        (endpoint("find", postprocess="table_steps:add"), ("e",)),
        (endpoint("scaled", arguments=["words", "by"], inputs=["string[batch]", NUMBER]), ("e",)),
        (endpoint("double", preprocess="table_steps:number"), ("e",)),
        (endpoint("double", inputs=["int64[batch]"], postprocess="table_steps:add"), ()),
        (endpoint("double", inputs=["int64[batch]"], postprocess="table_steps:named"), ()),
    ],
    ids=["flat", "receiver", "preprocess", "postprocess", "default", "table in preprocess", "no table", "one deep"],
)
def test_a_build_knows_which_tables_are_nested(
    declared: dict[str, Any], nested: tuple[str, ...], export: Callable[..., Any]
) -> None:
    _, report = export(Words(), {"e": declared})
    assert report.nested_tables == nested


def test_it_is_said_where_the_archive_goes_to_onnx_and_nobody_turned_it_off() -> None:
    data = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"e": endpoint("find", preprocess="table_steps:lower")}}
    here, onnx = from_json(data), from_json({**data, "targets": ["onnx"]})

    def said(document: Any, settings: Settings = ITS_OWN) -> list[str]:
        return [f"{each.level}: {each}" for each in run_build_checks(document, settings, Built(("e",)))]

    expected = (
        "endpoints.e.preprocess: onnx-nested-table: tf2onnx may not find the lookup table of 'e': the function has "
        "preprocess around it; do it all in one function, module:attribute, that takes the model; or test the "
        "conversion and turn the check off"
    )
    assert said(onnx) == [f"warning: {expected}"]
    assert said(here, Settings(targets=frozenset(["onnx"]))) == said(onnx)
    assert said(onnx, Settings({"onnx-nested-table": "error"})) == [f"error: {expected}"]
    assert said(here) == said(onnx, Settings({"onnx-nested-table": "off"})) == []
    assert list(run_build_checks(onnx, Settings(), Built())) == []
