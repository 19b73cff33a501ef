"""Converts flat tensors to TensorFlow's and NumPy's values, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from specc.compiler.tensorspec import dtype_of
from specc.language.calls.flat_tensor import FlatTensor, numpy_type


def to_array(tensor: FlatTensor) -> Any:
    """The NumPy array of a flat tensor; of a quantised dtype, which NumPy lacks, the integers that hold it."""
    if isinstance(tensor.values, tuple):
        return np.array([*tensor.values, None], object)[:-1].reshape(
            tensor.shape
        )  # None keeps NumPy from nesting bytes
    dtype = dtype_of(tensor.dtype)
    element = numpy_type(tensor.dtype) if dtype.is_quantized else dtype.as_numpy_dtype
    return np.frombuffer(tensor.values, element).reshape(tensor.shape)


def to_tensor(tensor: FlatTensor) -> Any:
    """The tf.Tensor of a flat tensor."""
    array, dtype = to_array(tensor), dtype_of(tensor.dtype)
    return tf.bitcast(tf.constant(array), dtype) if dtype.is_quantized else tf.constant(array, dtype)


def from_array(array: Any, dtype: Any) -> FlatTensor:
    """The flat tensor of a NumPy array that TensorFlow gave for a tensor of this tf.DType."""
    array = np.asarray(array)
    if dtype == tf.string:
        return FlatTensor("string", array.shape, tuple(map(bytes, array.ravel().tolist())))
    return FlatTensor(dtype.name, array.shape, array.tobytes())


def from_tensor(tensor: Any) -> FlatTensor:
    """The flat tensor of a tf.Tensor, or of a tf.Variable."""
    return from_array(tensor.numpy(), tensor.dtype)
