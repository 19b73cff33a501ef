"""Check for endpoints without inputs."""

from __future__ import annotations

from collections.abc import Iterator

from specc.checks.context import CheckContext
from specc.diagnostics import Diagnostic, finding

_HINT = "give it an input, or remove it; where it is meant to read or reset state, call it over gRPC"


def no_inputs(context: CheckContext) -> Iterator[Diagnostic]:
    """Findings for served endpoints without inputs: a server has nothing to batch, and REST refuses the request.

    TensorFlow Serving: "Failed to get input map for signature" (``FillPredictRequestFromJson``, util/json_tensor.cc).
    """
    for checked in context.served():  # not those that read or reset metrics
        if not checked.endpoint.inputs:
            message = (
                f"the endpoint {checked.name!r} takes no inputs: a server has nothing to batch, and REST refuses it"
            )
            yield finding("no-inputs", (*checked.path, "inputs"), message, _HINT)
