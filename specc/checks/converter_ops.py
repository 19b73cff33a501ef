"""The ops that converters convert, as far as their packages or the tests in tests/consumers tell."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeAlias

from specc.checks.built_graph import BuiltGraph, BuiltOp
from specc.rules.table import RuleId

IsConverted: TypeAlias = Callable[[BuiltOp, BuiltGraph], bool]

_FROZEN = frozenset({"PartitionedCall", "ReadVariableOp", "StatefulPartitionedCall", "VarHandleOp"})
"""Ops that disappear when functions are inlined and variables become constants."""
_LOOKUPS = frozenset({"HashTableV2", "LookupTableFindV2"})
_TEXT_LOOKUP = ("int64", "string")
_SUMS = frozenset({"Add", "AddV2"})
"""Ops that join strings in TensorFlow, and only add numbers elsewhere."""
_ONLY_WITH_LOCALE = frozenset({"StringLower", "StringUpper"})
"""ONNX Runtime runs what tf2onnx makes of these only where the locale en_US.UTF-8 is installed."""
_TFJS_TEXT = frozenset(
    {"Const", "ExpandDims", "Identity", "IdentityN", "Placeholder", "PlaceholderWithDefault", "Reshape", "Shape",
     "StaticRegexReplace", "StringNGrams", "StringSplit", "StringToHashBucketFast", *_LOOKUPS}
)  # fmt: skip
"""The ops that TensorFlow.js runs on strings; others "must be numeric tensor"."""
_OPENVINO_REFUSED = frozenset(
    {"DecodeJpeg", "MatrixDiagPartV3", "SparseReduceSum",
     "SparseSoftmaxCrossEntropyWithLogits", "StatelessRandomGetKeyCounter", "StatelessRandomUniformV2", "StringLength",
     "StringUpper"}
)  # fmt: skip
"""The ops of tests/consumers for which OpenVINO has no rule."""


def is_converted_by(rule: RuleId) -> IsConverted:
    """Whether the converter of a rule converts an op of a graph."""
    return _CONVERTERS[rule]


@cache
def converted_ops(converter: str) -> frozenset[str]:
    """The ops for which tf2onnx (``onnx``) or TensorFlow.js (``tfjs``) has a rule."""
    return frozenset(Path(__file__).with_name(f"{converter}_ops.txt").read_text(encoding="ascii").split())


def _by_tf2onnx(op: BuiltOp, _graph: BuiltGraph) -> bool:
    if op.name in _LOOKUPS:
        return op.dtypes == _TEXT_LOOKUP
    if op.name in _ONLY_WITH_LOCALE or ("string" in op.dtypes and op.name in _SUMS):
        return False
    return op.name in _FROZEN or op.name in converted_ops("onnx")


def _by_tfjs(op: BuiltOp, graph: BuiltGraph) -> bool:
    if op.name in _LOOKUPS:
        return op.dtypes == _TEXT_LOOKUP
    if "string" in op.dtypes and op.name not in _TFJS_TEXT:
        return False
    if op.name == "Tanh":  # the converter makes one op of a product, a sum and its activation, and has no tanh for it
        return not graph.names & {"Conv2D", "MatMul"}
    return op.name in _FROZEN or op.name in converted_ops("tfjs")


def _by_openvino(op: BuiltOp, graph: BuiltGraph) -> bool:
    if op.name in _LOOKUPS:
        return not graph.reads_table_file and (op.dtypes == _TEXT_LOOKUP or "string" not in op.dtypes)
    if "string" in op.dtypes and op.name in _SUMS:
        return False
    return op.name not in _OPENVINO_REFUSED


_CONVERTERS: dict[RuleId, IsConverted] = {
    "onnx-op": _by_tf2onnx,
    "openvino-op": _by_openvino,
    "tfjs-op": _by_tfjs,
}
