"""What an archive has on the wire, and a small model that many tests export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tagged_session import meta_graphs


def mlp() -> Any:
    return keras.Sequential([keras.Input([3]), keras.layers.Dense(2), keras.layers.BatchNormalization()])


def wire(path: Path) -> dict[str, Any]:
    """Every SignatureDef: names, dtypes and shapes on both sides, and the method."""
    (graph,) = meta_graphs(path)
    return {
        key: (
            {name: _tensor(info) for name, info in definition.inputs.items()},
            {name: _tensor(info) for name, info in definition.outputs.items()},
            definition.method_name,
        )
        for key, definition in graph.signature_def.items()
        if not key.startswith("_")
    }


def _tensor(info: Any) -> tuple[str, Any]:
    shape = info.tensor_shape
    return tf.dtypes.as_dtype(info.dtype).name, None if shape.unknown_rank else [dim.size for dim in shape.dim]
