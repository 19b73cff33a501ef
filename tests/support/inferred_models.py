"""Keras models whose specs are inferred, and values for the inputs of a spec."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

layers = keras.layers
FIRST_CALL = "the sizes, except the batch size, are those of the first call; check which of them may vary"
BATCH = "dims.batch: axis 0 of {}; check that they are always equal"
UNLIKE = "dims: {}: the function does not need them to be equal; give them one name if they always are"
UNNAMED = "endpoints.serve.outputs: 'output_0' has no name of its own; add a \"name\""
SIZES = {
    "batch": 2,
    "user_batch": 2,
    "rest_0_batch": 3,
    "user_id_batch": 4,
    "ids_batch": 2,
    "tags_batch": 2,
    "words_batch": 3,
    "?": 3,
    "query_time": 4,
    "value_time": 5,
    "time": 6,
    "height": 32,
    "width": 48,
    "x_time": 2,
}


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


def assert_same(left: Any, right: Any) -> None:
    for mine, theirs in zip(
        tf.nest.flatten(left, expand_composites=True), tf.nest.flatten(right, expand_composites=True), strict=True
    ):
        if mine.dtype == tf.string:
            assert mine.numpy().tolist() == theirs.numpy().tolist()
        else:
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def sequential() -> keras.Model:
    return keras.Sequential([keras.Input((7,)), layers.Dense(3), layers.Dense(2, name="logits")])


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


NO_TRAINING = {"kwargs": {"training": False}}


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
