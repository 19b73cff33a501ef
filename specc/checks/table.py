"""The table of all checks, and how they are run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from specc.checks.check import Check, CheckLevel
from specc.checks.duplicate_collection import duplicate_collection
from specc.checks.duplicate_endpoint import duplicate_endpoint
from specc.checks.fixed_dim import fixed_dim
from specc.checks.generated_name import generated_name
from specc.checks.inconsistent_dim import inconsistent_dim
from specc.checks.litert_serve import litert_serve
from specc.checks.missing_description import missing_description
from specc.checks.moved_default import moved_default
from specc.checks.no_inputs import no_inputs
from specc.checks.onnx_nested_table import onnx_nested_table
from specc.checks.onnx_signature import onnx_signature
from specc.checks.openvino_endpoints import openvino_endpoints
from specc.checks.rest_bytes import rest_bytes
from specc.checks.rest_default import rest_default
from specc.checks.rest_rows import rest_rows
from specc.checks.shadowing_collection import shadowing_collection
from specc.checks.subject import Subject
from specc.checks.target_default import serving_without_default, triton_without_default
from specc.checks.target_dtypes import (
    LITERT_DTYPES,
    ONNX_DTYPES,
    OPENVINO_DTYPES,
    REST_DTYPES,
    TRITON_DTYPES,
    dtype_check,
)
from specc.checks.target_tags import tags_check
from specc.checks.triton_batching import triton_batching
from specc.checks.unbatched_input import unbatched_input
from specc.checks.unknown_batch import unknown_batch
from specc.checks.unnamed_output import unnamed_output
from specc.checks.unused_dim import unused_dim
from specc.diagnostics import Diagnostic
from specc.language.document import Document, Target

_SERVING_TAGS = tags_check(
    "tf-serving-tags", "TensorFlow Serving", 'build for serving, or start it with the flag "--saved_model_tags"'
)
_TRITON_TAGS = tags_check(
    "triton-tags", "Triton", "build for serving; the parameter TF_GRAPH_TAG can name one tag, and no more"
)
_REST_DTYPE = dtype_check("tf-serving-dtype", REST_DTYPES, "REST has no JSON for it, and gRPC alone carries it")
_TRITON_DTYPE = dtype_check("triton-dtype", TRITON_DTYPES, "Triton has no datatype for it, and does not load the model")
_LITERT_DTYPE = dtype_check("litert-dtype", LITERT_DTYPES, "the LiteRT converter refuses it")
_ONNX_DTYPE = dtype_check("onnx-dtype", ONNX_DTYPES, "tf2onnx has no type for it")
_OPENVINO_DTYPE = dtype_check("openvino-dtype", OPENVINO_DTYPES, "OpenVINO's TensorFlow frontend has no type for it")

CHECKS: dict[str, Check] = {
    check.rule: check
    for check in (
        Check("duplicate-collection", duplicate_collection),
        Check("duplicate-endpoint", duplicate_endpoint),
        Check("fixed-dim", fixed_dim),
        Check("generated-name", generated_name),
        Check("inconsistent-dim", inconsistent_dim),
        Check("missing-description", missing_description, level="off"),
        Check("moved-default", moved_default),
        Check("no-inputs", no_inputs),
        Check("shadowing-collection", shadowing_collection),
        Check("unbatched-input", unbatched_input),
        Check("unknown-batch", unknown_batch),
        Check("unnamed-output", unnamed_output),
        Check("unused-dim", unused_dim),
        Check("tf-serving-bytes", rest_bytes, target="tf-serving"),
        Check("tf-serving-dtype", _REST_DTYPE, target="tf-serving"),
        Check("tf-serving-no-default", serving_without_default, target="tf-serving"),
        Check("tf-serving-rest-default", rest_default, target="tf-serving"),
        Check("tf-serving-rows", rest_rows, target="tf-serving"),
        Check("tf-serving-tags", _SERVING_TAGS, target="tf-serving"),
        Check("triton-batching", triton_batching, target="triton"),
        Check("triton-dtype", _TRITON_DTYPE, target="triton"),
        Check("triton-no-default", triton_without_default, target="triton"),
        Check("triton-tags", _TRITON_TAGS, target="triton"),
        Check("litert-dtype", _LITERT_DTYPE, target="litert"),
        Check("litert-serve", litert_serve, target="litert"),
        Check("onnx-dtype", _ONNX_DTYPE, target="onnx"),
        Check("onnx-nested-table", onnx_nested_table, target="onnx", stage="build"),
        Check("onnx-signature", onnx_signature, target="onnx"),
        Check("openvino-dtype", _OPENVINO_DTYPE, target="openvino"),
        Check("openvino-endpoints", openvino_endpoints, target="openvino"),
    )
}


@dataclass(frozen=True)
class Settings:
    """What a project says of the checks: levels other than their own, and targets beside those of each document."""

    levels: Mapping[str, CheckLevel] = field(default_factory=dict)
    targets: frozenset[Target] = frozenset()


def find_opinions(document: Document, settings: Settings) -> Iterator[Diagnostic]:
    """The findings of every check of a document that is not off, and is not for a target that nobody named."""
    yield from _find(Subject(document), settings, "document")


def find_built_opinions(
    document: Document, settings: Settings, *, nested_tables: tuple[str, ...]
) -> Iterator[Diagnostic]:
    """The findings of every such check of what a build found out: the endpoints with nested tables."""
    yield from _find(Subject(document, nested_tables), settings, "build")


def _find(subject: Subject, settings: Settings, stage: str) -> Iterator[Diagnostic]:
    targets = settings.targets | frozenset(subject.document.targets)
    for check in CHECKS.values():
        level = settings.levels.get(check.rule, check.level)
        if check.stage == stage and level != "off" and (check.target is None or check.target in targets):
            for finding in check.find(subject):
                yield replace(finding, level=level)
