"""The table of all checks, and functions to run them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from specc.checks.built_graph import Built
from specc.checks.check import Check
from specc.checks.context import CheckContext
from specc.checks.converter_default import default_check
from specc.checks.converter_same_name import same_name_check
from specc.checks.duplicate_collection import duplicate_collection
from specc.checks.duplicate_endpoint import duplicate_endpoint
from specc.checks.fixed_dim import fixed_dim
from specc.checks.generated_name import generated_name
from specc.checks.inconsistent_dim import inconsistent_dim
from specc.checks.large_example import large_example
from specc.checks.litert_serve import litert_serve
from specc.checks.missing_description import missing_description
from specc.checks.moved_default import moved_default
from specc.checks.no_inputs import no_inputs
from specc.checks.onnx_nested_table import onnx_nested_table
from specc.checks.onnx_signature import onnx_signature
from specc.checks.openvino_endpoints import openvino_endpoints
from specc.checks.openvino_int64 import openvino_int64
from specc.checks.shadowing_collection import shadowing_collection
from specc.checks.target_default import tf_serving_no_default, triton_no_default
from specc.checks.target_dtypes import (
    LITERT_DTYPES,
    ONNX_DTYPES,
    OPENVINO_DTYPES,
    TFJS_DTYPES,
    TRITON_DTYPES,
    dtype_check,
)
from specc.checks.target_receiver import receiver_check
from specc.checks.target_tags import tags_check
from specc.checks.tf_serving_bytes import tf_serving_bytes
from specc.checks.tf_serving_rest_default import tf_serving_rest_default
from specc.checks.tf_serving_rows import tf_serving_rows
from specc.checks.tfjs_same_type import tfjs_same_type
from specc.checks.triton_batching import triton_batching
from specc.checks.unbatched_input import unbatched_input
from specc.checks.unknown_batch import unknown_batch
from specc.checks.unnamed_output import unnamed_output
from specc.checks.unsupported_op import litert_op, op_check, tfjs_op
from specc.checks.unused_dim import unused_dim
from specc.diagnostics import Diagnostic
from specc.language.document import Document
from specc.rest.values import REST_DTYPES
from specc.rules.table import RULES, BuiltCheck, DocumentCheck, RuleLevel, Target

_SERVING_TAGS = tags_check(
    "tf-serving-tags", "TensorFlow Serving", 'build for serving, or start it with the flag "--saved_model_tags"'
)
_TRITON_TAGS = tags_check(
    "triton-tags", "Triton", "build for serving; the parameter TF_GRAPH_TAG can name only one tag"
)
_REST_DTYPE = dtype_check("tf-serving-dtype", REST_DTYPES, "REST has no JSON for it; only gRPC can carry it")
_TRITON_DTYPE = dtype_check("triton-dtype", TRITON_DTYPES, "Triton has no datatype for it, and does not load the model")
_LITERT_DTYPE = dtype_check("litert-dtype", LITERT_DTYPES, "the LiteRT converter refuses it")
_ONNX_DTYPE = dtype_check("onnx-dtype", ONNX_DTYPES, "tf2onnx or ONNX Runtime has no type for it")
_OPENVINO_DTYPE = dtype_check("openvino-dtype", OPENVINO_DTYPES, "OpenVINO's TensorFlow frontend has no type for it")
_TFJS_DTYPE = dtype_check("tfjs-dtype", TFJS_DTYPES, "TensorFlow.js does not compute with it")
_ASK_CLIENTS = "tell clients what to send, or publish an endpoint without the input beside this one"
_DROPPED = "requires {name}: it drops the default"
_ONNX_DEFAULT = default_check("onnx-default", f"a model that tf2onnx converted {_DROPPED}", _ASK_CLIENTS)
_LITERT_DEFAULT = default_check("litert-default", f"a model that LiteRT converted {_DROPPED}", _ASK_CLIENTS)
_TFJS_DEFAULT = default_check("tfjs-default", f"a model that TensorFlow.js converted {_DROPPED}", _ASK_CLIENTS)
_OPENVINO_DEFAULT = default_check(
    "openvino-default",
    "OpenVINO makes a constant of the default of {name}: the converted model has no such input",
    "leave the default out, so that it is an input",
    only_default=True,
)

CHECKS: dict[DocumentCheck, Check] = {
    "duplicate-collection": duplicate_collection,
    "duplicate-endpoint": duplicate_endpoint,
    "fixed-dim": fixed_dim,
    "generated-name": generated_name,
    "inconsistent-dim": inconsistent_dim,
    "large-example": large_example,
    "missing-description": missing_description,
    "moved-default": moved_default,
    "no-inputs": no_inputs,
    "shadowing-collection": shadowing_collection,
    "unbatched-input": unbatched_input,
    "unknown-batch": unknown_batch,
    "unnamed-output": unnamed_output,
    "unused-dim": unused_dim,
    "tf-serving-bytes": tf_serving_bytes,
    "tf-serving-dtype": _REST_DTYPE,
    "tf-serving-no-default": tf_serving_no_default,
    "tf-serving-rest-default": tf_serving_rest_default,
    "tf-serving-rows": tf_serving_rows,
    "tf-serving-tags": _SERVING_TAGS,
    "triton-batching": triton_batching,
    "triton-dtype": _TRITON_DTYPE,
    "triton-no-default": triton_no_default,
    "triton-tags": _TRITON_TAGS,
    "litert-default": _LITERT_DEFAULT,
    "litert-dtype": _LITERT_DTYPE,
    "litert-receiver": receiver_check("litert-receiver", "LiteRT"),
    "litert-serve": litert_serve,
    "onnx-default": _ONNX_DEFAULT,
    "onnx-dtype": _ONNX_DTYPE,
    "onnx-receiver": receiver_check("onnx-receiver", "ONNX"),
    "onnx-same-name": same_name_check("onnx-same-name", "tf2onnx renames the output, and does not find the input"),
    "onnx-signature": onnx_signature,
    "openvino-default": _OPENVINO_DEFAULT,
    "openvino-dtype": _OPENVINO_DTYPE,
    "openvino-endpoints": openvino_endpoints,
    "openvino-int64": openvino_int64,
    "openvino-receiver": receiver_check("openvino-receiver", "OpenVINO", only_default=True),
    "openvino-same-name": same_name_check(
        "openvino-same-name", "OpenVINO returns the input unchanged under this name", only_default=True
    ),
    "tfjs-default": _TFJS_DEFAULT,
    "tfjs-dtype": _TFJS_DTYPE,
    "tfjs-receiver": receiver_check("tfjs-receiver", "TensorFlow.js"),
    "tfjs-same-type": tfjs_same_type,
}
"""The function of each check of a document; ``specc.rules.table`` has its level and its target."""
BUILT_CHECKS: dict[BuiltCheck, Check] = {
    "litert-op": litert_op,
    "onnx-nested-table": onnx_nested_table,
    "onnx-op": op_check("onnx-op", "tf2onnx"),
    "openvino-op": op_check("openvino-op", "OpenVINO", only_default=True),
    "tfjs-op": tfjs_op,
}
"""The function of each check that needs the result of a build."""


@dataclass(frozen=True)
class Settings:
    """A project's settings: changed levels of checks, and targets in addition to those of each document.

    ``verify`` is whether ``build`` runs what it wrote.
    """

    levels: Mapping[str, RuleLevel] = field(default_factory=dict)
    targets: frozenset[Target] = frozenset()
    verify: bool = False


def run_checks(document: Document, settings: Settings) -> Iterator[Diagnostic]:
    """The findings of every check that is on and has no target, or a target of the document or the settings."""
    yield from _run_enabled(CHECKS, CheckContext(document), settings)


def run_build_checks(document: Document, settings: Settings, built: Built) -> Iterator[Diagnostic]:
    """As :func:`run_checks`, for the checks that need the result of a build."""
    yield from _run_enabled(BUILT_CHECKS, CheckContext(document, built), settings)


def built_targets(document: Document, settings: Settings) -> frozenset[Target]:
    """The targets for which a check asks for the graphs of a build."""
    targets = settings.targets | frozenset(document.targets)
    asked = {RULES[id].target for id in BUILT_CHECKS if settings.levels.get(id, RULES[id].level) != "off"}
    return frozenset(target for target in targets if target in asked)


def _run_enabled(
    checks: Mapping[DocumentCheck, Check] | Mapping[BuiltCheck, Check], context: CheckContext, settings: Settings
) -> Iterator[Diagnostic]:
    targets = settings.targets | frozenset(context.document.targets)
    for id, find in checks.items():
        rule = RULES[id]
        level = settings.levels.get(id, rule.level)
        if level != "off" and (rule.target is None or rule.target in targets):
            for finding in find(context):
                yield replace(finding, level=level)
