"""Objects in a result that may hold tensors where ``tf.nest`` does not look: a distribution, an object of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

HINT = 'return tensors in dicts, lists and tuples, or take them out of it with "postprocess"'
_TENSORS = (tf.Tensor, tf.Variable, tf.SparseTensor, tf.RaggedTensor, tf.IndexedSlices, keras.Variable)
_PLAIN = (bool, int, float, complex, str, bytes, np.generic, tf.DType, tf.TensorShape, tf.TypeSpec)
"""Values that hold no tensor: the same in every call."""


def opaque_objects(leaves: Iterable[Any]) -> list[Any]:
    """Those of ``leaves`` that are neither tensors nor variables nor plain values.

    Nothing tells what such an object holds, so that what is taken out of it belongs into the graph that it was made in.
    """
    return [leaf for leaf in leaves if not (leaf is None or isinstance(leaf, _PLAIN) or _is_array(leaf))]


def _is_array(leaf: Any) -> bool:
    if isinstance(leaf, np.ndarray):
        return bool(leaf.dtype != object)
    # Not tf.is_tensor: whatever can be converted to a tensor may call itself one, as TFP's distributions of a layer do.
    return isinstance(leaf, _TENSORS)
