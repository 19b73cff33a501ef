"""A Functional model gets its inputs in its own containers, whose flat order Keras uses."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from exports import document
from three_ways import Archive

import specc

pytestmark = pytest.mark.tensorflow

COLUMN = "float32[batch, 1]"
DECLARED = {"item": COLUMN, "user": COLUMN}
HERE = __name__


def column(value: float) -> tf.Tensor:
    return tf.constant([[float(value)]])


FEATURES = {"user": column(1), "item": column(2)}


def features(*names: str) -> dict[str, Any]:
    return {name: keras.Input((1,), name=name) for name in names}


def of(container: Callable[[Any], Any]) -> keras.Model:
    """A model of ``user - 100 * item``, which is -199 for 1 and 2, and -98 if the two are swapped."""
    inputs = container(features("user", "item"))
    return keras.Model(inputs, inputs["user"] - 100.0 * inputs["item"])


def default_dict(items: Any) -> Any:
    return defaultdict(list, items)


class Wrapped(keras.Model):
    """A Functional model as an attribute."""

    def __init__(self, inner: keras.Model) -> None:
        super().__init__()
        self.tower = inner

    def call(self, inputs: Any) -> Any:
        return self.tower(inputs)


def as_plain(inputs: Any) -> Any:
    return {"item": inputs["item"], "user": inputs["user"]}


def as_ordered(inputs: Any) -> Any:
    return OrderedDict(item=inputs["item"], user=inputs["user"])


def answers(path: Path | str, document: specc.Document, *arguments: Any) -> list[float]:
    """The result of each surface of the archive."""
    archive, name = Archive(specc.compile(document), path), document.default
    assert name is not None
    asked = (archive.ask_revived, archive.ask_signature, archive.ask_session)
    return [float(value[0, 0]) for ask in asked for value in ask(name, arguments).values()]


def built(export: Callable[..., Any], model: Any, *arguments: Any, **more: Any) -> list[float]:
    endpoints = {"score": {"inputs": [DECLARED], "outputs": COLUMN, **more}}
    _, report = export(model, endpoints)
    return answers(report.path, document(endpoints), *(arguments or (FEATURES,)))


@pytest.mark.parametrize("container", [OrderedDict, dict, default_dict])
@pytest.mark.parametrize("function", ["__call__", "call"])
def test_it_answers_as_in_its_own_containers(
    export: Callable[..., Any], container: Callable[[Any], Any], function: str
) -> None:
    model = of(container)
    assert float(model(container(FEATURES)).numpy().item()) == -199.0
    assert built(export, model, function=function) == [-199.0] * 3


@pytest.mark.parametrize("step", ["as_plain", "as_ordered"])
@pytest.mark.parametrize("container", [OrderedDict, dict])
def test_so_does_what_preprocess_returned(
    export: Callable[..., Any], container: Callable[[Any], Any], step: str
) -> None:
    assert built(export, of(container), preprocess=f"{HERE}:{step}") == [-199.0] * 3


@pytest.mark.parametrize("function", ["tower", "tower.call", "tower.__call__"])
def test_so_does_a_model_on_the_path_of_the_function(export: Callable[..., Any], function: str) -> None:
    assert built(export, Wrapped(of(OrderedDict)), function=function) == [-199.0] * 3


def test_containers_in_containers(export: Callable[..., Any]) -> None:
    z, y, x, w = features("z", "y", "x", "w").values()
    inputs = {"b": [OrderedDict(z=z, y=y)], "a": (OrderedDict(x=x, w=w),)}
    model = keras.Model(inputs, z * 1000.0 + y * 100.0 + x * 10.0 + w)
    pairs = {"w": column(1), "x": column(2)}, {"y": column(3), "z": column(4)}
    declared = {"a": [{"w": COLUMN, "x": COLUMN}], "b": [{"y": COLUMN, "z": COLUMN}]}
    given = {"a": [pairs[0]], "b": [pairs[1]]}
    assert built(export, model, given, inputs=[declared]) == [4321.0] * 3


def test_after_a_keras_file_they_are_plain_dicts(export: Callable[..., Any], tmp_path: Path) -> None:
    of(OrderedDict).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    kept = loaded(type(loaded.input)(FEATURES))
    assert built(export, loaded) == [float(kept.numpy().item())] * 3


@pytest.mark.skipif(keras.__version__.startswith("3.8."), reason="Keras 3.8 refuses None in a dict of inputs")
def test_an_optional_input_that_is_not_declared_is_none(export: Callable[..., Any]) -> None:
    class OrZero(keras.layers.Layer):
        def call(self, x: Any, bonus: Any) -> Any:
            return x if bonus is None else x + bonus

    inputs = OrderedDict(features("user", "item"))
    inputs["bonus"] = keras.Input((1,), name="bonus", optional=True)
    model = keras.Model(inputs, OrZero()(inputs["user"] - 100.0 * inputs["item"], inputs["bonus"]))
    assert built(export, model) == [-199.0] * 3


def test_an_optional_input_that_is_declared_is_given(export: Callable[..., Any]) -> None:
    inputs = OrderedDict(features("user", "item"))
    inputs["bonus"] = keras.Input((1,), name="bonus", optional=True)
    model = keras.Model(inputs, inputs["user"] - 100.0 * inputs["item"] + inputs["bonus"])
    declared, given = {**DECLARED, "bonus": COLUMN}, {**FEATURES, "bonus": column(1000)}
    assert built(export, model, given, inputs=[declared]) == [801.0] * 3


class OwnCall(keras.Model):
    """A Functional model with an overridden ``call``, which gets the declared order."""

    def call(self, inputs: Any, training: Any = None) -> Any:
        first, second = inputs.values()
        return first - 100.0 * second


def test_a_call_of_ones_own_gets_what_is_declared(export: Callable[..., Any]) -> None:
    inputs = OrderedDict(features("user", "item"))
    model = OwnCall(inputs, inputs["user"] - 100.0 * inputs["item"])
    assert built(export, model) == [2.0 - 100.0] * 3


def test_a_list_of_inputs_is_declared_by_their_names_as_keras_has_it(export: Callable[..., Any]) -> None:
    user, item = features("user", "item").values()
    assert built(export, keras.Model([user, item], user - 100.0 * item)) == [-199.0] * 3


@pytest.mark.parametrize("container", [OrderedDict, dict])
def test_the_drop_in_answers_as_keras_does(tmp_path: Path, container: Callable[[Any], Any]) -> None:
    model = of(container)
    for kind in (keras.export.ExportArchive, specc.ExportArchive):
        archive, path = kind(), str(tmp_path / kind.__module__.partition(".")[0])
        archive.track(model)
        signature = [
            container({name: keras.InputSpec(shape=(None, 1), dtype="float32", name=name) for name in FEATURES})
        ]
        archive.add_endpoint("score", model.__call__, signature)
        archive.write_out(path, verbose=False)
        result = tf.saved_model.load(path).signatures["score"](**FEATURES)
        assert [value.numpy().item() for value in result.values()] == [-199.0]
    rebuilt = specc.loads(specc.dump(archive.spec))
    specc.compile(rebuilt).export(model, tmp_path / "rebuilt")
    assert answers(tmp_path / "rebuilt", rebuilt, FEATURES) == [-199.0] * 3


def test_model_export_and_init_answer_as_the_model_does(tmp_path: Path) -> None:
    model = of(OrderedDict)
    specc.export(model, tmp_path / "exported", verbose=False)
    inferred = specc.infer_spec(model).document
    specc.compile(inferred).export(model, tmp_path / "built")
    assert answers(tmp_path / "exported", inferred, FEATURES) == [-199.0] * 3
    assert answers(tmp_path / "built", inferred, FEATURES) == [-199.0] * 3


def test_in_the_drop_in_other_functions_get_the_containers_of_their_signature(tmp_path: Path) -> None:
    """An OrderedDict cannot be written in a spec, so the spec does not name such a function, and cannot rebuild it."""
    model = Wrapped(of(OrderedDict))
    model(OrderedDict(FEATURES))
    spec = tf.TensorSpec((None, 1), tf.float32)
    archive = specc.ExportArchive()
    archive.track(model)
    archive.add_endpoint("ordered", model.__call__, [OrderedDict(user=spec, item=spec)])
    archive.add_endpoint("plain", model.__call__, [{"user": spec, "item": spec}])
    archive.write_out(tmp_path / "archive", verbose=False)
    revived = tf.saved_model.load(str(tmp_path / "archive"))
    assert [getattr(revived, name)(FEATURES).numpy().item() for name in ("ordered", "plain")] == [-199.0, -98.0]
    assert [archive.spec.endpoints[name].function for name in ("ordered", "plain")] == [None, "__call__"]


@pytest.mark.parametrize("symbolic", [True, False])
def test_init_says_where_a_function_was_called_with_an_ordered_dict(symbolic: bool) -> None:
    model = Wrapped(of(OrderedDict))
    call = OrderedDict(features("user", "item") if symbolic else FEATURES)
    model(call)
    inferred = specc.infer_spec(model) if symbolic else specc.infer_spec(model, example=[call])
    assert any("called with an OrderedDict" in str(guess) for guess in inferred.guesses)
    plain = specc.infer_spec(model, example=[dict(call)])
    assert not any("OrderedDict" in str(guess) for guess in plain.guesses)
