"""Binary values in TensorFlow Serving's JSON.

g3doc/api_rest.md of tensorflow/serving, "Output of binary values": tensors with the suffix ``_bytes`` in their name are
taken for binary and written as Base64; all other strings are written as they are, which is not JSON where they are not
UTF-8.
"""

from __future__ import annotations

BINARY_SUFFIX = "_bytes"
"""The end of the names of tensors that are written as ``{"b64": ...}``."""


def is_base64(dtype: str, wire_name: str) -> bool:
    """Whether the values of an output are written as Base64."""
    return dtype == "string" and wire_name.endswith(BINARY_SUFFIX)
