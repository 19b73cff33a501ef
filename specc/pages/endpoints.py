"""The data of endpoints: their trees in rows, ways in, dims and calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from specc.artefacts.artefact import Request
from specc.artefacts.call_snippets import Snippet, python_object, snippets
from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.signatures import SERVABLE, PublishedSignature, published_signatures
from specc.language.tensor_string import ANY, format_tensor
from specc.language.trees import LEAVES, Dict, NamedTuple, Tensor, Tree
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves, placed_children
from specc.pages.changes import PlacedChanges
from specc.pages.interned import Strings, trimmed
from specc.pages.page_words import who_may_leave_out
from specc.pages.placing import leaf_at
from specc.pages.subject import Subject
from specc.pages.words import (
    badges,
    bounds_text,
    is_given,
    left_out,
    missing_of,
    notes,
    signatures_text,
    type_text,
    way_in,
)
from specc.rest.urls import REST_URL

MAX_CALLS = 40 * 1024
"""The length of all calls of a page; ``specc emit markdown`` has those of the endpoints after that."""
_NO_ROOM = "The page has no room for the calls of so many endpoints: specc emit markdown --endpoint NAME writes these."
_GIVEN, _PART, _GONE, _NEW = 1, 2, 4, 8
Row = list[Any]
"""Depth, key, type, flags, wire name, notes, description, changes: those at the end only where there are any."""


class EndpointData:
    """Makes the data of a document's endpoints."""

    def __init__(self, subject: Subject, strings: Strings, changes: PlacedChanges, server: str) -> None:
        self._subject = subject
        self._server = server
        self._document = document = subject.document
        self._shown = strings
        self._changes = changes
        self._request = Request(document, subject.title)
        self._calls_left = MAX_CALLS
        self._dims = {dim: index for index, dim in enumerate(sorted(document.dims))}
        unpublished = () if subject.inspection is None else subject.inspection.unpublished
        self._signatures: dict[str, list[PublishedSignature]] = defaultdict(list)
        for signature in published_signatures(document, left_out(subject)):
            if signature.endpoint not in unpublished:
                self._signatures[signature.endpoint].append(signature)

    def dims(self) -> list[Row]:
        """Name, sizes and description of each dim."""
        shown = self._shown
        return [
            [shown(name), shown(bounds_text(dim)), shown(dim.description)]
            for name, dim in sorted(self._document.dims.items())
        ]

    def row(self, name: str) -> Row:
        """The data of one endpoint; one that was removed is that of the old document."""
        shown, old = self._shown, self._changes.old
        is_gone = name not in self._document.endpoints
        document = old if is_gone and old is not None else self._document
        endpoint = document.endpoints[name]
        trees = _Trees(endpoint, self._changes, name, shown)
        inputs, outputs = list(trees.inputs()), list(trees.outputs())
        calls = [] if is_gone else self._calls(name, endpoint)
        return [
            shown(name),
            shown(endpoint.description),
            [shown(badge) for badge in badges(document, name)],
            [self._way(endpoint, signature) for signature in self._signatures.get(name, ())],
            inputs,
            outputs,
            self._used_dims(endpoint),
            shown(who_may_leave_out(endpoint)),
            calls,
            0 if calls or is_gone else shown(self._why_no_calls(name, endpoint)),
            shown(python_object(name)),
            shown(self._changes.state(name)),
            trees.not_placed(),
            0 if is_gone else shown(self._what_is_missing(name)),
        ]

    def _way(self, endpoint: Endpoint, signature: PublishedSignature) -> Row:
        return [self._shown(signature.key), self._shown(way_in(endpoint, signature))]

    def _used_dims(self, endpoint: Endpoint) -> list[int]:
        leaves = (*input_leaves(endpoint), *output_leaves(endpoint))
        dims = {dim for bound in leaves for dim in bound.leaf.shape or () if isinstance(dim, str) and dim != ANY}
        return sorted(self._dims[dim] for dim in dims if dim in self._dims)

    def _what_is_missing(self, name: str) -> str:
        unpublished = "" if self._signatures.get(name) else signatures_text(self._subject, name)
        return "; ".join(filter(None, (unpublished, missing_of(self._subject, name))))

    def _calls(self, name: str, endpoint: Endpoint) -> list[Row]:
        if self._calls_left <= 0 or not self._is_servable(name, endpoint):
            return []
        found = snippets(self._request, name, self._server or REST_URL)
        self._calls_left -= sum(len(snippet.text) for snippet in found)
        return [self._call(snippet) for snippet in found]

    def _is_servable(self, name: str, endpoint: Endpoint) -> bool:
        return endpoint.method in SERVABLE and name not in left_out(self._subject)

    def _call(self, snippet: Snippet) -> Row:
        """The title and the lines of a call; where it can be sent, also its path and its body."""
        shown, post = self._shown, snippet.post  # an escape is the same text in JSON and in Python
        row: Row = [shown(snippet.title), [shown(line) for line in snippet.text.split("\n")]]
        return [*row, shown(post.path), shown(post.body)] if self._server and post is not None else row

    def _why_no_calls(self, name: str, endpoint: Endpoint) -> str:
        if not self._is_servable(name, endpoint):
            return ""
        if self._calls_left > 0:
            return "The smallest request is too long to be shown."
        return _NO_ROOM


class _Trees:
    """The rows of an endpoint's trees, with the changes that are about them."""

    def __init__(self, endpoint: Endpoint, changes: PlacedChanges, name: str, shown: Strings) -> None:
        self._endpoint = endpoint
        self._shown = shown
        self._all = changes
        self._changes = changes.of(name)
        self._leaves: Mapping[SpecPath, BoundLeaf] = {
            bound.path: bound for bound in (*input_leaves(endpoint), *output_leaves(endpoint))
        }
        self._of_leaf = self._at_leaves()
        self._placed: set[int] = set()

    def not_placed(self) -> list[int]:
        """The changes that are in no row, when all rows have been made."""
        return sorted(index for found in self._changes.values() for index in found if index not in self._placed)

    def inputs(self) -> Iterator[Row]:
        """The rows of all arguments."""
        for index, (word, tree) in enumerate(zip(self._endpoint.arguments, self._endpoint.inputs, strict=True)):
            yield from self._node(word, tree, ("inputs", index), 0)
        yield from self._gone(("inputs",), 0)

    def outputs(self) -> Iterator[Row]:
        """The rows of the result; a dict has no row of its own."""
        tree, path = self._endpoint.outputs, ("outputs",)
        if isinstance(tree, Dict):
            for key, child, place in placed_children(tree, path):
                yield from self._node(str(key), child, place, 0)
            yield from self._gone(path, 0)
        else:
            yield from self._node("result", tree, path, 0)

    def _node(self, key: str, tree: Tree, path: SpecPath, depth: int) -> Iterator[Row]:
        shown = self._shown
        if isinstance(tree, LEAVES):
            yield from self._leaf(key, self._leaves[path], depth)
            return
        word = f"namedtuple {tree.typename}" if isinstance(tree, NamedTuple) else tree.kind
        mine = [index for index in self._changes.get(path, ()) if not self._all.is_gone(index)]
        row: Row = [depth, shown(key), shown(word)]
        if mine:
            self._placed.update(mine)
            row += [0, 0, 0, 0, mine]
        yield row
        for inner, child, place in placed_children(tree, path):
            yield from self._node(f"[{inner}]" if isinstance(inner, int) else inner, child, place, depth + 1)
        yield from self._gone(path, depth + 1)

    def _leaf(self, key: str, bound: BoundLeaf, depth: int) -> Iterator[Row]:
        leaf, shown = bound.leaf, self._shown
        found = sorted(self._of_leaf.get(bound.path, ()))
        self._placed.update(found)
        is_new = any(self._all.sign(index) == "+" for index in found if self._all.is_about_leaf(index))
        flags = (_GIVEN if is_given(leaf) else 0) | (_NEW if is_new else 0)
        row: Row = [depth, shown(key), shown(type_text(leaf)), flags]
        row.append(shown(bound.components[0].wire_name) if isinstance(leaf, Tensor) else 0)
        row += [shown("  ".join(notes(bound))), shown(leaf.description)]
        yield [*row, found] if found else trimmed(row, 4)
        for component in bound.components if not isinstance(leaf, Tensor) else ():
            kind = shown(format_tensor(component.dtype, component.shape))
            part = shown(component.part.replace("_", " "))
            yield [depth + 1, part, kind, _PART | (flags & _GIVEN), shown(component.wire_name)]

    def _at_leaves(self) -> dict[SpecPath, list[int]]:
        """The changes of each leaf: those at its path, and at the fields below it."""
        found: dict[SpecPath, list[int]] = defaultdict(list)
        for path, indexes in self._changes.items():
            place = leaf_at(path, self._leaves)
            if place is not None:
                found[place] += indexes
        return found

    def _gone(self, path: SpecPath, depth: int) -> Iterator[Row]:
        """A row for each leaf that was removed from a container."""
        for index in self._changes.get(path, ()):
            if self._all.is_gone(index):
                self._placed.add(index)
                key, kind = self._all.gone_leaf(index)
                yield [depth, self._shown(key), self._shown(kind), _GONE, 0, 0, 0, [index]]
