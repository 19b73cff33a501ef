"""Rewrites the references to the nodes of a function, for those that get another name or are replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specc.reader.saved_graph import node_of

Names = Mapping[str, str]
"""The name that is to be referred to, by the name that a node or an argument had."""


def redirect(definition: Any, names: Names) -> None:
    """Rewrites every reference to a node or an argument in a FunctionDef."""
    for node in definition.node_def:
        for position, text in enumerate(node.input):
            if node_of(text) in names:
                node.input[position] = redirected(text, names)
        if "_class" in node.attr:
            located = node.attr["_class"].list
            located.s[:] = [_redirected_location(text.decode(), names).encode() for text in located.s]
    for returned in (definition.ret, definition.control_ret):
        for key in list(returned):
            returned[key] = redirected(returned[key], names)


def redirect_captures(objects: Any, names: Mapping[str, Names]) -> None:
    """Rewrites the references of captured tensors to nodes inside of functions, by the name of the function."""
    for node in objects.nodes if names else ():
        if node.WhichOneof("kind") == "captured_tensor":
            capture = node.captured_tensor
            capture.name = redirected(capture.name, names.get(capture.concrete_function, {}))


def redirected(text: str, names: Names) -> str:
    """``node:output:0``, ``node:0``, ``^node`` or ``node`` with the new name of the node."""
    name, colon, output = text.removeprefix("^").partition(":")
    return f"{text[: text.startswith('^')]}{names[name]}{colon}{output}" if name in names else text


def _redirected_location(text: str, names: Names) -> str:
    """``loc:@node`` with the new name of the node."""
    prefix, at, name = text.partition("@")
    return f"{prefix}{at}{names.get(name, name)}"
