"""How a Keras model was called while it was made: Keras keeps no dtypes, and of several arguments the first alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from specc.archive.agreement import spec_of
from specc.archive.drop_in.input_specs import Slot, has_plain_containers, map_structure, of_any_batch
from specc.archive.infer.recorded import symbolic_slot


@dataclass(frozen=True)
class Call:
    """The arguments of a call, nested as they were, with a Slot for each tensor, which is for any batch size.

    ``symbolic`` calls are on ``keras.Input`` tensors, which say which of their sizes are open. ``is_plain`` is false
    where there were containers that cannot be written in a document.
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
    return Call(map_structure(args, _slot), map_structure(kwargs, _slot), symbolic, is_plain)


def _slot(value: Any) -> Any:
    if isinstance(value, keras.KerasTensor):
        return symbolic_slot(value, value.shape)
    if isinstance(value, np.ndarray):  # Keras makes tensors of arrays, of its own float where they hold floats
        floats = np.issubdtype(value.dtype, np.floating)
        value = tf.convert_to_tensor(value, keras.config.floatx() if floats else None)
    spec = spec_of(value)
    return value if spec is None or isinstance(value, tf.TypeSpec) else Slot(of_any_batch(spec))


@contextmanager
def heard_calls() -> Iterator[Callable[[Any], Call | None]]:
    """Hears the first call of each layer in the block; gives what has the Call of a layer, where there was one."""
    heard: dict[int, tuple[keras.Layer, Call]] = {}  # the layer is kept, so that no other gets its id
    original = keras.Layer.__call__

    def listening(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        if id(layer) not in heard:
            with suppress(Exception):  # what is given to a layer may be anything, and nothing hangs on it
                heard[id(layer)] = (layer, call_of(*args, **kwargs))
        return original(layer, *args, **kwargs)

    keras.Layer.__call__ = listening
    try:
        yield lambda layer: heard[id(layer)][1] if id(layer) in heard else None
    finally:
        keras.Layer.__call__ = original
