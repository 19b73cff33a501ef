"""``specc.ExportArchive`` replaces ``keras.export.ExportArchive``: same code, same signatures, same results."""

from __future__ import annotations

import collections
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tagged_session import TaggedSession, meta_graphs
from wire_signatures import mlp, wire

import specc
from specc.language.load import load_spec

pytestmark = pytest.mark.tensorflow


@dataclass(frozen=True)
class Case:
    """Code that fills an archive of either class, and nested arguments for each endpoint."""

    fill: Callable[[Any, Any], None]
    build: Callable[[], Any]
    arguments: dict[str, list[Any]]


def two_inputs() -> Any:
    left, right = keras.Input([2], name="left"), keras.Input([3], name="right_hand")
    both = keras.layers.Concatenate()([left, right])
    return keras.Model({"l": left, "r": right}, {"sum": keras.layers.Dense(1)(both), "both": both})


def listed() -> Any:
    left, right = keras.Input([2]), keras.Input([3])
    both = keras.layers.Concatenate()([left, right])
    return keras.Model([left, right], [keras.layers.Dense(size)(both) for size in range(1, 13)])


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.lookup = keras.layers.StringLookup(vocabulary=["a", "b"])
        self.embedding = keras.layers.Embedding(4, 2)
        self.dense = keras.layers.Dense(2)

    def call(self, words: Any, numbers: Any) -> Any:
        return self.embedding(self.lookup(words)) + self.dense(numbers)

    def tower(self, numbers: Any) -> Any:
        return self.dense(numbers)


def subclassed() -> Any:
    model = Subclassed()
    model(tf.constant(["a"]), tf.ones([1, 3]))
    return model


class Module(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(3.0)

    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def scale(self, x: Any) -> Any:
        return {"scaled": x * self.weight}


def fill_mlp(archive: Any, model: Any) -> None:
    archive.track(model)
    spec = [keras.InputSpec(shape=(None, 3), dtype="float32")]
    archive.add_endpoint("call_inference", lambda x: model.call(x, training=False), input_signature=spec)
    archive.add_endpoint("call_training", lambda x: model.call(x, training=True), input_signature=spec)


def fill_dict(archive: Any, model: Any) -> None:
    archive.track_and_add_endpoint("serve", model, [{"l": tf.TensorSpec([None, 2]), "r": tf.TensorSpec([None, 3])}])
    archive.add_endpoint(
        "named", model.call, [{"l": tf.TensorSpec([None, 2], name="Left"), "r": tf.TensorSpec([None, 3])}]
    )
    archive.add_endpoint("symbolic", model.call, [model.input])


def fill_list(archive: Any, model: Any) -> None:
    archive.track(model)
    specs = [keras.InputSpec(shape=(None, 2), dtype="float32"), keras.InputSpec(shape=(None, 3), dtype="float32")]
    archive.add_endpoint("serve", model.call, [specs])
    archive.add_endpoint("tensors", model.call, [[tf.ones([4, 2]), tf.ones([4, 3])]])


def fill_subclassed(archive: Any, model: Any) -> None:
    archive.track(model)
    archive.track(model.lookup)  # Keras asks for it
    strings, numbers = tf.TensorSpec([None], tf.string), tf.TensorSpec([None, 3])
    archive.add_endpoint("call", model.call, [strings, numbers])
    archive.add_endpoint("tower", model.tower, [numbers])


def fill_functions(archive: Any, model: Any) -> None:
    archive.track(model)
    traced = tf.function(lambda x: model(x) + 1)
    traced(tf.ones([2, 3]))
    archive.add_endpoint("traced", traced)
    inner = archive.add_endpoint("inner", model.__call__, [tf.TensorSpec([None, 3])])
    outer = tf.function(lambda doubled: {"out": inner(doubled * 2)})
    archive.add_endpoint("outer", outer, [tf.TensorSpec([None, 3], name="Doubled")])


def fill_module(archive: Any, model: Any) -> None:
    archive.track(model)
    archive.add_endpoint("scale", model.scale, [tf.TensorSpec([None], name="x")])


ROW, PAIR = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones([2, 2], np.float32)
CASES = {
    "mlp": Case(fill_mlp, mlp, {"call_inference": [ROW]}),
    "dict": Case(fill_dict, two_inputs, {name: [{"l": PAIR, "r": ROW}] for name in ("serve", "named", "symbolic")}),
    "list": Case(fill_list, listed, {"serve": [[PAIR, ROW]], "tensors": [[PAIR, ROW]]}),
    "subclassed": Case(fill_subclassed, subclassed, {"call": [np.array(["a", "c"]), ROW], "tower": [ROW]}),
    "functions": Case(fill_functions, mlp, {"traced": [ROW], "inner": [ROW], "outer": [ROW]}),
    "module": Case(fill_module, Module, {"scale": [np.ones([2], np.float32)]}),
}


def written(archive_class: Any, case: Case, path: Path) -> Any:
    keras.utils.clear_session()
    keras.utils.set_random_seed(3)
    model, archive = case.build(), archive_class()
    case.fill(archive, model)
    archive.write_out(str(path), verbose=False)
    return archive


@pytest.mark.parametrize("name", CASES)
def test_the_archive_is_what_keras_writes(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    ours, theirs = tmp_path / "specc", tmp_path / "keras"
    archive = written(specc.ExportArchive, case, ours)
    written(keras.export.ExportArchive, case, theirs)
    assert wire(ours) == wire(theirs)
    loaded = {path: tf.saved_model.load(str(path)) for path in (ours, theirs)}
    for endpoint, arguments in case.arguments.items():
        tensors = tf.nest.map_structure(tf.constant, arguments)
        found, expected = (getattr(loaded[path], endpoint)(*tensors) for path in (ours, theirs))
        assert tf.nest.map_structure(lambda leaf: leaf.shape, found) == tf.nest.map_structure(
            lambda leaf: leaf.shape, expected
        )
        for one, other in zip(tf.nest.flatten(found), tf.nest.flatten(expected), strict=True):
            np.testing.assert_allclose(one, other, 1e-6)
        flat = dict(zip(sorted(wire(ours)[endpoint][0]), _by_name(archive, endpoint, tensors), strict=True))
        answers = [loaded[path].signatures[endpoint](**flat) for path in (ours, theirs)]
        in_session = TaggedSession(ours, ["serve"]).ask(endpoint, **{key: value.numpy() for key, value in flat.items()})
        for key in answers[0]:
            np.testing.assert_allclose(answers[0][key], answers[1][key], 1e-6)
            np.testing.assert_allclose(answers[0][key], in_session[key], 1e-6)
    for lists in ("variables", "trainable_variables", "non_trainable_variables"):
        one, other = (sorted(_shown(value) for value in getattr(loaded[path], lists)) for path in (ours, theirs))
        assert one == other or name == "module"  # Keras lists variables of layers only


def _by_name(archive: Any, endpoint: str, tensors: list[Any]) -> list[Any]:
    """The flat tensors, sorted by their wire names."""
    from specc.language.wire_names import input_leaves

    names = [leaf.name for leaf in input_leaves(archive.spec.endpoints[endpoint])]
    return [tensor for _, tensor in sorted(zip(names, tf.nest.flatten(tensors), strict=True), key=lambda pair: pair[0])]


def _shown(variable: Any) -> str:
    return f"{variable.dtype.name} {variable.shape} {np.sum(variable):.5f}"


@pytest.mark.parametrize("name", CASES)
def test_the_spec_validates_and_builds_the_same_archive(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    archive = written(specc.ExportArchive, case, tmp_path / "first")
    (tmp_path / "spec.specc.json").write_text(specc.dump(archive.spec))
    document = load_spec(tmp_path / "spec.specc.json").document
    functions = {endpoint: added.function for endpoint, added in archive._added.items()}
    specc.compile(document).export(archive._model(), tmp_path / "second", functions=functions)
    assert wire(tmp_path / "first") == wire(tmp_path / "second")
    assert specc.inspect(tmp_path / "first") == document


def test_each_endpoint_traces_its_function_once(tmp_path: Path) -> None:
    calls = collections.Counter()
    model = mlp()

    def function(x: Any) -> Any:
        calls["function"] += 1
        return model(x)

    archive = specc.ExportArchive()
    archive.track(model)
    first = archive.add_endpoint("first", function, [tf.TensorSpec([None, 3])])
    archive.add_endpoint("second", function, [tf.TensorSpec([None, 3])])
    archive.add_endpoint("third", lambda x: first(x) + 1, [tf.TensorSpec([None, 3])])
    assert archive.spec == archive.spec
    report = archive.write_out(tmp_path / "archive", verbose=False)
    assert calls == {"function": 2}  # once a call of add_endpoint
    assert sum(path.stat().st_size for path in (report.path / "variables").iterdir()) < 2_000


def test_functions_with_a_path_are_named_in_the_spec() -> None:
    model, archive = subclassed(), specc.ExportArchive()
    fill_subclassed(archive, model)
    archive._resources.pop()
    archive.add_endpoint("whole", model.__call__, [tf.TensorSpec([None], tf.string), tf.TensorSpec([None, 3])])
    archive.add_endpoint("other", lambda x: model.tower(x) + 0, [tf.TensorSpec([None, 3])])
    found = {name: endpoint.function for name, endpoint in archive.spec.endpoints.items()}
    assert found == {"call": "call", "tower": "tower", "whole": "__call__", "other": None}
    assert archive.spec.default == "call"


def test_collections(tmp_path: Path) -> None:
    model, archive = mlp(), specc.ExportArchive()
    model.compile("adam", "mse")
    model.fit(ROW, PAIR, verbose=0)
    fill_mlp(archive, model)
    archive.add_variable_collection("optimizer_variables", model.optimizer.variables)
    archive.add_variable_collection("some", [model.variables[0], model.variables[3]])
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert len(revived.optimizer_variables) == len(model.optimizer.variables)
    assert [variable.shape for variable in revived.some] == [
        variable.shape for variable in (model.variables[0], model.variables[3])
    ]
    data = specc.dump(archive.spec)
    assert '"optimizer_variables": "optimizer.variables"' in data
    assert specc.inspect(tmp_path / "archive").variable_collections["some"][0].match == model.variables[0].path


def test_an_archive_replaces_the_one_that_is_there(tmp_path: Path) -> None:
    target = tmp_path / "archive"
    written(keras.export.ExportArchive, CASES["subclassed"], target)
    (target / "assets" / "stale.txt").write_text("stale")
    written(specc.ExportArchive, CASES["mlp"], target)
    assert not list((target / "assets").glob("*")) if (target / "assets").exists() else True
    assert sorted(wire(target)) == ["call_inference", "call_training", "serving_default"]
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_what_is_no_archive_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("ten years")
    with pytest.raises(specc.TargetError):
        written(specc.ExportArchive, CASES["mlp"], tmp_path / "home")
    assert (tmp_path / "home" / "thesis.txt").read_text() == "ten years"


def test_ragged_sparse_and_nested_where_keras_fails(tmp_path: Path) -> None:
    archive = specc.ExportArchive()

    def function(words: Any, tags: Any) -> Any:
        return {"parts": [words.row_lengths(), tf.sparse.reduce_sum(tags, 1)], "words": words}

    specs = [tf.RaggedTensorSpec([None, None], tf.string), tf.SparseTensorSpec([None, 5], tf.float32)]
    archive.add_endpoint("serve", function, specs)
    archive.write_out(tmp_path / "archive", verbose=False)
    inputs, outputs, _ = wire(tmp_path / "archive")["serve"]
    assert sorted(inputs) == [
        "tags_dense_shape", "tags_indices", "tags_values", "words_row_splits", "words_values",
    ]  # fmt: skip
    assert sorted(outputs) == ["parts_0", "parts_1", "words_row_splits", "words_values"]
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    answer = revived.serve(tf.ragged.constant([["a"], ["b", "c"]]), tf.sparse.from_dense(tf.ones([2, 5])))
    assert answer["parts"][0].numpy().tolist() == [1, 2]
    assert answer["parts"][1].numpy().tolist() == [5, 5]


BOTH = pytest.mark.parametrize(
    "archive_class", [specc.ExportArchive, keras.export.ExportArchive], ids=["specc", "keras"]
)


@BOTH
@pytest.mark.parametrize(
    ("kind", "misuse"),
    [
        (ValueError, lambda archive, model: archive.track(keras.layers.Dense(2))),
        (ValueError, lambda archive, model: archive.track(5)),
        (ValueError, lambda archive, model: archive.add_endpoint("serve", lambda x: x)),
        (ValueError, lambda archive, model: archive.add_endpoint("serve", tf.function(lambda x: x))),
        (ValueError, lambda archive, model: archive.add_endpoint("serve", model.call, [tf.TensorSpec([None, 3])], is_static=True)),
        (ValueError, lambda archive, model: archive.add_endpoint("serve", model.call, [tf.TensorSpec([None, 3])], jax2tf_kwargs={})),
        (ValueError, lambda archive, model: [archive.add_endpoint("serve", model.call, [tf.TensorSpec([None, 3])]) for _ in "12"]),
        (TypeError, lambda archive, model: archive.add_endpoint("serve", model.call, ["float32"])),
        (ValueError, lambda archive, model: archive.add_endpoint("serve", model.call, [keras.InputSpec(shape=(None, 3))])),
        (ValueError, lambda archive, model: archive.add_variable_collection("some", model)),
        (ValueError, lambda archive, model: archive.add_variable_collection("some", [1])),
        (ValueError, lambda archive, model: archive.write_out("nowhere")),
    ],
)  # fmt: skip
def test_errors_are_of_the_type_that_keras_raises(archive_class: Any, kind: type, misuse: Any) -> None:
    with pytest.raises(kind):
        misuse(archive_class(), mlp())


def test_the_three_lists(tmp_path: Path) -> None:
    model, ours, theirs = mlp(), specc.ExportArchive(), keras.export.ExportArchive()
    for archive in (ours, theirs):
        archive.track(model)
    for attribute in ("variables", "trainable_variables", "non_trainable_variables"):
        assert [id(each) for each in getattr(ours, attribute)] == [id(each) for each in getattr(theirs, attribute)]


@pytest.mark.parametrize("build", [mlp, two_inputs, listed])
def test_export_is_what_model_export_writes(tmp_path: Path, build: Any, capsys: pytest.CaptureFixture[str]) -> None:
    model = build()
    report = specc.export(model, tmp_path / "specc")
    printed = capsys.readouterr().out
    assert printed.startswith(
        f"Saved artifact at '{report.path}'. The following endpoints are available:\n\n* Endpoint 'serve'\n"
    )
    model.export(str(tmp_path / "keras"), verbose=False)
    assert wire(tmp_path / "specc") == wire(tmp_path / "keras")


def test_export_of_a_subclassed_model(tmp_path: Path) -> None:
    class One(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, features: Any) -> Any:
            return self.dense(features["x"])

    model = One()
    with pytest.raises(ValueError, match="has not yet been built"):
        specc.export(model, tmp_path / "specc")
    model({"x": tf.ones([1, 3])})
    specc.export(model, tmp_path / "specc", verbose=False)
    model.export(str(tmp_path / "keras"), verbose=False)
    assert wire(tmp_path / "specc") == wire(tmp_path / "keras")


def test_save_options_are_passed_on(tmp_path: Path) -> None:
    archive = specc.ExportArchive()
    fill_mlp(archive, mlp())
    known = inspect.signature(tf.saved_model.SaveOptions).parameters
    tags = ["gpu"] if "extra_tags" in known else []  # not in TensorFlow 2.16
    more = {"extra_tags": tags} if tags else {}
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False, save_debug_info=True, **more)
    archive.write_out(tmp_path / "archive", options=options, verbose=False)
    (graph,) = meta_graphs(tmp_path / "archive")
    assert list(graph.meta_info_def.tags) == ["serve", *tags]
    assert (tmp_path / "archive" / "debug").exists()
    assert specc.inspect(tmp_path / "archive").save_options.extra_tags == tuple(tags)


def test_a_revived_archive_is_exported_again(tmp_path: Path) -> None:
    written(specc.ExportArchive, CASES["dict"], tmp_path / "first")
    revived, archive = tf.saved_model.load(str(tmp_path / "first")), specc.ExportArchive()
    archive.track(revived)
    archive.add_endpoint("serve", revived.serve)
    archive.add_endpoint("flat", revived.signatures["serve"])
    archive.write_out(tmp_path / "second", verbose=False)
    again = tf.saved_model.load(str(tmp_path / "second"))
    inputs = {"l": tf.constant(PAIR), "r": tf.constant(ROW)}
    np.testing.assert_allclose(again.serve(inputs)["sum"], revived.serve(inputs)["sum"])
    assert len(again.variables) == 2


def test_a_collection_overwrites_nothing() -> None:
    archive = specc.ExportArchive()
    fill_mlp(archive, mlp())
    with pytest.raises(ValueError, match="the name 'call_inference' is already taken"):
        archive.add_variable_collection("call_inference", [])
