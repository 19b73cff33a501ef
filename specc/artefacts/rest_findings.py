"""Findings of the artefacts about REST: what cannot be called, and what JSON writes otherwise than it is meant."""

from __future__ import annotations

from collections.abc import Iterator

from specc.artefacts.artefact import Request, emit_finding
from specc.diagnostics import Diagnostic
from specc.rest.signatures import RestService


def rest_findings(request: Request, service: RestService) -> Iterator[Diagnostic]:
    """The findings about every endpoint that is left out, and every float feature of a classify or regress request.

    If nothing is left, the last one is an error.
    """
    for path, reason in service.left_out:
        yield emit_finding("emit-left-out", path, f"{path[-1]!r} is left out: {reason}", "let its clients use gRPC")
    for signature in service.signatures:
        if signature.verb == "predict" or signature.features is None:
            continue
        for feature in signature.features:
            if feature.dtype == "float32":
                yield emit_finding(
                    "float-feature",
                    ("endpoints", signature.name, *feature.leaf.path),
                    f"{signature.key!r} refuses 1 for the float feature {feature.key!r}: it is read as an integer",
                    "tell REST clients to write 1.0, which JavaScript does not, or let them use :predict",
                )
    if not service.signatures:
        yield emit_finding(
            "emit-nothing",
            ("endpoints",),
            f"REST can call nothing of {request.name!r}",
            "give it an endpoint of the method predict, classify or regress whose dtypes REST has",
            is_error=True,
        )
