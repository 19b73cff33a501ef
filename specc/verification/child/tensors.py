"""Converts flat tensors to TensorFlow's and NumPy's values, and back."""

from __future__ import annotations

import hashlib
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


def from_array(array: Any, dtype: str) -> FlatTensor:
    """The flat tensor of a NumPy array that TensorFlow gave for a tensor of this dtype."""
    array = np.asarray(array)
    if dtype == "string":
        return FlatTensor(dtype, array.shape, tuple(map(bytes, array.ravel().tolist())))
    return FlatTensor(dtype, array.shape, array.tobytes())


def from_tensor(tensor: Any) -> FlatTensor:
    """The flat tensor of a tf.Tensor, or of a tf.Variable."""
    return from_array(tensor.numpy(), tensor.dtype.name)


def digest(tensor: FlatTensor) -> str:
    """The SHA-256 of a tensor's elements, in hexadecimal."""
    found = hashlib.sha256()
    for part in (tensor.values,) if isinstance(tensor.values, bytes) else tensor.values:
        found.update(len(part).to_bytes(8, "little") + part)
    return found.hexdigest()
