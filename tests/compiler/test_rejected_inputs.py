"""Errors of tracing point at the input that they are about, where that is certain, and else at the function."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

import specc
from specc.compiler.trace.rejected_inputs import find_rejected_input

pytestmark = pytest.mark.tensorflow

HERE = f"{__name__}"
A4, B3, B6 = "float32[batch, 4]", "float32[batch, 3]", "float32[batch, 6]"
CONFIG = {"price": 1.0}


def dense(size: int) -> keras.layers.Dense:
    layer = keras.layers.Dense(2)
    layer.build((None, size))
    return layer


def functional() -> keras.Model:
    user, item = keras.Input((4,), name="user"), keras.Input((3,), name="item")
    return keras.Model({"user": user, "item": item}, keras.layers.Dense(2)(keras.layers.Concatenate()([user, item])))


class Towers(keras.Model):
    """A subclassed model, whose layers get the inputs themselves, or what it made of them."""

    def __init__(self) -> None:
        super().__init__()
        self.user, self.item = dense(4), dense(6)
        self.block = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])

    def call(self, x: Any) -> Any:
        return self.user(x["user"]) + self.item(x["item"])

    def derived(self, x: Any) -> Any:
        user = x["user"] * 2.0
        return self.user(user)

    def in_a_block(self, x: Any) -> Any:
        inputs = x["user"]
        return self.block(inputs)

    def misses(self, x: Any) -> Any:
        return self.user(x["usr"])

    def misses_in_config(self, x: Any) -> Any:
        return x["user"] * CONFIG["prise"]

    def misses_of_its_own(self, x: Any) -> Any:
        made = {"user": x["user"] + 1.0}
        return made["usr"]

    def adds(self, x: Any) -> Any:
        return x["user"] + tf.ones([7])

    def two(self, user: Any, item: Any) -> Any:
        return self.user(user) + self.item(item)

    def first(self, x: Any) -> Any:
        return x[0]["usr"]


@tf.function(input_signature=[{"user": tf.TensorSpec([None, 9]), "item": tf.TensorSpec([None, 6])}])
def signed(x: Any) -> Any:
    return x["user"]


PAIR = {"user": A4, "item": B6}
REJECTED: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a size that a layer has not": (Towers, {"inputs": [{"user": "float32[batch, 5]", "item": B6}]}, "inputs[0].user"),
    "the same of the other": (Towers, {"inputs": [{"user": A4, "item": A4}]}, "inputs[0].item"),
    "a rank that a layer has not": (Towers, {"inputs": [{"user": "float32[batch]", "item": B6}]}, "inputs[0].user"),
    "positional arguments": (
        Towers, {"function": "two", "arguments": ["user", "item"], "inputs": [A4, B3]}, "inputs[1]",
    ),
    "a model inside": (Towers, {"function": "in_a_block", "inputs": [{"user": "float32[batch, 5]"}]}, "inputs[0].user"),
    "a key that is not declared": (Towers, {"function": "misses", "inputs": [PAIR]}, "inputs[0]"),
    "a key of a tensor": (Towers, {"function": "misses", "inputs": [A4]}, "inputs[0]"),
    "a key further down": (Towers, {"function": "first", "inputs": [[PAIR, A4]]}, "inputs[0][0]"),
    "a Functional model: a size": (functional, {"inputs": [{"user": "float32[batch, 5]", "item": B3}]}, "inputs[0].user"),
    "a Functional model: a rank": (functional, {"inputs": [{"user": A4, "item": "float32[3]"}]}, "inputs[0].item"),
    "a Functional model: a key too few": (functional, {"inputs": [{"user": A4}]}, "inputs[0]"),
    "a Functional model: another key": (functional, {"inputs": [{"user": A4, "itm": B3}]}, "inputs[0]"),
    "a Functional model: a tensor": (functional, {"inputs": [A4]}, "inputs[0]"),
    "a Functional model: ragged": (
        functional, {"inputs": [{"user": {"kind": "ragged", "dtype": "float32", "shape": ["batch", "?", 2]}, "item": B3}]}, "function",
    ),
    "a Sequential model": (lambda: Towers().block, {"inputs": ["float32[batch, 5]"]}, "inputs[0]"),
    "a Sequential model: a dict": (lambda: Towers().block, {"inputs": [{"a": A4}]}, "inputs[0]"),
    "an input_signature": (lambda: signed, {"inputs": [PAIR]}, "inputs[0].user"),
    "a preprocess function": (
        Towers, {"preprocess": f"{HERE}:price", "inputs": [PAIR]}, "inputs[0]",
    ),
    # not certain: the function may be wrong as well
    "what the model made": (Towers, {"function": "derived", "inputs": [{"user": "float32[batch, 5]"}]}, "function"),
    "an op": (Towers, {"function": "adds", "inputs": [PAIR]}, "function"),
    "a key of another dict": (Towers, {"function": "misses_in_config", "inputs": [PAIR]}, "function"),
    "a key of a dict that it made": (Towers, {"function": "misses_of_its_own", "inputs": [{"user": A4}]}, "function"),
    "after a preprocess function": (
        Towers, {"preprocess": f"{HERE}:unchanged", "inputs": [{"user": "float32[batch, 5]", "item": B6}]}, "function",
    ),
}  # fmt: skip


def price(x: Any) -> Any:
    return x["price"]


def unchanged(x: Any) -> Any:
    return x


@pytest.mark.parametrize("case", REJECTED)
def test_the_input_that_an_error_is_about(case: str, tmp_path: Path) -> None:
    make, endpoint, expected = REJECTED[case]
    data = {"specc": 1, "dims": {"batch": {}}, "endpoints": {"E": {"outputs": "float32[batch, 2]", **endpoint}}}
    with pytest.raises(specc.SpecError) as caught:
        specc.compile(specc.from_json(data)).export(make(), tmp_path / "archive")
    (found,) = caught.value.diagnostics
    assert str(found).startswith(f"endpoints.E.{expected}: trace-failed: tracing failed: ")


def test_looking_for_it_runs_no_code_of_the_user() -> None:
    class Watching(collections.defaultdict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            raise AssertionError(key)

    owner = Watching(int, x=1)
    with pytest.raises(AssertionError) as caught:
        len(owner["y"])  # the expression whose parts are read
    assert find_rejected_input(caught.value, len, (), (), ()) is None
    assert dict(owner) == {"x": 1}
