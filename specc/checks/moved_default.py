"""Check for an endpoint that looks like the default but is not."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding

_KERAS_DEFAULT_NAMES = ("serve", "predict", "call")


def moved_default(context: CheckContext) -> Iterator[Diagnostic]:
    """A finding where another endpoint has Keras's name for the default, so that clients may call the wrong one.

    A default of the method classify or regress serves requests of that kind, so another endpoint 'predict' is fine.
    """
    document = context.document
    if (
        document.mode != "predict"
        or document.default is None
        or document.default in (*_KERAS_DEFAULT_NAMES, "serving_default")
    ):
        return
    usual = [name for name in _KERAS_DEFAULT_NAMES if name in document.endpoints]
    if document.endpoints[document.default].method != "predict":
        usual = [name for name in usual if name != "predict"]
    if usual:
        message = f"the default is {document.default!r}, though there is an endpoint {usual[0]!r}"
        hint = f"make {usual[0]!r} the default, or rename it after its purpose"
        yield finding("moved-default", ("default",), message, hint)
