"""What the static checks compare, in archives of several modes, with aliases and by other tools."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from edited_archives import edited, root_child
from merged_modes import modes, trees

import specc
from specc.diagnostics import Diagnostic, format_path
from specc.language.document import Document
from specc.reader import inspect
from specc.reader.conformance.static_checks import static_findings

pytestmark = pytest.mark.tensorflow

PAIR: dict[str, Any] = {"function": None, "inputs": ["float32[batch, 2]"], "outputs": {"a": "float32[batch, 2]"}}


def listed(found: list[Diagnostic]) -> list[tuple[str, str, str]]:
    return [(each.level, each.rule, format_path(each.path)) for each in found]


def pair(directory: Path, **more: Any) -> tuple[Path, Document]:
    """An archive of two endpoints whose signatures have the same tensors."""
    data = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"low": PAIR, "high": PAIR}, "default": "low", **more}
    document = specc.from_json(data)
    functions = {"low": lambda x: {"a": x - 1.0}, "high": lambda x: {"a": x + 1.0}}
    specc.compile(document).export(None, directory / "pair", functions=functions)
    return directory / "pair", document


def in_signature(graph: Any) -> None:
    graph.signature_def["serving_default"].CopyFrom(graph.signature_def["high"])


def in_object(graph: Any) -> None:
    ids = {child.local_name: child for child in root_child(graph, "signatures").children}
    ids["serving_default"].node_id = ids["high"].node_id


def in_both(graph: Any) -> None:
    in_signature(graph)
    in_object(graph)


@pytest.mark.parametrize(
    ("move", "rule"), [(in_signature, "wire-crossed"), (in_object, "spec-mismatch"), (in_both, "spec-mismatch")]
)
def test_an_alias_that_was_moved_to_an_equal_signature(move: Callable[[Any], None], rule: str, tmp_path: Path) -> None:
    archive, document = pair(tmp_path)
    assert static_findings(document, archive) == []
    assert listed(static_findings(document, edited(archive, tmp_path / "moved", move))) == [("error", rule, "default")]


def test_the_alias_of_a_function(tmp_path: Path) -> None:
    archive, document = pair(tmp_path, save_options={"function_aliases": {"mobile": "low"}})
    assert static_findings(document, archive) == []

    def move(graph: Any) -> None:
        (other,) = root_child(graph, "high").function.concrete_functions
        graph.meta_info_def.function_aliases.clear()
        graph.meta_info_def.function_aliases[other] = "mobile"

    found = static_findings(document, edited(archive, tmp_path / "moved", move))
    assert listed(found) == [("error", "spec-mismatch", "save_options.function_aliases.mobile")]


def test_each_mode_of_a_merged_archive(tmp_path: Path) -> None:
    model = trees()
    specc.merge(modes(), model, tmp_path / "merged")
    for document in modes():
        assert static_findings(document, tmp_path / "merged") == []
    other = specc.from_json({**modes()[1].to_json(), "dims": {"batch": {"max": 2}}})
    (found,) = static_findings(other, tmp_path / "merged")
    assert (found.rule, found.path) == ("contract-differs", ("dims", "batch"))


def test_an_optional_endpoint_may_be_missing(tmp_path: Path) -> None:
    data: dict[str, Any] = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"low": PAIR}, "default": "low"}
    specc.compile(specc.from_json(data)).export(None, tmp_path / "one", functions={"low": lambda x: {"a": x}})
    data["endpoints"] = {"low": PAIR, "high": {**PAIR, "optional": True}}
    (tmp_path / "one" / "assets.extra" / "specc.json").unlink()
    assert static_findings(specc.from_json(data), tmp_path / "one") == []
    data["endpoints"]["high"]["optional"] = False
    found = static_findings(specc.from_json(data), tmp_path / "one")
    assert {each.path for each in found} == {("endpoints", "high")}
    assert {each.level for each in found} == {"error"}


def without_a_function(path: Path) -> None:
    root = tf.Module()
    function = tf.function(lambda x, y: {"sum": x + y}, input_signature=[tf.TensorSpec([None]), tf.TensorSpec([None])])
    tf.saved_model.save(root, str(path), signatures={"add": function.get_concrete_function()})


def test_a_signature_without_a_function_in_an_archive_of_another_tool(tmp_path: Path) -> None:
    """What is described as a signature is called needs no function; a nested tree or another order does."""
    without_a_function(tmp_path / "archive")
    flat = {"function": None, "arguments": ["x", "y"], "inputs": ["float32[n]", "float32[n]"]}
    data = {"specc": 1, "dims": {"n": {}}, "endpoints": {"add": {**flat, "outputs": {"sum": "float32[n]"}}}}
    found = static_findings(specc.from_json({**data, "default": None}), tmp_path / "archive")
    assert listed(found) == [("warning", "spec-mismatch", "endpoints.add")]
    data["endpoints"] = {"add": {**flat, "arguments": ["x", "z"], "outputs": {"sum": "float32[n]"}}}
    found = static_findings(specc.from_json({**data, "default": None}), tmp_path / "archive")
    assert ("error", "spec-mismatch", "endpoints.add") in listed(found)


def changed(document: Document, change: Callable[[Any], Any]) -> Document:
    data = json.loads(json.dumps(document.to_json()))
    change(data)
    return specc.from_json(data)


def test_an_archive_of_tensorflow_1_is_its_signatures(tmp_path: Path) -> None:
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, None], name="x")
        signature = v1.saved_model.predict_signature_def({"x": x}, {"y": x * 2})
        builder = v1.saved_model.Builder(str(tmp_path / "archive"))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()
    document = inspect(tmp_path / "archive")
    nested = {"arguments": ["features"], "inputs": [{"x": "float32[?, 3]"}], "outputs": {"y": "float32[?, ?]"}}
    found = static_findings(
        changed(document, lambda data: data["endpoints"]["serving_default"].update(nested)), tmp_path / "archive"
    )
    assert listed(found) == [("error", "not-enforced", "endpoints.serving_default.inputs[0].x")]
    found = static_findings(
        changed(document, lambda data: data["endpoints"]["serving_default"].update(outputs={"z": "float32[?]"})),
        tmp_path / "archive",
    )
    assert {each.rule for each in found} == {"spec-mismatch"}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


CHECKPOINTS: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "an index that is cut": ("variables.index", cut, "is not the index of a checkpoint"),
    "no index": ("variables.index", Path.unlink, "has no variables/variables.index"),
    "values that are cut": ("variables.data-00000-of-00001", cut, "bytes of at least"),
    "no values": ("variables.data-00000-of-00001", Path.unlink, "does not have it"),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_checkpoint_that_is_not_whole(name: str, tmp_path: Path) -> None:
    root = tf.Module()
    root.weight = tf.Variable(tf.ones([3, 4]))
    root.call = tf.function(lambda x: {"y": x @ root.weight}, input_signature=[tf.TensorSpec([None, 3])])
    tf.saved_model.save(root, str(tmp_path / "archive"), signatures={"call": root.call})
    document = inspect(tmp_path / "archive")
    assert static_findings(document, tmp_path / "archive") == []
    file, damage, text = CHECKPOINTS[name]
    damage(tmp_path / "archive" / "variables" / file)
    (found,) = static_findings(document, tmp_path / "archive")
    assert (found.level, found.rule, found.path) == ("error", "load-failed", ())
    assert text in found.message
