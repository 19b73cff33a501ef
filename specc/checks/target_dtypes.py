"""Dtypes that a target has no word for, of inputs and outputs.

- TensorFlow Serving: g3doc/api_rest.md, "JSON mapping": types that are not listed are unsupported. So it is in
  ``AddValueToTensor`` and ``AddSingleValueAndAdvance`` of util/json_tensor.cc; gRPC carries all of them.
- Triton: ``ConvertDataType`` in mirror/tensorflow_backend_tf.cc of triton-inference-server/tensorflow_backend: "unable
  to process input ..., unsupported datatype", and the model is not loaded.
- LiteRT: what ``tf.lite.TFLiteConverter`` of TensorFlow 2.21 converts; tests/compiler/test_targets.py tries them all.
- tf2onnx: ``TF_TO_ONNX_DTYPE`` in tf2onnx/tf_utils.py of onnx/tensorflow-onnx; others are a KeyError in map_tf_dtype.
- OpenVINO: ``get_ov_type`` in src/frontends/tensorflow/src/tf_utils.cpp of openvinotoolkit/openvino (since PR 21864;
  issue 20811 is how it fails): others are a dynamic type, which is no type of an input.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.rules.table import RuleId

_PLAIN = ("bool", "string", "int8", "int16", "int32", "int64", "uint8", "float32", "float64")
_MORE = (*_PLAIN, "uint16", "uint32", "uint64", "float16")

REST_DTYPES = frozenset((*_PLAIN, "uint32", "uint64"))
"""What TensorFlow Serving's REST reads from JSON and writes to it."""
TRITON_DTYPES = frozenset(_MORE)
"""What Triton's TensorFlow backend has a datatype for."""
LITERT_DTYPES = frozenset((*_MORE, "int4", "bfloat16", "quint8", "complex64", "complex128"))
"""What the LiteRT converter converts."""
ONNX_DTYPES = frozenset((*_MORE, "bfloat16", "quint8", "complex64", "complex128"))
"""What tf2onnx has a type for."""
OPENVINO_DTYPES = frozenset((*_MORE, "bfloat16"))
"""What OpenVINO's TensorFlow frontend has an element type for."""


def dtype_check(rule: RuleId, dtypes: Collection[str], problem: str) -> Callable[[CheckContext], Iterator[Diagnostic]]:
    """The check that nothing has another dtype than ``dtypes``; ``problem`` is what happens to a ``{dtype}``."""

    def find(context: CheckContext) -> Iterator[Diagnostic]:
        for checked in context.served():
            for bounds, what, where in ((checked.inputs, "input", "pre"), (checked.outputs, "output", "post")):
                for bound in bounds:
                    dtype = bound.leaf.dtype
                    if dtype not in dtypes:
                        message = f"the {what} {bound.name!r} is {dtype}: {problem}"
                        hint = f'declare another dtype, such as float32, and cast in a "{where}process"'
                        yield finding(rule, bound.path, message, hint, part=dtype)

    return find
