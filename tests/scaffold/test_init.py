"""First specs of models: each is valid, can be built, and the archive returns the model's results."""

import collections
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import specc
from specc.language.load import load_spec
from specc.scaffold.from_model.call_recorder import record_first_calls
from specc.scaffold.from_model.recorded_inputs import recorded_inputs

pytestmark = pytest.mark.tensorflow

layers = keras.layers
FIRST_CALL = "the sizes, except the batch size, are those of the first call; check which of them may vary"
BATCH = "dims.batch: the first dimension of every input that leaves it open; check that these are always equal"
SIZES = {"batch": 2, "?": 3, "query_time": 4, "value_time": 5, "time": 6, "height": 32, "width": 48, "x_time": 2}


def named(name: str, leaf: str) -> dict[str, Any]:
    dtype, dims = leaf.rstrip("]").split("[")
    shape = [int(dim) if dim.isdigit() else dim for dim in dims.split(", ")] if dims else []
    return {"kind": "tensor", "dtype": dtype, "shape": shape, "name": name}


def example(tree: Any) -> Any:
    """Values for a tree of the canonical JSON."""
    match tree:
        case str():
            dtype, dims = tree.rstrip("]").split("[")
            shape = [SIZES.get(dim) or int(dim) for dim in dims.split(", ")] if dims else []
            return values(dtype, shape)
        case list():
            return [example(item) for item in tree]
        case {"kind": "tensor"}:
            return values(tree["dtype"], [SIZES.get(dim, dim) for dim in tree["shape"]])
        case {"kind": "ragged"}:
            return tf.ragged.constant([[1, 2], [3]], dtype=tree["dtype"])
        case {"kind": "sparse"}:
            return tf.sparse.from_dense(np.eye(2, tree["shape"][1], dtype=tree["dtype"]))
        case {"kind": "tuple"}:
            return tuple(example(item) for item in tree["items"])
        case _:
            return {key: example(item) for key, item in tree.items()}


def values(dtype: str, shape: list[int]) -> tf.Tensor:
    random = np.random.default_rng(5)
    if dtype == "string":
        return tf.constant(random.choice(["a", "b"], shape))
    return tf.constant(random.integers(0, 4, shape) if "int" in dtype else random.normal(size=shape), dtype)


@pytest.fixture
def built(tmp_path: Path) -> Callable[..., Any]:
    """Writes a spec, loads it as ``specc validate`` does, builds and revives it."""

    def run(inferred: specc.InferredSpec, model: Any) -> Any:
        file = tmp_path / "first.specc.json"
        file.write_text(specc.dump(inferred.document))
        specc.compile(load_spec(file).document).export(model, tmp_path / "archive")
        return tf.saved_model.load(str(tmp_path / "archive"))

    return run


def assert_same(left: Any, right: Any) -> None:
    for mine, theirs in zip(
        tf.nest.flatten(left, expand_composites=True), tf.nest.flatten(right, expand_composites=True), strict=True
    ):
        if mine.dtype == tf.string:
            assert mine.numpy().tolist() == theirs.numpy().tolist()
        else:
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def nested() -> keras.Model:
    user, events = keras.Input((3,), name="user"), keras.Input((None, 4))
    amount = keras.Input((), dtype="int32", name="user-id")
    hidden = layers.LSTM(3, return_sequences=True)(events)
    outputs = [layers.Dense(2, name="score")(user), hidden, hidden[:, ::2], layers.Dense(1)(user) + 1.0]
    return keras.Model({"user": user, "rest": [events, amount]}, outputs)


def two_lengths() -> keras.Model:
    query, value = keras.Input((None, 8), name="query"), keras.Input((None, 8), name="value")
    return keras.Model([query, value], {"attended": layers.MultiHeadAttention(2, 4)(query, value), "value": value * 2})


def one_length() -> keras.Model:
    left, right = keras.Input((None, 4), name="left"), keras.Input((None, 4), name="right")
    return keras.Model({"left": left, "right": right}, layers.Add(name="sum")([left, right]))


def sequential() -> keras.Model:
    return keras.Sequential([keras.Input((7,)), layers.Dense(3), layers.Dense(2, name="logits")])


def words() -> keras.Model:
    vectorize = layers.TextVectorization(output_sequence_length=5, vocabulary=["a", "b"])
    pooled = [vectorize, layers.Embedding(10, 4), layers.GlobalAveragePooling1D(), layers.Dense(1, name="sentiment")]
    return keras.Sequential([keras.Input((), dtype="string", name="review"), *pooled])


def lookups() -> keras.Model:
    city = keras.Input((1,), dtype="string")
    return keras.Model(
        {"city": city}, layers.Dense(2)(layers.StringLookup(vocabulary=["a"], output_mode="one_hot")(city))
    )


def images() -> keras.Model:
    image = keras.Input((None, None, 1), name="image")
    small = layers.Conv2D(2, 3, strides=4, padding="same")(image)
    mask = layers.Concatenate(name="mask")([image, layers.UpSampling2D(4)(small)])
    return keras.Model(image, (mask, small, layers.GlobalAveragePooling2D()(small)))


def ragged_and_sparse() -> keras.Model:
    ids = keras.Input((None,), ragged=True, dtype="int64", name="ids")
    tags = keras.Input((10,), sparse=True, name="tags")
    return keras.Model([ids, tags], [layers.Dense(2)(tags), ids * 2])


def mixed() -> keras.Model:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        return sequential()
    finally:
        keras.config.set_dtype_policy("float32")


def stateful() -> keras.Model:
    return keras.Sequential([keras.Input(batch_shape=(2, None, 4)), layers.LSTM(3, stateful=True)])


class Ranker(keras.Model):
    """Two arguments, and a result in a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.dense, self.lookup = layers.Dense(2), layers.StringLookup(vocabulary=["a", "b"])

    def call(self, user: Any, terms: Any, training: bool = False) -> Any:
        return {"user": self.dense(user), "terms": self.lookup(terms["words"])}


def symbolically_called() -> keras.Model:
    ranker = Ranker()
    ranker(keras.Input((3,)), terms={"words": keras.Input((None,), dtype="string")}, training=True)
    return ranker


class Starred(keras.Model):
    """Any number of arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, *inputs: Any, scale: float = 1.0) -> Any:
        return self.dense(inputs[0]) * scale + self.dense(inputs[1])


def starred() -> keras.Model:
    model = Starred()
    model(keras.Input((3,)), keras.Input((3,)), scale=3.0)
    return model


class Tokens(keras.Model):
    """One argument, whose dtype Keras does not record, and a pair."""

    def __init__(self, first: keras.Layer) -> None:
        super().__init__()
        self.first = first

    def call(self, tokens: Any) -> Any:
        return self.first(tokens), tokens


def called_on_words() -> keras.Model:
    model = Tokens(layers.StringLookup(vocabulary=["a"]))
    model(tf.constant([["a", "b"]]))
    return model


def called_on_numbers() -> keras.Model:
    model = Tokens(layers.Embedding(9, 3))
    model(tf.constant([[1, 2]]))
    return model


def called_on_pairs() -> keras.Model:
    class Pairs(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs: Any, training: Any = None) -> Any:
            return self.dense(inputs[0]) + self.dense(inputs[1]["class"])

    model = Pairs()
    model((tf.ones([4, 3]), {"class": tf.ones([4, 3])}))
    return model


NO_TRAINING = {"kwargs": {"training": False}}
MODELS: list[tuple[Callable[[], Any], dict[str, Any], list[str]]] = [
    (
        nested,
        {
            **NO_TRAINING,
            "inputs": [{"rest": ["float32[batch, time, 4]", named("user-id", "int32[batch]")], "user": "float32[batch, 3]"}],
            "outputs": [named("score", "float32[batch, 2]"), "float32[batch, time, 3]", "float32[batch, ?, 3]", "float32[batch, 1]"],
        },
        [
            BATCH,
            "dims.time: axis 1 of 'rest_0' in 'serve'; check its name, and add bounds if there are any",
        ],
    ),
    (
        two_lengths,
        {
            **NO_TRAINING,
            "inputs": [[named("query", "float32[batch, query_time, 8]"), named("value", "float32[batch, value_time, 8]")]],
            "outputs": {"attended": "float32[batch, query_time, 8]", "value": "float32[batch, value_time, 8]"},
        },
        [
            BATCH,
            "dims.query_time: axis 1 of 'query' in 'serve'; check its name, and add bounds if there are any",
            "dims.value_time: axis 1 of 'value' in 'serve'; check its name, and add bounds if there are any",
        ],
    ),
    (
        one_length,
        {
            **NO_TRAINING,
            "inputs": [{"left": "float32[batch, time, 4]", "right": "float32[batch, time, 4]"}],
            "outputs": named("sum", "float32[batch, time, 4]"),
        },
        [
            BATCH,
            "dims.time: axis 1 of 'left' in 'serve'; check its name, and add bounds if there are any",
            "dims.time: axis 1 of 'right' in 'serve'; check its name, and add bounds if there are any",
        ],
    ),
    (sequential, {**NO_TRAINING, "inputs": ["float32[batch, 7]"], "outputs": named("logits", "float32[batch, 2]")}, [BATCH]),
    (
        words,
        {
            **NO_TRAINING,
            "arguments": ["review"],
            "inputs": ["string[batch]"],
            "outputs": named("sentiment", "float32[batch, 1]"),
        },
        [BATCH],
    ),
    (lookups, {**NO_TRAINING, "inputs": [{"city": "string[batch, 1]"}], "outputs": "float32[batch, 2]"}, [BATCH]),
    (
        images,
        {
            **NO_TRAINING,
            "arguments": ["image"],
            "inputs": ["float32[batch, height, width, 1]"],
            "outputs": {
                "kind": "tuple",
                "items": [named("mask", "float32[batch, height, width, 3]"), "float32[batch, ?, ?, 2]", "float32[batch, 2]"],
            },
        },
        [
            BATCH,
            "dims.height: axis 1 of 'image' in 'serve'; check its name, and add bounds if there are any",
            "dims.width: axis 2 of 'image' in 'serve'; check its name, and add bounds if there are any",
        ],
    ),
    (
        ragged_and_sparse,
        {
            **NO_TRAINING,
            "inputs": [
                [
                    {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"], "name": "ids"},
                    {"kind": "sparse", "dtype": "float32", "shape": ["batch", 10], "name": "tags"},
                ]
            ],
            "outputs": ["float32[batch, 2]", {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"]}],
        },
        [BATCH],
    ),
    (mixed, {**NO_TRAINING, "inputs": ["float32[batch, 7]"], "outputs": named("logits", "float16[batch, 2]")}, [BATCH]),
    (
        stateful,
        {**NO_TRAINING, "inputs": ["float32[2, time, 4]"], "outputs": "float32[2, 3]"},
        ["dims.time: axis 1 of 'inputs' in 'serve'; check its name, and add bounds if there are any"],
    ),
    (
        symbolically_called,
        {
            **NO_TRAINING,
            "arguments": ["user", "terms"],
            "inputs": ["float32[batch, 3]", {"words": "string[batch, time]"}],
            "outputs": {"terms": "int64[batch, time]", "user": "float32[batch, 2]"},
        },
        [BATCH, "dims.time: axis 1 of 'words' in 'serve'; check its name, and add bounds if there are any"],
    ),
    (
        starred,
        {
            "kwargs": {"scale": 3.0},
            "arguments": ["inputs_0", "inputs_1"],
            "inputs": ["float32[batch, 3]", "float32[batch, 3]"],
            "outputs": "float32[batch, 2]",
        },
        [BATCH],
    ),
    (
        called_on_words,
        {
            "arguments": ["tokens"],
            "inputs": ["string[batch, 2]"],
            "outputs": {"kind": "tuple", "items": ["int64[batch, 2]", "string[batch, 2]"]},
        },
        [
            BATCH,
            f"endpoints.serve.inputs: {FIRST_CALL}",
            "endpoints.serve.inputs[0]: the dtype string is a guess: Keras records only the shapes of the first call",
        ],
    ),
    (
        called_on_numbers,
        {
            "arguments": ["tokens"],
            "inputs": ["int64[batch, 2]"],
            "outputs": {"kind": "tuple", "items": ["float32[batch, 2, 3]", "int64[batch, 2]"]},
        },
        [
            BATCH,
            f"endpoints.serve.inputs: {FIRST_CALL}",
            "endpoints.serve.inputs[0]: the dtype int64 is a guess: Keras records only the shapes of the first call",
        ],
    ),
    (
        called_on_pairs,
        {
            **NO_TRAINING,
            "inputs": [{"kind": "tuple", "items": ["float32[batch, 3]", {"class": "float32[batch, 3]"}]}],
            "outputs": "float32[batch, 2]",
        },
        [
            BATCH,
            f"endpoints.serve.inputs: {FIRST_CALL}",
            "endpoints.serve.inputs[0].items[0]: the dtype float32 is a guess: Keras records only the shapes of the first call",
            "endpoints.serve.inputs[0].items[1].class: the dtype float32 is a guess: Keras records only the shapes of the first call",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "endpoint", "guesses"), MODELS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_keras_model(make: Callable[[], Any], endpoint: Any, guesses: list[str], built: Callable[..., Any]) -> None:
    model = make()
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json()["endpoints"] == {"serve": endpoint}
    assert [str(guess) for guess in inferred.guesses] == guesses
    arguments = [example(tree) for tree in endpoint["inputs"]]
    revived = built(inferred, model)
    expected = model(*arguments, **endpoint.get("kwargs", {}))
    if model.name.startswith("sequential") and any(getattr(layer, "stateful", False) for layer in model.layers):
        return  # each call continues from the last
    assert_same(expected, revived.serve(*arguments))


def test_efficientnet(built: Callable[..., Any]) -> None:
    model = keras.applications.EfficientNetB0(weights=None)
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json() == {
        "specc": 1,
        "name": "efficientnetb0",
        "dims": {"batch": {}},
        "endpoints": {
            "serve": {
                **NO_TRAINING,
                "inputs": ["float32[batch, 224, 224, 3]"],
                "outputs": named("predictions", "float32[batch, 1000]"),
            }
        },
    }
    image = values("float32", [1, 224, 224, 3])
    signature = built(inferred, model).signatures["serving_default"]
    assert_same(model(image, training=False), signature(inputs=image)["predictions"])


def test_a_model_that_has_a_longest_length_is_traced_for_short_ones() -> None:
    class Positions(layers.Layer):
        def build(self, shape: Any) -> None:
            self.positions = self.add_weight(shape=(30, 4))

        def call(self, x: Any) -> Any:
            return x + self.positions[: x.shape[1] or tf.shape(x)[1]]

    tokens = keras.Input((None, 4))
    document = specc.infer_spec(keras.Model(tokens, Positions()(tokens))).document
    assert document.to_json()["endpoints"]["serve"]["outputs"] == "float32[batch, time, 4]"


def test_what_is_cut_to_a_longest_length_has_no_size() -> None:
    class Cut(layers.Layer):
        def call(self, x: Any) -> Any:
            return x[:, :100]

    tokens = keras.Input((None, 4))
    document = specc.infer_spec(keras.Model(tokens, Cut()(tokens))).document
    assert document.to_json()["endpoints"]["serve"]["outputs"] == "float32[batch, ?, 4]"


def test_keys_that_are_no_names_and_an_input_that_is_optional(built: Callable[..., Any]) -> None:
    first, second = keras.Input((2,), name="class"), keras.Input((2,), name="other")
    third = keras.Input((2,), name="x", optional=True)
    model = keras.Model({"class": first, "X": second, "x": third}, first + second)
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json()["endpoints"]["serve"]["inputs"] == [
        {
            "X": "float32[batch, 2]",
            "class": named("class_", "float32[batch, 2]"),
            "x": named("x_2", "float32[batch, 2]"),
        }
    ]
    assert [str(guess) for guess in inferred.guesses[1:]] == [
        "endpoints.serve.inputs[0].X: wire name 'X', from its key; its keras.Input is named 'other'",
        "endpoints.serve.inputs: 'x' is optional in Keras; an archive always requires it",
        "endpoints.serve.inputs[0].class: wire name 'class_', since 'class' is not legal or is already taken",
        "endpoints.serve.inputs[0].x: wire name 'x_2', since 'x' is not legal or is already taken",
    ]
    built(inferred, model)


class Tool(tf.Module):
    """Functions with a signature, with a trace, with neither, and one that is private."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = tf.Variable(2.0)
        self.late = tf.function(lambda x: x)
        self._hidden = tf.function(lambda x: x, input_signature=[tf.TensorSpec([])])

    @tf.function(input_signature=[tf.TensorSpec([None, 3]), tf.TensorSpec([], name="K")])
    def scale(self, x: Any, k: Any) -> Any:
        return {"scaled": x * k * self.weight}

    @tf.function
    def shift(self, x: Any, training: bool = False) -> Any:
        return x + (1.0 if training else 2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None, None])])
    def product(self, x: Any, y: Any) -> Any:
        return tf.matmul(x, y)


def test_the_functions_of_a_module(built: Callable[..., Any]) -> None:
    tool = Tool()
    tool.shift(tf.ones([2]), training=True)
    inferred = specc.infer_spec(tool)
    data = inferred.document.to_json()
    assert data["endpoints"] == {
        "product": {
            "function": "product",
            "arguments": ["x", "y"],
            "inputs": ["float32[x_batch, x_time]", "float32[y_batch, y_time]"],
            "outputs": "float32[?, ?]",
        },
        "scale": {
            "function": "scale",
            "arguments": ["x", "k"],
            "inputs": ["float32[batch, 3]", named("K", "float32[]")],
            "outputs": {"scaled": "float32[batch, 3]"},
        },
        "shift": {
            "function": "shift",
            "kwargs": {"training": True},
            "arguments": ["x"],
            "inputs": ["float32[2]"],
            "outputs": "float32[2]",
        },
    }
    assert data["default"] is None
    assert [str(guess) for guess in inferred.guesses if guess.path[0] != "dims"] == [
        "endpoints.product.outputs: it is not known which dimensions of the inputs they follow: tracing with fixed sizes failed",
        "endpoints.late: left out: the tf.function was never called; give it an input_signature, or call it once where "
        "the model is created",
        "default: none; choose one of product, scale, shift",
    ]
    revived = built(inferred, tool)
    assert revived.shift(tf.ones([2])).numpy().tolist() == [2.0, 2.0]


def test_a_function_by_itself(built: Callable[..., Any]) -> None:
    double = tf.function(lambda rows: rows * 2, input_signature=[tf.TensorSpec([None, 5])])
    inferred = specc.infer_spec(double)
    assert inferred.document.to_json()["endpoints"] == {
        "serve": {"arguments": ["rows"], "inputs": ["float32[batch, 5]"], "outputs": "float32[batch, 5]"}
    }
    assert built(inferred, double).serve(tf.ones([1, 5])).numpy().tolist() == [[2.0] * 5]


class Keywords(keras.Model):
    """Inputs that cannot all be given by position."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, a: Any, b: Any = None, c: Any = None) -> Any:
        return self.dense(a) if c is None else self.dense(a) + c


class Returns(keras.Model):
    """A model that returns the result of a given function of one tensor."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.dense, self.make = layers.Dense(2), make

    def call(self, x: Any) -> Any:
        return self.make(self.dense(x))


def called(model: Any, *arguments: Any, **more: Any) -> Any:
    model(*arguments, **more)
    return model


UNKNOWN = "model: bad-model: the inputs of the model cannot be determined: "
WRITE = 'write a function that returns tensors, and name it in "function"'


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Ranker, UNKNOWN + "it is not built; call it once where it is created, preferably on keras.Input tensors"),
        (
            lambda: called(Ranker(), tf.ones([1, 3]), {"words": tf.constant([["a"]])}),
            UNKNOWN + "it recorded the shape of user but not of terms; call it once on keras.Input tensors, or define "
            "build(self, user_shape, terms_shape)",
        ),
        (
            lambda: called(layers.StringLookup(vocabulary=["a"]), tf.constant(["a"])),
            UNKNOWN + "the shapes of its inputs are not recorded; call it once on keras.Input tensors, or put it into a "
            "keras.Sequential after a keras.Input",
        ),
        (
            lambda: called(Returns(lambda y: {"a": y, "b": None}), tf.ones([1, 3])),
            "endpoints.serve.outputs: output-conflict: the function returns None; a signature returns tensors, in lists, "
            f"tuples and dicts; {WRITE}",
        ),
        (
            lambda: called(Returns(lambda y: {1: y}), tf.ones([1, 3])),
            "endpoints.serve.outputs: output-conflict: the function returns an empty container, or a dict with a key that "
            f"is not a string; {WRITE}",
        ),
        (
            lambda: 3,
            "model: bad-model: an int has nothing that an endpoint can call; pass a built Keras model or layer, or an "
            "object with tf.functions that have an input_signature or a trace",
        ),
    ],
)  # fmt: skip
def test_models_of_which_there_is_no_spec(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(specc.SpecError) as caught:
        specc.infer_spec(make())
    assert [str(finding) for finding in caught.value.diagnostics] == [message]


def test_a_trace_that_fails_is_one_line() -> None:
    def fails(y: Any) -> Any:
        raise RuntimeError("not\nnow")

    model = called(Returns(lambda y: y), tf.ones([1, 3]))
    model.make = fails
    with pytest.raises(specc.SpecError) as caught:
        specc.infer_spec(model)
    (finding,) = caught.value.diagnostics
    assert (finding.rule, finding.path, finding.message) == (
        "trace-failed",
        ("endpoints", "serve", "function"),
        "tracing failed: RuntimeError: not",
    )


def test_keras_still_keeps_no_public_record_of_the_arguments_of_a_call() -> None:
    """If it does, ``recorded_inputs`` need not read ``_inbound_nodes``."""
    model = symbolically_called()
    assert list(recorded_inputs(model).arguments) == ["user", "terms"]
    assert [tensor.dtype for tensor in model.input] == ["float32", "string"]  # flat, and without names
    assert not [name for name in dir(model) if "node" in name.lower() and not name.startswith("_")]


SAID_ONCE = [BATCH, f"endpoints.serve.inputs: {FIRST_CALL}"]
RANKED = {
    **NO_TRAINING,
    "arguments": ["user", "terms"],
    "inputs": ["float32[batch, 3]", {"words": "string[batch, 1]"}],
    "outputs": {"terms": "int64[batch, 1]", "user": "float32[batch, 2]"},
}


def test_an_example_says_what_keras_does_not_keep(built: Callable[..., Any]) -> None:
    model, user = Ranker(), np.ones([4, 3])
    inferred = specc.infer_spec(model, example=[user, {"words": tf.constant([["a"]])}])
    assert inferred.document.to_json()["endpoints"] == {"serve": RANKED}
    assert [str(guess) for guess in inferred.guesses] == SAID_ONCE
    built(inferred, model)


class Optioned(keras.layers.Layer):
    """A layer that takes more than tensors."""

    def call(self, x: Any, options: Any = None) -> Any:
        return x


def test_the_call_that_made_a_model_is_heard() -> None:
    original = keras.Layer.__call__
    with record_first_calls() as call_of:
        model = called(Ranker(), np.ones([4, 3]), terms={"words": tf.constant([["a"]])}, training=True)
        called(Optioned(), tf.ones([1]), options={1: object(), "a": None})  # recording does not make a call fail
    assert keras.Layer.__call__ is original
    inferred = specc.infer_spec(model, example=call_of(model))
    assert inferred.document.to_json()["endpoints"] == {"serve": RANKED}
    assert call_of(Ranker()) is None


def test_a_sequential_model_that_a_call_built_takes_any_batch(built: Callable[..., Any]) -> None:
    model = called(keras.Sequential([layers.Dense(3)]), tf.ones([4, 5]))
    inferred = specc.infer_spec(model)
    assert inferred.document.to_json()["endpoints"]["serve"]["inputs"] == ["float32[batch, 5]"]
    assert str(inferred.guesses[1]) == "endpoints.serve.inputs: any batch size is assumed, not only 4"
    assert built(inferred, model).serve(tf.ones([2, 5])).shape == [2, 3]


def test_the_inferred_text_is_canonical() -> None:
    text = specc.dump(specc.infer_spec(sequential()).document)
    assert specc.dump(specc.loads(text)) == text
    assert json.loads(text)["dims"] == {"batch": {}}


def test_a_namedtuple_and_a_clash_of_names(built: Callable[..., Any]) -> None:
    point = collections.namedtuple("Point", ["x", "y"])
    model = called(Returns(lambda y: {"a": {"b": y}, "a_b": point(y, [y])}), tf.ones([1, 3]))
    inferred = specc.infer_spec(model)
    revived = built(inferred, model)
    assert sorted(revived.signatures["serve"].structured_outputs) == ["a_b", "a_b_x", "a_b_y_0"]
