"""The methods of a client: an endpoint each, with the constant that describes its signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from specc.artefacts.python_client.source_text import (
    Expression,
    Names,
    Nested,
    docstring,
    layout,
    literal,
    quoted,
    tuple_of,
)
from specc.artefacts.python_client.types import Types, all_defaults, words_of
from specc.diagnostics import SpecPath
from specc.language.call_paths import argument_and_keys
from specc.language.document import Dim, Document, Endpoint
from specc.language.dtypes import DTYPES, Family
from specc.language.signatures import PublishedSignature
from specc.language.tensor_string import ANY, Shape, format_tensor
from specc.language.trees import LEAVES, Dict, Leaf, NamedTuple, Ragged, Sparse, Tensor, Tree
from specc.language.values import decode_value
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves, placed_children
from specc.rest.values import REST_DTYPES

_RESULT = "outputs"
_LONGEST_DEFAULT = 60
"""A longer one is not shown in a docstring."""


class Method:
    """The method of one endpoint, called ``method``, through ``signature``."""

    def __init__(self, document: Document, signature: PublishedSignature, method: str, constant: str) -> None:
        self._document = document
        self._signature = signature
        self._endpoint: Endpoint = document.endpoints[signature.endpoint]
        self._method = method
        self._constant = constant
        self._arguments: dict[str, str] = {}
        self._leaves = {leaf.path: leaf for leaf in (*input_leaves(self._endpoint), *output_leaves(self._endpoint))}

    def define(self, types: Types) -> tuple[str, str]:
        """The definitions of the constant and of the method; its types are added to ``types``."""
        name, endpoint = self._signature.endpoint, self._endpoint
        result = types.annotation(endpoint.outputs, (name, _RESULT), is_input=False)
        self._arguments = Names({"self"} | words_of([result])).claim_all(endpoint.arguments, "argument")
        annotated = {
            argument: types.annotation(tree, (name, argument), is_input=True)
            for argument, tree in zip(endpoint.arguments, endpoint.inputs, strict=True)
        }
        arguments = [
            tuple_of([quoted(argument), self._node(types, tree, ("inputs", index), (name, argument))])
            for index, (argument, tree) in enumerate(zip(endpoint.arguments, endpoint.inputs, strict=True))
        ]
        described = Nested(
            "_Signature(",
            [
                ("", quoted(self._signature.key)),
                ("", tuple_of(arguments)),
                ("", self._node(types, endpoint.outputs, ("outputs",), (name, _RESULT))),
            ],
            ")",
        )
        constant = f"{self._constant} = {layout(described, 0, len(self._constant) + 3)}"
        return constant, "\n".join(self._lines(annotated, result))

    def _lines(self, annotated: dict[str, str], result: str) -> Iterator[str]:
        given = ", ".join(self._arguments[argument] for argument in self._endpoint.arguments)
        parts: list[tuple[str, Expression]] = [("", part) for part in self._parameters(annotated)]
        head = Nested(f"def {self._method}(", parts, f") -> {result}:")
        yield "    " + layout(head, 4)
        yield from docstring(self._paragraphs(), 8)
        values = f"({given},)" if len(self._arguments) == 1 else f"({given})"
        yield f"        _answer: {result} = self._call({self._constant}, {values})"
        yield "        return _answer"

    def _parameters(self, annotated: dict[str, str]) -> Iterator[str]:
        yield "self"
        is_keyword = False
        for argument, tree in zip(self._endpoint.arguments, self._endpoint.inputs, strict=True):
            inner, is_optional = annotated[argument], all_defaults(tree)
            if is_optional and not is_keyword:
                is_keyword = True
                yield "*"
            more = "" if not is_optional else " = None" if inner.endswith("| None") else " | None = None"
            yield f"{self._arguments[argument]}: {inner}{more}"

    def _paragraphs(self) -> Iterator[Sequence[str]]:
        name, endpoint = self._signature.endpoint, self._endpoint
        yield endpoint.description.split("\n") if endpoint.description.strip() else [f"Calls the endpoint {name!r}."]
        yield [" ".join(self._remarks())]
        for title, leaves in (("Args:", input_leaves(endpoint)), ("Returns:", output_leaves(endpoint))):
            if leaves:
                yield [title, *(f"    {self._shown(leaf)}" for leaf in leaves)]
        dims = list(self._bounded_dims())
        if dims:
            yield ["Dimensions:", *(f"    {line}" for line in dims)]

    def _remarks(self) -> Iterator[str]:
        name, key = self._signature.endpoint, self._signature.key
        yield f"It calls the signature {key!r}."
        if self._method != name:
            yield f"The endpoint is called {name!r}."
        for argument, parameter in sorted(self._arguments.items()):
            if argument != parameter:
                yield f"The argument {argument!r} is called {parameter}."
        if self._endpoint.optional:
            yield "An archive may be built without this endpoint."
        foreign = {leaf.leaf.dtype for leaf in self._leaves.values()} - REST_DTYPES
        if foreign:
            names = " and ".join(sorted(foreign))
            yield f"REST has no JSON for {names}, so a call over REST raises a ValueError: use Grpc."

    def _shown(self, bound: BoundLeaf) -> str:
        leaf = bound.leaf
        words = [format_tensor(leaf.dtype, leaf.shape)]
        if not isinstance(leaf, Tensor):
            words[0] = f"{leaf.kind} {words[0]}"
        else:
            words += [f"{word} {limit}" for word, limit in _limits(leaf).items() if limit is not None]
            if leaf.default is not None:
                shown = repr(decode_value(leaf.default, leaf.dtype)) if not isinstance(leaf.default, tuple) else ""
                words.append(f"default {shown}" if 0 < len(shown) <= _LONGEST_DEFAULT else "has a default")
        place = self._place(bound.path)
        text = f"{f'{place}: ' if place else ''}{', '.join(words)}."
        return f"{text} {' '.join(leaf.description.split())}".rstrip()

    def _place(self, path: SpecPath) -> str:
        """The place of a leaf, as messages of the client name it."""
        argument, keys = argument_and_keys(self._endpoint, path)
        place = argument or ""
        for key in keys:
            is_plain = isinstance(key, str) and key.isidentifier()
            place += (f".{key}" if place else str(key)) if is_plain else f"[{key!r}]"
        return place

    def _bounded_dims(self) -> Iterator[str]:
        for name in sorted(dims_of(self._endpoint)):
            dim = self._document.dims.get(name, Dim())
            words = [f"at least {dim.min}"] if dim.min else []
            words += [] if dim.max is None else [f"at most {dim.max}"]
            if words or dim.description:
                text = f"{', '.join(words)}." if words else ""
                yield f"{name}: {text} {' '.join(dim.description.split())}".replace(":  ", ": ").rstrip()

    def _node(self, types: Types, tree: Tree, path: SpecPath, words: tuple[str, ...]) -> Expression:
        if isinstance(tree, LEAVES):
            return _leaf(self._leaves[path])
        below = [
            (str(key), self._node(types, child, place, (*words, str(key))))
            for key, child, place in placed_children(tree, path)
        ]
        if isinstance(tree, Dict):
            return Nested("_Dict({", [(f"{quoted(key)}: ", node) for key, node in below], "})")
        parts = [tuple_of(node for _, node in below)]
        if isinstance(tree, NamedTuple):
            parts += [types.records[words], tuple_of(quoted(key) for key, _ in below)]
        return Nested("_Sequence(", [("", part) for part in parts], ")")


def dims_of(endpoint: Endpoint) -> set[str]:
    """The named dims of an endpoint."""
    shapes = [bound.leaf.shape or () for bound in (*input_leaves(endpoint), *output_leaves(endpoint))]
    return {dim for shape in shapes for dim in shape if isinstance(dim, str) and dim != ANY}


def constant_name(method: str) -> str:
    """The name of the constant that describes the signature of a method."""
    word = method.strip("_")
    return f"_{word.upper() if word.isascii() else 'ENDPOINT'}"


def _leaf(bound: BoundLeaf) -> Expression:
    leaf: Leaf = bound.leaf
    names = [component.wire_name for component in bound.components]
    shape = _shape(leaf.shape)
    match leaf:
        case Ragged():
            parts: list[tuple[str, Expression]] = [("", quoted(names[0])), ("", tuple_of(map(quoted, names[1:])))]
            parts += [("", quoted(leaf.dtype)), ("", shape)]
            if leaf.row_splits_dtype != "int64":
                parts.append(("splits_dtype=", quoted(leaf.row_splits_dtype)))
            return Nested("_RaggedTensor(", parts, ")")
        case Sparse():
            return Nested(
                "_SparseTensor(", [("", part) for part in (*map(quoted, names), quoted(leaf.dtype), shape)], ")"
            )
        case Tensor():
            parts = [("", quoted(names[0])), ("", quoted(leaf.dtype)), ("", shape)]
            if leaf.default is not None:
                parts.append(("default=", literal(decode_value(leaf.default, leaf.dtype))))
            parts += [(f"{word}=", literal(limit)) for word, limit in _limits(leaf).items() if limit is not None]
            return Nested("_Tensor(", parts, ")")


def _limits(leaf: Tensor) -> dict[str, Any]:
    """The bounds of a leaf as numbers of Python."""
    bounds = {"minimum": leaf.minimum, "maximum": leaf.maximum}
    is_float = DTYPES[leaf.dtype].family is Family.FLOAT
    return {word: float(bound) if is_float and bound is not None else bound for word, bound in bounds.items()}


def _shape(shape: Shape) -> Expression:
    if shape is None:
        return "None"
    return tuple_of(quoted(dim) if isinstance(dim, str) else str(dim) for dim in shape)
