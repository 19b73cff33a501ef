"""Reads the functions on the root of an object graph: their argument names, inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from specc.language.tree_edits import without_names
from specc.language.trees import Tensor, Tree
from specc.language.wire_names import Extent, extent_of
from specc.reader.meta_graph import MetaGraph
from specc.reader.protobuf.messages import Message
from specc.reader.protobuf.structured_value import is_literal, literal, tree
from specc.reader.protobuf.tensors import UndescribableError, tensor_value
from specc.source.budget import Budget


@dataclass(frozen=True)
class Trace:
    """One trace of a function.

    A leaf of ``inputs`` has the name that its author gave; ``keywords`` are the names that TensorFlow gave to the flat
    tensors, in order, which are the wire names of a signature made from this trace.
    """

    arguments: tuple[str, ...]
    inputs: tuple[Tree, ...]
    outputs: Tree
    keywords: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    """Arguments with a fixed Python value, such as ``training=False``: a caller cannot pass another value."""
    defaults: dict[str, Any] = field(default_factory=dict)
    """The default values of dense arguments."""
    by_name: tuple[str, ...] = ()
    """Keyword-only arguments."""

    @cached_property
    def extent(self) -> Extent:
        """What describing it takes."""
        trees = extent_of(self.arguments, self.inputs, self.outputs)
        texts = (*self.arguments, *self.keywords, *self.fixed, *self.by_name)
        return Extent(trees.leaves + len(texts), trees.characters + sum(map(len, texts)))

    @property
    def infers(self) -> bool:
        """Whether this trace is for inference, which is any without ``training=True``."""
        return "training=True" not in self.fixed


@dataclass(frozen=True)
class Function:
    """A function and its traces, those for inference first; ``problems`` are the reasons why others are left out."""

    traces: tuple[Trace, ...]
    problems: tuple[str, ...] = ()


def read_function(graph: MetaGraph, node: Message) -> Function:
    """The Function of an object that is a function or a concrete function."""
    return graph.once(("function", id(node)), lambda: _read_function(graph, node))  # the graph keeps its objects


def _read_function(graph: MetaGraph, node: Message) -> Function:
    traces, problems = [], []
    for name, keywords, spec in _concrete_functions(graph, node):
        concrete = graph.function(name)
        if concrete is None:
            problems.append("its concrete function is missing")
            continue
        try:
            traces.append(_read_trace(concrete, spec, keywords, graph.budget))
        except UndescribableError as error:
            problems.append(f"it has {error}")
    return Function(tuple(sorted(traces, key=lambda trace: not trace.infers)), tuple(dict.fromkeys(problems)))


def concrete_names(node: Message) -> tuple[str, ...]:
    """The names of the concrete functions of an object that is a function or a concrete function."""
    if node.WhichOneof("kind") == "bare_concrete_function":
        return (node.bare_concrete_function.concrete_function_name,)
    return tuple(node.function.concrete_functions)


def _concrete_functions(graph: MetaGraph, node: Message) -> Iterator[tuple[str, tuple[str, ...], Message]]:
    """Name, keywords and FunctionSpec of each trace."""
    if node.WhichOneof("kind") == "bare_concrete_function":
        bare = node.bare_concrete_function
        yield bare.concrete_function_name, tuple(bare.argument_keywords), bare.function_spec
        return
    keywords = {}
    graph.budget.charge("objects", len(node.children) + len(node.function.concrete_functions))
    for child in node.children:
        trace = graph.node(child.node_id)
        if trace is not None and trace.WhichOneof("kind") == "bare_concrete_function":
            bare = trace.bare_concrete_function
            keywords[bare.concrete_function_name] = tuple(bare.argument_keywords)
    for name in dict.fromkeys(node.function.concrete_functions):
        yield name, keywords.get(name, ()), node.function.function_spec


def _read_trace(concrete: Message, spec: Message, keywords: tuple[str, ...], budget: Budget) -> Trace:
    # Many functions may mention one trace, or have one list of arguments: each reads it by itself.
    budget.charge("bytes of descriptions", concrete.ByteSize() + spec.ByteSize())
    halves = concrete.canonicalized_input_signature.tuple_value.values
    if len(halves) != 2:
        raise UndescribableError("no record of its arguments")
    positional = list(halves[0].tuple_value.values)
    fields = halves[1].dict_value.fields if _is_dict(halves[1]) else ()
    by_name = sorted(((entry.key, entry.value) for entry in fields), key=lambda pair: str(pair[0]))
    names = _positional_names(spec, len(positional))
    given = _input_signature_entries(spec)
    arguments, inputs, fixed = [], [], []
    for index, (name, value) in enumerate([*zip(names, positional, strict=True), *by_name]):
        if is_literal(value):
            fixed.append(f"{name}={literal(value)}")
            continue
        arguments.append(name)
        inputs.append(
            _with_author_names(
                tree(value, budget), given[index] if index < min(len(given), len(positional)) else None, budget
            )
        )
    if len(set(arguments)) < len(arguments) or not all(arguments):
        raise UndescribableError("arguments with missing or duplicate names")
    defaults = dict(_tensor_defaults(spec, arguments, inputs, budget))
    outputs = tree(concrete.output_signature, budget)
    named = tuple(name for name, value in by_name if not is_literal(value))
    return Trace(tuple(arguments), tuple(inputs), outputs, keywords, tuple(fixed), defaults, named)


def _is_dict(value: Message) -> bool:
    return bool(value.WhichOneof("kind") == "dict_value")


def _positional_names(spec: Message, count: int) -> list[str]:
    """The names of ``count`` positional arguments."""
    fields = {pair.key: pair.value for pair in spec.fullargspec.named_tuple_value.values}
    args = fields.get("args")
    names = [item.string_value for item in args.list_value.values] if args is not None else []
    # Callers do not pass a method's first argument; TensorFlow applies the same rule when it revives one.
    if names and (spec.is_method or names[0] == "self"):
        del names[0]
    varargs = fields["varargs"].string_value if "varargs" in fields else ""
    names += [f"{varargs or 'args'}_{index}" for index in range(count - len(names))]
    return names[:count]


def _tensor_defaults(
    spec: Message, arguments: list[str], inputs: list[Tree], budget: Budget
) -> Iterator[tuple[str, Any]]:
    """The tensors among the Python defaults that fit their arguments; TensorFlow ignores other values too."""
    fields = {pair.key: pair.value for pair in spec.fullargspec.named_tuple_value.values}
    if "args" not in fields or "defaults" not in fields:
        return
    names = [item.string_value for item in fields["args"].list_value.values]
    values = fields["defaults"].tuple_value.values
    trees = dict(zip(arguments, inputs, strict=True))
    for name, stored in zip(reversed(names), reversed(values), strict=False):
        leaf = trees.get(name)
        if stored.WhichOneof("kind") != "tensor_value" or not isinstance(leaf, Tensor):
            continue
        try:
            value, dtype, shape = tensor_value(stored.tensor_value, budget)
        except UndescribableError:
            continue
        if (dtype, shape) == (leaf.dtype, leaf.shape):
            yield name, value


def _input_signature_entries(spec: Message) -> list[Message]:
    signature = spec.input_signature
    match signature.WhichOneof("kind"):
        case "tuple_value":
            return list(signature.tuple_value.values)
        case "list_value":
            return list(signature.list_value.values)
        case _:
            return []


def _with_author_names(node: Tree, given: Message | None, budget: Budget) -> Tree:
    """``node`` with the names in its ``input_signature``; a trace records only names that TensorFlow generated."""
    bare = without_names(node)
    if given is None:
        return bare
    try:
        author_tree = tree(given, budget)
    except UndescribableError:
        return bare
    return author_tree if without_names(author_tree) == bare else bare
