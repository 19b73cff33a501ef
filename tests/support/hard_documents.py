"""Documents whose signatures and nested endpoints two writers could write differently."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from hard_cases import MATRIX, TEXT, VECTOR, Case, case

Pair = namedtuple("Pair", ("second", "first"))  # a spec's namedtuple has no types
SCALAR = "float32[]"


def leaf(dtype: str = "float32", shape: Any = ("batch",), **said: Any) -> dict[str, Any]:
    return {"kind": "tensor", "dtype": dtype, "shape": list(shape), **said}


def result_containers() -> Case:
    """A dict, a list, a tuple, a named tuple, None, a single tensor, and a nest of them; keys out of order."""
    pair = {"kind": "namedtuple", "typename": "Pair", "fields": [["second", VECTOR], ["first", VECTOR]]}
    results = {
        "as_dict": ({"z": VECTOR, "a": VECTOR, "B": VECTOR}, lambda x: {"z": x, "a": x + 1, "B": x + 2}),
        "as_list": ([VECTOR, VECTOR], lambda x: [x, x + 1]),
        "as_tuple": ({"kind": "tuple", "items": [VECTOR, VECTOR]}, lambda x: (x, x + 1)),
        "as_pair": (pair, lambda x: Pair(x, x + 1)),
        "as_one": (VECTOR, lambda x: x),
        "twelve": ([VECTOR] * 12, lambda x: [x + float(number) for number in range(12)]),
        "nested": (
            {"b": [VECTOR, {"a": VECTOR}], "a": {"kind": "tuple", "items": [VECTOR, [VECTOR]]}},
            lambda x: {"b": [x, {"a": x + 1}], "a": (x + 2, [x + 3])},
        ),
        "same": ({"b": VECTOR, "a": VECTOR}, lambda x: {"b": x, "a": x}),
    }
    endpoints = {name: {"inputs": [VECTOR], "outputs": outputs} for name, (outputs, _) in results.items()}
    return case(endpoints, {name: function for name, (_, function) in results.items()})


def argument_containers() -> Case:
    nest = {"z": VECTOR, "a": [VECTOR, {"kind": "tuple", "items": [MATRIX]}], "M": SCALAR}
    pair = {"kind": "namedtuple", "typename": "Pair", "fields": [["second", VECTOR], ["first", SCALAR]]}
    return case(
        {
            "nested": {"arguments": ["y", "x"], "inputs": [nest, VECTOR], "outputs": VECTOR},
            "paired": {"arguments": ["pair"], "inputs": [pair], "outputs": VECTOR},
            "nothing": {"arguments": [], "inputs": [], "outputs": SCALAR},
        },
        {
            "nested": lambda y, x: (
                y["z"] * 2 + y["a"][0] * 3 + tf.reduce_sum(y["a"][1][0], 1) * 5 + y["M"] * 7 + x * 11
            ),
            "paired": lambda pair: pair.second * 2 + pair.first,
            "nothing": lambda: tf.constant(5.0),
        },
    )


def wire_names() -> Case:
    """Wire names in another order than the arguments, and with characters that names of nodes lack."""
    inputs = [leaf(name="b-x"), leaf(name="A"), leaf(name="a.b/c")]
    outputs = {"y": leaf(name="Z/out"), "x": leaf(name="0-first")}
    weird = {"arguments": ["b", "a", "c"], "inputs": inputs, "outputs": outputs}
    plain = {"arguments": ["b", "a"], "inputs": [VECTOR, VECTOR], "outputs": [leaf(name="b"), leaf(name="a")]}
    return case(
        {"weird": weird, "Upper_Case": plain},
        {
            "weird": lambda b, a, c: {"y": b * 2 - a * 3 + c * 5, "x": a},
            "Upper_Case": lambda b, a: [b * 2 - a, a * 3 - b],
        },
    )


def defaults() -> Case:
    """Defaults of arguments, of all dtypes, nested, and those of a function's own."""
    by = leaf(shape=(), default=2.5)
    words = leaf("string", (2,), default=["a", "b"])
    count, flag = leaf("int64", (), default=3), leaf("bool", (), default=True)
    half, matrix = leaf("float16", (), default=0.5), leaf(shape=(2, 2), default=[[1, 2], [3, 4]])
    arguments = ["x", "by", "words", "count", "flag", "half", "matrix"]

    def scaled(x: Any, by: Any, words: Any, count: Any, flag: Any, half: Any, matrix: Any) -> Any:  # noqa: PLR0917
        rest = tf.cast(tf.strings.length(words[1]), tf.float32) + tf.cast(half, tf.float32) + tf.reduce_sum(matrix)
        return x * by * tf.cast(count, tf.float32) + tf.cast(flag, tf.float32) * rest

    return case(
        {
            "serve": {
                "arguments": arguments,
                "inputs": [VECTOR, by, words, count, flag, half, matrix],
                "outputs": VECTOR,
            }
        },
        {"serve": scaled},
    )


def composites() -> Case:
    ragged = {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?"]}
    deep = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?", "?"], "row_splits_dtype": "int32"}
    sparse = {"kind": "sparse", "dtype": "float32", "shape": ["batch", 4]}
    return case(
        {
            "ragged": {"arguments": ["z", "a"], "inputs": [ragged, VECTOR], "outputs": {"y": ragged, "x": VECTOR}},
            "deep": {
                "inputs": [deep],
                "outputs": {"kind": "ragged", "dtype": "int64", "shape": ["batch", "?"], "row_splits_dtype": "int32"},
            },
            "sparse": {"arguments": ["s"], "inputs": [sparse], "outputs": [sparse, VECTOR]},
        },
        {
            "ragged": lambda z, a: {"y": z * 2.0, "x": tf.reduce_sum(z, 1) + a},
            "deep": lambda words: tf.cast(words.row_lengths(2), tf.int64),
            "sparse": lambda s: [s * 2.0, tf.sparse.reduce_sum(s, 1)],
        },
    )


def receivers() -> Case:
    inputs = keras.Input((4,), name="x")
    model = keras.Model(inputs, keras.layers.Dense(2, activation="swish")(inputs))
    features = {"x": {"key": "the x"}}
    return case(
        {
            "serve": {
                "arguments": ["x"],
                "inputs": [MATRIX],
                "outputs": {"scores": "float32[batch, 2]"},
                "method": "classify",
                "receivers": {"examples": {"kind": "tf_example", "features": features}},
                "receiver": "examples",
            },
            "plain": {"arguments": ["x"], "inputs": [MATRIX], "outputs": "float32[batch, 2]",
                      "receivers": {"parsed": {"kind": "tf_example"}}},
        },
        {"serve": lambda x: {"scores": model(x)}, "plain": model.call},
        model,
    )  # fmt: skip


class Called(tf.Module):
    """A module that is called."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(3.0)

    def __call__(self, x: Any) -> Any:
        return {"y": x * self.scale}


def called() -> Case:
    endpoint = {"function": "__call__", "arguments": ["x"], "inputs": [VECTOR], "outputs": {"y": VECTOR}}
    return case({"__call__": endpoint, "serve": endpoint}, None, Called())


def one_core() -> Case:
    """Endpoints that share a trace, and one whose result is that of another in other containers."""
    inputs = keras.Input((4,), name="x")
    model = keras.Model(inputs, keras.layers.BatchNormalization()(keras.layers.Dense(2)(inputs)))
    endpoint = {"inputs": [MATRIX], "outputs": "float32[batch, 2]"}
    train = {**endpoint, "kwargs": {"training": True}}
    return case({"a": endpoint, "b": endpoint, "c": train, "d": train}, None, model, is_stateful=True)


def identity() -> Case:
    """Inputs that are outputs, constants that are outputs, and unused inputs."""
    return case(
        {
            "same": {"arguments": ["x", "y"], "inputs": [VECTOR, TEXT], "outputs": {"b": VECTOR, "a": TEXT}},
            "fixed": {"arguments": ["x"], "inputs": [VECTOR], "outputs": {"c": "float32[2]", "n": "string[]"}},
        },
        {
            "same": lambda x, y: {"b": x, "a": y},
            "fixed": lambda x: {"c": tf.constant([1.0, 2.0]), "n": tf.constant("n")},
        },
    )


def unknown_shapes() -> Case:
    """Shapes that a function knows less of than is declared, or more."""
    loose = leaf(shape=("batch", "?"))
    anything = {"kind": "tensor", "dtype": "float32", "shape": "..."}
    return case(
        {
            "reshaped": {"arguments": ["x"], "inputs": [loose], "outputs": loose},
            "any": {"arguments": ["x"], "inputs": [anything], "outputs": anything},
            "fixed": {"arguments": ["x"], "inputs": ["float32[2, 3]"], "outputs": "float32[3, 2]"},
            "nested": {"arguments": ["x"], "inputs": [loose], "outputs": loose},
        },
        {
            "reshaped": lambda x: tf.reshape(x, tf.shape(x)),
            "any": lambda x: x * 2.0,
            "fixed": lambda x: tf.ensure_shape(tf.reshape(x, tf.constant([3, 2])), [3, 2]),
            "nested": lambda x: tf.function(lambda y: y * 2.0)(x + 0.0),
        },
    )


DOCUMENTS: dict[str, Callable[[], Case]] = {
    made.__name__: made
    for made in (
        result_containers, argument_containers, wire_names, defaults, composites, receivers, called, one_core, identity,
        unknown_shapes,
    )
}  # fmt: skip
