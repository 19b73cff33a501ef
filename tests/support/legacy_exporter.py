"""The installed TensorFlow's own legacy exporter, driven with placeholders, and its signatures and report as plain data.

Its modules are private to TensorFlow: only the tests of the legacy exporter use them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.saved_model.model_utils import export_output, export_utils, mode_keys

__all__ = ["LegacyExport", "Tensor", "WireSignature", "build", "export_output", "export_utils", "mode_keys", "wire"]

Shape = tuple[int, ...]
"""An unknown size is -1, as a TensorShapeProto has it."""
Tensor = tuple[str, Shape]
"""A dtype and a shape."""


@dataclass(frozen=True)
class WireSignature:
    """A SignatureDef as its clients see it: the method, and the dtype and shape of each wire name."""

    method_name: str
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


@dataclass(frozen=True)
class LegacyExport:
    """What the legacy exporter made, and the report that it logged: the keys by method, and the reasons."""

    signatures: dict[str, WireSignature]
    included: dict[str, list[str]]
    excluded: dict[str, str]


def wire(signature: Any) -> WireSignature:
    """A SignatureDef as plain data."""
    return WireSignature(signature.method_name, _infos(signature.inputs), _infos(signature.outputs))


def _infos(infos: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors by wire name; the parts of a composite one, which legacy writes into one TensorInfo, each by itself."""
    flat: dict[str, Tensor] = {}
    for name, info in infos.items():
        match info.WhichOneof("encoding"):
            case "coo_sparse":
                rank = len(info.tensor_shape.dim)
                flat[f"{name}_indices"] = ("int64", (-1, rank))
                flat[f"{name}_values"] = (tf.dtypes.as_dtype(info.dtype).name, (-1,))
                flat[f"{name}_dense_shape"] = ("int64", (rank,))
            case "composite_tensor":
                for part, component in zip(("values", "row_splits"), info.composite_tensor.components, strict=True):
                    flat[f"{name}_{part}"] = _tensor(component)
            case _:
                flat[name] = _tensor(info)
    return flat


def _tensor(info: Any) -> Tensor:
    return tf.dtypes.as_dtype(info.dtype).name, tuple(dim.size for dim in info.tensor_shape.dim)


def build(receiver: Any, outputs: dict[str, Any], alternatives: Any = None, serving_only: bool = True) -> LegacyExport:
    """``build_all_signature_defs``, with what it logs."""
    with _reported() as lines:
        made = export_utils.build_all_signature_defs(receiver, outputs, alternatives, serving_only)
    included, excluded = {}, {}
    for line in lines:
        if found := re.fullmatch(r"Signatures INCLUDED in export for (\w+): (.*)", line, re.DOTALL):
            included[found[1]] = re.findall(r"'([^']*)'", found[2])
        elif found := re.fullmatch(r"'([^']*)' : (.*)", line, re.DOTALL):
            excluded[found[1]] = found[2]
    return LegacyExport({key: wire(signature) for key, signature in made.items()}, included, excluded)


@contextmanager
def _reported() -> Iterator[list[str]]:
    """The lines that TensorFlow logs meanwhile."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("tensorflow")
    level, propagate, handlers = logger.level, logger.propagate, logger.handlers
    logger.setLevel(logging.INFO)
    logger.propagate, logger.handlers = False, [handler]
    try:
        yield lines
    finally:
        logger.setLevel(level)
        logger.propagate, logger.handlers = propagate, handlers
