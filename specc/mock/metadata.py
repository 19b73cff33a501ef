"""The status and the metadata of a mock's model, as TensorFlow Serving prints them."""

from __future__ import annotations

from typing import Any

from specc.language.document import Document
from specc.language.signatures import METHOD_NAMES, published_signatures
from specc.language.tensor_string import Shape
from specc.language.wire_names import Component

_NAMES = {"float16": "HALF", "float32": "FLOAT", "float64": "DOUBLE"}
"""TensorFlow's own names of dtypes in its ``DataType``, where they are not those of the language."""


def model_status(version: str) -> dict[str, Any]:
    """The status of the one version."""
    status = {"error_code": "OK", "error_message": ""}
    return {"model_version_status": [{"version": version, "state": "AVAILABLE", "status": status}]}


def model_metadata(document: Document, name: str, version: str) -> dict[str, Any]:
    """The signatures, those that only gRPC can call among them."""
    signatures = {
        each.key: {
            "inputs": {part.wire_name: _tensor_info(part, f"{each.key}_{part.wire_name}") for part in each.inputs},
            "outputs": {part.wire_name: _tensor_info(part, "StatefulPartitionedCall") for part in each.outputs},
            "method_name": METHOD_NAMES[each.method],
            "defaults": {},
        }
        for each in published_signatures(document)
    }
    return {
        "model_spec": {"name": name, "signature_name": "", "version": version},
        "metadata": {"signature_def": {"signature_def": signatures}},
    }


def _tensor_info(component: Component, tensor: str) -> dict[str, Any]:
    dtype = "DT_" + _NAMES.get(component.dtype, component.dtype.upper())
    return {"dtype": dtype, "tensor_shape": _tensor_shape(component.shape), "name": f"{tensor}:0"}


def _tensor_shape(shape: Shape) -> dict[str, Any]:
    """Sizes are 64-bit integers, which protobuf writes as texts; a size that is not fixed is -1."""
    dims = [{"size": str(dim) if isinstance(dim, int) else "-1", "name": ""} for dim in shape or ()]
    return {"dim": dims, "unknown_rank": shape is None}
