"""Paths of leaves as a caller writes them: ``features.user.id`` is ``inputs[0].user.id`` of the document."""

from __future__ import annotations

from collections.abc import Iterator

from specc.diagnostics import SpecPath
from specc.language.document import Endpoint
from specc.language.trees import Dict, List, NamedTuple, Tree, Tuple


def call_path(endpoint: Endpoint, path: SpecPath) -> str:
    """Where a leaf is in a call: ``features.user.id``, ``context[0]``; just ``outputs`` for the only output.

    ``path`` is the leaf's in the endpoint.
    """
    argument, keys = argument_and_keys(endpoint, path)
    text = "outputs" if argument is None else argument
    return text + "".join(f".{key}" if isinstance(key, str) else f"[{key}]" for key in keys)


def argument_and_keys(endpoint: Endpoint, path: SpecPath) -> tuple[str | None, tuple[str | int, ...]]:
    """The argument that a leaf is in, None for the result, and the keys and positions that lead to it there.

    ``path`` is the leaf's in the endpoint.
    """
    if path[0] == "inputs":
        index = int(path[1])
        return endpoint.arguments[index], tuple(_keys(endpoint.inputs[index], path[2:]))
    return None, tuple(_keys(endpoint.outputs, path[1:]))


def _keys(tree: Tree, path: SpecPath) -> Iterator[str | int]:
    rest = iter(path)
    for key in rest:
        match tree:
            case NamedTuple():  # "fields", the index, and 1
                name, tree = tree.fields[int(next(rest))]
                next(rest)
                yield name
            case Tuple():  # "items" and the index
                index = int(next(rest))
                tree = tree.items[index]
                yield index
            case List():
                tree = tree.items[int(key)]
                yield int(key)
            case Dict():
                tree = tree.items[str(key)]
                yield str(key)
