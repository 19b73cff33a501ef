"""Checks one request against the signatures of a document: first which of them is called, then every value.

TensorFlow Serving's own reading is util/json_tensor.cc (``FillPredictRequestFromJson``, ``FillClassifyRequest``) of
tensorflow/serving at 9d981c5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from specc.diagnostics import Diagnostic, did_you_mean, shorten
from specc.language.scalars import describe
from specc.language.signatures import SERVABLE
from specc.rest.payload.examples import check_examples
from specc.rest.payload.findings import EnoughError, Findings, listed
from specc.rest.payload.predict import Tensors, read_tensors
from specc.rest.signatures import RestService, RestSignature, Verb
from specc.source.limits import MAX_FINDINGS

_KEYS: dict[Verb, tuple[str, ...]] = {
    "predict": ("signature_name", "instances", "inputs"),
    "classify": ("signature_name", "context", "examples"),
    "regress": ("signature_name", "context", "examples"),
}
_BODIES: dict[Verb, tuple[str, ...]] = {
    "predict": ("instances", "inputs"),
    "classify": ("examples",),
    "regress": ("examples",),
}
"""The keys of which a request has one."""


@dataclass(frozen=True)
class ReadRequest:
    """A request that was read: the findings about it, and what it calls with what, as far as that could be read."""

    findings: list[Diagnostic]
    signature: RestSignature | None = None
    tensors: Tensors = field(default_factory=Tensors)
    """The tensors of a predict request."""


def check_request(service: RestService, request: Any, verb: Verb | None = None) -> list[Diagnostic]:
    """The findings about a request, parsed from JSON; none if TensorFlow Serving reads it as the contract has it.

    The arguments are those of :func:`read_request`.
    """
    return read_request(service, request, verb).findings


def read_request(service: RestService, request: Any, verb: Verb | None = None) -> ReadRequest:
    """Reads a request, parsed from JSON, as far as MAX_FINDINGS findings.

    Args:
        service: the signatures that can be called.
        request: the data, in which NaN and infinities are floats.
        verb: what is called; by default what the named signature, or the keys of the request, are for.
    """
    findings = Findings()
    try:
        return _read_request(service, request, verb, findings)
    except EnoughError:
        return ReadRequest(findings.all)


def _read_request(service: RestService, request: Any, verb: Verb | None, findings: Findings) -> ReadRequest:
    if not isinstance(request, dict):
        findings.add("payload-form", (), f"expected an object, found {describe(request)}")
        return ReadRequest(findings.all)
    signature = _called(service, request, verb, findings)
    if signature is None:
        return ReadRequest(findings.all)
    known = _KEYS[signature.verb]
    foreign = islice((key for key in request if key not in known), MAX_FINDINGS)
    unknown = {key: did_you_mean(key, known) for key in foreign}
    has_body = any(key in request for key in _BODIES[signature.verb])
    if not has_body:  # a misspelt key, or no key that is meant
        unknown = {key: hint for key, hint in unknown.items() if hint}
    for key, hint in unknown.items():
        message = f"a {signature.verb} request has no key {shorten(key)!r}"
        findings.add("payload-form", (key,), message, hint or f"the keys are {listed(known)}", on_key=True)
    if unknown and not has_body:
        return ReadRequest(findings.all)
    if signature.verb == "predict":
        return ReadRequest(findings.all, signature, read_tensors(service, signature, request, findings))
    check_examples(service, signature, request, findings)
    return ReadRequest(findings.all, signature)


def _called(
    service: RestService, request: Mapping[str, Any], verb: Verb | None, findings: Findings
) -> RestSignature | None:
    """The signature that a request calls, or None after the finding that there is none."""
    by_key = {key: signature for signature in service.signatures for key in signature.keys}
    name = request.get("signature_name")
    if name is None and "signature_name" not in request:
        signature = next((each for each in service.signatures if each.is_default), None)
        if signature is None:
            message = "there is no default signature: a request must name the one that it calls"
            findings.add("payload-endpoint", (), message, f'add "signature_name", one of {listed(sorted(by_key))}')
            return None
        at: tuple[str, ...] = ()
        name = signature.key
    else:
        at = ("signature_name",)
        if not isinstance(name, str):
            findings.add("payload-form", at, f"a signature name is a text, found {describe(name)}")
            return None
        signature = by_key.get(name)
        if signature is None:
            findings.add("payload-endpoint", at, *_unknown(service, name, sorted(by_key)))
            return None
    if verb is not None and signature.verb != verb:
        message = f"{name!r} is a signature of {signature.verb}, and {verb} is called"
        findings.add(
            "payload-endpoint", at, message, f"send it to :{signature.verb}", leaf=("endpoints", signature.name)
        )
        return None
    return signature


def _unknown(service: RestService, name: str, known: list[str]) -> tuple[str, str]:
    """The message and the hint about a signature that REST cannot call."""
    endpoint = service.document.endpoints.get(name.rpartition(":")[2])
    if endpoint is not None and endpoint.method not in SERVABLE:
        return f"{name!r} is a signature of {endpoint.method}, which is not for a server", ""
    for left_out in service.left_out:
        if name.rpartition(":")[2] == left_out.path[1]:
            return f"REST cannot call {name!r}: {left_out.reason}", "use gRPC"
    return f"there is no signature {shorten(name)!r}", did_you_mean(name, known) or f"there are {listed(known)}"
