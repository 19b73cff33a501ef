"""Every rule of specc: its id, the stage that finds it, its level, and the target that it is about.

An id never changes. It stands here once, so that a type checker finds one that is misspelt or missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

TextRule: TypeAlias = Literal[
    "bad-number", "byte-order-mark", "duplicate-key", "lone-surrogate", "not-canonical", "not-json", "not-utf-8",
    "too-large",
]  # fmt: skip
DocumentRule: TypeAlias = Literal[
    "bad-bound", "bad-choice", "bad-default", "bad-dim", "bad-dim-bounds", "bad-dim-name", "bad-dtype", "bad-example",
    "bad-example-file", "bad-method", "bad-name", "bad-path", "bad-ragged-rank", "bad-receiver", "bad-shape",
    "bad-sharding", "bad-size", "bad-tensor", "bad-tolerance", "bad-value", "bad-version", "duplicate-argument",
    "duplicate-entry", "duplicate-field", "empty-container", "empty-text", "missing-arguments", "missing-default",
    "missing-example-file", "missing-key", "name-clash", "named-ragged-dim", "named-variable-dim", "no-signature",
    "optional-default", "reserved-name", "rowwise-without-rows", "too-deep", "too-many-findings", "undeclared-dim",
    "unknown-default", "unknown-endpoint", "unknown-feature", "unknown-key", "unknown-kind", "unknown-receiver",
    "unsupported-default", "unsupported-save-option", "wrong-arguments", "wrong-length", "wrong-names", "wrong-type",
]  # fmt: skip
GeneralCheck: TypeAlias = Literal[
    "duplicate-collection", "duplicate-endpoint", "fixed-dim", "generated-name", "inconsistent-dim", "large-example",
    "missing-description", "moved-default", "no-inputs", "shadowing-collection", "unbatched-input", "unknown-batch",
    "unnamed-output", "unused-dim",
]  # fmt: skip
TfServingCheck: TypeAlias = Literal[
    "tf-serving-bytes", "tf-serving-dtype", "tf-serving-no-default", "tf-serving-rest-default", "tf-serving-rows",
    "tf-serving-tags",
]  # fmt: skip
TritonCheck: TypeAlias = Literal["triton-batching", "triton-dtype", "triton-no-default", "triton-tags"]
LitertCheck: TypeAlias = Literal["litert-default", "litert-dtype", "litert-receiver", "litert-serve"]
OnnxCheck: TypeAlias = Literal["onnx-default", "onnx-dtype", "onnx-receiver", "onnx-same-name", "onnx-signature"]
OpenvinoCheck: TypeAlias = Literal[
    "openvino-default", "openvino-dtype", "openvino-endpoints", "openvino-int64", "openvino-receiver",
    "openvino-same-name",
]  # fmt: skip
TfjsCheck: TypeAlias = Literal["tfjs-default", "tfjs-dtype", "tfjs-receiver", "tfjs-same-type"]
BuiltLitertCheck: TypeAlias = Literal["litert-op"]
BuiltOnnxCheck: TypeAlias = Literal["onnx-nested-table", "onnx-op"]
BuiltOpenvinoCheck: TypeAlias = Literal["openvino-op"]
BuiltTfjsCheck: TypeAlias = Literal["tfjs-op"]
BuiltCheck: TypeAlias = BuiltLitertCheck | BuiltOnnxCheck | BuiltOpenvinoCheck | BuiltTfjsCheck
DocumentCheck: TypeAlias = (
    GeneralCheck | TfServingCheck | TritonCheck | LitertCheck | OnnxCheck | OpenvinoCheck | TfjsCheck
)
CheckRule: TypeAlias = DocumentCheck | BuiltCheck
BuildRule: TypeAlias = Literal[
    "archive-mismatch", "asset-clash", "bad-function", "bad-model", "bad-resource", "bad-sharding-callback",
    "bad-signature", "collection-content", "empty-collection", "import-failed", "long-tags", "missing-asset",
    "missing-endpoint", "missing-function", "missing-model", "name-of-another-layer", "no-document", "not-in-jax",
    "output-conflict", "python-op", "same-tags", "save-failed", "step-conflict", "trace-failed", "unknown-collection",
    "unknown-function", "unknown-track", "unregistered-op", "unsupported-dtype", "untracked-resource", "wrong-arity",
]  # fmt: skip
EmitRule: TypeAlias = Literal[
    "emit-left-out", "emit-lossy", "emit-nothing", "float-feature", "no-examples", "stale-artefact",
    "too-many-examples",
]  # fmt: skip
PayloadRule: TypeAlias = Literal[
    "payload-dim", "payload-endpoint", "payload-feature", "payload-form", "payload-input", "payload-parts",
    "payload-range", "payload-rank", "payload-rows", "payload-size", "payload-type",
]  # fmt: skip
ArchiveRule: TypeAlias = Literal["bad-contract", "contract-mismatch"]
EndpointChange: TypeAlias = Literal[
    "computation-changed", "default-endpoint-added", "default-endpoint-removed", "default-endpoint-switched",
    "endpoint-added", "endpoint-made-optional", "endpoint-made-required", "endpoint-removed",
    "function-alias-added", "function-alias-removed", "gradients-dropped", "gradients-kept", "method-changed",
    "not-stated", "platform-added", "platform-removed", "pure-dropped", "pure-promised", "rowwise-dropped",
    "rowwise-promised", "saver-dropped", "saver-kept", "signature-dropped", "signature-published", "tags-changed",
]  # fmt: skip
InputChange: TypeAlias = Literal[
    "argument-added", "argument-moved", "argument-removed", "argument-renamed", "crossed-names", "dim-narrowed",
    "dim-widened", "input-added", "input-default-changed", "input-dtype-changed", "input-kind-changed",
    "input-made-optional", "input-made-required", "input-narrowed", "input-range-narrowed", "input-range-widened",
    "input-rank-changed", "input-rank-freed", "input-removed", "input-renamed", "input-size-changed",
    "input-structure-changed", "input-widened", "inputs-tied", "inputs-untied", "namedtuple-renamed",
]  # fmt: skip
OutputChange: TypeAlias = Literal[
    "output-added", "output-dtype-changed", "output-kind-changed", "output-narrowed", "output-range-narrowed",
    "output-range-widened", "output-rank-changed", "output-rank-fixed", "output-rank-freed", "output-removed",
    "output-renamed", "output-size-changed", "output-structure-changed", "output-widened", "outputs-tied",
    "outputs-untied", "rest-format-changed", "rest-rows-gained", "rest-rows-lost",
]  # fmt: skip
ReceiverChange: TypeAlias = Literal[
    "feature-default-changed", "feature-key-changed", "feature-kind-changed", "feature-made-optional",
    "feature-made-required", "plain-receiver-changed", "receiver-added", "receiver-kind-changed", "receiver-removed",
]  # fmt: skip
CollectionChange: TypeAlias = Literal[
    "collection-added", "collection-pinned", "collection-removed", "collection-selection-changed",
    "collection-unpinned", "member-added", "member-dtype-changed", "member-removed", "member-shape-changed",
    "member-shape-narrowed",
]  # fmt: skip
StaticRule: TypeAlias = Literal[
    "absolute-path", "collection-mismatch", "contract-differs", "duplicate-variable", "large-constant", "not-enforced",
    "reaches-out", "spec-mismatch", "unlisted-variable", "wire-crossed",
]  # fmt: skip
CallRule: TypeAlias = Literal[
    "alias-differs", "answer-differs", "answer-mismatch", "call-failed", "crashed", "empty-refused",
    "generated-refused", "input-default-ignored", "load-failed", "not-finite", "not-proven", "not-pure", "not-rowwise",
    "out-of-bounds", "stale-example", "stale-fingerprint", "timed-out", "ways-disagree", "weights-differ",
]  # fmt: skip
RunningRule: TypeAlias = Literal[CallRule, "not-enforced"]
"""What verify finds by running an archive."""
ChangeRule: TypeAlias = EndpointChange | InputChange | OutputChange | ReceiverChange | CollectionChange
WaiverRule: TypeAlias = Literal["unused-waiver"]
RuleId: TypeAlias = (
    TextRule
    | DocumentRule
    | CheckRule
    | BuildRule
    | EmitRule
    | ArchiveRule
    | ChangeRule
    | WaiverRule
    | StaticRule
    | CallRule
    | PayloadRule
)

Stage: TypeAlias = Literal["text", "document", "check", "build", "archive", "diff", "waivers", "verify", "emit",
    "payload",
]  # fmt: skip
"""What finds a rule first: reading the text, its document, the checks, building, reading an archive, comparing,
applying the waivers of a project, verifying an archive, making an artefact,
or checking a request."""
RuleLevel: TypeAlias = Literal["error", "warning", "info", "off"]
LEVELS: tuple[RuleLevel, ...] = get_args(RuleLevel)
Target: TypeAlias = Literal["tf-serving", "triton", "litert", "onnx", "openvino", "tfjs"]
"""Where an archive is going to be used."""


@dataclass(frozen=True)
class Rule:
    """One rule. ``level`` is its own one, which a project may change for a check; ``target`` is for a check of one."""

    id: RuleId
    stage: Stage
    level: RuleLevel = "error"
    target: Target | None = None


_STAGES: dict[Stage, Any] = {
    "text": TextRule,
    "document": DocumentRule,
    "build": BuildRule,
    "archive": ArchiveRule,
    "verify": Literal[StaticRule, CallRule],
    "emit": EmitRule,
    "payload": PayloadRule,
}
_WARNINGS: tuple[RuleId, ...] = (
    "absolute-path", "emit-left-out", "emit-lossy", "empty-refused", "float-feature", "generated-refused",
    "large-constant", "no-examples", "not-proven",
)  # fmt: skip
"""Rules of verifying and of artefacts that are warnings; some errors are warnings for an archive without a contract."""
_TARGETS: dict[Target, Any] = {
    "tf-serving": TfServingCheck,
    "triton": TritonCheck,
    "litert": LitertCheck,
    "onnx": OnnxCheck,
    "openvino": OpenvinoCheck,
    "tfjs": TfjsCheck,
}
_BUILT_TARGETS: dict[Target, Any] = {
    "litert": BuiltLitertCheck,
    "onnx": BuiltOnnxCheck,
    "openvino": BuiltOpenvinoCheck,
    "tfjs": BuiltTfjsCheck,
}
_OFF: tuple[RuleId, ...] = ("missing-description",)
"""Checks that a project has to ask for."""

RULES: dict[RuleId, Rule] = {
    rule.id: rule
    for rule in (
        *(
            Rule(id, stage, "warning" if id in _WARNINGS else "error")
            for stage, ids in _STAGES.items()
            for id in get_args(ids)
        ),
        *(Rule(id, "check", "off" if id in _OFF else "warning") for id in get_args(GeneralCheck)),
        *(Rule(id, "check", "warning", target) for target, ids in _TARGETS.items() for id in get_args(ids)),
        *(Rule(id, "build", "warning", target) for target, ids in _BUILT_TARGETS.items() for id in get_args(ids)),
        *(Rule(id, "waivers", "warning") for id in get_args(WaiverRule)),
        *(Rule(id, "diff") for group in get_args(ChangeRule) for id in get_args(group)),
    )
}
