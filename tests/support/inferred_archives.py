"""An archive whose spec is inferred, and what the specs of archives have in common."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import specc

ITSELF = "model: the archive itself; name the code that makes the model if there is any"
RENAMED = "endpoints.serve: renamed from 'serving_default', the key of the default signature, which stays"
CALLED = {"function": "specc:call_signature", "kwargs": {"key": "serving_default"}}


def assert_equal(left: Any, right: Any) -> None:
    """The arrays of two trees are exactly equal."""
    for mine, theirs in zip(tf.nest.flatten(left), tf.nest.flatten(right), strict=True):
        np.testing.assert_array_equal(mine, theirs)


class Doubling(tf.Module):
    """A model whose function the document does not name."""

    def __init__(self) -> None:
        super().__init__()
        self.two = tf.Variable(2.0, name="two")

    def double(self, x: Any) -> Any:
        return {"y": x * self.two}


def exported(path: Path, **more: Any) -> specc.Document:
    """Exports a Doubling, with keys of the document and of its endpoint; returns the document."""
    serve = {
        "function": None,
        "arguments": ["x"],
        "inputs": ["float32[batch, 3]"],
        "outputs": {"y": "float32[batch, 3]"},
    }
    collections = {"twos": {"from": "two", "content": {"two": "float32[]"}}}
    data = {"dims": {"batch": {}}, "endpoints": {"serve": {**serve, **more.pop("endpoint", {})}}}
    document = specc.from_json({"specc": 1, **data, "variable_collections": collections, **more})
    tool = Doubling()
    functions = {"serve": tool.double} if document.endpoints["serve"].function is None else {}
    specc.compile(document).export(tool, path, functions=functions)
    return document
