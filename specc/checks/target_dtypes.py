"""Checks for dtypes of inputs and outputs that a target does not support.

- TensorFlow Serving: ``specc.rest.values.REST_DTYPES``.
- Triton: ``ConvertDataType`` in mirror/tensorflow_backend_tf.cc of triton-inference-server/tensorflow_backend: "unable
  to process input ..., unsupported datatype", and the model is not loaded.
- LiteRT: what ``tf.lite.TFLiteConverter`` of TensorFlow 2.21 converts; tests/compiler/test_targets.py tries them all.
- tf2onnx: ``TF_TO_ONNX_DTYPE`` in tf2onnx/tf_utils.py of onnx/tensorflow-onnx; others raise KeyError in map_tf_dtype.
- TensorFlow.js: ``DataTypeMap`` in tfjs-core/src/types.ts of tensorflow/tfjs; the converter writes int64 as int32 and
  float64 as float32, and the model takes no others.
- OpenVINO: ``get_ov_type`` in src/frontends/tensorflow/src/tf_utils.cpp of openvinotoolkit/openvino (since PR 21864;
  issue 20811 shows the failure): others become a dynamic type, which an input cannot have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.wire_names import BoundLeaf
from specc.rules.table import RuleId

_COMMON_DTYPES = ("bool", "string", "int8", "int16", "int32", "int64", "uint8", "float32", "float64")
_EXTENDED_DTYPES = (*_COMMON_DTYPES, "uint16", "uint32", "uint64", "float16")

TRITON_DTYPES = frozenset(_EXTENDED_DTYPES)
"""The dtypes with a datatype in Triton's TensorFlow backend."""
LITERT_DTYPES = frozenset((*_EXTENDED_DTYPES, "int4", "bfloat16", "quint8", "complex64", "complex128"))
"""The dtypes that the LiteRT converter converts."""
ONNX_DTYPES = frozenset(_EXTENDED_DTYPES)
"""The dtypes with a type in tf2onnx that ONNX Runtime takes too: no complex numbers, and no arrays of bfloat16."""
OPENVINO_DTYPES = frozenset((*_EXTENDED_DTYPES, "bfloat16"))
"""The dtypes with an element type in OpenVINO's TensorFlow frontend."""
TFJS_DTYPES = frozenset(("bool", "string", "int32", "float32"))
"""The dtypes of TensorFlow.js that it computes with: weights of complex64 become NaN."""


def dtype_check(rule: RuleId, dtypes: Collection[str], problem: str) -> Callable[[CheckContext], Iterator[Diagnostic]]:
    """A check for dtypes other than ``dtypes``; ``problem`` is the end of its message."""

    def find(context: CheckContext) -> Iterator[Diagnostic]:
        for checked in context.served():
            for bounds, what, where in ((checked.inputs, "input", "pre"), (checked.outputs, "output", "post")):
                for bound in bounds:
                    for name, dtype in _tensors(bound):
                        if dtype not in dtypes:
                            message = f"the {what} {name!r} is {dtype}: {problem}"
                            hint = f'declare another dtype, such as float32, and cast in a "{where}process"'
                            part = dtype if dtype == bound.leaf.dtype else ""
                            yield finding(rule, bound.path, message, hint, part=part)

    return find


def _tensors(bound: BoundLeaf) -> Iterator[tuple[str, str]]:
    """The name and the dtype of a leaf, then those of the components that have another dtype."""
    yield bound.name, bound.leaf.dtype
    yield from ((each.wire_name, each.dtype) for each in bound.components if each.dtype != bound.leaf.dtype)
