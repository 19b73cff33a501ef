"""Check for defaults that REST ignores.

TensorFlow Serving fills in the defaults of a signature for gRPC only. REST requires every input of the signature:
"Missing named input" and "keys must be equal to" in util/json_tensor.cc of tensorflow/serving.
"""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding
from specc.language.trees import has_default


def tf_serving_rest_default(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for inputs with a default, which a client may omit over gRPC but must send over REST."""
    for checked in context.served():
        for bound in checked.inputs:
            if has_default(bound.leaf):
                message = (
                    f"REST requires {bound.name!r} in every request, despite its default; only gRPC fills in defaults"
                )
                hint = "tell REST clients what to send, or turn the check off where all use gRPC"
                yield finding("tf-serving-rest-default", (*bound.path, "default"), message, hint)
