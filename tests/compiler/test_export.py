"""The revived object of an archive, for every kind of model and every kind of tree."""

import collections
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc

pytestmark = pytest.mark.tensorflow

VECTOR = "float32[batch, 3]"
X = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
Pair = collections.namedtuple("Pair", ["left", "right"])


def numbers(nested: Any) -> Any:
    """Nested tensors as nested Python lists, dense where they are composite."""
    match nested:
        case tf.RaggedTensor():
            return nested.to_list()
        case tf.SparseTensor():
            return tf.sparse.to_dense(nested).numpy().tolist()
        case dict():
            return {key: numbers(value) for key, value in nested.items()}
        case tuple() if hasattr(nested, "_fields"):
            return (type(nested).__name__, *(numbers(value) for value in nested))
        case tuple():
            return tuple(numbers(value) for value in nested)
        case list():
            return [numbers(value) for value in nested]
        case _:
            return nested.numpy().tolist()


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.dense(x)


def functional() -> keras.Model:
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(1)(inputs))


def built(model: Any) -> Any:
    model(X)
    return model


class Module(tf.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable([[1.0], [2.0], [3.0]])

    def __call__(self, x: Any) -> Any:
        return x @ self.weight


class TracedModule(Module):
    @tf.function
    def __call__(self, x: Any) -> Any:
        return x @ self.weight


class ConcreteModule(Module):
    def __init__(self) -> None:
        super().__init__()
        self.concrete = tf.function(super().__call__).get_concrete_function(tf.TensorSpec([None, 3]))

    def __call__(self, x: Any) -> Any:
        return self.concrete(x)


MODELS = {
    "subclassed": lambda: built(Subclassed()),
    "functional": functional,
    "sequential": lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]),
    "unbuilt subclassed": Subclassed,
    "bare layer": lambda: built(keras.layers.Dense(1)),
    "unbuilt layer": lambda: keras.layers.Dense(1),
    "tf.Module": Module,
    "tf.Module with a tf.function": TracedModule,
    "tf.Module with a concrete function": ConcreteModule,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model_binds(name: str, export: Any) -> None:
    model = MODELS[name]()
    revived, report = export(model, {"serve": {"inputs": [VECTOR], "outputs": "float32[batch, 1]"}})
    expected = np.asarray(model(X))
    np.testing.assert_array_equal(revived.serve(X), expected)
    np.testing.assert_array_equal(revived.serve(inputs=X), expected)
    for key in ("serve", "serving_default"):
        np.testing.assert_array_equal(revived.signatures[key](inputs=X)["output_0"], expected)
    assert len(revived.variables) == len(model.variables)
    assert report.variable_bytes < 2000


def test_a_traced_tf_function_binds_and_is_not_traced_again(export: Any) -> None:
    traces = []

    class WithTraced(Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3])])
        def serve(self, x: Any) -> Any:
            traces.append(1)
            return x @ self.weight

    model = WithTraced()
    expected = model.serve(X)
    revived, _ = export(model, {"serve": {"function": "serve", "inputs": [VECTOR], "outputs": "float32[batch, 1]"}})
    np.testing.assert_array_equal(revived.serve(X), expected)
    assert traces == [1]


def test_a_tf_function_can_be_the_model_itself(export: Any) -> None:
    weight = tf.Variable(2.0)
    revived, _ = export(
        tf.function(lambda x: x * weight), {"serve": {"inputs": [VECTOR], "outputs": "float32[batch, 3]"}}
    )
    assert numbers(revived.serve(X)) == numbers(X * 2.0)
    assert numbers(list(revived.variables)) == [2.0]


def test_functions_given_in_code(export: Any) -> None:
    model = Module()
    endpoint = {"function": None, "inputs": [VECTOR], "outputs": "float32[batch, 1]"}
    revived, _ = export(model, {"serve": endpoint}, functions={"serve": lambda x: model(x) + 1.0})
    assert numbers(revived.serve(X)) == numbers(model(X) + 1.0)


OUTPUTS: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "a bare tensor": (lambda x: x, VECTOR, X, {"output_0": X}),
    "a list": (lambda x: [x, x + 1.0], [VECTOR, VECTOR], [X, X + 1.0], {"output_0": X, "output_1": X + 1.0}),
    "a tuple declared as a list": (lambda x: (x, x + 1.0), [VECTOR, VECTOR], [X, X + 1.0], {}),
    "a tuple": (
        lambda x: (x, x + 1.0),
        {"kind": "tuple", "items": [VECTOR, VECTOR]},
        (X, X + 1.0),
        {"output_0": X, "output_1": X + 1.0},
    ),
    "a namedtuple": (
        lambda x: Pair(x + 1.0, x),
        {"kind": "namedtuple", "typename": "Pair", "fields": [["left", VECTOR], ["right", VECTOR]]},
        Pair(X + 1.0, X),
        {"left": X + 1.0, "right": X},
    ),
    "a dict in a list in a dict": (
        lambda x: {"b": [{"d": x, "c": x + 1.0}], "a": x + 2.0},
        {"a": VECTOR, "b": [{"c": VECTOR, "d": VECTOR}]},
        {"a": X + 2.0, "b": [{"c": X + 1.0, "d": X}]},
        {"a": X + 2.0, "b_0_c": X + 1.0, "b_0_d": X},
    ),
    "twelve outputs in order": (
        lambda x: [x + float(index) for index in range(12)],
        [VECTOR] * 12,
        [X + float(index) for index in range(12)],
        {f"output_{index}": X + float(index) for index in range(12)},
    ),
    "ragged": (
        lambda x: tf.RaggedTensor.from_tensor(x, lengths=[1, 3]),
        {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]},
        tf.ragged.constant([[1.0], [4.0, 5.0, 6.0]]),
        {"output_0_values": tf.constant([1.0, 4.0, 5.0, 6.0]), "output_0_row_splits": tf.constant([0, 1, 4], tf.int64)},
    ),
    "sparse": (
        tf.sparse.from_dense,
        {"kind": "sparse", "dtype": "float32", "shape": ["batch", 3]},
        tf.sparse.from_dense(X),
        {"output_0_dense_shape": tf.constant([2, 3], tf.int64)},
    ),
    "a variable": (lambda x: VARIABLE, "float32[2]", tf.constant([7.0, 8.0]), {}),
    "names of their own": (
        lambda x: {"user score": x},
        {"user score": {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "name": "Ünïcode/Name :0"}},
        {"user score": X},
        {"Ünïcode/Name :0": X},
    ),
}
VARIABLE = tf.Variable([7.0, 8.0])


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs(name: str, export: Any) -> None:
    function, declared, nested, flat = OUTPUTS[name]
    endpoint = {"function": None, "inputs": [VECTOR], "outputs": declared}
    revived, _ = export(None, {"serve": endpoint}, functions={"serve": function})
    assert numbers(revived.serve(X)) == numbers(nested)
    signature = revived.signatures["serve"](inputs=X)
    assert {key: numbers(signature[key]) for key in flat} == {key: numbers(value) for key, value in flat.items()}


def test_nested_inputs_of_every_kind(export: Any) -> None:
    def function(features: Any, pair: Any, scale: Any) -> Any:
        ragged, sparse = features["ragged"], features["deep"][0]["sparse"]
        assert sparse.shape.as_list() == [None, 3]  # a layer asks for the static shape
        return {
            "sum": tf.reduce_sum(ragged, 1) + tf.sparse.reduce_sum(sparse, 1),
            "pair": Pair(pair.right * scale, pair.left),
        }

    leaf = "float32[batch]"
    pair = {"kind": "namedtuple", "typename": "Pair", "fields": [["left", leaf], ["right", leaf]]}
    ragged = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]}
    sparse = {"kind": "sparse", "dtype": "float32", "shape": ["batch", 3]}
    endpoint = {
        "function": None,
        "arguments": ["features", "pair", "scale"],
        "inputs": [{"ragged": ragged, "deep": [{"sparse": sparse}]}, pair, "float32[]"],
        "outputs": {"sum": leaf, "pair": pair},
    }
    revived, report = export(None, {"serve": endpoint}, functions={"serve": function})
    features = {"ragged": tf.ragged.constant([[1.0], [2.0, 3.0]]), "deep": [{"sparse": tf.sparse.from_dense(X)}]}
    left, right = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
    expected = {"sum": [7.0, 20.0], "pair": ("Pair", [30.0, 40.0], [1.0, 2.0])}
    assert numbers(revived.serve(features, Pair(left, right), tf.constant(10.0))) == expected
    assert numbers(revived.serve(scale=tf.constant(10.0), pair=Pair(left, right), features=features)) == expected
    assert report.endpoints[0].inputs == (
        "deep_0_sparse_indices",
        "deep_0_sparse_values",
        "deep_0_sparse_dense_shape",
        "ragged_values",
        "ragged_row_splits",
        "left",
        "right",
        "scale",
    )


def test_no_inputs_at_all(export: Any) -> None:
    counter = tf.Variable(0)
    endpoint = {"function": None, "inputs": [], "outputs": {"count": "int32[]"}}
    revived, _ = export(None, {"next": endpoint}, functions={"next": lambda: {"count": counter.assign_add(1)}})
    assert [int(revived.next()["count"]), int(revived.signatures["next"]()["count"]), int(revived.next()["count"])] == [
        1,
        2,
        3,
    ]


def test_kwargs_reach_the_function(export: Any) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(momentum=0.5)])
    endpoint = {"inputs": [VECTOR], "outputs": VECTOR}
    revived, _ = export(
        model,
        {"serve": {**endpoint, "kwargs": {"training": False}}, "train": {**endpoint, "kwargs": {"training": True}}},
    )
    before = numbers(revived.serve(X))
    revived.train(X)
    model(X, training=True)
    assert numbers(revived.serve(X)) == numbers(model(X, training=False)) != before


def test_kwargs_that_a_function_changes_are_the_documents_own_again(export: Any) -> None:
    def function(x: Any, config: list[int]) -> Any:
        config.append(9)
        return x * float(len(config))

    endpoint = {"function": None, "kwargs": {"config": [1, 2]}, "inputs": [VECTOR], "outputs": VECTOR}
    revived, report = export(None, {"serve": endpoint}, functions={"serve": function})
    assert numbers(revived.serve(X)) == numbers(X * 3.0)
    assert specc.inspect(report.path).endpoints["serve"].kwargs == {"config": [1, 2]}


def test_training_is_an_option_of_every_layer(export: Any) -> None:
    endpoint = {"inputs": [VECTOR], "outputs": "float32[batch, 1]", "kwargs": {"training": False}}
    model = built(Subclassed())
    revived, _ = export(model, {"serve": endpoint})
    np.testing.assert_array_equal(revived.serve(X), model(X))


def test_a_model_made_under_a_strategy_is_stored_once(export: Any) -> None:
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1000)])
    revived, report = export(model, {"serve": {"inputs": [VECTOR], "outputs": "float32[batch, 1000]"}})
    np.testing.assert_array_equal(revived.serve(X), model(X))
    assert report.variable_bytes < 4 * 4 * 1000 + 1000
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(revived.serve(X))
    assert all(gradient is not None for gradient in tape.gradient(loss, revived.trainable_variables))


def test_autograph_is_off_unless_said(export: Any, refused: Any) -> None:
    def function(x: Any) -> Any:
        if tf.reduce_sum(x) > 0:
            return x
        return -x

    endpoint = {"function": None, "inputs": [VECTOR], "outputs": VECTOR}
    (finding,) = refused(None, {"serve": endpoint}, functions={"serve": function})
    assert finding.startswith("endpoints.serve.function: trace-failed: tracing failed: OperatorNotAllowedInGraphError:")
    assert "test_export.py" in finding
    revived, _ = export(None, {"serve": {**endpoint, "autograph": True}}, functions={"serve": function})
    assert numbers(revived.serve(-X)) == numbers(X)


def test_defaults_by_surface(export: Any, tmp_path: Any) -> None:
    scale = {"kind": "tensor", "dtype": "float32", "shape": [], "default": 3.0}
    offset = {"kind": "tensor", "dtype": "float32", "shape": [3], "default": [1.0, "Infinity", -1.0]}
    endpoint = {
        "function": None,
        "arguments": ["scale", "x", "options"],
        "inputs": [scale, VECTOR, {"offset": offset}],
        "outputs": VECTOR,
    }
    function = lambda scale, x, options: x * scale + options["offset"]  # noqa: E731
    revived, report = export(None, {"serve": endpoint}, functions={"serve": function})
    expected = (X * 3.0 + [1.0, np.inf, -1.0]).numpy()
    np.testing.assert_array_equal(revived.serve(tf.constant(3.0), X), expected)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        graph = tf.compat.v1.saved_model.load(session, ["serve"], str(report.path))
        for key in ("serve", "serving_default"):
            signature = graph.signature_def[key]
            assert sorted(signature.defaults) == ["offset", "scale"]
            feed = {signature.inputs["x"].name: X.numpy()}
            for name, value in signature.defaults.items():
                feed[signature.inputs[name].name] = tf.make_ndarray(value)
            np.testing.assert_array_equal(session.run(signature.outputs["output_0"].name, feed), expected)


def test_shapes_that_tracing_does_not_know_are_checked_at_run_time(export: Any) -> None:
    endpoint = {"function": None, "inputs": ["float32[...]"], "outputs": VECTOR}
    revived, _ = export(None, {"serve": endpoint}, functions={"serve": lambda x: tf.reshape(x, tf.shape(x))})
    signature = revived.signatures["serve"]
    assert signature.structured_outputs["output_0"].shape.as_list() == [None, 3]
    assert numbers(revived.serve(X)) == numbers(X)
    with pytest.raises(tf.errors.InvalidArgumentError):
        revived.serve(tf.ones([2, 4]))


def test_gradients_flow_through_the_revived_endpoint(export: Any) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="swish")])
    revived, _ = export(model, {"serve": {"inputs": [VECTOR], "outputs": "float32[batch, 2]"}})
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(revived.serve(X))
    gradients = tape.gradient(loss, revived.trainable_variables)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(X))
    expected = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    for ours, theirs in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_random_state_and_recurrent_state_are_kept(export: Any) -> None:
    inputs = keras.Input((None, 3), batch_size=2)
    outputs = keras.layers.Dropout(0.5, seed=3)(keras.layers.LSTM(2, stateful=True)(inputs))
    model = keras.Model(inputs, outputs)
    sequence = tf.ones([2, 4, 3])
    revived, _ = export(
        model,
        {"serve": {"inputs": ["float32[2, time, 3]"], "outputs": "float32[2, 2]", "kwargs": {"training": True}}},
    )
    for _ in range(3):
        np.testing.assert_allclose(revived.serve(sequence), model(sequence, training=True), rtol=1e-6)


def test_a_revived_archive_can_be_exported_again(export: Any, tmp_path: Any) -> None:
    model = built(Subclassed())
    endpoints = {"serve": {"inputs": [VECTOR], "outputs": "float32[batch, 1]"}}
    revived, report = export(model, endpoints)
    document = specc.inspect(report.path)
    again = document.model_copy(
        update={"endpoints": {"serve": document.endpoints["serve"].model_copy(update={"function": "serve"})}}
    )
    second = specc.compile(again).export(revived, tmp_path / "again")
    once_more = tf.saved_model.load(str(second.path))
    np.testing.assert_array_equal(once_more.serve(X), model(X))
