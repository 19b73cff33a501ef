"""``markdown``: a contract as a section of a model card or a README, with requests that can be pasted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from specc.artefacts.artefact import Rendered, Request
from specc.artefacts.call_snippets import snippets
from specc.language.call_paths import call_path
from specc.language.document import Document, Endpoint
from specc.language.signatures import SERVABLE, published_signatures_of
from specc.language.tensor_string import format_tensor
from specc.language.trees import Leaf, Tensor, has_default
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.report.writer import escaped

BEGIN, END = "<!-- specc:begin -->", "<!-- specc:end -->"
"""The lines of an existing file between which the section is put."""
_SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\|`*_["} | {"<": "&lt;", ">": "&gt;"})
_JOINERS = "\u200c\u200d"
"""Characters that are not shown and that words and emoji need."""
_JOINER = re.compile(f"([{_JOINERS}])")


def render(request: Request) -> Rendered:
    """The section: what is in the contract, and for each endpoint its tensors and the calls of it."""
    document = request.document
    parts = [f"## {_text(request.name)}", _text(document.description), f"Contract `{request.contract_digest[:12]}`."]
    parts.append(_dims(document))
    for name, endpoint in request.chosen().items():
        parts += _endpoint(request, name, endpoint)
    text = "\n\n".join(part for part in parts if part) + "\n"
    return "".join(part if part in _JOINERS else escaped(part) for part in _JOINER.split(text)).encode("utf-8"), []


def within(existing: bytes, section: bytes) -> bytes:
    """``existing`` with ``section`` between its two marks, or ``section`` itself where there are none."""
    begin, end = BEGIN.encode(), END.encode()
    start = existing.find(begin)
    stop = existing.find(end, start)
    if start < 0 or stop < 0:
        return section
    return b"".join((existing[: start + len(begin)], b"\n", section, existing[stop:]))


def _dims(document: Document) -> str:
    rows = []
    for name, dim in sorted(document.dims.items()):
        most = "" if dim.max is None else str(dim.max)
        rows.append((_code(name), str(dim.min), most, _text(dim.description)))
    return _table(("dim", "least", "most", "description"), rows) if rows else ""


def _endpoint(request: Request, name: str, endpoint: Endpoint) -> Iterator[str]:
    is_default = name == request.document.default
    yield f"### {_text(name)}{' (default)' if is_default else ''}"
    yield _text(endpoint.description)
    yield _ways(request.document, name, endpoint)
    yield _tensors("Inputs", endpoint, input_leaves(endpoint))
    yield _tensors("Outputs", endpoint, output_leaves(endpoint))
    for snippet in snippets(request, name) if endpoint.method in SERVABLE else ():
        fence = "`" * max(3, _longest_run(snippet.text) + 1)
        yield f"{snippet.title}:\n\n{fence}{snippet.language}\n{snippet.text}\n{fence}"


def _ways(document: Document, name: str, endpoint: Endpoint) -> str:
    keys = [signature.key for signature in published_signatures_of(document, name)]
    ways = f"signatures {', '.join(map(_code, keys))}" if keys else "no signature"
    optional = " An archive may be built without it." if endpoint.optional else ""
    return f"Method {endpoint.method}; {ways}.{optional}"


def _tensors(title: str, endpoint: Endpoint, leaves: Sequence[BoundLeaf]) -> str:
    if not leaves:
        return f"*{title}*: none."
    rows = [row for bound in leaves for row in _rows(endpoint, bound)]
    header = ("path", "wire name", "type", "default", "range", "description")
    return f"*{title}*\n\n{_table(header, rows)}"


def _rows(endpoint: Endpoint, bound: BoundLeaf) -> Iterator[tuple[str, ...]]:
    leaf = bound.leaf
    path = _code(call_path(endpoint, bound.path))
    for component in bound.components:
        shown = (_default(leaf), _range(leaf)) if isinstance(leaf, Tensor) else ("", "")
        role = f"{component.part.replace('_', ' ')} of a {leaf.kind} tensor" if component.part else ""
        description = "; ".join(part for part in (_text(leaf.description), role) if part)
        kind = format_tensor(component.dtype, component.shape)
        yield path, _code(component.wire_name), _code(kind), *shown, description


def _default(leaf: Leaf) -> str:
    return _code(json.dumps(leaf.to_json()["default"], ensure_ascii=False)) if has_default(leaf) else ""


def _range(leaf: Tensor) -> str:
    if leaf.minimum is None and leaf.maximum is None:
        return ""
    low, high = ("" if bound is None else str(bound) for bound in (leaf.minimum, leaf.maximum))
    return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines)


def _text(text: str) -> str:
    """Text of the document as Markdown shows it, in one line."""
    return " ".join(text.split()).translate(_SPECIAL)


def _code(text: str) -> str:
    """Text as code, in a cell of a table."""
    plain = " ".join(text.split()).replace("|", "\\|")
    ticks = "`" * (_longest_run(plain) + 1)
    padding = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{ticks}{padding}{plain}{padding}{ticks}"


def _longest_run(text: str) -> int:
    """The length of the longest run of backticks in ``text``."""
    return max(map(len, re.findall("`+", text)), default=0)
