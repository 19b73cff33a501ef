"""First specs of archives of TensorFlow 1, with its tables, sparse tensors and MetaGraphs."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from inferred_archives import CALLED, ITSELF, RENAMED, assert_equal
from inferred_models import BATCH

import specc
from specc.compiler.load_model import load_model

pytestmark = pytest.mark.tensorflow

v1 = tf.compat.v1


def simple_save(path: Path, names: tuple[str, str], resource: bool = True) -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        x, y = (v1.placeholder(tf.float32, [None, 3]) for _ in names)
        weight = v1.get_variable("weight", [3, 2], use_resource=resource)
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(
            session, str(path), dict(zip(names, (x, y), strict=True)), {"out:0": (x - 2 * y) @ weight}
        )


def test_tensorflow_1(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    simple_save(tmp_path / "old", ("images:0", "Images"))
    data, guesses, revived = rebuilt()
    images = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "name": "images_0"}
    assert data["endpoints"] == {
        "serve": {
            **CALLED,
            "inputs": [{"Images": "float32[batch, 3]", "images:0": images}],
            "outputs": {"out:0": "float32[batch, 2]"},
        }
    }
    assert guesses == [
        ITSELF,
        RENAMED,
        "endpoints.serve.inputs[0][\"images:0\"]: wire name 'images_0', since 'images:0' is not legal or is already taken",
        BATCH.format("'Images' and 'images_0'"),
    ]
    first, second = tf.random.normal([2, 3]), tf.random.normal([2, 3])
    old = tf.saved_model.load(str(tmp_path / "old")).signatures["serving_default"]
    new = revived.signatures["serving_default"](images_0=first, Images=second)
    assert_equal(old(**{"images:0": first, "Images": second}), new)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("images", {"arguments": ["images"], "inputs": ["float32[batch, 3]"]}),
        ("inputs", {"inputs": ["float32[batch, 3]"]}),
        ("key", {"inputs": [{"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "name": "key"}]}),
        ("images:0", {"arguments": ["images_0"], "inputs": ["float32[batch, 3]"]}),
    ],
)
def test_a_single_input_is_passed_as_it_is(
    name: str, inputs: dict[str, Any], tmp_path: Path, rebuilt: Callable[..., Any]
) -> None:
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 3])
        v1.saved_model.simple_save(session, str(tmp_path / "old"), {name: x}, {"y": x * 2})
    data, guesses, revived = rebuilt()
    assert data["endpoints"] == {"serve": {**CALLED, **inputs, "outputs": {"y": "float32[batch, 3]"}}}
    assert RENAMED in guesses
    given = tf.ones([2, 3])
    wire_name = "images_0" if name == "images:0" else name
    assert_equal({"y": given * 2}, revived.serve(given))
    assert_equal({"y": given * 2}, revived.signatures["serving_default"](**{wire_name: given}))
    assert_equal({"y": given * 2}, revived.signatures["serve"](**{wire_name: given}))


def test_a_table_of_tensorflow_1_brings_its_file(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    (tmp_path / "words.txt").write_text("a\nb\nc\n")
    with tf.Graph().as_default(), v1.Session() as session:
        x, whole = v1.placeholder(tf.string, [None]), tf.lookup.TextFileIndex.WHOLE_LINE
        number = tf.lookup.TextFileIndex.LINE_NUMBER
        lines = tf.lookup.TextFileInitializer(str(tmp_path / "words.txt"), tf.string, whole, tf.int64, number)
        y = tf.lookup.StaticHashTable(lines, -1).lookup(x)
        session.run(v1.tables_initializer())
        v1.saved_model.simple_save(session, str(tmp_path / "old"), {"x": x}, {"y": y}, v1.tables_initializer())
    rebuilt()
    shutil.rmtree(tmp_path / "old")
    (tmp_path / "words.txt").unlink()
    program = (
        "import sys, tensorflow as tf; archive = tf.saved_model.load(sys.argv[1]);"
        "print(archive.signatures['serving_default'](x=tf.constant(['c', 'a', 'z']))['y'].numpy().tolist())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "new")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[2, 0, -1]\n"


def test_sparse_tensors_methods_and_other_graphs_of_tensorflow_1(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    utils = v1.saved_model.signature_def_utils
    with tf.Graph().as_default(), v1.Session() as session:
        tags, text = v1.sparse_placeholder(tf.float32, [None, 4]), v1.placeholder(tf.string, [None])
        x = v1.placeholder(tf.float32, [None, 4])
        predict = utils.predict_signature_def(
            {"tags": tags, "x": x}, {"sum": tf.sparse.to_dense(tags) + x, "same": tags}
        )
        classify = utils.classification_signature_def(text, tf.strings.upper(text), None)
        odd = utils.build_signature_def(classify.inputs, predict.outputs, classify.method_name)
        del odd.outputs["same"], odd.outputs["sum"]
        odd.outputs["upper"].CopyFrom(classify.outputs["classes"])
        builder = v1.saved_model.Builder(str(tmp_path / "old"))
        signatures = {"serving_default": predict, "classify": classify, "odd": odd}
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.add_meta_graph(["train"], {"train": predict})
        builder.save()
    data, guesses, revived = rebuilt()
    assert {name: endpoint.get("method", "predict") for name, endpoint in data["endpoints"].items()} == {
        "classify": "classify",
        "odd": "predict",
        "serve": "predict",
    }
    assert "endpoints.odd.method: predict, since it is not a valid classify signature by TensorFlow's rules" in guesses
    assert "the MetaGraph tagged serve is described; there are others, tagged train" in guesses
    given = tf.sparse.from_dense(np.eye(2, 4, dtype="float32"))
    found = revived.serve({"tags": given, "x": tf.ones([2, 4])})
    np.testing.assert_array_equal(found["sum"], np.eye(2, 4) + 1)
    np.testing.assert_array_equal(tf.sparse.to_dense(found["same"]), np.eye(2, 4))


@pytest.mark.parametrize(
    ("names", "resource", "message"),
    [
        (
            ("class", "x"),
            True,
            "TensorFlow cannot load it, since 'class', an input of 'serving_default', is not a valid parameter name",
        ),
        (
            ("x", "y"),
            False,
            "it has reference variables of TensorFlow 1; export it again with resource variables, "
            "tf.compat.v1.enable_resource_variables()",
        ),
    ],
)
def test_archives_that_cannot_be_built_from(names: Any, resource: bool, message: str, tmp_path: Path) -> None:
    simple_save(tmp_path / "old", names, resource)
    with pytest.raises(specc.ArchiveError) as caught:
        specc.infer_archive_spec(tmp_path / "old")
    assert str(caught.value) == f"cannot build from {tmp_path}/old: {message}"


def test_reference_variables_would_still_lose_their_values(tmp_path: Path) -> None:
    """If TensorFlow keeps them, they need not be rejected."""
    simple_save(tmp_path / "old", ("x", "y"), resource=False)
    with pytest.raises(specc.SpecError) as caught:
        load_model("old/", tmp_path, seed=0)
    assert "whose values would be lost" in str(caught.value)
    revived = tf.saved_model.load(str(tmp_path / "old"))
    again = tf.Module()
    again.kept = [*revived.variables, revived.initializer]  # type: ignore[attr-defined]
    signature = revived.signatures["serving_default"]
    tf.saved_model.save(again, str(tmp_path / "again"), signatures={"serving_default": signature})
    with pytest.raises(tf.errors.FailedPreconditionError):
        tf.saved_model.load(str(tmp_path / "again")).signatures["serving_default"](x=tf.ones([1, 3]), y=tf.ones([1, 3]))
