"""The contract that an archive carries: the canonical document, each leaf's wire names, and a digest."""

from __future__ import annotations

import json
from typing import Any

from specc.diagnostics import Diagnostic, format_path
from specc.errors import SpecError
from specc.language.document import Document, Endpoint, document_to_json
from specc.language.load import digest, from_json
from specc.language.names import input_leaves, output_leaves
from specc.loaders.json_text import parse_json

CONTRACT_PATH = "assets.extra/specc.json"
"""Where a contract lies in an archive; TensorFlow leaves ``assets.extra`` to others."""
CONTRACT_VERSION = 1


def write_contract(document: Document) -> str:
    """The text of the contract of ``document``, with no clock, host or path in it."""
    data = {
        "contract": CONTRACT_VERSION,
        "digest": digest(document),
        "document": document_to_json(document),
        "wire_names": _wire_names(document),
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_contract(text: bytes) -> Document:
    """The document of a contract.

    Raises:
        SpecError: the text is no contract, or its document, digest and wire names do not belong together.
    """
    data = parse_json(text)
    if not isinstance(data, dict) or data.get("contract") != CONTRACT_VERSION or "document" not in data:
        raise _refusal(f"{CONTRACT_PATH} is no contract of version {CONTRACT_VERSION}")
    document = from_json(data["document"])
    if data.get("digest") != digest(document):
        raise _refusal(f"the digest in {CONTRACT_PATH} is not that of its document: one of them was changed")
    if data.get("wire_names") != _wire_names(document):
        raise _refusal(f"the wire names in {CONTRACT_PATH} are not those of its document: one of them was changed")
    return document


def _wire_names(document: Document) -> dict[str, Any]:
    return {name: _endpoint_names(document.endpoints[name]) for name in sorted(document.endpoints)}


def _endpoint_names(endpoint: Endpoint) -> dict[str, list[str]]:
    leaves = (*input_leaves(endpoint), *output_leaves(endpoint))
    return {format_path(leaf.path): [component.wire_name for component in leaf.components] for leaf in leaves}


def _refusal(message: str) -> SpecError:
    return SpecError([Diagnostic(rule="bad-contract", message=message, hint="build the archive again")])
