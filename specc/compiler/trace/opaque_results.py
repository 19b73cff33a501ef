"""Objects in a result that may hold tensors where ``tf.nest`` does not look: a distribution, a user-defined object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

HINT = 'return tensors in dicts, lists and tuples, or take them out of it with "postprocess"'
_TENSOR_TYPES = (tf.Tensor, tf.Variable, tf.SparseTensor, tf.RaggedTensor, tf.IndexedSlices, keras.Variable)
_PLAIN_TYPES = (bool, int, float, complex, str, bytes, np.generic, tf.DType, tf.TensorShape, tf.TypeSpec)
"""Types of values without tensors, which are the same in every call."""


def opaque_objects(leaves: Iterable[Any]) -> list[Any]:
    """Those of ``leaves`` that are neither tensors nor variables nor plain values.

    The tensors in such an object are unknown, so they must be extracted in the graph in which they were created.
    """
    return [leaf for leaf in leaves if not (leaf is None or isinstance(leaf, _PLAIN_TYPES) or _is_array(leaf))]


def _is_array(leaf: Any) -> bool:
    if isinstance(leaf, np.ndarray):
        return bool(leaf.dtype != object)
    # Not tf.is_tensor: it is also true for what can be converted to a tensor, such as TFP's distributions of a layer.
    return isinstance(leaf, _TENSOR_TYPES)
