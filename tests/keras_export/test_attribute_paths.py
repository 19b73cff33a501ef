"""``archive.spec``: functions and collections by their paths, or an error that names those without a path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from wire_signatures import mlp

import specc

pytestmark = pytest.mark.tensorflow

SPEC = [tf.TensorSpec([None, 3])]


class Towers(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = keras.layers.Dense(2)
        self.parts = [keras.layers.Dense(2)]

    def call(self, inputs: Any) -> Any:
        return self.encoder(inputs) + self.parts[0](inputs)

    @tf.function
    def embed(self, inputs: Any, twice: bool = False) -> Any:
        return self.encoder(inputs) * (2 if twice else 1)


class Module(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = tf.Variable([1.0], name="w"), tf.Variable([2.0, 3.0], name="w")

    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def f(self, x: Any) -> Any:
        return x * self.a


def towers() -> Any:
    model = Towers()
    model(tf.ones([1, 3]))
    return model


def trained() -> Any:
    model = mlp()
    model.compile("adam", "mse")
    model.fit(np.ones([2, 3]), np.ones([2, 2]), verbose=0)
    return model


def table() -> Any:
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1.0]), 0.0)


def test_functions_have_their_paths_although_a_table_is_tracked() -> None:
    model, archive = towers(), specc.ExportArchive()
    archive.track(table())
    archive.track(model)
    archive.track(model.encoder)
    model.embed(tf.ones([2, 3]), twice=True)
    archive.add_endpoint("fixed", model.embed)
    for name, function in (
        ("call", model.call), ("whole", model), ("embed", model.embed), ("encoder", model.encoder),
        ("encoder_call", model.encoder.call), ("part", model.parts[0].call), ("other", lambda x: model(x) + 0),
    ):  # fmt: skip
        archive.add_endpoint(name, function, SPEC)
    assert {name: endpoint.function for name, endpoint in archive.spec.endpoints.items()} == {
        "fixed": None, "call": "call", "whole": "__call__", "embed": "embed", "encoder": "encoder",
        "encoder_call": "encoder.call", "part": None, "other": None,
    }  # fmt: skip


def test_two_models_have_no_paths() -> None:
    one, two, archive = mlp(), mlp(), specc.ExportArchive()
    archive.track(one)
    archive.track(two)
    archive.add_endpoint("serve", one.call, SPEC)
    assert archive.spec.endpoints["serve"].function is None


def test_a_spec_with_a_table_builds_what_was_written(tmp_path: Path) -> None:
    model, archive = trained(), specc.ExportArchive()
    archive.track(model)
    archive.track(table())
    archive.add_endpoint("serve", model.call, SPEC)
    archive.add_variable_collection("optimizer_variables", model.optimizer.variables)
    archive.add_variable_collection("steps", [model.optimizer.iterations])
    archive.write_out(tmp_path / "first", verbose=False)
    document = specc.loads(specc.dump(archive.spec))
    report = specc.compile(document).export(model, tmp_path / "second")
    assert specc.inspect(tmp_path / "first") == specc.inspect(tmp_path / "second") == document
    assert report.collections == {"optimizer_variables": len(model.optimizer.variables), "steps": 1}


def _collected(model: Any, variables: Any) -> Any:
    archive = specc.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", lambda x: x * 1.0, SPEC)
    archive.add_variable_collection("some", variables)
    return archive


def test_a_collection_has_the_path_that_selects_exactly_its_variables() -> None:
    module, model = Module(), trained()
    kernel, bias = model.layers[0].kernel, model.layers[0].bias
    cases = {
        "attribute": (module, [module.b], '"b"'),
        "list": (model, model.optimizer.variables, '"optimizer.variables"'),
        "optimizer": (model, [model.optimizer.iterations], f'"match": "{model.optimizer.iterations.path}"'),
        "variables": (model, [kernel], f'"match": "{kernel.path}"'),
    }
    texts = {name: specc.dump(_collected(of, variables).spec) for name, (of, variables, _) in cases.items()}
    assert {name for name, (*_, text) in cases.items() if text in texts[name]} == cases.keys()
    ordered = _collected(model, [bias, kernel]).spec.variable_collections["some"]
    assert [selection.match for selection in ordered] == [bias.path, kernel.path]


@pytest.mark.parametrize("variables", [[], [tf.Variable(1.0, name="outside")]], ids=["empty", "outside"])
def test_a_collection_without_a_path_is_written_but_not_in_the_spec(tmp_path: Path, variables: list[Any]) -> None:
    archive = _collected(mlp(), variables)
    with pytest.raises(
        ValueError, match=r"^variable_collections\.some: unknown-collection: no variable list of the model"
    ):
        archive.spec  # noqa: B018  # it raises
    archive.write_out(tmp_path / "archive", verbose=False)
    assert len(tf.saved_model.load(str(tmp_path / "archive")).some) == len(variables)
    assert specc.inspect(tmp_path / "archive").variable_collections == {}


def test_a_variable_is_in_a_collection_once(tmp_path: Path) -> None:
    module = Module()
    archive = _collected(module, [module.a, module.a])
    archive.write_out(tmp_path / "archive", verbose=False)
    assert len(tf.saved_model.load(str(tmp_path / "archive")).some) == 1
