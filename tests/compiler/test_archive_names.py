"""The names of an archive's functions and gradients are unambiguous when it is loaded beside any other archive."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import graph_debug_info_pb2
from varied_exports import document, graph_of

import specc

pytestmark = pytest.mark.tensorflow

VECTOR = "float32[batch]"


def scaled(factor: float) -> Callable[..., Any]:
    """The identity with the gradient ``factor``; two of them differ only in that."""

    @tf.custom_gradient
    def identity(x: Any) -> Any:
        return tf.identity(x), lambda upstream: upstream * factor

    return identity


def export(path: Path, function: Callable[..., Any], **more: Any) -> Path:
    endpoint = {"function": None, "inputs": [VECTOR], "outputs": VECTOR, **more}
    specc.compile(document({"serve": endpoint})).export(tf.Module(), path, functions={"serve": function})
    return path


def gradient(function: Callable[..., Any]) -> list[float]:
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        result = function(x)
    return tape.gradient(result, x).numpy().tolist()  # type: ignore[no-any-return]


LOAD = """
import sys, tensorflow as tf
for path in sys.argv[1:]:
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        result = tf.saved_model.load(path).serve(x)
    print(tape.gradient(result, x).numpy().tolist())
"""


def test_gradients_are_their_own_in_the_process_that_built_them_and_in_any_other(tmp_path: Path) -> None:
    factors = [7.0, 1000.0]
    paths = [export(tmp_path / str(factor), scaled(factor)) for factor in factors]
    revived = [tf.saved_model.load(str(path)) for path in (*paths, paths[0])]
    for loaded, factor in zip(revived, (*factors, 7.0), strict=True):
        assert gradient(loaded.serve) == [factor] * 2
        assert gradient(tf.function(lambda x, loaded=loaded: loaded.serve(x) * 1.0)) == [factor] * 2
    # An archive of an archive, and of two in one.
    again = export(tmp_path / "again", lambda x: revived[0].serve(x) + revived[1].serve(x))
    assert gradient(tf.saved_model.load(str(again)).serve) == [1007.0] * 2
    for order in itertools.permutations([*paths, again]):
        command = [sys.executable, "-c", LOAD, *map(str, order)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        wanted = {paths[0]: "[7.0, 7.0]", paths[1]: "[1000.0, 1000.0]", again: "[1007.0, 1007.0]"}
        assert done.stdout.splitlines() == [wanted[path] for path in order]


def test_a_gradient_outside_the_archive_is_not_replaced_by_another(tmp_path: Path) -> None:
    path = export(tmp_path / "without", scaled(7.0), gradients=False)
    with pytest.raises(LookupError, match="No gradient defined for operation"):
        gradient(tf.saved_model.load(str(path)).serve)


def test_archives_are_loaded_into_one_graph(tmp_path: Path) -> None:
    """Equal functions of two endpoints have different names, which must not clash with another archive."""
    inputs = keras.Input((None, 2))
    model = keras.Model(inputs, keras.layers.LSTM(2)(inputs))
    endpoint = {"inputs": ["float32[batch, time, 2]"], "outputs": "float32[batch, 2]"}
    training = {**endpoint, "kwargs": {"training": True}}
    specs = [{"run": endpoint}, {"a_training": training, "run": endpoint}, {"run": endpoint, "training": training}]
    x, words = np.ones((1, 3, 2), np.float32), ["bee"]
    asked = []
    for index, endpoints in enumerate(specs):
        report = specc.compile(document(endpoints, default="run")).export(model, tmp_path / f"network_{index}")
        asked.append((report.path, "run", x, model(x).numpy()))
    look_up = document({"look": {"function": None, "inputs": ["string[batch]"], "outputs": VECTOR}})
    for index in range(2):
        table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(["ant", "bee"]), tf.constant([0.0, index + 1.0])), -1.0
        )
        report = specc.compile(look_up).export(tf.Module(), tmp_path / f"t_{index}", functions={"look": table.lookup})
        asked.append((report.path, "look", words, [index + 1.0]))
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for path, key, value, wanted in asked:
            np.testing.assert_allclose(ask(session, path, key, value), wanted, rtol=1e-5)
        for path, key, value, wanted in asked:  # once more, with all of them there
            np.testing.assert_allclose(ask(session, path, key, value, "again"), wanted, rtol=1e-5)


def ask(session: Any, path: Path, key: str, value: Any, scope: str = "first") -> Any:
    """The results of a signature in a Session that also holds other archives."""
    scope = f"{scope}_{path.name}"
    graph = tf.compat.v1.saved_model.load(session, ["serve"], str(path), import_scope=scope)
    sides = (graph.signature_def[key].inputs, graph.signature_def[key].outputs)
    (given,), (output,) = (list(side.values()) for side in sides)
    return session.run(f"{scope}/{output.name}", {f"{scope}/{given.name}": value})


def test_stack_traces_belong_to_functions_of_the_archive(tmp_path: Path) -> None:
    endpoint = {"function": None, "inputs": [VECTOR], "outputs": VECTOR}
    spec = document({"serve": endpoint}, save_options={"save_debug_info": True})
    functions = {"serve": lambda x: tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, y + 1.0), (0, x))[1]}
    path = specc.compile(spec).export(tf.Module(), tmp_path / "archive", functions=functions).path
    library = graph_of(path).graph_def.library
    info = graph_debug_info_pb2.GraphDebugInfo.FromString((path / "debug/saved_model_debug_info.pb").read_bytes())
    traced = {key.rpartition("@")[2] for key in (*info.traces, *getattr(info, "name_to_trace_id", ()))}
    names = {function.signature.name for function in library.function}
    assert traced
    assert traced <= names | {""}


def _swish(inputs: Any) -> Any:
    return keras.layers.Dense(2, activation="swish")(inputs)


def _lstm(inputs: Any) -> Any:
    return keras.layers.LSTM(2)(keras.layers.Reshape((2, 2))(inputs))


def _branches(inputs: Any) -> Any:
    def loop(x: Any) -> Any:
        return tf.while_loop(
            lambda index, _: index < 3,
            lambda index, y: (index + 1, tf.cond(tf.reduce_sum(y) > 0.0, lambda: scaled(3.0)(y), lambda: y * y)),
            (0, x),
        )[1]

    return keras.layers.Lambda(loop, output_shape=(4,))(inputs)


@pytest.mark.parametrize("made", [_swish, _lstm, _branches])
def test_values_and_gradients_are_the_models_own(made: Callable[..., Any], tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    model = keras.Model(inputs, made(inputs))
    width = model.output_shape[-1]
    endpoint = {"inputs": ["float32[batch, 4]"], "outputs": f"float32[batch, {width}]"}
    spec = document({"serve": endpoint, "again": {**endpoint, "kwargs": {"training": False}}})
    path = specc.compile(spec).export(model, tmp_path / "archive").path
    revived = tf.saved_model.load(str(path))
    x = tf.constant([[0.5, -1.0, 2.0, 0.25]])
    for function in (revived.serve, revived.again):  # within a tf.function TensorFlow cannot, of a loop with variables
        np.testing.assert_allclose(function(x), model(x), rtol=1e-5)
        np.testing.assert_allclose(_slopes(function, x), _slopes(tf.function(model), x), rtol=1e-5)
    weights = [variable.numpy() for variable in revived.variables]
    for saved, own in zip(weights, model.variables, strict=True):
        np.testing.assert_array_equal(saved, own.numpy())
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        answer = ask(session, path, "serve", x.numpy())
    np.testing.assert_allclose(answer, model(x), rtol=1e-5)


def _slopes(function: Callable[..., Any], x: Any) -> Any:
    with tf.GradientTape() as tape:
        tape.watch(x)
        result = function(x)
    return tape.gradient(result, x).numpy()
