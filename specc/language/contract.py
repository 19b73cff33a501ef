"""The contract that an archive carries: the canonical document, each leaf's wire names, and a digest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from specc.diagnostics import Diagnostic, format_path
from specc.errors import SpecError
from specc.language.document import Document, Endpoint
from specc.language.load import digest, from_json
from specc.language.wire_names import input_leaves, output_leaves
from specc.source.json_text import parse_json

CONTRACT_PATH = "assets.extra/specc.json"
"""The path of the contract in an archive; TensorFlow leaves ``assets.extra`` to other tools."""
CONTRACT_VERSION = 1
MAX_FILE_NAME = 255
"""In bytes: the limit of Linux and most other file systems."""


def contract_path(tags: Iterable[str]) -> str:
    """The path of the contract of a further MetaGraph with these ``tags``, which is unique to them."""
    path = PurePosixPath(CONTRACT_PATH)
    return str(path.with_name(f"{path.stem}.{'+'.join(quote(tag, safe='') for tag in tags)}{path.suffix}"))


@dataclass(frozen=True)
class Contract:
    """The contract of an archive: its document, and the optional endpoints that it was built without, with reasons."""

    document: Document
    left_out: Mapping[str, str] = field(default_factory=dict)
    undescribed: Mapping[str, str] = field(default_factory=dict)
    """Endpoints whose Python tree cannot be written in a spec, with the reasons; only their wire is described."""
    custom_ops: Mapping[str, str] | None = None
    """The ops of the graph that TensorFlow lacks, each with its library ("" if unknown); None in early contracts, which
    did not list them."""


def write_contract(
    document: Document,
    left_out: Mapping[str, Iterable[Diagnostic]] | None = None,
    undescribed: Mapping[str, str] | None = None,
    custom_ops: Mapping[str, str] | None = None,
) -> str:
    """The text of the contract of ``document``, which holds its promises, with no clock, host or path in it.

    For an endpoint that is left out it has only the rules and paths of the findings: a message quotes the model's own
    errors, with addresses of objects, lines of code and counters that differ from build to build.
    """
    data = {
        "contract": CONTRACT_VERSION,
        "digest": digest(document),
        "document": document.promises().to_json(),
        "wire_names": _wire_names(document),
    }
    if left_out:
        data["left_out"] = {name: _reason(left_out[name]) for name in sorted(left_out)}
    if undescribed:
        data["undescribed"] = dict(sorted(undescribed.items()))
    if custom_ops is not None:
        data["custom_ops"] = dict(sorted(custom_ops.items()))
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_contract(text: bytes) -> Contract:
    """The contract in ``text``.

    Raises:
        SpecError: the text is not a contract, or its document, digest and wire names do not match.
    """
    data = parse_json(text)
    if not isinstance(data, dict) or data.get("contract") != CONTRACT_VERSION or "document" not in data:
        raise _refusal(f"{CONTRACT_PATH} is not a contract of version {CONTRACT_VERSION}")
    document = from_json(data["document"])
    if document.promises() is not document:
        raise _refusal(f"the document in {CONTRACT_PATH} has examples or a tolerance: it was changed")
    if data.get("digest") != digest(document):
        raise _refusal(f"the digest in {CONTRACT_PATH} is not that of its document: one of the two was changed")
    if data.get("wire_names") != _wire_names(document):
        raise _refusal(f"the wire names in {CONTRACT_PATH} are not those of its document: one of the two was changed")
    left_out, undescribed = (_reasons(data, key) for key in ("left_out", "undescribed"))
    for name in left_out:
        if name not in document.endpoints or not document.endpoints[name].optional:
            raise _refusal(f"{CONTRACT_PATH} leaves out {name!r}, which is not an optional endpoint")
    for name in undescribed:
        if name not in document.endpoints:
            raise _refusal(f"{CONTRACT_PATH} does not describe {name!r}, which is not an endpoint")
    custom_ops = data.get("custom_ops")
    if custom_ops is not None and not _is_text_by_text(custom_ops):
        raise _refusal(f"the custom ops in {CONTRACT_PATH} are not a map from op names to libraries")
    return Contract(document, left_out, undescribed, custom_ops)


def _reasons(data: dict[str, Any], key: str) -> dict[str, str]:
    """The reason for each endpoint under ``key``."""
    reasons: Any = data.get(key, {})
    if not _is_text_by_text(reasons):
        raise _refusal(f"the endpoints {key.replace('_', ' ')} in {CONTRACT_PATH} have no reasons")
    return dict(reasons)


def _is_text_by_text(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _reason(findings: Iterable[Diagnostic]) -> str:
    return "; ".join(dict.fromkeys(f"{finding.rule} at {format_path(finding.path)}" for finding in findings))


def _wire_names(document: Document) -> dict[str, Any]:
    return {name: _endpoint_names(document.endpoints[name]) for name in sorted(document.endpoints)}


def _endpoint_names(endpoint: Endpoint) -> dict[str, list[str]]:
    leaves = (*input_leaves(endpoint), *output_leaves(endpoint))
    return {format_path(leaf.path): [component.wire_name for component in leaf.components] for leaf in leaves}


def _refusal(message: str) -> SpecError:
    return SpecError([Diagnostic(rule="bad-contract", message=message, hint="build the archive again")])
