"""Records how a Keras model is called while it is created: Keras keeps no dtypes, and only the first argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.compiler.trace.output_check import spec_of
from specc.keras_export.input_specs import Slot, has_plain_containers, map_structure, of_any_batch
from specc.scaffold.from_model.recorded_inputs import symbolic_slot


@dataclass(frozen=True)
class Call:
    """The nested arguments of a call, with a Slot for any batch size in place of each tensor.

    ``symbolic`` calls are on ``keras.Input`` tensors, whose open sizes are known. ``is_plain`` is false if there were
    containers that cannot be written in a spec.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    symbolic: bool
    is_plain: bool = True


def call_of(*args: Any, **kwargs: Any) -> Call:
    """The Call with these arguments: tensors, arrays, or ``keras.Input`` tensors, in lists, tuples and dicts."""
    flat = tf.nest.flatten([args, kwargs])
    symbolic = any(isinstance(leaf, keras.KerasTensor) for leaf in flat)
    is_plain = has_plain_containers([args, kwargs])
    return Call(map_structure(args, _slot_of_value), map_structure(kwargs, _slot_of_value), symbolic, is_plain)


def _slot_of_value(value: Any) -> Any:
    if isinstance(value, keras.KerasTensor):
        return symbolic_slot(value, value.shape)
    if isinstance(value, np.ndarray):  # Keras converts arrays to tensors, and floats to its own float dtype
        floats = np.issubdtype(value.dtype, np.floating)
        value = tf.convert_to_tensor(value, keras.config.floatx() if floats else None)
    spec = spec_of(value)
    return value if spec is None or isinstance(value, tf.TypeSpec) else Slot(of_any_batch(spec))


@contextmanager
def record_first_calls() -> Iterator[Callable[[Any], Call | None]]:
    """Records the first call of each layer in the block; yields a function from a layer to its Call, or None."""
    recorded: dict[int, tuple[keras.Layer, Call]] = {}  # holds the layer, so that its id is not reused
    original = keras.Layer.__call__

    def recording_call(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        if id(layer) not in recorded:
            with suppress(Exception):  # the arguments may be anything, and the record is optional
                recorded[id(layer)] = (layer, call_of(*args, **kwargs))
        return original(layer, *args, **kwargs)

    keras.Layer.__call__ = recording_call
    try:
        yield lambda layer: recorded[id(layer)][1] if id(layer) in recorded else None
    finally:
        keras.Layer.__call__ = original
