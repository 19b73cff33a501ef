"""Sound archives of every tool that writes them: ``verify`` has no error, and calls each of their endpoints."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign_archives
import pytest
import ranker_archives
import tensorflow as tf
import varied_exports
from merged_modes import modes, trees
from running_here import verify_here
from training_models import KIND, WEIGHT, X, supervised

import specc
from specc.compiler.load_model import load_model
from specc.language.document import Document
from specc.verification.result import Verification

pytestmark = pytest.mark.tensorflow

ARCHIVES = Path(__file__).with_name("archives")
SUPPORT = Path(ranker_archives.__file__).parent


def assert_sound(verification: Verification, *warned: str) -> None:
    """No finding but these warnings; every endpoint is called on some way."""
    found = {(each.level, each.rule) for each in verification.findings if each.level != "info"}
    assert found <= {("warning", rule) for rule in warned}, verification.text()
    for endpoint in verification.endpoints:
        assert "ok" in endpoint.ways.values(), verification.text()
        assert "FAILS" not in endpoint.ways.values(), verification.text()


@pytest.mark.parametrize("name", varied_exports.EXPORTS)
def test_an_export_of_specc(name: str, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    varied_exports.make(name, tmp_path)(path)
    # Recurrent dropout counts its seed up in inference too.
    moves = ["not-pure"] if name == "a_recurrent_network" else []
    assert_sound(verify_here(specc.inspect(path), path, cases=6), "generated-refused", "empty-refused", *moves)


def training(path: Path) -> Document:
    names = ["accuracy", "loss", "overlap", "top_2", "weighted_accuracy"]
    endpoints = supervised(names, [X, KIND, WEIGHT], "float32[batch, 3]")
    return of_model("training_models:classifier", endpoints, path, mode="train")


def mixed_precision(path: Path) -> Document:
    """A graph rounds less often to bfloat16 than its model does op by op."""
    image = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 16, 16, 3], "minimum": -1, "maximum": 1}
    endpoint = {"inputs": [image], "outputs": {"y": "float32[batch, 5]"}, "rowwise": True, "pure": True}
    return of_model("sabotaged_model:mixed_precision", {"serve": endpoint}, path)


def ranker(path: Path) -> Document:
    ranker_archives.write(path)
    return ranker_archives.document()


def of_model(name: str, endpoints: dict[str, Any], path: Path, **more: Any) -> Document:
    document = varied_exports.document(endpoints, model=name, **more)
    specc.compile(document).export(load_model(name, SUPPORT, seed=0), path)
    return document


def defaults(path: Path) -> Document:
    scalar = {"kind": "tensor", "dtype": "float32", "shape": []}
    endpoint = {
        "function": None,
        "arguments": ["x", "scale", "more"],
        "inputs": [
            {"x": "float32[batch]", "shift": {**scalar, "default": 10.0}},
            {**scalar, "default": 2.0},
            {"name": {**scalar, "dtype": "string", "default": "é"}},
        ],
        "outputs": {"y": "float32[batch]", "name": "string[]"},
    }
    document = varied_exports.document({"add": endpoint})
    functions = {"add": lambda x, scale, more: {"y": x["x"] * scale + x["shift"], "name": more["name"]}}
    specc.compile(document).export(None, path, functions=functions)
    return document


def composites(path: Path) -> Document:
    """Nested ragged and sparse inputs and outputs, of any rank, and receivers of both kinds."""
    ragged = {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?", "?"], "ragged_rank": 2}
    sparse = {"kind": "sparse", "dtype": "float32", "shape": ["batch", 5]}
    echo = {"a": [ragged, sparse], "b": {"kind": "tuple", "items": ["bool[batch]", "complex64[...]"]}}
    events = {
        "inputs": [{"words": {"kind": "ragged", "dtype": "string", "shape": ["batch", "?"]}, "n": "int64[batch]"}],
        "outputs": {"length": "int64[batch]"},
        "receivers": {"examples": {"kind": "tf_example"}},
        "rowwise": True,
    }
    document = varied_exports.document(
        {"echo": {"function": None, "inputs": [echo], "outputs": echo}, "count": {"function": None, **events}}
    )
    functions: dict[str, Callable[..., Any]] = {
        "echo": lambda value: tf.nest.map_structure(tf.identity, value),
        "count": lambda value: {"length": value["words"].row_lengths() + value["n"]},
    }
    specc.compile(document).export(None, path, functions=functions)
    return document


OWN: dict[str, Callable[[Path], Document]] = {
    each.__name__: each for each in (training, mixed_precision, ranker, defaults, composites)
}


@pytest.mark.parametrize("name", OWN)
def test_an_archive_of_a_document(name: str, tmp_path: Path) -> None:
    document = OWN[name](tmp_path / "archive")
    has_model = document.model is not None
    assert_sound(verify_here(document, tmp_path / "archive", model=has_model, cases=6), "empty-refused")


def test_each_mode_of_a_merged_archive(tmp_path: Path) -> None:
    """Its training steps start from the stored weights in each call, although no object has the variables."""
    specc.merge(modes(), trees(), tmp_path / "merged")
    for document in modes():
        verification = verify_here(document, tmp_path / "merged", cases=2)
        assert_sound(verification)
        assert [endpoint.notes for endpoint in verification.endpoints] == [()]


@pytest.mark.parametrize("name", foreign_archives.CASES)
def test_an_archive_of_another_tool(name: str, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    foreign_archives.CASES[name][0](str(path))
    if name == "a Keras model saved by TensorFlow":
        # Keras 3 stores copies of its variables, and a Session lacks those that its functions use.
        (error,) = (each for each in verify_here(specc.inspect(path), path).findings if each.level == "error")
        assert (error.rule, "Could not find variable" in error.message) == ("call-failed", True)
        return
    assert_sound(verify_here(specc.inspect(path), path), "duplicate-variable", "generated-refused", "empty-refused")


@pytest.mark.parametrize("name", sorted(file.stem for file in ARCHIVES.glob("*.zip")))
def test_an_archive_of_another_version(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(ARCHIVES / f"{name}.zip") as file:
        file.extractall(tmp_path / "archive")
    verification = verify_here(specc.inspect(tmp_path / "archive"), tmp_path / "archive")
    assert_sound(verification, "duplicate-variable", "generated-refused", "empty-refused")


def test_a_default_of_a_function_that_no_graph_records(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    specs = [tf.TensorSpec([None, 2]), tf.TensorSpec([], tf.bool)]
    foreign_archives.module(signatures=False, f=(lambda x, training=False: {"y": x}, specs))(str(path))
    document = specc.inspect(path)
    verification = verify_here(document, path)
    assert "training" in document.endpoints["f"].arguments
    assert_sound(verification)


def test_signatures_of_one_shape_are_no_aliases(tmp_path: Path) -> None:
    """``inspect`` takes one for the default since all their tensors are the same; their functions are not."""
    x, root = tf.TensorSpec([None], name="x"), tf.Module()
    functions = {
        "serving_default": tf.function(lambda x: {"y": x * 2}, input_signature=[x]),
        "other": tf.function(lambda x: {"y": x * 3}, input_signature=[x]),
    }
    tf.saved_model.save(root, str(tmp_path / "archive"), signatures=functions)
    document = specc.inspect(tmp_path / "archive")
    assert document.default == "other"
    verification = verify_here(document, tmp_path / "archive")
    assert_sound(verification)
    (endpoint,) = verification.endpoints
    assert endpoint.notes == (
        "'serving_default' was not judged: only its dtypes and shapes are those of 'other', and its answers are not",
    )
