"""The rules around inputs and outputs: about endpoints, their receivers, collections, and the archive as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from specc.change import Change
from specc.compatibility.collection_removed import collection_added, collection_removed
from specc.compatibility.collection_selection_changed import collection_selection_changed
from specc.compatibility.collection_unpinned import collection_pinned, collection_unpinned
from specc.compatibility.computation_changed import computation_changed
from specc.compatibility.default_endpoint_removed import (
    default_endpoint_added,
    default_endpoint_removed,
    default_endpoint_switched,
)
from specc.compatibility.endpoint_made_optional import endpoint_made_optional, endpoint_made_required
from specc.compatibility.endpoint_removed import endpoint_added, endpoint_removed
from specc.compatibility.feature_key_changed import feature_key_changed
from specc.compatibility.feature_kind_changed import feature_kind_changed
from specc.compatibility.feature_made_required import (
    feature_default_changed,
    feature_made_optional,
    feature_made_required,
)
from specc.compatibility.function_alias_removed import function_alias_added, function_alias_removed
from specc.compatibility.gradients_dropped import gradients_dropped, gradients_kept
from specc.compatibility.member_dtype_changed import member_dtype_changed
from specc.compatibility.member_removed import member_added, member_removed
from specc.compatibility.member_shape_changed import member_shape_changed, member_shape_narrowed
from specc.compatibility.method_changed import method_changed
from specc.compatibility.plain_receiver_changed import plain_receiver_changed
from specc.compatibility.platform_removed import platform_added, platform_removed
from specc.compatibility.receiver_kind_changed import receiver_kind_changed
from specc.compatibility.receiver_removed import receiver_added, receiver_removed
from specc.compatibility.saver_dropped import saver_dropped, saver_kept
from specc.compatibility.sides import Comparison
from specc.compatibility.signature_dropped import signature_dropped, signature_published
from specc.compatibility.tags_changed import tags_changed
from specc.rules.table import ChangeRule

CONTRACT_RULES: tuple[Callable[[Comparison], Iterator[Change]], ...] = (
    tags_changed,
    saver_dropped,
    saver_kept,
    endpoint_removed,
    endpoint_added,
    endpoint_made_optional,
    endpoint_made_required,
    default_endpoint_removed,
    default_endpoint_added,
    default_endpoint_switched,
    method_changed,
    signature_dropped,
    signature_published,
    gradients_dropped,
    gradients_kept,
    computation_changed,
    platform_removed,
    platform_added,
    function_alias_removed,
    function_alias_added,
    plain_receiver_changed,
    receiver_removed,
    receiver_added,
    receiver_kind_changed,
    feature_key_changed,
    feature_kind_changed,
    feature_made_required,
    feature_made_optional,
    feature_default_changed,
    collection_removed,
    collection_added,
    member_removed,
    member_added,
    member_dtype_changed,
    member_shape_changed,
    member_shape_narrowed,
    collection_selection_changed,
    collection_unpinned,
    collection_pinned,
)

Row: TypeAlias = tuple[str, str, str, str, str]
"""The direction of a rule, what it is on wire, rest and python, and its mirror."""

CONTRACT_ROWS: dict[ChangeRule, Row] = {
    "tags-changed": ("request", "b", "b", "-", "self"),
    "saver-dropped": ("request", "b", "b", "-", "saver-kept"),
    "saver-kept": ("request", "s", "s", "-", "saver-dropped"),
    "endpoint-removed": ("request", "b; w if it was optional", "the same", "the same", "endpoint-added"),
    "endpoint-added": ("request", "s", "s", "s", "endpoint-removed"),
    "endpoint-made-optional": ("request", "b", "b", "b", "endpoint-made-required"),
    "endpoint-made-required": ("request", "s", "s", "s", "endpoint-made-optional"),
    "default-endpoint-removed": ("request", "b", "b", "-", "default-endpoint-added"),
    "default-endpoint-added": ("request", "s", "s", "-", "default-endpoint-removed"),
    "default-endpoint-switched": ("meaning", "b", "b", "-", "self"),
    "method-changed": ("request", "b", "b if a server served it, else s", "-", "self"),
    "signature-dropped": ("request", "b", "-", "-", "signature-published"),
    "signature-published": ("request", "s", "-", "-", "signature-dropped"),
    "gradients-dropped": ("answer", "-", "-", "b", "gradients-kept"),
    "gradients-kept": ("answer", "-", "-", "s", "gradients-dropped"),
    "computation-changed": ("answer", "w", "w", "w", "self"),
    "platform-removed": ("request", "w", "w", "w", "platform-added"),
    "platform-added": ("request", "s", "s", "s", "platform-removed"),
    "function-alias-removed": (
        "request",
        "b; w if its endpoint was optional, and is gone",
        "-",
        "-",
        "function-alias-added",
    ),
    "function-alias-added": ("request", "s", "-", "-", "function-alias-removed"),
    "plain-receiver-changed": ("request", "b", "b", "-", "self"),
    "receiver-removed": ("request", "b", "b", "-", "receiver-added"),
    "receiver-added": ("request", "s", "s", "-", "receiver-removed"),
    "receiver-kind-changed": ("request", "b", "b", "-", "self"),
    "feature-key-changed": ("request", "b", "b", "-", "self"),
    "feature-kind-changed": ("request", "b", "b", "-", "self"),
    "feature-made-required": ("request", "b", "b", "-", "feature-made-optional"),
    "feature-made-optional": ("request", "s", "s", "-", "feature-made-required"),
    "feature-default-changed": ("meaning", "b", "b", "-", "self"),
    "collection-removed": ("answer", "-", "-", "b", "collection-added"),
    "collection-added": ("answer", "-", "-", "s", "collection-removed"),
    "member-removed": ("answer", "-", "-", "b", "member-added"),
    "member-added": ("answer", "-", "-", "s", "member-removed"),
    "member-dtype-changed": ("answer", "-", "-", "b", "self"),
    "member-shape-changed": ("answer", "-", "-", "b", "self; member-shape-narrowed"),
    "member-shape-narrowed": ("answer", "-", "-", "s", "member-shape-changed"),
    "collection-selection-changed": ("answer", "-", "-", "w", "self"),
    "collection-unpinned": ("answer", "-", "-", "w", "collection-pinned"),
    "collection-pinned": ("answer", "-", "-", "s", "collection-unpinned"),
}
