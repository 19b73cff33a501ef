"""An endpoint that takes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import Diagnostic, finding
from specc.language.document import Document


def no_inputs(document: Document) -> Iterator[Diagnostic]:
    """An endpoint for serving without inputs: a server has nothing to batch, and REST refuses the request."""
    if document.mode != "predict":
        return  # what reads or resets metrics takes nothing
    for name, endpoint in document.endpoints.items():
        if not endpoint.inputs:
            message = f"the endpoint {name!r} takes no inputs, so that it always gives the same"
            yield finding("no-inputs", ("endpoints", name, "inputs"), message, "give it an input, or remove it")
