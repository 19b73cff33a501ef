"""``payload-schema``: a JSON Schema of the requests that TensorFlow Serving's REST API takes, and of its answers."""

from __future__ import annotations

from specc.artefacts.artefact import Rendered, Request, json_text
from specc.artefacts.rest_findings import rest_findings
from specc.rest.components import components
from specc.rest.signatures import rest_service

_COMMENT = (
    "Contract {digest}. It accepts requests and describes answers in $defs. It cannot state that two dimensions have "
    "one size, or that numbers fit their dtype: specc payload check does."
)


def render(request: Request) -> Rendered:
    """The schema: its root is any request, and its definitions are the components of the OpenAPI document."""
    service = rest_service(request.document, request.endpoints)
    parts = components(service, "#/$defs/")
    return json_text(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$comment": _COMMENT.format(digest=request.contract_digest),
            "title": f"Requests to {request.name}",
            "anyOf": [{"$ref": f"#/$defs/{name}"} for names in parts.requests.values() for name in sorted(names)],
            "$defs": parts.schemas,
        }
    ), list(rest_findings(request, service))
