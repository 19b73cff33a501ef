"""The graphs of the signatures of a built archive, as the checks of converters see them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from specc.checks.built_graph import BuiltOp
from specc.compiler.converted_graphs import built_graphs, refused_by_litert

pytestmark = pytest.mark.tensorflow


class Model(tf.Module):
    def __init__(self, file: str) -> None:
        super().__init__()
        self.count = tf.Variable(0.0)
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                file, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
            ),
            default_value=-1,
        )

    def find(self, words: Any) -> Any:
        return self.table.lookup(words)

    def counted(self, x: Any) -> Any:
        return x + self.count.assign_add(1.0)

    def looped(self, words: Any) -> Any:
        return tf.map_fn(tf.strings.upper, words)


@pytest.fixture
def path(tmp_path: Path, export: Callable[..., Any]) -> Path:
    file = tmp_path / "words.txt"
    file.write_text("ant\nbee\n")
    endpoints = {
        "find": {"function": "find", "inputs": ["string[batch]"], "outputs": "int64[batch]"},
        "counted": {"function": "counted", "inputs": ["float32[batch]"], "outputs": "float32[batch]"},
        "looped": {"function": "looped", "inputs": ["string[batch]"], "outputs": "string[batch]"},
    }
    _, report = export(Model(str(file)), endpoints)
    return Path(report.path)


def test_a_graph_has_the_ops_of_the_functions_that_it_calls(path: Path) -> None:
    graphs = built_graphs(path, ["serve"])
    assert sorted(graphs) == ["counted", "find", "looped", "serving_default"]
    assert graphs["serving_default"] == graphs["find"]
    find, counted, looped = (graphs[key] for key in ("find", "counted", "looped"))
    assert BuiltOp("LookupTableFindV2", ("int64", "string")) in find.ops
    assert "StringUpper" in looped.names  # in the body of a loop
    assert "StringUpper" not in find.names
    assert [graph.changing for graph in (find, counted, looped)] == [set(), {"AssignAddVariableOp"}, set()]
    assert [graph.reads_table_file for graph in (find, counted, looped)] == [True, False, False]
    assert [graph.leaves_tables for graph in (find, counted, looped)] == [False, True, True]


def test_litert_converts_each_signature_by_itself(path: Path) -> None:
    refused = refused_by_litert(path, ["find", "counted", "looped"], ["serve"])
    assert refused == {"looped": ("TensorListReserve",)}  # the first that it names: it makes no loop over strings


def test_a_converter_that_ends_is_said(tmp_path: Path) -> None:
    assert refused_by_litert(tmp_path, ["find", "other"], ["serve"]) == {"find": ("its process ended with 1",)}
