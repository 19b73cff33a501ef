"""Check for the signature that tf2onnx converts by default.

"'--signature_def' not specified, using first signature" (``_from_saved_model_v2``, tf2onnx/tf_loader.py of
onnx/tensorflow-onnx), which is the first by name (tests/compiler/test_targets.py). One run converts one signature:
"Cannot load multiple signature defs in TF2.x".
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.signatures import DEFAULT_KEYS, published_signatures


def onnx_signature(context: CheckContext) -> Iterator[Diagnostic]:
    """A finding where the first signature is not the default."""
    signatures = published_signatures(context.document)
    if len(signatures) < 2:
        return
    default = DEFAULT_KEYS[context.document.mode]
    wanted = {default, *(each.alias_of for each in signatures if each.key == default)}
    first = min(signatures, key=lambda each: each.key)
    if first.key not in wanted:
        key = default if default in (each.key for each in signatures) else "NAME"
        message = f"tf2onnx converts {first.key!r}, the first signature by name, by default"
        hint = f"convert with --signature_def {key}, and turn the check off"
        yield finding("onnx-signature", ("endpoints", first.endpoint), message, hint, on_key=True)
