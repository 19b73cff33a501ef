"""TensorFlow.js's converter, and a node program that runs what it wrote.

The converter's package requires JAX, TensorFlow Decision Forests and more, for models of other kinds. It is installed
without them, and finds empty modules in their place.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
from consumer_archives import Archive, Call
from tfjs_node_addon import ROOM, install_packages

PROGRAM = ROOM / "graph_model.cjs"
_NOT_NEEDED = ("jax", "jax.experimental", "jax.experimental.jax2tf", "tensorflow_decision_forests")


@contextmanager
def without_unneeded() -> Iterator[None]:
    """Imports of the converter find empty modules where it imports what it does not need."""
    import keras  # noqa: F401  # looks for JAX when it is imported
    import tf_keras  # noqa: F401

    modules = {name: ModuleType(name) for name in _NOT_NEEDED}
    modules["jax.experimental"].jax2tf = modules["jax.experimental.jax2tf"]  # type: ignore[attr-defined]
    with patch.dict(sys.modules, modules):
        yield


def convert_for_tfjs(archive: Archive, key: str) -> Path:
    """The directory with the converted signature, its names as by default."""
    with without_unneeded():
        from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model
    out = archive.path.parent / f"tfjs-{archive.case}-{key.replace(':', '-')}"
    tags = ",".join(archive.tags)
    convert_tf_saved_model(str(archive.path), str(out), signature_def=key, saved_model_tags=tags)
    return out


def run_with_tfjs(model: Path, call: Call, same_names: Callable[[Any, Call], None]) -> Mapping[str, np.ndarray]:
    """The outputs of a call by the names in the model's signature."""
    inputs = {name: _written(array) for name, array in call.inputs.items()}
    request = json.dumps({"model": str(model), "modules": str(install_packages()), "inputs": inputs})
    done = subprocess.run(["node", str(PROGRAM)], input=request, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer = json.loads(done.stdout)
    same_names(answer["inputs"], call)
    return {name: _read(tensor) for name, tensor in answer["outputs"].items()}


def _written(array: np.ndarray) -> dict[str, Any]:
    flat: list[Any] = array.ravel().tolist()
    if array.dtype == object:
        flat = [list(each) for each in flat]
    elif array.dtype.kind == "c":
        flat = array.view(np.float32).ravel().tolist()
    dtype = "string" if array.dtype == object else array.dtype.name
    return {"dtype": dtype, "shape": array.shape, "values": flat}


def _read(tensor: Mapping[str, Any]) -> np.ndarray:
    dtype, values = tensor["dtype"], tensor["values"]
    if dtype == "string":
        return np.array([*map(bytes, values), None], object)[:-1].reshape(tensor["shape"])
    if dtype == "complex64":
        return np.array(values, np.float32).view(np.complex64).reshape(tensor["shape"])
    return np.array(values, dtype).reshape(tensor["shape"])
