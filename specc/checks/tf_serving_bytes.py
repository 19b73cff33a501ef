"""Check for binary outputs that REST would write as text; see specc.rest.binary."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.rest.binary import BINARY_SUFFIX, is_base64

_BINARY = frozenset(
    {
        "bytes", "bmp", "gif", "gzip", "jpeg", "jpg", "mp3", "mp4", "ogg", "pb", "pickle", "png", "proto", "protobuf",
        "serialized", "tfrecord", "tiff", "wav", "webp", "zip",
    }
)  # fmt: skip


def tf_serving_bytes(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for string outputs whose name suggests binary data, but does not end in the suffix for it."""
    for checked in context.served():
        for bound in checked.outputs:
            words = _BINARY.intersection(bound.name.lower().split("_"))
            if bound.leaf.dtype == "string" and words and not is_base64(bound.leaf.dtype, bound.name):
                why = f"its name suggests bytes: it does not end in '{BINARY_SUFFIX}'"
                message = f"REST writes {bound.name!r} as text, but {why}"
                name = bound.name.removesuffix("bytes").rstrip("_") or "value"
                hint = f'give the leaf the "name" {name + BINARY_SUFFIX!r}'
                yield finding("tf-serving-bytes", bound.path, message, hint, on_key=bound.leaf.name is None)
