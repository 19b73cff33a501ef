"""One defect in a sound archive, and the finding of the static checks that names it, alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from edited_archives import (
    add_node,
    build_sound,
    drop_child,
    edited,
    endpoint_function,
    root_child,
    with_contract,
)

import specc
from specc.diagnostics import Diagnostic, format_path
from specc.language.contract import CONTRACT_PATH
from specc.language.document import Document
from specc.reader.conformance.static_checks import static_findings

pytestmark = pytest.mark.tensorflow

Sound = tuple[Path, Document]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    directory = tmp_path_factory.mktemp("sound")
    document = build_sound(directory)
    return directory / "sound", document


def changed(document: Document, change: Callable[[Any], Any]) -> Document:
    data = json.loads(json.dumps(document.to_json()))
    change(data)
    return specc.from_json(data)


def listed(found: list[Diagnostic]) -> list[tuple[str, str, str]]:
    return [(each.level, each.rule, format_path(each.path)) for each in found]


def test_a_sound_archive_has_no_finding(sound: Sound) -> None:
    archive, document = sound
    assert static_findings(document, archive) == []


def swap_outputs(graph: Any) -> None:
    for key in ("score", "serving_default"):
        outputs = graph.signature_def[key].outputs
        outputs["parts_0"].name, outputs["parts_1"].name = outputs["parts_1"].name, outputs["parts_0"].name


def swap_inputs(graph: Any) -> None:
    for key in ("score", "serving_default"):
        inputs = graph.signature_def[key].inputs
        inputs["id"].name, inputs["history"].name = inputs["history"].name, inputs["id"].name


def swap_passed(graph: Any) -> None:
    name = graph.signature_def["score"].outputs["click"].name.partition(":")[0]
    (call,) = (node for node in graph.graph_def.node if node.name == name)
    call.input[0], call.input[1] = call.input[1], call.input[0]


def move_alias(graph: Any) -> None:
    graph.signature_def["serving_default"].CopyFrom(graph.signature_def["look_up"])


def move_whole_alias(graph: Any) -> None:
    """Another endpoint is the default, in both places."""
    move_alias(graph)
    signatures = root_child(graph, "signatures")
    ids = {child.local_name: child for child in signatures.children}
    ids["serving_default"].node_id = ids["look_up"].node_id


def widen(graph: Any) -> None:
    for key in ("score", "serving_default"):
        graph.signature_def[key].inputs["price"].tensor_shape.dim[1].size = -1


def drop_member(graph: Any) -> None:
    del root_child(graph, "kernels").children[-1]


def repeat_member(graph: Any) -> None:
    kernels = root_child(graph, "kernels").children
    kernels[1].node_id = kernels[0].node_id


def unlist(graph: Any) -> None:
    variables = root_child(graph, "variables").children
    del variables[0]


def python_call(graph: Any) -> None:
    add_node(endpoint_function(graph, "look_up"), "EagerPyFunc", token=b"pyfunc_0")


def read_file(graph: Any) -> None:
    add_node(endpoint_function(graph, "look_up"), "ReadFile")


def write_in_initializer(graph: Any) -> None:
    functions = graph.graph_def.library.function
    initializer = next(each for each in functions if "initializer" in each.signature.name)
    add_node(initializer, "WriteFile")


def restore_in_endpoint(graph: Any) -> None:
    add_node(endpoint_function(graph, "score"), "RestoreV2")


def read_other_table(graph: Any) -> None:
    functions = graph.graph_def.library.function
    initializer = next(each for each in functions if "initializer" in each.signature.name)
    (node,) = (each for each in initializer.node_def if each.op == "InitializeTableFromTextFileV2")
    constant = add_node(initializer, "Const", "elsewhere")
    constant.attr["value"].tensor.string_val.append(b"words.txt")
    node.input[1] = "elsewhere:output:0"


def print_to_file(graph: Any) -> None:
    add_node(endpoint_function(graph, "score"), "PrintV2", output_stream=b"file:///etc/motd")


def machine_path(graph: Any) -> None:
    add_node(endpoint_function(graph, "score"), "Assert", data=b"in /home/ann/ranker/model.py, line 3")


def large_constant(graph: Any) -> None:
    node = add_node(endpoint_function(graph, "score"), "Const")
    node.attr["value"].tensor.tensor_content = b"\1" * (11 * 2**20)


def more_functions(graph: Any) -> None:
    root = graph.object_graph_def.nodes[0]
    (index,) = (child.node_id for child in root.children if child.local_name == "look_up")
    root.children.add(local_name="spare", node_id=index)


def more_signatures(graph: Any) -> None:
    graph.signature_def["spare"].CopyFrom(graph.signature_def["look_up"])


EDITS: dict[str, tuple[Callable[[Any], Any], list[tuple[str, str, str]], str]] = {
    "swapped outputs": (
        swap_outputs, [("error", "wire-crossed", "endpoints.score.outputs.parts[0]")], "'parts_0' is 'parts_1'",
    ),
    "swapped inputs, where ranks differ only in the graph": (
        swap_inputs, [("error", "wire-crossed", "endpoints.score.inputs[0].history")], "'history' is 'id'",
    ),
    "inputs that are passed the wrong way": (
        swap_passed, [("error", "wire-crossed", "endpoints.score.inputs[0].history")], "'id' is 'history'",
    ),
    "an alias of another endpoint": (
        move_alias,
        [("error", "spec-mismatch", "default")], "'serving_default' differs from its signature 'score'",
    ),
    "an alias of another endpoint, as an object too": (
        move_whole_alias, [("error", "spec-mismatch", "default")], "'serving_default' differs",
    ),
    "an input that takes any size": (
        widen, [("error", "not-enforced", "endpoints.score.inputs[0].price")], "is float32[?, ?]",
    ),
    "a member that is missing": (
        drop_member, [("error", "collection-mismatch", "variable_collections.kernels")], "has no variable float32[1]",
    ),
    "a member that is there twice": (
        repeat_member, [("error", "collection-mismatch", "variable_collections.kernels")] * 2, "2 times",
    ),
    "a variable that is not in the list": (
        unlist, [("error", "unlisted-variable", "endpoints.score")], "'ranker/embeddings' (float32[50, 4])",
    ),
    "a call of Python": (
        python_call, [("error", "python-op", "endpoints.look_up")], "EagerPyFunc 'added'",
    ),
    "a file that an endpoint reads": (
        read_file, [("error", "reaches-out", "endpoints.look_up")], "ReadFile 'added'",
    ),
    "a file that is written while the archive is loaded": (
        write_in_initializer, [("error", "reaches-out", "")], "WriteFile 'added'",
    ),
    "a checkpoint that an endpoint reads": (
        restore_in_endpoint, [("error", "reaches-out", "endpoints.score")], "RestoreV2 'added'",
    ),
    "a table of a file that is not an asset": (
        read_other_table, [("error", "reaches-out", "")], "InitializeTableFromTextFileV2",
    ),
    "a print to a file": (print_to_file, [("error", "reaches-out", "endpoints.score")], "PrintV2"),
    "a path": (machine_path, [("warning", "absolute-path", "")], "'/home/ann/ranker/model.py,' in the node 'added'"),
    "a large constant": (
        large_constant, [("warning", "large-constant", "endpoints.score")], "the Const 'added' holds 11,534,",
    ),
    "a function too many": (more_functions, [("error", "spec-mismatch", "endpoints")], "has a function 'spare'"),
    "a signature too many": (more_signatures, [("error", "spec-mismatch", "endpoints")], "a signature 'spare'"),
    "no function": (
        lambda graph: drop_child(graph.object_graph_def.nodes[0], "score"),
        [("error", "spec-mismatch", "endpoints.score")], "no function 'score'",
    ),
    "no signature": (
        lambda graph: graph.signature_def.pop("look_up"),
        [("error", "spec-mismatch", "endpoints.look_up")], "no signature 'look_up'",
    ),
    "another method": (
        lambda graph: setattr(graph.signature_def["look_up"], "method_name", "tensorflow/serving/regress"),
        [("error", "spec-mismatch", "endpoints.look_up.method")], "'tensorflow/serving/regress'",
    ),
    "another dtype": (
        lambda graph: setattr(graph.signature_def["look_up"].outputs["ids"], "dtype", 3),
        [("error", "spec-mismatch", "endpoints.look_up.outputs.ids")], "is int32[?]",
    ),
    "another tag": (
        lambda graph: graph.meta_info_def.tags.append("gpu"),
        [("error", "spec-mismatch", "mode")], "tagged serve, gpu",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_graph(sound: Sound, tmp_path: Path, name: str) -> None:
    archive, document = sound
    edit, expected, text = EDITS[name]
    found = static_findings(document, edited(archive, tmp_path / "archive", edit))
    assert sorted(listed(found)) == sorted([*expected])
    assert text in " ".join(each.message for each in found)


def test_what_reaches_out_is_a_warning_in_a_trusted_archive(sound: Sound, tmp_path: Path) -> None:
    archive = edited(sound[0], tmp_path / "archive", read_file)
    found = static_findings(sound[1], archive, trusted=True)
    assert listed(found) == [("warning", "reaches-out", "endpoints.look_up")]


ASSETS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "is missing": (lambda path: path.unlink(), "which the archive lacks"),
    "is a link that leads out": (
        lambda path: (path.rename(path.parents[2] / "words"), path.symlink_to(path.parents[2] / "words")),
        "outside of the archive",
    ),
    "is a directory": (lambda path: (path.unlink(), path.mkdir()), "which is not a regular file"),
    "is a pipe": (lambda path: (path.unlink(), os.mkfifo(path)), "which is not a regular file"),
}


@pytest.mark.parametrize("name", ASSETS)
def test_an_asset(sound: Sound, tmp_path: Path, name: str) -> None:
    damage, text = ASSETS[name]
    archive = edited(sound[0], tmp_path / "archive")
    damage(archive / "assets" / "words.txt")
    found = static_findings(sound[1], archive)
    assert listed(found) == [("error", "missing-asset", "endpoints.look_up")]
    assert "assets/words.txt" in found[0].message
    assert text in found[0].message


def test_an_asset_that_is_a_link_within_the_archive_is_sound(sound: Sound, tmp_path: Path) -> None:
    archive = edited(sound[0], tmp_path / "archive")
    asset = archive / "assets" / "words.txt"
    asset.rename(archive / "assets" / "stored")
    asset.symlink_to("stored")
    assert listed(static_findings(sound[1], archive)) == []


def at(*keys: Any, value: Any) -> Callable[[Any], Any]:
    """A change of one value of a document."""

    def change(data: Any) -> None:
        for key in keys[:-1]:
            data = data.setdefault(key, {}) if isinstance(data, dict) else data[key]
        data[keys[-1]] = value

    return change


PROMISED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "bounds of a dim": (at("dims", "batch", "max", value=32), "dims.batch"),
    "the name of a dim": (
        lambda data: (data["dims"].pop("length"), at("dims", "long", value={})(data),
                      at("endpoints", "score", "inputs", 0, "history", value="int32[batch, long]")(data)),
        "endpoints.score.inputs[0].history",
    ),
    "bounds of a value": (
        at("endpoints", "score", "outputs", "click",
           value={"kind": "tensor", "dtype": "float32", "shape": ["batch"], "minimum": 0}),
        "endpoints.score.outputs.click",
    ),
    "the content of a collection": (
        at("variable_collections", "kernels", value="variables"), "variable_collections.kernels",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROMISED)
@pytest.mark.parametrize("edits", ["the spec", "the contract"])
def test_a_contract_that_promises_something_else(sound: Sound, tmp_path: Path, name: str, edits: str) -> None:
    archive, document = sound
    change, path = PROMISED[name]
    if edits == "the spec":
        document = changed(document, change)
    else:
        archive = edited(archive, tmp_path / "archive")
        with_contract(archive, change)
    assert listed(static_findings(document, archive)) == [("error", "contract-differs", path)]


def test_what_callers_are_not_promised_is_a_note(sound: Sound) -> None:
    def change(data: Any) -> None:
        data["description"] = "another"
        data["endpoints"]["score"]["function"] = "call"
        data["endpoints"]["score"]["inputs"][0] = dict(reversed(data["endpoints"]["score"]["inputs"][0].items()))

    found = static_findings(changed(sound[1], change), sound[0])
    assert listed(found) == [("info", "contract-differs", "")]
    assert "description, endpoints" in found[0].message


def test_one_difference_is_one_finding(sound: Sound) -> None:
    """The graph and the contract agree, and the spec alone says something else."""
    other = changed(sound[1], at("endpoints", "look_up", "outputs", "ids", value="int32[batch]"))
    found = static_findings(other, sound[0])
    assert {each.rule for each in found} == {"spec-mismatch"}
    assert {format_path(each.path) for each in found} == {"endpoints.look_up.outputs.ids"}


def test_a_damaged_contract_and_one_of_another_archive(sound: Sound, tmp_path: Path) -> None:
    archive = edited(sound[0], tmp_path / "archive")
    text = (archive / CONTRACT_PATH).read_text()
    (archive / CONTRACT_PATH).write_text(text.replace('"max": 64', '"max": 65'))
    found = static_findings(sound[1], archive)
    assert listed(found) == [("error", "bad-contract", "")]
    assert found[0].file == CONTRACT_PATH
    (archive / CONTRACT_PATH).write_text(text)
    with_contract(archive, at("endpoints", "look_up", "outputs", "ids", value="int32[batch]"))
    found = static_findings(sound[1], archive)
    assert {each.rule for each in found} == {"contract-mismatch"}


def test_a_spec_of_another_mode(sound: Sound) -> None:
    found = static_findings(changed(sound[1], at("mode", value="eval")), sound[0])
    assert ("error", "spec-mismatch", "mode") in listed(found)


@pytest.mark.parametrize(
    ("ours", "theirs", "differs"),
    [(True, False, True), (True, None, False), (None, False, False), (False, False, False)],
)
def test_what_running_proves_differs_only_where_both_documents_say_it(
    sound: Sound, tmp_path: Path, ours: bool | None, theirs: bool | None, differs: bool
) -> None:
    def say(value: bool | None) -> Callable[[Any], Any]:
        return lambda data: data["endpoints"]["look_up"].update({} if value is None else {"rowwise": value})

    archive = edited(sound[0], tmp_path / "archive")
    with_contract(archive, say(theirs))
    found = [each for each in static_findings(changed(sound[1], say(ours)), archive) if each.level == "error"]
    expected = [("error", "contract-differs", "endpoints.look_up.rowwise")] if differs else []
    assert listed(found) == expected


def test_examples_and_tolerance_are_no_promise(sound: Sound) -> None:
    examples = {"ant": {"inputs": [["ant"]], "outputs": {"ids": [1]}}}
    said = {"examples": examples, "tolerance": {"rtol": 0.5}}
    document = changed(sound[1], lambda data: data["endpoints"]["look_up"].update(said))
    assert static_findings(document, sound[0]) == []
