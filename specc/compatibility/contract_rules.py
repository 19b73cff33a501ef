"""The rules around inputs and outputs: about endpoints, their receivers, collections, and the archive as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
from specc.compatibility.pure_dropped import pure_dropped, pure_promised
from specc.compatibility.receiver_kind_changed import receiver_kind_changed
from specc.compatibility.receiver_removed import receiver_added, receiver_removed
from specc.compatibility.rowwise_dropped import rowwise_dropped, rowwise_promised
from specc.compatibility.saver_dropped import saver_dropped, saver_kept
from specc.compatibility.sides import Comparison
from specc.compatibility.signature_dropped import signature_dropped, signature_published
from specc.compatibility.signature_not_stated import default_not_stated, messages_not_stated
from specc.compatibility.tags_changed import tags_changed

CONTRACT_RULES: tuple[Callable[[Comparison], Iterator[Change]], ...] = (
    tags_changed,
    default_not_stated,
    messages_not_stated,
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
    pure_dropped,
    pure_promised,
    rowwise_dropped,
    rowwise_promised,
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
