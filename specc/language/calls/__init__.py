"""Calls of an endpoint: from an example in a document to the flat tensors of its signature, and back, without NumPy."""

from specc.language.calls.call import Call
from specc.language.calls.flat_tensor import FlatTensor

__all__ = ["Call", "FlatTensor"]
