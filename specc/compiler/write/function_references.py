"""Finds every reference to a function in a saved graph: calls, names in attributes, tags of gradients, and objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_GRADIENT = "_gradient_op_type"
_NAMES_OF_FUNCTIONS = ("forward_function_name", "backward_function_name")
"""Attributes that name functions, which may be missing in the archive."""


@dataclass(frozen=True)
class Reference:
    """A reference to a function in the graph: its name, or the tag of its gradient."""

    name: str
    write: Callable[[str], None]
    is_tag: bool = False


def write_references(
    references: Iterable[Reference], name: Callable[[str], str], tag: Callable[[str, int], str]
) -> None:
    """Writes a name or a tag at every reference; tags are numbered by first reference."""
    tags: dict[str, int] = {}
    for reference in references:
        if reference.is_tag:
            reference.write(tag(reference.name, tags.setdefault(reference.name, len(tags))))
        else:
            reference.write(name(reference.name))


def references_in_function(definition: Any, known: set[str]) -> Iterator[Reference]:
    """The references in a FunctionDef to the functions whose names are ``known``."""
    yield from references_in_nodes(definition.node_def, known)
    for key in sorted(definition.attr):
        yield from _references_in_attribute(key, definition.attr[key], known)


def references_in_nodes(nodes: Iterable[Any], known: set[str]) -> Iterator[Reference]:
    """The references in NodeDefs to the functions whose names are ``known``."""
    for node in nodes:
        if node.op in known:  # as TensorFlow 1 calls functions
            yield Reference(node.op, _setter(node, "op"))
        for key in sorted(node.attr):
            yield from _references_in_attribute(key, node.attr[key], known)


def _references_in_attribute(key: str, value: Any, known: set[str]) -> Iterator[Reference]:
    match value.WhichOneof("value"):
        case "func":
            yield from _references_in_call(value.func, known)
        case "list":
            for call in value.list.func:
                yield from _references_in_call(call, known)
            for index, text in enumerate(value.list.s):
                if _decoded(text) in known:
                    yield Reference(_decoded(text), _item_setter(value.list.s, index))
        case "s" if key == _GRADIENT:
            yield Reference(_decoded(value.s), _bytes_setter(value), is_tag=True)
        case "s" if key in _NAMES_OF_FUNCTIONS or _decoded(value.s) in known:
            yield Reference(_decoded(value.s), _bytes_setter(value))


def _references_in_call(call: Any, known: set[str]) -> Iterator[Reference]:
    if call.name in known:
        yield Reference(call.name, _setter(call, "name"))
    for key in sorted(call.attr):
        yield from _references_in_attribute(key, call.attr[key], known)


def references_in_objects(objects: Any, library: Any) -> Iterator[Reference]:
    """The references in an object graph, and between a library's functions and their gradients."""
    for node in objects.nodes:
        match node.WhichOneof("kind"):
            case "function":
                for index, name in enumerate(node.function.concrete_functions):
                    yield Reference(name, _text_item_setter(node.function.concrete_functions, index))
            case "bare_concrete_function":
                bare = node.bare_concrete_function
                yield Reference(bare.concrete_function_name, _setter(bare, "concrete_function_name"))
    for gradient in library.gradient:
        yield Reference(gradient.function_name, _setter(gradient, "function_name"))
        yield Reference(gradient.gradient_func, _setter(gradient, "gradient_func"))


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _setter(message: Any, field: str) -> Callable[[str], None]:
    return lambda name: setattr(message, field, name)


def _bytes_setter(value: Any) -> Callable[[str], None]:
    return lambda name: setattr(value, "s", name.encode())


def _item_setter(texts: Any, index: int) -> Callable[[str], None]:
    return lambda name: texts.__setitem__(index, name.encode())


def _text_item_setter(texts: Any, index: int) -> Callable[[str], None]:
    return lambda name: texts.__setitem__(index, name)
