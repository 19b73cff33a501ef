"""Check for binary outputs that REST would write as text.

g3doc/api_rest.md of tensorflow/serving, "Output of binary values": tensors with the suffix ``_bytes`` in their name are
treated as binary and written as Base64; all other strings are written as they are, which is not JSON where they are not
UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding

_BINARY = frozenset(
    {
        "bytes", "bmp", "gif", "gzip", "jpeg", "jpg", "mp3", "mp4", "ogg", "pb", "pickle", "png", "proto", "protobuf",
        "serialized", "tfrecord", "tiff", "wav", "webp", "zip",
    }
)  # fmt: skip
_SUFFIX = "_bytes"


def tf_serving_bytes(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for string outputs whose name suggests binary data, but does not end in the suffix for it."""
    for checked in context.served():
        for bound in checked.outputs:
            words = _BINARY.intersection(bound.name.lower().split("_"))
            if bound.leaf.dtype == "string" and words and not bound.name.endswith(_SUFFIX):
                message = (
                    f"REST writes {bound.name!r} as text, but its name suggests bytes: it does not end in '{_SUFFIX}'"
                )
                name = bound.name.removesuffix("bytes").rstrip("_") or "value"
                hint = f'give the leaf the "name" {name + _SUFFIX!r}'
                yield finding("tf-serving-bytes", bound.path, message, hint, on_key=bound.leaf.name is None)
