"""The table of all checks, and functions to run them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from specc.checks.check import Check
from specc.checks.context import CheckContext
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
from specc.checks.shadowing_collection import shadowing_collection
from specc.checks.target_default import tf_serving_no_default, triton_no_default
from specc.checks.target_dtypes import (
    LITERT_DTYPES,
    ONNX_DTYPES,
    OPENVINO_DTYPES,
    TRITON_DTYPES,
    dtype_check,
)
from specc.checks.target_tags import tags_check
from specc.checks.tf_serving_bytes import tf_serving_bytes
from specc.checks.tf_serving_rest_default import tf_serving_rest_default
from specc.checks.tf_serving_rows import tf_serving_rows
from specc.checks.triton_batching import triton_batching
from specc.checks.unbatched_input import unbatched_input
from specc.checks.unknown_batch import unknown_batch
from specc.checks.unnamed_output import unnamed_output
from specc.checks.unused_dim import unused_dim
from specc.diagnostics import Diagnostic
from specc.language.document import Document
from specc.rest.values import REST_DTYPES
from specc.rules.table import RULES, BuiltOnnxCheck, DocumentCheck, RuleLevel, Target

_SERVING_TAGS = tags_check(
    "tf-serving-tags", "TensorFlow Serving", 'build for serving, or start it with the flag "--saved_model_tags"'
)
_TRITON_TAGS = tags_check(
    "triton-tags", "Triton", "build for serving; the parameter TF_GRAPH_TAG can name only one tag"
)
_REST_DTYPE = dtype_check("tf-serving-dtype", REST_DTYPES, "REST has no JSON for it; only gRPC can carry it")
_TRITON_DTYPE = dtype_check("triton-dtype", TRITON_DTYPES, "Triton has no datatype for it, and does not load the model")
_LITERT_DTYPE = dtype_check("litert-dtype", LITERT_DTYPES, "the LiteRT converter refuses it")
_ONNX_DTYPE = dtype_check("onnx-dtype", ONNX_DTYPES, "tf2onnx has no type for it")
_OPENVINO_DTYPE = dtype_check("openvino-dtype", OPENVINO_DTYPES, "OpenVINO's TensorFlow frontend has no type for it")

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
    "litert-dtype": _LITERT_DTYPE,
    "litert-serve": litert_serve,
    "onnx-dtype": _ONNX_DTYPE,
    "onnx-signature": onnx_signature,
    "openvino-dtype": _OPENVINO_DTYPE,
    "openvino-endpoints": openvino_endpoints,
}
"""The function of each check of a document; ``specc.rules.table`` has its level and its target."""
BUILT_CHECKS: dict[BuiltOnnxCheck, Check] = {"onnx-nested-table": onnx_nested_table}
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


def run_build_checks(document: Document, settings: Settings, *, nested_tables: tuple[str, ...]) -> Iterator[Diagnostic]:
    """As :func:`run_checks`, for the checks that need a build: ``nested_tables`` are the endpoints that have any."""
    yield from _run_enabled(BUILT_CHECKS, CheckContext(document, nested_tables), settings)


def _run_enabled(
    checks: Mapping[DocumentCheck, Check] | Mapping[BuiltOnnxCheck, Check], context: CheckContext, settings: Settings
) -> Iterator[Diagnostic]:
    targets = settings.targets | frozenset(context.document.targets)
    for id, find in checks.items():
        rule = RULES[id]
        level = settings.levels.get(id, rule.level)
        if level != "off" and (rule.target is None or rule.target in targets):
            for finding in find(context):
                yield replace(finding, level=level)
