"""The rule against fields of a signature on an endpoint without one: ``__call__`` that is not the default."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.language.document import CALL, Endpoint
from specc.language.trees import Tensor
from specc.language.wire_names import input_leaves

_NO_SIGNATURE_HINT = f"make {CALL!r} the default, or declare it on an endpoint with another name"


def find_signature_fields(endpoint: Endpoint, at: SpecPath) -> Iterator[Diagnostic]:
    """The findings for fields of ``endpoint``, at path ``at``, that only an endpoint with a signature can have."""
    why = f"{CALL!r}, the revived object itself, has no signature unless it is the default"
    if endpoint.method != "predict":
        yield finding("no-signature", (*at, "method"), f"only a signature has a method, and {why}", _NO_SIGNATURE_HINT)
    if endpoint.receivers:
        message = f"receivers are signatures of their endpoint, and {why}"
        yield finding("no-signature", (*at, "receivers"), message, _NO_SIGNATURE_HINT)
    for leaf in input_leaves(endpoint, at):
        if isinstance(leaf.leaf, Tensor) and leaf.leaf.default is not None:
            message = f"a default value is stored in a signature, and {why}"
            yield finding("no-signature", (*leaf.path, "default"), message, _NO_SIGNATURE_HINT)
