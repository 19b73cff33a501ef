"""First specs of archives of Keras, tf.Module and specc: built from the archive itself, with the same results."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from inferred_archives import CALLED, ITSELF, RENAMED, Doubling, assert_equal, exported
from inferred_models import BATCH

import specc
from specc.compiler.load_model import load_model

pytestmark = pytest.mark.tensorflow


def model() -> keras.Model:
    user, events = keras.Input((3,), name="user"), keras.Input((None, 4), name="Events")
    outputs = [keras.layers.Dense(2)(user), keras.layers.LSTM(3)(events)]
    return keras.Model({"user": user, "rest": [events]}, outputs)


def test_an_archive_that_keras_exported(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    net = model()
    net.export(tmp_path / "old", verbose=False)
    data, guesses, revived = rebuilt()
    leaf = {"kind": "tensor", "dtype": "float32"}
    assert data == {
        "model": "old/",
        "dims": {"batch": {}},
        "endpoints": {
            "serve": {
                "function": "serve",
                "arguments": ["args_0"],
                "inputs": [
                    {
                        "rest": [{**leaf, "shape": ["batch", "?", 4], "name": "Events"}],
                        "user": "float32[batch, 3]",
                    }
                ],
                "outputs": ["float32[batch, 2]", "float32[batch, 3]"],
            }
        },
    }
    assert guesses == [
        ITSELF,
        "serving_default: taken as an alias of 'serve', since all their tensors are the same",
        BATCH.format("'Events' and 'user'"),
    ]
    inputs = {"user": tf.random.normal([2, 3]), "rest": [tf.random.normal([2, 5, 4])]}
    np.testing.assert_allclose(net(inputs)[1], revived.serve(inputs)[1], rtol=1e-5)
    assert len(revived.variables) == len(net.variables)


def test_a_saved_model_of_keras_has_no_attribute_to_call(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    net = model()
    tf.saved_model.save(net, str(tmp_path / "old"))
    data, guesses, revived = rebuilt()
    assert data["endpoints"] == {
        "serve": {
            **CALLED,
            "inputs": [{"inputs": "float32[batch, ?, 4]", "inputs_1": "float32[batch, 3]"}],
            "outputs": {"output_0": "float32[batch, 2]", "output_1": "float32[batch, 3]"},
        }
    }
    assert guesses == [ITSELF, RENAMED, BATCH.format("'inputs' and 'inputs_1'")]
    inputs = {"inputs": tf.random.normal([2, 5, 4]), "inputs_1": tf.random.normal([2, 3])}
    old = tf.saved_model.load(str(tmp_path / "old")).signatures["serving_default"](**inputs)
    assert_equal(old, revived.signatures["serving_default"](**inputs))


UNPUBLISHED = "the archive has no signature for it, but one that is built from this spec has"


class Tool(tf.Module):
    """A function whose trace fixes an option, one of its own signature, and one that takes a name only."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(2.0)
        self.kept = [self.weight]

    @tf.function(input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([2])])
    def scale(self, x: Any, by: Any) -> Any:
        return x * by[0] * self.weight

    @tf.function
    def shift(self, x: Any, training: bool = False) -> Any:
        return {"nested": [x + (1.0 if training else 2.0)]}

    @tf.function
    def named(self, *, x: Any) -> Any:
        return x


def test_a_module_of_functions_and_signatures(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    tool = Tool()
    tool.shift(tf.ones([2]), training=True)
    tool.named(x=tf.ones([2]))
    concrete = tool.scale.get_concrete_function()
    tf.saved_model.save(tool, str(tmp_path / "old"), signatures={"scale": tool.scale, "scale/v2": concrete})
    data, guesses, revived = rebuilt()
    assert data["endpoints"] == {
        "named": {"function": "named", "arguments": ["x"], "inputs": ["float32[2]"], "outputs": "float32[2]"},
        "scale": {
            "function": "scale",
            "arguments": ["x", "by"],
            "inputs": ["float32[?, 3]", "float32[2]"],
            "outputs": "float32[?, 3]",
        },
        "scale_v2": {
            "function": "specc:call_signature",
            "kwargs": {"key": "scale/v2"},
            "inputs": [{"by": "float32[2]", "x": "float32[?, 3]"}],
            "outputs": {"output_0": "float32[?, 3]"},
        },
        "shift": {
            "function": "shift",
            "kwargs": {"training": True},
            "arguments": ["x"],
            "inputs": ["float32[2]"],
            "outputs": {"nested": ["float32[2]"]},
        },
    }
    assert data["default"] is None
    assert data["variable_collections"] == {"kept": "kept"}
    assert guesses == [
        ITSELF,
        f"endpoints.named: {UNPUBLISHED}",
        "endpoints.scale_v2: renamed from 'scale/v2', which cannot be an endpoint name; clients must use the new name",
        f"endpoints.shift: {UNPUBLISHED}",
        "named: the revived function takes x by name only",
        "shift: it was traced only with training=True",
    ]
    assert revived.shift(tf.ones([2]))["nested"][0].numpy().tolist() == [2.0, 2.0]
    assert revived.scale(tf.ones([1, 3]), tf.constant([3.0, 0.0])).numpy().tolist() == [[6.0] * 3]
    assert revived.named(tf.ones([2])).numpy().tolist() == revived.named(x=tf.ones([2])).numpy().tolist() == [1.0, 1.0]
    assert revived.kept[0].numpy() == 2.0


def test_a_function_called_serving_default_keeps_its_name(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    old = tf.Module()
    old.serving_default = tf.function(lambda x: {"y": x}, input_signature=[tf.TensorSpec([2])])  # type: ignore[attr-defined]
    tf.saved_model.save(old, str(tmp_path / "old"), signatures=old.serving_default)  # type: ignore[attr-defined]
    data, _, revived = rebuilt()
    assert data["endpoints"]["serving_default"]["function"] == "serving_default"
    assert revived.serving_default(tf.ones([2]))["y"].numpy().tolist() == [1.0, 1.0]


def test_an_endpoint_called_serve_keeps_its_name(tmp_path: Path, rebuilt: Callable[..., Any]) -> None:
    old, rows = tf.Module(), [tf.TensorSpec([2])]
    old.serve = tf.function(lambda x: x, input_signature=rows)  # type: ignore[attr-defined]
    old.other = tf.function(lambda x: {"z": x}, input_signature=rows)  # type: ignore[attr-defined]
    tf.saved_model.save(old, str(tmp_path / "old"), signatures={"serving_default": old.other})  # type: ignore[attr-defined]
    data, _, _ = rebuilt()
    assert (sorted(data["endpoints"]), data["default"]) == (["other", "serve", "serving_default"], "serving_default")
    assert data["endpoints"]["serve"]["function"] == "serve"


def test_a_contract_that_names_its_model_stays_as_it_is(tmp_path: Path) -> None:
    document = exported(tmp_path / "old", model="doubling:Doubling", endpoint={"function": "double"})
    inferred = specc.infer_archive_spec(tmp_path / "old")
    assert inferred.document == document
    assert [str(guess) for guess in inferred.guesses] == [
        "model: the archive's contract names 'doubling:Doubling'; check that it loads from the directory of the spec"
    ]


@pytest.mark.parametrize("more", [{}, {"model": "doubling:Doubling"}, {"endpoint": {"function": "double"}}])
def test_a_contract_that_does_not_name_its_model_is_built_from_the_archive(
    more: Any, tmp_path: Path, rebuilt: Callable[..., Any]
) -> None:
    exported(tmp_path / "old", **more)
    data, guesses, revived = rebuilt()
    assert data == {
        "model": "old/",
        "dims": {"batch": {}},
        "endpoints": {
            "serve": {
                "function": "serve",
                "arguments": ["x"],
                "inputs": ["float32[batch, 3]"],
                "outputs": {"y": "float32[batch, 3]"},
            }
        },
        "variable_collections": {"twos": "twos"},
    }
    assert len(guesses) == 1
    assert revived.serve(tf.ones([1, 3]))["y"].numpy().tolist() == [[2.0] * 3]


def test_archives_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "saved_model.pb").write_bytes(b"\xff\xff\xff")
    for name, message in (
        ("absent", "there is no such directory"),
        ("empty", "it has no saved_model.pb"),
        ("damaged", "it ends in the middle of a field"),
    ):
        for read in (
            lambda name=name: specc.infer_archive_spec(tmp_path / name),
            lambda name=name: load_model(f"{name}/", tmp_path, seed=0),
        ):
            with pytest.raises(specc.ArchiveError, match=message):
                read()


def test_weights_that_are_damaged_are_a_finding(tmp_path: Path) -> None:
    exported(tmp_path / "old")
    (tmp_path / "old" / "variables" / "variables.index").write_bytes(b"nothing")
    with pytest.raises(specc.SpecError) as caught:
        load_model("old/", tmp_path, seed=0)
    assert str(caught.value).startswith("model: bad-model: cannot load 'old/': ")


def test_a_signature_that_does_not_exist(tmp_path: Path) -> None:
    exported(tmp_path / "old")
    revived = tf.saved_model.load(str(tmp_path / "old"))
    for archive, message in (
        (revived, "the archive has no signature 'serv'; did you mean 'serve'?"),
        (Doubling(), "expected an archive as tf.saved_model.load returns it, got a Doubling"),
    ):
        with pytest.raises(ValueError, match="archive") as caught:
            specc.call_signature(archive, {"x": tf.ones([1, 3])}, key="serv")
        assert str(caught.value) == message
    for given in ({"x": tf.ones([1, 3])}, tf.ones([1, 3])):
        assert specc.call_signature(revived, given, key="serve")["y"].numpy().tolist() == [[2.0] * 3]


def test_a_tensor_for_a_signature_of_several_inputs(tmp_path: Path) -> None:
    old = tf.Module()
    old.f = tf.function(lambda x, y: x + y, input_signature=[tf.TensorSpec([])] * 2)  # type: ignore[attr-defined]
    old.none = tf.function(lambda: tf.constant(1), input_signature=[])  # type: ignore[attr-defined]
    tf.saved_model.save(old, str(tmp_path / "old"), signatures={"f": old.f, "none": old.none})  # type: ignore[attr-defined]
    revived = tf.saved_model.load(str(tmp_path / "old"))
    for key, why in (("f", "its inputs are x, y"), ("none", "it has no inputs")):
        with pytest.raises(ValueError, match="single tensor") as caught:
            specc.call_signature(revived, tf.ones([]), key=key)
        assert str(caught.value) == f"the signature {key!r} does not take a single tensor: {why}; pass a dict of them"
