"""The model in memory answers as its archive does, and its variables can be compared with the stored ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from called_archives import WAYS, CalledArchive, tensor
from exports import document
from training_models import KIND, WEIGHT, X, supervised, twins

import specc
from specc.language.calls.flat_tensor import FlatTensor
from specc.verification.child.in_memory import ModelInMemory
from specc.verification.child.model import ModelReference
from specc.verification.child.requests import Requests
from specc.verification.protocol import (
    Call,
    ListVariables,
    Loaded,
    LoadModel,
    Refused,
    VariableDigest,
    Variables,
)

pytestmark = pytest.mark.tensorflow

MODULE = """
import keras
import tensorflow as tf

def scaled(features):
    return {"a": features["a"] / 10.0, "b": features["b"]}

def named(result):
    return {"score": result, "ragged": tf.RaggedTensor.from_row_lengths(result[:, 0], [tf.shape(result)[0]])}

def make():
    a, b = keras.Input((2,), name="a"), keras.Input((1,), name="b")
    hidden = keras.layers.Dropout(0.5)(keras.layers.concatenate([a, b]))
    return keras.Model({"b": b, "a": a}, keras.layers.BatchNormalization()(keras.layers.Dense(2, name="dense")(hidden)))

def failing():
    raise RuntimeError("no weights")
"""
FEATURES = {"a": "float32[batch, 2]", "b": "float32[batch, 1]"}
ENDPOINT = {
    "preprocess": "referenced_model:scaled",
    "postprocess": "referenced_model:named",
    "inputs": [FEATURES],
    "outputs": {"score": "float32[batch, 2]", "ragged": {"kind": "ragged", "dtype": "float32", "shape": ["?", "?"]}},
}
ENDPOINTS = {
    "infer": ENDPOINT,
    "learn": {**ENDPOINT, "kwargs": {"training": True}},
    "given": {"function": None, "inputs": [FEATURES], "outputs": "float32[batch, 2]", "optional": True},
}
INPUTS = {"a": tensor("float32", [2, 2], 1, 2, 3, 4), "b": tensor("float32", [2, 1], 5, -6)}


@pytest.fixture
def spec(tmp_path: Path) -> specc.Document:
    (tmp_path / "referenced_model.py").write_text(MODULE)
    return document(ENDPOINTS, model="referenced_model:make")


def load(spec: specc.Document, directory: Path, **more: Any) -> Requests:
    requests = Requests()
    loaded = requests.answer(LoadModel(spec.to_json(), str(directory), **more))
    assert isinstance(loaded, Loaded), loaded
    assert loaded.addresses == ("infer", "learn")
    return requests


def listed(requests: Requests, of: Any = "listed") -> tuple[VariableDigest, ...]:
    answer = requests.answer(ListVariables(of))
    assert isinstance(answer, Variables), answer
    return answer.variables


@pytest.fixture(autouse=True)
def _import_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend("")  # undoes what loading a model adds
    monkeypatch.delitem(__import__("sys").modules, "referenced_model", raising=False)


def assert_near(found: Any, expected: Any) -> None:
    assert found.keys() == expected.keys()
    for name, each in expected.items():
        assert found[name].shape == each.shape
        assert found[name].elements() == pytest.approx(each.elements(), rel=1e-5, abs=1e-6), name


def test_the_model_answers_as_its_archive_does(spec: specc.Document, tmp_path: Path) -> None:
    requests = load(spec, tmp_path)
    made = requests.answer(Call("model", "infer", "infer", INPUTS))
    learned = [requests.answer(Call("model", "learn", "learn", INPUTS)) for _ in range(2)]
    assert made.mismatches == ()  # type: ignore[union-attr]
    model = specc.compiler.load_model.load_model("referenced_model:make", tmp_path, seed=0)
    specc.compile(spec).export(model, tmp_path / "archive")
    archive = CalledArchive(tmp_path / "archive", spec)
    for way in WAYS:
        assert_near(archive.call(way, "infer", INPUTS).outputs, made.outputs)  # type: ignore[union-attr]
    # Dropout draws from a seed that is a variable: each call starts from the stored one.
    assert learned[0].outputs == learned[1].outputs  # type: ignore[union-attr]
    moved = {name.rpartition("/")[2] for name in learned[0].moved}  # type: ignore[union-attr]
    assert moved == {"moving_mean", "moving_variance", "seed_generator_state"}
    assert_near(archive.call("attribute", "learn", INPUTS).outputs, learned[0].outputs)  # type: ignore[union-attr]


def test_the_variables_correspond_by_position(spec: specc.Document, tmp_path: Path) -> None:
    requests = load(spec, tmp_path)
    model = specc.compiler.load_model.load_model("referenced_model:make", tmp_path, seed=0)
    model.get_layer("dense").bias.assign([0.0, 1e-30])
    specc.compile(spec).export(model, tmp_path / "archive")
    archive = CalledArchive(tmp_path / "archive", spec, ("attribute",))
    of_model, of_archive, stored = listed(requests), listed(archive.requests), listed(archive.requests, "stored")
    differing = [a.name for a, b in zip(of_model, of_archive, strict=True) if a[1:] != b[1:]]
    assert differing == ["dense/bias"]
    assert {each.digest for each in of_archive} <= {each.digest for each in stored}
    other = listed(load(spec, tmp_path, seed=1))
    reseeded = {a.name for a, b in zip(of_model, other, strict=True) if a[1:] != b[1:]}
    assert reseeded == {"dense/kernel", "seed_generator/seed_generator_state"}


def test_another_model_and_one_that_cannot_be_made(spec: specc.Document, tmp_path: Path) -> None:
    load(spec, tmp_path, model="referenced_model:make", imports=("json",))
    answers = [
        Requests().answer(LoadModel(spec.to_json(), str(tmp_path), model=model))
        for model in ("referenced_model:failing", "referenced_model:absent", "absent_module:make")
    ]
    assert all(isinstance(answer, Refused) for answer in answers)
    assert ["no weights" in str(answers[0]), "absent" in str(answers[1]), "absent_module" in str(answers[2])] == [
        True
    ] * 3


def test_functions_in_code_and_opaque_results() -> None:
    """As a build does that verifies what it has in memory."""
    layer = keras.layers.Dense(2, kernel_initializer="ones")
    layer.build((None, 2))
    spec = document({"given": {**ENDPOINTS["given"], "optional": False}})
    reference = ModelReference(spec, layer, {"given": lambda features: layer(features["a"])})
    answer = reference.call(Call("model", "given", "given", INPUTS))
    assert answer.outputs == {"output_0": tensor("float32", [2, 2], 3, 3, 7, 7)}
    assert reference.endpoints == ("given",)
    missing = {name: value for name, value in INPUTS.items() if name == "a"}
    assert reference.call(Call("model", "given", "given", missing)).outputs == answer.outputs
    with pytest.raises(ValueError, match="'z' is not an argument"):
        reference.call(Call("model", "given", "given", {**INPUTS, "z": tensor("float32", [], 1)}))


def test_variables_of_every_dtype(tmp_path: Path) -> None:
    module = tf.Module()
    values: list[Any] = [
        tf.constant(["a", ""]),
        tf.constant(["", "a"]),
        tf.zeros([0, 3]),
        tf.constant(1.5, tf.bfloat16),
    ]
    module.listed = [tf.Variable(value, name=f"v{index}") for index, value in enumerate(values)]
    tf.saved_model.save(module, str(tmp_path / "archive"))
    spec = document({"f": {"inputs": [], "outputs": "float32[]"}})
    archive = CalledArchive(tmp_path / "archive", spec, ("session",))
    stored = listed(archive.requests, "stored")
    assert [(each.name.split("/")[1], each.dtype, each.shape) for each in stored] == [
        ("0", "string", (2,)), ("1", "string", (2,)), ("2", "float32", (0, 3)), ("3", "bfloat16", ()),
    ]  # fmt: skip
    assert len({each.digest for each in stored}) == 4
    assert isinstance(archive.requests.answer(ListVariables("listed")), Refused)
    assert FlatTensor("float32", (0, 3), b"") == tensor("float32", [0, 3])


def test_the_members_of_collections_have_their_positions(tmp_path: Path) -> None:
    """Of a model in memory, as in ``build --verify``, and of its archive; an optimizer's are not in the list."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="a"), keras.layers.Dense(1, name="b")])
    model.compile("sgd")
    model.optimizer.build(model.trainable_variables)
    collections = {"b": {"from": "variables", "match": "**/b/*"}, "steps": "optimizer.iterations"}
    spec = document(
        {"f": {"inputs": ["float32[batch, 2]"], "outputs": "float32[batch, 1]"}}, variable_collections=collections
    )
    in_memory = ModelInMemory(spec, model).ask(ListVariables("listed"))
    specc.compile(spec).export(model, tmp_path / "archive")
    of_archive = CalledArchive(tmp_path / "archive", spec, ("attribute",)).requests.answer(ListVariables("listed"))
    assert isinstance(in_memory, Variables)
    assert isinstance(of_archive, Variables)
    assert [place for place, _ in in_memory.collections["b"]] == [2, 3]
    for name in collections:
        one, other = in_memory.collections[name], of_archive.collections[name]
        assert [(place, each[1:]) for place, each in one] == [(place, each[1:]) for place, each in other]
        assert {place is None for place, _ in one} == {name == "steps"}


def test_optimizers_and_metrics_are_put_back(tmp_path: Path) -> None:
    model, _, data = twins("classifier")
    endpoints = supervised(
        ["accuracy", "loss", "overlap", "weighted_accuracy", "top_2"], [X, KIND, WEIGHT], "float32[batch, 3]"
    )
    spec = document({name: endpoints[name] for name in ("learn", "read")}, mode="train")
    reference = ModelReference(spec, model)
    specc.compile(spec).export(model, tmp_path / "archive")
    archive = CalledArchive(tmp_path / "archive", spec)
    x, y, weight = data[0]
    inputs = {
        "x": tensor("float32", x.shape, *x.ravel().tolist()),
        "y": tensor("int64", y.shape, *y.tolist()),
        "weight": tensor("float32", weight.shape, *weight.tolist()),
    }
    untouched = reference.call(Call("model", "read", "read", {}))
    first, second = (reference.call(Call("model", "learn", "learn", inputs)) for _ in range(2))
    assert first.outputs == second.outputs
    assert "adam/iteration" in first.moved
    assert reference.call(Call("model", "read", "read", {})).outputs == untouched.outputs
    for way in WAYS:
        assert_near(archive.call(way, "learn", inputs).outputs, first.outputs)
        assert_near(archive.call(way, "read", {}).outputs, untouched.outputs)
    listed_there = archive.requests.answer(ListVariables("listed"))
    assert isinstance(listed_there, Variables)
    assert [each[1:] for each in reference.variables.variables] == [each[1:] for each in listed_there.variables]
