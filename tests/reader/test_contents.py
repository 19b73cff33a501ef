"""What is in an archive: variables with their collections, assets, counts of ops, and the notable ops."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from edited_archives import add_node, build_sound, edited, endpoint_function
from foreign_archives import tensorflow_1

from specc.reader import inspect_archive
from specc.reader.contents import Contents, read_contents
from specc.reader.endpoint_ops import NotableOp

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("contents")
    build_sound(directory)
    return directory / "sound"


def contents_of(path: Path) -> Contents:
    return read_contents(path, inspect_archive(path))


def test_variables_assets_bytes_and_the_version_of_tensorflow(sound: Path) -> None:
    import tensorflow as tf

    contents = contents_of(sound)
    assert contents.bytes == sum(file.stat().st_size for file in sound.rglob("*") if file.is_file())
    assert contents.tensorflow_version == tf.__version__
    assert contents.tags == ("serve",)
    assert contents.variables is not None
    kernels = [each for each in contents.variables if each.collections]
    assert sorted((each.dtype, each.shape, each.bytes) for each in kernels) == [
        ("float32", (1,), 4),
        ("float32", (7, 1), 28),
        ("float32", (50, 4), 800),
    ]
    assert {(each.collections, each.trainable, each.repeats) for each in kernels} == {(("kernels",), True, "")}
    assert {each.name.rpartition("/")[2] for each in kernels} == {"bias", "kernel", "embeddings"}
    assert [(each.name, each.bytes) for each in contents.assets] == [("words.txt", 12)]


def test_ops_are_counted_in_all_functions_and_for_each_endpoint(sound: Path) -> None:
    contents = contents_of(sound)
    assert contents.endpoint_ops["score"]["MatMul"] == 1
    assert "MatMul" not in contents.endpoint_ops["look_up"]
    assert contents.endpoint_ops["look_up"]["LookupTableFindV2"] == 1
    assert contents.ops["MatMul"] == 1
    assert contents.ops["SaveV2"] >= 1
    assert [each for each in contents.notable if each.kind != "device"] == []


def test_each_kind_of_notable_op(sound: Path, tmp_path: Path) -> None:
    def edit(graph: Any) -> None:
        for name, op in enumerate(("EagerPyFunc", "ReadFile", "RpcCall", "AssignAddVariableOp", "Scale", "ReadFile")):
            add_node(endpoint_function(graph, "look_up"), op, str(name))
        call = add_node(endpoint_function(graph, "score"), "XlaCallModule", "jax")
        call.attr["platforms"].list.s.extend([b"CUDA", b"CPU"])
        for name in ("a", "b"):
            add_node(endpoint_function(graph, "score"), "Neg", name).device = "/device:GPU:0"
        add_node(graph.graph_def, "AssignVariableOp", "never run")

    contents = contents_of(edited(sound, tmp_path / "a", edit))
    look_up, score = ("look_up",), ("score",)
    assert [each for each in contents.notable if each.detail != "/device:CPU:0"] == [
        NotableOp("python", "EagerPyFunc", 1, look_up),
        NotableOp("files", "ReadFile", 2, look_up),
        NotableOp("network", "RpcCall", 1, look_up),
        NotableOp("state", "AssignAddVariableOp", 1, look_up),
        NotableOp("xla", "XlaCallModule", 1, score, "CPU, CUDA"),
        NotableOp("custom", "Scale", 1, look_up),
        NotableOp("device", "", 2, score, "/device:GPU:0"),
    ]


def test_an_archive_of_tensorflow_1_has_variables_of_which_less_is_known(tmp_path: Path) -> None:
    tensorflow_1(str(tmp_path / "a"))
    contents = contents_of(tmp_path / "a")
    assert contents.variables is not None
    assert {(each.name, each.trainable, each.collections) for each in contents.variables} <= {("", None, ())}
    assert all(each.label == each.path for each in contents.variables)


def test_what_cannot_be_read_is_left_out_with_the_reason(sound: Path, tmp_path: Path) -> None:
    damaged = shutil.copytree(sound, tmp_path / "a")
    (damaged / "variables" / "variables.index").write_bytes(b"no index")
    (damaged / "assets" / "words.txt").unlink()
    (damaged / "assets" / "words.txt").symlink_to("/etc/hostname")
    contents = contents_of(damaged)
    assert contents.variables is None
    assert [(each.bytes, each.problem[:15]) for each in contents.assets] == [(None, "which is a link")]
