"""``contract-differs``: the archive's own contract promises callers something else than the spec.

The graph is compared with both, so what is found here is what only a document says: names and bounds of dims, bounds of
values, how receivers parse, and what collections hold. Functions, the model and descriptions are not promises.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from specc.diagnostics import Diagnostic, SpecPath, finding
from specc.language.document import Dim, Document, Endpoint
from specc.language.record import to_json
from specc.language.stored_values import stored_value
from specc.language.trees import LEAVES, Leaf, Tree
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves
from specc.reader.conformance.tree_comparison import paired_nodes, shown_tree

_TRILEAN = ("pure", "rowwise")
"""Promises that are proved by running: what only one document says is not a difference."""
_NO_PROMISE = ("description", "name", "names")
"""The fields of a leaf that are not promises, or that are compared as its wire names."""


def find_differences(spec: Document, contract: Document, left_out: Collection[str] = ()) -> Iterator[Diagnostic]:
    """A finding for each difference in what ``spec`` and ``contract`` promise to callers; paths are in ``spec``."""
    for field in ("mode", "default"):
        yield from _values((field,), getattr(spec, field), getattr(contract, field))
    for name in sorted(spec.dims.keys() & contract.dims.keys()):
        ours, theirs = _bounds(spec.dims[name]), _bounds(contract.dims[name])
        yield from _values(("dims", name), ours, theirs)
    for name, endpoint in sorted(spec.endpoints.items()):
        other = contract.endpoints.get(name)
        if other is not None:
            yield from endpoint_differences(endpoint, other, ("endpoints", name))
        elif name not in left_out:
            yield _difference(("endpoints", name), f"the archive's contract has no endpoint {name!r}")
    for name in sorted(contract.endpoints.keys() - spec.endpoints.keys()):
        yield _difference(("endpoints",), f"the archive's contract has an endpoint {name!r}, which the spec lacks")
    collections = spec.variable_collections, contract.variable_collections
    for name in sorted(collections[0].keys() | collections[1].keys()):
        ours, theirs = (to_json(each.get(name)) for each in collections)
        yield from _values(("variable_collections", name), ours, theirs)


def describe_unpromised(spec: Document, contract: Document) -> str:
    """The keys whose values, or the order in them, differ although callers are promised the same, or nothing."""
    ours, theirs = spec.to_json(), contract.to_json()
    differing = [
        key
        for key in (*ours, *(theirs.keys() - ours.keys()))
        if json.dumps(ours.get(key)) != json.dumps(theirs.get(key))
    ]
    return ", ".join(key for key in differing if key != "$schema")


def endpoint_differences(ours: Endpoint, theirs: Endpoint, at: SpecPath = ()) -> Iterator[Diagnostic]:
    """A finding for each difference in what two endpoints promise; ``at`` is the path of ``ours``."""
    for field in ("method", "receiver", "receivers"):
        yield from _values((*at, field), to_json(getattr(ours, field)), to_json(getattr(theirs, field)))
    for field in _TRILEAN:
        said, found = getattr(ours, field), getattr(theirs, field)
        if said is not None and found is not None:
            yield from _values((*at, field), said, found)
    if ours.arguments != theirs.arguments:
        yield from _values((*at, "arguments"), list(ours.arguments), list(theirs.arguments))
    else:
        for index, (tree, other) in enumerate(zip(ours.inputs, theirs.inputs, strict=True)):
            yield from _trees(tree, other, (*at, "inputs", index))
    yield from _trees(ours.outputs, theirs.outputs, (*at, "outputs"))
    names = {leaf.path: leaf for leaf in (*input_leaves(theirs, at), *output_leaves(theirs, at))}
    for leaf in (*input_leaves(ours, at), *output_leaves(ours, at)):
        found = names.get(leaf.path)
        if found is not None and _wire_names(leaf) != _wire_names(found):
            yield from _values(leaf.path, _wire_names(leaf), _wire_names(found))


def _trees(ours: Tree, theirs: Tree, path: SpecPath) -> Iterator[Diagnostic]:
    for place, node, other in paired_nodes(ours, theirs, path):
        if not (isinstance(node, LEAVES) and isinstance(other, LEAVES)):
            yield _difference(place, f"the archive's contract has {shown_tree(other)} here", shown_tree(node))
        else:
            said, found = _promise(node), _promise(other)
            changed = [key for key in {**said, **found} if said.get(key) != found.get(key)]
            if changed:
                yield from _values(place, *({key: each.get(key) for key in changed} for each in (said, found)))


def _promise(leaf: Leaf) -> dict[str, Any]:
    """What a leaf promises, by key, apart from its wire names."""
    said = {key: getattr(leaf, key) for key in type(leaf).model_fields if key not in _NO_PROMISE}
    for key in ("default", "minimum", "maximum"):
        if said.get(key) is not None:
            said[key] = stored_value(said[key], leaf.dtype)
    return {key: to_json(value) for key, value in said.items()}


def _wire_names(leaf: BoundLeaf) -> list[str]:
    return [component.wire_name for component in leaf.components]


def _bounds(dim: Dim) -> list[int | None]:
    return [dim.min, dim.max]


def _values(path: SpecPath, ours: Any, theirs: Any) -> Iterator[Diagnostic]:
    if _text(ours) != _text(theirs):
        yield _difference(path, f"the archive's contract has {_text(theirs)} here", _text(ours))


def _difference(path: SpecPath, message: str, ours: str = "") -> Diagnostic:
    return finding("contract-differs", path, message, f"the spec has {ours}" if ours else "")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
