"""Real archives: sound ones of every kind have no finding, and one defect of each kind is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import foreign_archives
import pytest
import tensorflow as tf
from running_here import verify_here

import specc
from specc.compiler.load_model import load_model
from specc.verification.result import Verification
from specc.verification.verify import WrongUsageError

pytestmark = pytest.mark.tensorflow

X = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "minimum": -1, "maximum": 1}
IDS = {"kind": "tensor", "dtype": "int64", "shape": ["batch"], "minimum": 0, "maximum": 9}
SCALE = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 1.0, "minimum": 0.5, "maximum": 2}
Y = "float32[batch, 3]"
EXAMPLE = {"inputs": [[[0.5, 0.25, -0.5]]], "outputs": {"y": [[1.0, 0.5, -1.0]]}}


def of_x(**more: Any) -> dict[str, Any]:
    return {"function": None, "inputs": [X], "outputs": {"y": Y}, **more}


def archive(path: Path, endpoints: dict[str, tuple[dict[str, Any], Callable[..., Any]]]) -> specc.Document:
    """An archive of these functions, each of which may use the variable ``weights``."""
    data = {name: declared for name, (declared, _) in endpoints.items()}
    dims = {"batch": {}, "time": {"min": 1}}
    document = specc.from_json({"specc": 1, "dims": dims, "endpoints": data, "default": next(iter(data))})
    root = tf.Module()
    functions = {name: function for name, (_, function) in endpoints.items()}
    specc.compile(document).export(root, str(path), functions=functions)
    return document


def found(verification: Verification) -> dict[str, list[tuple[str, str]]]:
    """The rules and levels by endpoint."""
    rules: dict[str, list[tuple[str, str]]] = {}
    for finding in verification.findings:
        rules.setdefault(str((*finding.path, "", "")[1]), []).append((finding.rule, finding.level))
    return rules


WEIGHTS = tf.Variable([2.0, 2.0, 2.0], name="weights")
TABLE = tf.Variable(tf.reshape(tf.range(20.0), [10, 2]), name="table")


def nested(features: Any, scale: Any) -> Any:
    means = (
        tf.reduce_mean(features["history"].to_tensor(), axis=1) if hasattr(features["history"], "to_tensor") else 0.0
    )
    words = tf.strings.length(features["title"])
    return {"sum": tf.gather(TABLE, features["id"])[:, 0] * scale + 0 * means, "parts": [words, features["id"]]}


SOUND: dict[str, tuple[dict[str, Any], Callable[..., Any]]] = {
    "double": (of_x(rowwise=True, pure=True, examples={"one": EXAMPLE}), lambda x: {"y": x * WEIGHTS}),
    "nested": (
        {
            "function": None,
            "arguments": ["features", "scale"],
            "inputs": [
                {
                    "id": IDS,
                    "title": "string[batch]",
                    "history": {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]},
                },
                SCALE,
            ],
            "outputs": {"sum": "float32[batch]", "parts": ["int32[batch]", "int64[batch]"]},
            "receivers": {"examples": {"kind": "tf_example"}},
        },
        nested,
    ),
    "adapt": (of_x(pure=False), lambda x: {"y": x + 0 * WEIGHTS.assign_add([1.0, 1.0, 1.0])}),
    "dropout": (of_x(pure=False), lambda x: {"y": tf.nn.dropout(x, 0.5)}),
    "train": (
        of_x(method="train", outputs={"loss": "float32[batch, 3]"}),
        lambda x: {"loss": x * WEIGHTS.assign_add([1.0, 1.0, 1.0])},
    ),
    "sparse": (
        {
            "function": None,
            "inputs": [{"kind": "sparse", "dtype": "float32", "shape": ["batch", 7]}],
            "outputs": {"sum": "float32[batch]"},
        },
        lambda x: {"sum": tf.reshape(tf.sparse.reduce_sum(x, axis=1), [-1])},
    ),
}


def test_nothing_is_said_about_a_sound_archive(tmp_path: Path) -> None:
    document = archive(tmp_path / "sound", SOUND)
    verification = verify_here(document, tmp_path / "sound")
    assert verification.findings == (), verification.text()
    assert {endpoint.name: endpoint.ways["session"] for endpoint in verification.endpoints} == dict.fromkeys(
        SOUND, "ok"
    )


def last_is_nan(x: Any) -> Any:
    count = tf.shape(x)[0]
    is_last = (tf.range(count) == count - 1) & (count > 1)
    return {"y": tf.where(is_last[:, None], float("nan"), x)}


DEFECTS: dict[str, tuple[dict[str, Any], Callable[..., Any], list[tuple[str, str]]]] = {
    "nan": (of_x(), last_is_nan, [("not-finite", "error")]),
    "mixed": (of_x(rowwise=True), lambda x: {"y": x - tf.reduce_mean(x, axis=0)}, [("not-rowwise", "error")]),
    "bound": (
        of_x(outputs={"y": {**X, "maximum": 1.5}}), lambda x: {"y": 2 * x}, [("out-of-bounds", "error")]
    ),
    "size": (of_x(outputs={"y": "float32[batch]"}), lambda x: {"y": tf.reshape(x, [-1])}, [("answer-mismatch", "error")]),
    "random": (of_x(), lambda x: {"y": x + tf.random.uniform([])}, [("not-pure", "warning")]),
    "promised": (of_x(pure=True), lambda x: {"y": x + tf.random.uniform([])}, [("not-pure", "error")]),
    "moves": (of_x(), lambda x: {"y": x + 0 * WEIGHTS.assign_add([1.0, 1.0, 1.0])}, [("not-pure", "warning")]),
    "ids": (
        {"function": None, "inputs": [{**IDS, "maximum": 15}], "outputs": {"y": "float32[batch, 2]"}},
        lambda ids: {"y": tf.gather(TABLE, ids)}, [("call-failed", "error")],
    ),
    "unbounded": (
        {"function": None, "inputs": ["int64[batch]"], "outputs": {"y": "float32[batch, 2]"}},
        lambda ids: {"y": tf.gather(TABLE, 9 + ids)}, [("generated-refused", "warning")],
    ),
    "image": (
        {"function": None, "inputs": ["string[]"], "outputs": {"y": "uint8[?, ?, 3]"}},
        lambda text: {"y": tf.io.decode_jpeg(text, channels=3)}, [("not-proven", "warning")],
    ),
    "example": (
        of_x(examples={"one": EXAMPLE, "none": {"inputs": [[[0.0, 0.0, 0.0]]], "error": ""}}),
        lambda x: {"y": 3 * x}, [("answer-differs", "error")] * 2,
    ),
    "empty": (of_x(), lambda x: {"y": tf.concat([x[:1] - x[0], x[1:]], 0)}, [("empty-refused", "warning")]),
}  # fmt: skip


def test_each_defect_is_found_where_it_is(tmp_path: Path) -> None:
    document = archive(tmp_path / "broken", {name: (said, function) for name, (said, function, _) in DEFECTS.items()})
    verification = verify_here(document, tmp_path / "broken")
    assert found(verification) == {name: expected for name, (_, _, expected) in DEFECTS.items()}, verification.text()


def test_a_repro_is_an_example_that_fails(tmp_path: Path) -> None:
    """Pasted into the spec, the call of a finding shows the same defect again, without generated calls."""
    chosen = {name: DEFECTS[name] for name in ("nan", "bound", "size", "ids")}
    document = archive(tmp_path / "broken", {name: (said, function) for name, (said, function, _) in chosen.items()})
    data = document.to_json()
    for finding in verify_here(document, tmp_path / "broken").findings:
        data["endpoints"][finding.path[1]]["examples"] = {"repro": finding.example}  # type: ignore[attr-defined]
    again = verify_here(specc.from_json(data), tmp_path / "broken", cases=0)
    assert found(again) == {name: expected for name, (_, _, expected) in chosen.items()}


FOREIGN = ("export_archive", "traces", "defaults", "concrete_attribute", "eleven", "tensorflow_1")


@pytest.mark.parametrize("name", FOREIGN)
def test_nothing_is_said_about_archives_of_other_tools(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    getattr(foreign_archives, name)(str(path))
    verification = verify_here(specc.inspect(path), path)
    assert verification.findings == (), verification.text()
    assert all("ok" in endpoint.ways.values() for endpoint in verification.endpoints)


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    document = archive(tmp_path / "sound", {"double": SOUND["double"]})
    before = {file: file.read_bytes() for file in (tmp_path / "sound").rglob("*") if file.is_file()}
    verification = specc.verify(document, tmp_path / "sound", cases=3)
    assert verification.ok, verification.text()
    assert verification.tensorflow == tf.__version__
    assert {file: file.read_bytes() for file in (tmp_path / "sound").rglob("*") if file.is_file()} == before
    (endpoint,) = verification.endpoints
    assert endpoint.latency is not None
    verification.raise_for_errors()


MODEL = """\
import keras

def build():
    inputs = keras.Input((3,), name="x")
    hidden = keras.layers.Dense(4, name="hidden")(inputs)
    return keras.Model(inputs, {"y": keras.layers.Dense(2, name="head")(hidden), "hidden": hidden})
"""
OF_A_MODEL = {
    "specc": 1,
    "model": "verified_model:build",
    "dims": {"batch": {}},
    "endpoints": {
        "score": {
            "inputs": ["float32[batch, 3]"],
            "outputs": {"y": "float32[batch, 2]", "hidden": "float32[batch, 4]"},
        },
    },
}


@pytest.fixture
def model_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], specc.Document]:
    """Builds an archive of the model, of which a variable is changed, or none."""
    (tmp_path / "verified_model.py").write_text(MODEL)
    monkeypatch.syspath_prepend(tmp_path)
    document = specc.from_json(OF_A_MODEL).in_directory(tmp_path)

    def build(changed: int) -> specc.Document:
        model = load_model("verified_model:build", tmp_path, seed=0)
        if changed >= 0:
            model.variables[changed].assign_add(model.variables[changed] * 0 + 1)
        specc.compile(document).export(model, str(tmp_path / "archive"))
        return document

    return build


def test_an_archive_is_held_against_its_model(model_archive: Any, tmp_path: Path) -> None:
    verification = verify_here(model_archive(-1), tmp_path / "archive", model=True)
    assert verification.findings == (), verification.text()


def test_other_weights_are_said_once_and_first(model_archive: Any, tmp_path: Path) -> None:
    verification = verify_here(model_archive(2), tmp_path / "archive", model=True)
    assert found(verification) == {"": [("weights-differ", "error")]}, verification.text()
    assert "1 of 4 stored variables are not the model's: 'head/kernel' has other values" in (
        verification.findings[0].message
    )


def test_another_archive_is_a_reference(tmp_path: Path) -> None:
    document = archive(tmp_path / "new", {"double": SOUND["double"]})
    archive(tmp_path / "old", {"double": (SOUND["double"][0], lambda x: {"y": x * (WEIGHTS + 0.01)})})
    assert specc.verify(document, tmp_path / "new", against=tmp_path / "new", cases=2).ok
    verification = specc.verify(document, tmp_path / "new", against=tmp_path / "old", cases=2)
    assert found(verification) == {"double": [("answer-differs", "error")]}


def test_nothing_is_run_where_that_is_asked(tmp_path: Path) -> None:
    document = archive(tmp_path / "sound", {"double": SOUND["double"]})
    verification = specc.verify(document, tmp_path / "sound", static=True)
    assert (verification.findings, verification.endpoints, verification.tensorflow) == ((), (), "")


def test_an_endpoint_that_is_not_there_cannot_be_verified(tmp_path: Path) -> None:
    document = archive(tmp_path / "sound", {"double": SOUND["double"]})
    with pytest.raises(WrongUsageError, match="there is no endpoint 'duble'; did you mean 'double'"):
        specc.verify(document, tmp_path / "sound", endpoints=["duble"])


def test_variables_of_another_archive_do_not_fit_the_fingerprint(model_archive: Any, tmp_path: Path) -> None:
    model_archive(0)
    (tmp_path / "archive").rename(tmp_path / "other")
    document = model_archive(-1)
    shutil.rmtree(tmp_path / "archive" / "variables")
    shutil.copytree(tmp_path / "other" / "variables", tmp_path / "archive" / "variables")
    verification = verify_here(document, tmp_path / "archive")
    assert found(verification) == {"": [("stale-fingerprint", "error")]}, verification.text()
    assert "the variables changed" in verification.findings[0].message
