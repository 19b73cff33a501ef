"""The data of the page: endpoints, trees and calls as JSON, each text once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from specc.artefacts.artefact import Request
from specc.artefacts.call_snippets import snippets
from specc.diagnostics import printable
from specc.language.document import CALL, Dim, Document, Endpoint
from specc.language.signatures import SERVABLE, PublishedSignature, published_signatures
from specc.language.tensor_string import ANY, format_tensor
from specc.language.trees import Dict, Leaf, List, NamedTuple, Ragged, Sparse, Tensor, Tree, Tuple, has_default
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves, placed_children
from specc.rest.binary import is_base64

MAX_CALLS = 64 * 1024
"""The length of all calls that a page shows: it has two hundred endpoints at most on a few screens."""
_GIVEN, _PART = 1, 2
_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


class Strings:
    """Texts, each once, by their positions; the empty one is at 0."""

    def __init__(self) -> None:
        self.texts = [""]
        self._positions = {"": 0}

    def __call__(self, text: str) -> int:
        """The position of ``text``, which is shown without control characters."""
        return self.raw(printable(text))

    def raw(self, text: str) -> int:
        """The position of ``text`` as it is."""
        position = self._positions.setdefault(text, len(self.texts))
        if position == len(self.texts):
            self.texts.append(text)
        return position


def json_in_html(value: Any) -> str:
    """Compact JSON that no HTML parser takes for a tag, and no JavaScript for a line end."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def one_line(endpoint: Endpoint) -> str:
    """What goes in and what comes out: ``{history, id}, float32[batch, 3] -> {score}``."""
    inputs = ", ".join(map(_outline, endpoint.inputs))
    return f"{inputs or '()'} → {_outline(endpoint.outputs)}"


def _outline(tree: Tree) -> str:
    match tree:
        case Tensor() | Ragged() | Sparse():
            return type_text(tree)
        case List():
            return f"[{len(tree.items)}]"
        case Tuple():
            return f"({len(tree.items)})"
        case NamedTuple():
            return f"{tree.typename}({_some([name for name, _ in tree.fields])})"
        case Dict():
            return f"{{{_some(sorted(tree.items))}}}"


def _some(words: Sequence[str]) -> str:
    return ", ".join([*words[:4], *(["…"] if len(words) > 4 else [])])


def type_text(leaf: Leaf) -> str:
    """The type of a leaf: ``int64[batch]``, ``ragged int64[batch, ?]``."""
    prefix = "" if isinstance(leaf, Tensor) else f"{leaf.kind} "
    return f"{prefix}{format_tensor(leaf.dtype, leaf.shape)}"


def bounds_text(dim: Dim) -> str:
    """The sizes of a dim: ``1..64``, ``at least 1``; empty if it may have any."""
    if dim.max is None:
        return f"≥ {dim.min}" if dim.min else ""
    return f"{dim.min}" if dim.min == dim.max else f"{dim.min}..{dim.max}"


class PageData:
    """Makes the data of a document's page."""

    def __init__(self, document: Document, name: str) -> None:
        self.document = document
        self.strings = Strings()
        self._request = Request(document, name)
        self._calls_left = MAX_CALLS
        self._dims = {dim: index for index, dim in enumerate(sorted(document.dims))}
        self._signatures: dict[str, list[PublishedSignature]] = {}
        for signature in published_signatures(document):
            self._signatures.setdefault(signature.endpoint, []).append(signature)

    def json(self, endpoints: Collection[str]) -> dict[str, Any]:
        """All data, of the chosen ``endpoints``."""
        rows = [self._endpoint(name) for name in endpoints]
        dims = [
            [self.strings(name), self.strings(bounds_text(dim)), self.strings(dim.description)]
            for name, dim in sorted(self.document.dims.items())
        ]
        default = self.strings(self.document.default) if self.document.default else -1
        return {"endpoints": rows, "dims": dims, "default": default, "strings": self.strings.texts}

    def _endpoint(self, name: str) -> list[Any]:
        endpoint = self.document.endpoints[name]
        shown = self.strings
        leaves = [*input_leaves(endpoint), *output_leaves(endpoint)]
        dims = {dim for bound in leaves for dim in bound.leaf.shape or () if isinstance(dim, str) and dim != ANY}
        return [
            shown(name),
            shown(one_line(endpoint)),
            shown(endpoint.description),
            [shown(badge) for badge in badges(self.document, name)],
            [[shown(signature.key), shown(_way(endpoint, signature))] for signature in self._signatures.get(name, ())],
            list(self._inputs(endpoint)),
            list(self._outputs(endpoint)),
            sorted(self._dims[dim] for dim in dims if dim in self._dims),
            shown(_defaults(endpoint)),
            self._calls(name, endpoint),
            shown(_object(name)),
        ]

    def _inputs(self, endpoint: Endpoint) -> Iterator[list[Any]]:
        bound = {leaf.path: leaf for leaf in input_leaves(endpoint)}
        for index, (word, tree) in enumerate(zip(endpoint.arguments, endpoint.inputs, strict=True)):
            yield from self._rows(word, tree, ("inputs", index), bound, 0)

    def _outputs(self, endpoint: Endpoint) -> Iterator[list[Any]]:
        bound = {leaf.path: leaf for leaf in output_leaves(endpoint)}
        if isinstance(endpoint.outputs, Dict):
            for key, tree, path in placed_children(endpoint.outputs, ("outputs",)):
                yield from self._rows(str(key), tree, path, bound, 0)
        else:
            yield from self._rows("outputs", endpoint.outputs, ("outputs",), bound, 0)

    def _rows(self, key: str, tree: Tree, path: Any, bound: dict[Any, BoundLeaf], depth: int) -> Iterator[list[Any]]:
        shown = self.strings
        if isinstance(tree, Tensor | Ragged | Sparse):
            yield from self._leaf(key, bound[path], depth)
            return
        word = f"namedtuple {tree.typename}" if isinstance(tree, NamedTuple) else tree.kind
        yield [depth, shown(key), shown(word)]
        for inner, child, place in placed_children(tree, path):
            words = f"[{inner}]" if isinstance(inner, int) else inner
            yield from self._rows(words, child, place, bound, depth + 1)

    def _leaf(self, key: str, bound: BoundLeaf, depth: int) -> Iterator[list[Any]]:
        leaf, shown = bound.leaf, self.strings
        given = _GIVEN if leaf.name is not None else 0
        row = [depth, shown(key), shown(type_text(leaf)), given]
        row.append(shown(bound.components[0].wire_name) if isinstance(leaf, Tensor) else 0)
        row += [shown("  ".join(notes(bound))), shown(leaf.description)]
        yield _trimmed(row)
        for component in bound.components if not isinstance(leaf, Tensor) else ():
            kind = shown(format_tensor(component.dtype, component.shape))
            part = shown(component.part.replace("_", " "))
            has_own = isinstance(leaf, Ragged | Sparse) and leaf.names is not None
            flags = _PART | (_GIVEN if given or has_own else 0)
            yield [depth + 1, part, kind, flags, shown(component.wire_name)]

    def _calls(self, name: str, endpoint: Endpoint) -> list[Any]:
        if endpoint.method not in SERVABLE:
            return []
        found = snippets(self._request, name)
        self._calls_left -= sum(len(snippet.text) for snippet in found)
        if self._calls_left < 0:
            return []
        raw = self.strings.raw
        return [[raw(snippet.title), [raw(line) for line in snippet.text.split("\n")]] for snippet in found]


def _trimmed(row: list[int]) -> list[int]:
    while len(row) > 4 and row[-1] == 0:
        row.pop()
    return row


def notes(bound: BoundLeaf) -> Iterator[str]:
    """What there is to know of a leaf beside its type: its default, its range, how REST writes it."""
    leaf = bound.leaf
    if isinstance(leaf, Tensor):
        if has_default(leaf):
            yield f"= {json.dumps(leaf.to_json()['default'], ensure_ascii=False)}"
        if leaf.minimum is not None or leaf.maximum is not None:
            low, high = ("" if bound is None else str(bound) for bound in (leaf.minimum, leaf.maximum))
            yield f"{low}..{high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
    if bound.path[0] == "outputs" and any(is_base64(each.dtype, each.wire_name) for each in bound.components):
        yield "Base64 over REST"


def badges(document: Document, name: str) -> Iterator[str]:
    """The words about an endpoint as a whole."""
    endpoint = document.endpoints[name]
    if name == document.default:
        yield "default"
    if endpoint.method != "predict":
        yield endpoint.method
    if endpoint.optional:
        yield "optional"


def _way(endpoint: Endpoint, signature: PublishedSignature) -> str:
    if signature.alias_of:
        return f"same as {signature.alias_of}"
    if signature.receiver is not None:
        kind = endpoint.receivers[signature.receiver].kind
        return "tf.train.Example" if kind == "tf_example" else "tf.train.SequenceExample"
    return "its own inputs" if endpoint.receiver is not None else ""


def _defaults(endpoint: Endpoint) -> str:
    """Who may leave an input out: gRPC any that has a default, Python trailing arguments, REST none."""
    with_default = [bound.name for bound in input_leaves(endpoint) if has_default(bound.leaf)]
    if not with_default:
        return ""
    required = {int(bound.path[1]) for bound in input_leaves(endpoint) if not has_default(bound.leaf)}
    trailing = endpoint.arguments[max(required, default=-1) + 1 :]
    python = f"Python may leave out {', '.join(trailing)}" if trailing else "Python passes all"
    return f"gRPC may leave out {', '.join(with_default)}; {python}; REST sends all"


def _object(name: str) -> str:
    return "model" if name == CALL else f"model.{name}" if name.isidentifier() else f"getattr(model, {name!r})"
