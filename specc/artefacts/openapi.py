"""``openapi``: an OpenAPI 3.1 document of a model that TensorFlow Serving serves.

The paths are those of g3doc/api_rest.md of tensorflow/serving.
"""

from __future__ import annotations

from typing import Any

from specc.artefacts.artefact import Rendered, Request, json_text
from specc.artefacts.rest_findings import rest_findings
from specc.rest.components import Components, components
from specc.rest.exchanges import exchanges
from specc.rest.schemas import Schema
from specc.rest.signatures import RestService, Verb, rest_service
from specc.rest.urls import REST_URL, model_path

_PREFIX = "#/components/schemas/"
_VERBS: dict[Verb, str] = {
    "predict": "Returns the outputs of one signature for the inputs of a request.",
    "classify": "Returns the classes of each example, with their scores.",
    "regress": "Returns the value of each example.",
}
_PATHS = (
    "The same requests and answers are those of the paths of one version, /v1/models/{name}/versions/N:verb, and of "
    "one label, /v1/models/{name}/labels/L:verb."
)
_LIMITS = (
    "A schema cannot state that two dimensions of a request have one size, or that a number is lost in its dtype; "
    "`specc payload check` does. Every input is required: only gRPC lets a request leave out one that has a default. "
    "NaN and infinities are written as the tokens NaN, Infinity and -Infinity, which are not JSON."
)
_MODEL_STATUS: Schema = {
    "description": "The versions of the model, each with its state.",
    "type": "object",
    "properties": {
        "model_version_status": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "version": {"type": "string"},
                    "state": {"enum": ["UNKNOWN", "START", "LOADING", "AVAILABLE", "UNLOADING", "END"]},
                    "status": {
                        "type": "object",
                        "properties": {"error_code": {"type": "string"}, "error_message": {"type": "string"}},
                    },
                },
            },
        }
    },
    "required": ["model_version_status"],
}
_MODEL_METADATA: Schema = {
    "description": "The signatures of the model, as the server has them.",
    "type": "object",
    "properties": {"model_spec": {"type": "object"}, "metadata": {"type": "object"}},
    "required": ["model_spec", "metadata"],
}
_ERROR: Schema = {
    "description": "Why a request is refused.",
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}


def render(request: Request) -> Rendered:
    """The OpenAPI document."""
    service = rest_service(request.document, request.endpoints)
    parts = components(service, _PREFIX)
    described = request.document.description
    text = "\n\n".join(part for part in (described, _PATHS.format(name=request.name), _LIMITS) if part)
    schemas = parts.schemas | {"ModelStatus": _MODEL_STATUS, "ModelMetadata": _MODEL_METADATA, "Error": _ERROR}
    document = {
        "openapi": "3.1.1",
        "info": {
            "title": request.name,
            "version": request.contract_digest[:12],
            "description": text,
            "x-specc-contract": request.contract_digest,
        },
        "servers": [{"url": REST_URL}],
        "paths": _paths(request, service, parts),
        "components": {"schemas": {name: schemas[name] for name in sorted(schemas)}},
    }
    return json_text(document), list(rest_findings(request, service))


def _paths(request: Request, service: RestService, parts: Components) -> dict[str, Any]:
    model = model_path(request.name)
    found = {
        f"{model}:{verb}": {"post": _operation(verb, summary, service, parts)}
        for verb, summary in _VERBS.items()
        if verb in parts.requests
    }
    found[model] = {"get": _get("status", "Returns the state of the model's versions.", "ModelStatus")}
    found[f"{model}/metadata"] = {"get": _get("metadata", "Returns the model's signatures.", "ModelMetadata")}
    return found


def _operation(verb: Verb, summary: str, service: RestService, parts: Components) -> dict[str, Any]:
    made = exchanges(service, verb)
    body = _content(_one_of("oneOf", parts.requests[verb]), {each.name: each.request_example() for each in made})
    answers = {each.name: each.answer_example() for each in made if each.answer is not None}
    return {
        "operationId": verb,
        "summary": summary,
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": {
                "description": "The answer.",
                "content": _content(_one_of("anyOf", parts.answers[verb]), answers),
            },
            **_refusal(),
        },
    }


def _get(operation: str, summary: str, schema: str) -> dict[str, Any]:
    found = {"description": summary, "content": _content({"$ref": _PREFIX + schema}, {})}
    return {"operationId": operation, "summary": summary, "responses": {"200": found, **_refusal()}}


def _refusal() -> dict[str, Any]:
    return {"default": {"description": "A refusal.", "content": _content({"$ref": f"{_PREFIX}Error"}, {})}}


def _content(schema: Schema, examples: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema, **({"examples": examples} if examples else {})}}


def _one_of(keyword: str, names: list[str]) -> Schema:
    """A reference to the only schema, or a union of all."""
    references = [{"$ref": _PREFIX + name} for name in sorted(names)]
    return references[0] if len(references) == 1 else {keyword: references}
