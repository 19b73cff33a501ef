"""Small models for runtimes of others: what each one's endpoints declare, and what the model itself answers.

A model is built, exported and asked anew for each run, so that every run starts from the stored state. ``Asked`` has an
endpoint's flat inputs, and the function that gives its flat outputs: it calls the model, without specc, and names each
output by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf
from consumer_models import (
    Functions,
    Labels,
    Lookup,
    Nested,
    Point,
    Pooled,
    a_dict,
    a_list,
    a_stateful_rnn,
    normalized,
)
from tf_examples import example

Flat = Mapping[str, Any]
"""Values by wire name."""


@dataclass(frozen=True)
class Asked:
    """One endpoint: its inputs, and the model's own answer to them."""

    inputs: Mapping[str, np.ndarray]
    answer: Callable[[Any, Any], Flat]
    """Of the model, and the inputs as tensors by wire name."""
    messages: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The same inputs as a receiver takes them, by the receiver."""


@dataclass(frozen=True)
class Small:
    """A model and its document."""

    make: Callable[[], Any]
    endpoints: dict[str, Any]
    asked: Mapping[str, Asked]
    sequences: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Further runs, by name: signatures that are called in this order in one loaded archive. ``key - name`` is the
    signature ``key`` without the input ``name``, which has a default."""

    @property
    def document(self) -> dict[str, Any]:
        """The document's JSON."""
        dims = {"batch": {}, "time": {}}
        return {"specc": 1, "dims": dims, "endpoints": self.endpoints, "default": next(iter(self.endpoints))}


def text(*values: str) -> np.ndarray:
    return np.array([value.encode() for value in values], object)


def numbers(*shape: int) -> np.ndarray:
    """Floats that are not equal to each other."""
    return (np.arange(np.prod(shape), dtype=np.float32) / 7 - 1).reshape(shape)


A, B = "float32[batch, 3]", "float32[batch, 2]"


def jpeg(*colour: int) -> bytes:
    """An image of one colour."""
    pixels = np.tile(np.array(colour, np.uint8), (8, 6, 1))
    return bytes(tf.io.encode_jpeg(pixels, quality=95).numpy())


def examples_of(name: str, rows: np.ndarray) -> np.ndarray:
    """A serialized tf.train.Example for each row."""
    return np.array([example(**{name: list(map(float, row))}) for row in rows], object)


X, Y, SERIES = numbers(4, 3), numbers(4, 2), numbers(2, 5, 3)
LABELLED = {
    "arguments": ["x"],
    "inputs": [A],
    "receivers": {"examples": {"kind": "tf_example"}},
    "receiver": "examples",
}
RAGGED = {"kind": "ragged", "dtype": "string", "shape": ["batch", "?"]}
SPARSE = {"kind": "sparse", "dtype": "float32", "shape": ["batch", 4]}
POINT = {"kind": "namedtuple", "typename": "Point", "fields": [["x", A], ["y", A]]}
BRANCHES = [{"a": A, "b": B}]


def of_functions(name: str, inputs: Any, outputs: Any, given: Flat, answer: Any, **more: Any) -> Small:
    """A case of one of ``Functions``; inputs are by argument."""
    endpoint = {"function": name, "arguments": list(inputs), "inputs": list(inputs.values()), "outputs": outputs}
    return Small(Functions, {"serve": endpoint}, {"serve": Asked(given, answer)}, **more)


def of_dtypes(*dtypes: str) -> Small:
    """A case with an endpoint for each dtype."""
    return Small(
        Functions,
        {
            dtype: {
                "function": "computed",
                "arguments": ["x"],
                "inputs": [f"{dtype}[batch]"],
                "outputs": {"y": f"{dtype}[batch]"},
            }
            for dtype in dtypes
        },
        {
            dtype: Asked(
                {"x": np.array([1, 0, 3]).astype(tf.as_dtype(dtype).as_numpy_dtype)},
                lambda model, x: model.computed(x["x"]),
            )
            for dtype in dtypes
        },
    )


def named_y(shape: list[Any]) -> dict[str, Any]:
    """An only output, whose wire name is ``y``."""
    return {"kind": "tensor", "dtype": "float32", "shape": shape, "name": "y"}


def _ask_dict(model: Any, x: Any) -> Flat:
    return dict(model(dict(x)))


def _ask_list(model: Any, x: Any) -> Flat:
    first, second = model([x["features_0"], x["features_1"]])
    return {"output_0": first, "output_1": second}


def _ask_nested(model: Any, x: Any) -> Flat:
    user = {"id": x["user_id"], "history": x["user_history"]}
    result = model({"user": user, "price": x["price"]}, [x["context_0"], x["context_1"]])
    return {"parts_0": result["parts"][0], "parts_1": result["parts"][1], "score": result["score"]}


def _ask_ragged(model: Any, x: Any) -> Flat:
    result = model.count(tf.RaggedTensor.from_row_splits(x["words_values"], x["words_row_splits"]))
    upper = result["upper"]
    return {"lengths": result["lengths"], "upper_values": upper.values, "upper_row_splits": upper.row_splits}


def _ask_sparse(model: Any, x: Any) -> Flat:
    sparse = tf.SparseTensor(x["weights_indices"], x["weights_values"], x["weights_dense_shape"])
    result = model.total(sparse)
    doubled = result["doubled"]
    parts = {"indices": doubled.indices, "values": doubled.values, "dense_shape": doubled.dense_shape}
    return {"rows": result["rows"], **{f"doubled_{part}": tensor for part, tensor in parts.items()}}


MATRIX: dict[str, Small] = {
    "dict": Small(
        a_dict,
        {"serve": {"inputs": BRANCHES, "outputs": {"sum": B, "wide": "float32[batch, 5]"}}},
        {"serve": Asked({"a": X, "b": Y}, _ask_dict)},
    ),
    "list": Small(
        a_list,
        {"serve": {"arguments": ["features"], "inputs": [[A, B]], "outputs": [B, A]}},
        {"serve": Asked({"features_0": X, "features_1": Y}, _ask_list)},
    ),
    "nested": Small(
        Nested,
        {
            "serve": {
                "arguments": ["features", "context"],
                "inputs": [{"price": B, "user": {"history": "int64[batch, time]", "id": "int64[batch]"}}, [A, B]],
                "outputs": {"parts": [B, "int64[batch]"], "score": "float32[batch, 1]"},
            }
        },
        {
            "serve": Asked(
                {
                    "user_id": np.array([1, 2**40]), "user_history": np.array([[1, 2, 3], [8, 8, 0]]),
                    "price": numbers(2, 2), "context_0": numbers(2, 3), "context_1": numbers(2, 2),
                },
                _ask_nested,
            )
        },
    ),
    "string": of_functions(
        "greet",
        {"first": "string[batch]", "last": "string[batch]"},
        {"greeting": "string[batch]", "size": "int32[batch]"},
        {"first": text("good", "guten", ""), "last": text("day", "Täg", "")},
        lambda model, x: model.greet(x["first"], x["last"]),
    ),
    "lookup": Small(
        Lookup,
        {
            "serve": {
                "arguments": ["words"],
                "inputs": ["string[batch]"],
                "outputs": {"ids": "int64[batch]", "vectors": B},
            }
        },
        {"serve": Asked({"words": text("cat", "dog", "ant")}, lambda model, x: model(x["words"]))},
    ),
    "ragged": of_functions(
        "count",
        {"words": RAGGED},
        {"lengths": "int64[batch]", "upper": RAGGED},
        {"words_values": text("a", "bee", "c"), "words_row_splits": np.array([0, 2, 2, 3])},
        _ask_ragged,
    ),
    "sparse": of_functions(
        "total",
        {"weights": SPARSE},
        {"rows": "float32[batch]", "doubled": SPARSE},
        {
            "weights_indices": np.array([[0, 1], [0, 3], [2, 0]]), "weights_values": numbers(3),
            "weights_dense_shape": np.array([3, 4]),
        },
        _ask_sparse,
    ),
    "scalar": of_functions(
        "step",
        {"x": "float32[]", "count": "int32[]"},
        {"half": "float32[]", "next": "int32[]"},
        {"x": np.array(0.3, np.float32), "count": np.array(41, np.int32)},
        lambda model, x: model.step(x["x"], x["count"]),
    ),
    "default": of_functions(
        "scaled",
        {"x": A, "scale": {"kind": "tensor", "dtype": "float32", "shape": [], "default": 2.5}},
        {"y": A},
        {"x": X, "scale": np.array(3.0, np.float32)},
        lambda model, x: model.scaled(x["x"], x.get("scale", 2.5)),
        sequences={"without scale": ["serve - scale"]},
    ),
    "namedtuple": of_functions(
        "moved",
        {"point": POINT},
        POINT,
        {"x": X, "y": X * 2},
        lambda model, x: model.moved(Point(x["x"], x["y"]))._asdict(),
    ),
    "rnn": Small(
        a_stateful_rnn,
        {"serve": {"arguments": ["series"], "inputs": ["float32[2, time, 3]"], "outputs": named_y([2, 2])}},
        {"serve": Asked({"series": SERIES}, lambda model, x: {"y": model(x["series"])})},
        {"twice": ["serve", "serve"]},
    ),
    "shared_weights": Small(
        normalized,
        {
            name: {"arguments": ["x"], "inputs": [A], "outputs": named_y(["batch", 2]), "kwargs": {"training": name == "train"}}
            for name in ("serve", "train")
        },
        {
            "serve": Asked({"x": X}, lambda model, x: {"y": model(x["x"], training=False)}),
            "train": Asked({"x": X}, lambda model, x: {"y": model(x["x"], training=True)}),
        },
        {"serve before and after train": ["serve", "train", "serving_default", "train", "serve"]},
    ),
    "receivers": Small(
        Labels,
        {
            "label": {
                **LABELLED,
                "function": "classify",
                "method": "classify",
                "outputs": {"scores": B, "classes": "string[batch, 2]"},
            },
            "price": {
                **LABELLED, "function": "regress", "method": "regress", "outputs": {"outputs": "float32[batch]"},
            },
        },
        {
            "label": Asked({"x": X}, lambda model, x: model.classify(x["x"]), {"examples": examples_of("x", X)}),
            "price": Asked({"x": X}, lambda model, x: model.regress(x["x"]), {"examples": examples_of("x", X)}),
        },
    ),
    "dashes": Small(
        Pooled,
        {
            "serve": {
                "inputs": [{"attention-mask": "int32[batch, time]", "input-ids": "int32[batch, time]"}],
                "outputs": {"pooled-output": "float32[batch, 4]"},
            }
        },
        {
            "serve": Asked(
                {
                    "attention-mask": np.array([[1, 1, 0], [1, 0, 0]], np.int32),
                    "input-ids": np.array([[5, 6, 0], [8, 0, 0]], np.int32),
                },
                _ask_dict,
            )
        },
    ),
    "jpeg": of_functions(
        "pixels",
        {"jpegs": "string[batch]"},
        {"mean": A},
        {"jpegs": np.array([jpeg(250, 10, 20), jpeg(0, 90, 180)], object)},
        lambda model, x: model.pixels(x["jpegs"]),
    ),
    "dtypes": of_dtypes("bool", "complex64", "int32", "int64", "uint8"),
    "rare_dtypes": of_dtypes("bfloat16", "float16", "float64", "int16", "int8"),
    "pass_through": of_functions(
        "passed",
        {"id": "int32[batch]", "x": A},
        {"same": "int32[batch]", "y": A},
        {"id": np.array([7, 9], np.int32), "x": numbers(2, 3)},
        lambda model, x: model.passed(x["id"], x["x"]),
    ),
    "same_name": of_functions("same_name", {"x": A}, {"x": A}, {"x": X}, lambda model, x: model.same_name(x["x"])),
}  # fmt: skip
