"""Check for an endpoint called ``serve``, beside which the LiteRT converter drops the others.

``TFLiteConverter.from_saved_model`` treats every archive that has an attribute ``serve`` and several signatures as one
of ``Model.export``, and converts only 'serving_default', even if others are requested (tensorflow/lite/python/lite.py
of TensorFlow 2.21; tests/compiler/test_targets.py shows it). A single requested signature is not dropped.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.signatures import DEFAULT_KEYS, published_signatures

_SERVE, _DEFAULT = "serve", DEFAULT_KEYS["predict"]
_MAX_SHOWN = 5


def litert_serve(context: CheckContext) -> Iterator[Diagnostic]:
    """A finding for an endpoint called ``serve`` beside others."""
    if _SERVE not in context.document.endpoints:
        return
    signatures = published_signatures(context.document)
    keys = [each.key for each in signatures]
    kept = {_DEFAULT, *(each.alias_of for each in signatures if each.key == _DEFAULT)}
    dropped = [key for key in keys if key not in kept]
    if not dropped or len(keys) < 2:
        return
    if _DEFAULT in keys:
        names = ", ".join(map(repr, dropped[:_MAX_SHOWN])) + (
            f" and {len(dropped) - _MAX_SHOWN} more" if dropped[_MAX_SHOWN:] else ""
        )
        message = (
            f"beside an endpoint called 'serve' the LiteRT converter keeps only 'serving_default', and drops {names}"
        )
    else:
        message = "beside an endpoint called 'serve' the LiteRT converter needs 'serving_default', which is missing"
    yield finding("litert-serve", ("endpoints", _SERVE), message, "rename it", on_key=True)
