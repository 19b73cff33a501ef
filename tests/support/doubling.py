"""A directory with a spec, its model and its archive, for the commands that run archives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import specc

MODEL = """
import tensorflow as tf

class Double(tf.Module):
    def __init__(self, factor=2.0):
        self.factor = tf.Variable(factor, name="factor")

    def __call__(self, x):
        return x * self.factor

    def noise(self, x):
        return x + tf.random.normal([])

    def reading(self, path):
        return tf.io.read_file(path)

def triple():
    return Double(3.0)
"""
X = {"kind": "tensor", "dtype": "float32", "shape": ["batch", 3], "minimum": -1, "maximum": 1}
SPEC: dict[str, Any] = {
    "specc": 1,
    "model": "doubling_model:Double",
    "dims": {"batch": {}},
    "endpoints": {"serve": {"inputs": [X], "outputs": "float32[batch, 3]"}},
}
RIGHT = {"inputs": [[[0.5, 0.25, -0.5]]], "outputs": [[1.0, 0.5, -1.0]]}
WRONG = {"inputs": [[[0.5, 0.25, -0.5]]], "outputs": [[1.0, 0.5, -2.0]]}


def spec_with(**endpoint: Any) -> dict[str, Any]:
    """SPEC with further keys of its endpoint."""
    return {**SPEC, "endpoints": {"serve": {**SPEC["endpoints"]["serve"], **endpoint}}}


def write_spec(directory: Path, data: Any, name: str = "a.specc.json") -> str:
    path = directory / name
    path.write_text(data if isinstance(data, str) else json.dumps(data, indent=2))
    return str(path)


def model(name: str = "Double") -> Any:
    """A model of the module."""
    module: dict[str, Any] = {}
    exec(MODEL, module)
    return module[name]()


def write_project(directory: Path, data: dict[str, Any] = SPEC, name: str = "Double", text: str = MODEL) -> Path:
    """The archive of a spec in ``directory``, with the module of its model beside it."""
    (directory / "doubling_model.py").write_text(text)
    specc.compile(specc.from_json(data)).export(model(name), directory / "archive")
    return directory / "archive"
