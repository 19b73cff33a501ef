"""Paths of leaves as a caller writes them: ``features.user.id`` is ``inputs[0].user.id`` of the document."""

from __future__ import annotations

from typing import Any

from specc.diagnostics import SpecPath
from specc.language.document import Endpoint


def call_path(endpoint: Endpoint, path: SpecPath) -> str:
    """Where a leaf is in a call: ``features.user.id``, ``context[0]``; just ``outputs`` for the only output.

    ``path`` is the leaf's in the endpoint.
    """
    rest: list[Any] = list(path[2:] if path[0] == "inputs" else path[1:])
    tree: Any = endpoint.inputs[int(path[1])] if path[0] == "inputs" else endpoint.outputs
    text = endpoint.arguments[int(path[1])] if path[0] == "inputs" else "outputs"
    while rest:
        key = rest.pop(0)
        match tree.kind:
            case "tuple":
                key = rest.pop(0)
                text, tree = f"{text}[{key}]", tree.items[key]
            case "namedtuple":
                (key, _), rest = rest[:2], rest[2:]
                word, tree = tree.fields[key]
                text = f"{text}.{word}"
            case "list":
                text, tree = f"{text}[{key}]", tree.items[key]
            case _:
                text, tree = f"{text}.{key}", tree.items[key]
    return text
