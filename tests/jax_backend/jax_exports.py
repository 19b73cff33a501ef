"""Exports a model on JAX, and asks the archive on each of its surfaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from three_ways import Archive, assert_agree, flat_outputs, three_ways

import specc

RTOL, ATOL = 1e-5, 1e-6
"""JAX runs a model op by op, and its archive runs it whole, where some of it is fused."""


def document(endpoints: dict[str, Any], **more: Any) -> specc.Document:
    """A document with two dims, whose first endpoint is the default."""
    data = {"specc": 1, "dims": {"batch": {}, "time": {}}, "endpoints": endpoints, "default": next(iter(endpoints))}
    return specc.from_json({**data, **more})


def exported(model: Any, where: Path, endpoints: dict[str, Any], functions: Any = None, **more: Any) -> Archive:
    """The archive of ``model``."""
    program = specc.compile(document(endpoints, **more))
    return Archive(program, program.export(model, where / "archive", functions=functions).path)


def assert_numbers(
    archive: Archive, endpoint: str, arguments: list[Any], result: Any, *, stateful: bool = False
) -> None:
    """Attribute, signature and Session give ``result`` for ``arguments``."""
    answers = three_ways(archive, endpoint, arguments, stateful=stateful)
    expected = flat_outputs(archive.program[endpoint], arrays(result))
    assert_agree(answers, expected, rtol=RTOL, atol=ATOL)


def arrays(nested: Any) -> Any:
    """A nested result with NumPy arrays for JAX's."""
    return keras.tree.map_structure(np.asarray, nested)


def mlp() -> Any:
    """A model with state of its own: moving statistics and a seed."""
    hidden = [keras.layers.Dense(4), keras.layers.BatchNormalization(), keras.layers.Dropout(0.5, seed=3)]
    return keras.Sequential([keras.Input([3]), *hidden, keras.layers.Dense(2)], name="mlp")


ROWS = np.arange(12, dtype=np.float32).reshape(4, 3) / 7 - 0.5
SERVE = {"inputs": ["float32[batch, 3]"], "outputs": "float32[batch, 2]"}
