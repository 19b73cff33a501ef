"""The graph of an archive: what its nodes and functions call, read and hold.

Of a function only the nodes are kept that a check looks at; the main graph is kept whole, since its nodes are followed
from the outputs of the signatures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import BinaryIO, NamedTuple

from specc.reader.graph_ops import FUNCTION, FUNCTION_NODE, FUNCTION_SIGNATURE, LIBRARY, MAX_NODES, NODE
from specc.reader.protobuf.messages import Message, parse, parse_uncounted
from specc.reader.protobuf.wire_format import DamagedError, Span, file_spans
from specc.source.budget import Budget

MAX_ATTRIBUTE_BYTES = 2**16
"""A longer attribute is a constant or a compiled program, of which only the size is read."""
MAX_MAIN_NODES = 2**18
"""The limit on the nodes outside of functions; only TensorFlow 1 has more than a few thousand."""
MAX_STEPS = 2**22
"""The limit on the calls and inputs that are followed, which takes about a second."""
MAX_TEXT_BYTES = 2**26
"""The limit on the texts of all nodes together."""


class GraphNode(NamedTuple):
    """A node: its op, its inputs (``name``, ``name:1`` or ``^name`` of others), and what its attributes hold."""

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    """The functions that its attributes name."""
    texts: tuple[tuple[str, bytes], ...] = ()
    """The texts among its attributes, each with the attribute's name; a scalar text constant is one as ``value``."""
    largest: int = 0
    """The size of its largest attribute in bytes."""
    device: str = ""
    """The device that it has to run on; empty for any."""


@dataclass(frozen=True)
class GraphFunction:
    """A function of the graph's library, or the main graph, which has no name."""

    name: str = ""
    inputs: tuple[str, ...] = ()
    """The names of its arguments, captured tensors last."""
    nodes: dict[str, GraphNode] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    """The functions that its nodes call."""
    ops: Counter[str] = field(default_factory=Counter)
    """How many nodes there are of each op, including those that are not kept."""
    devices: Counter[str] = field(default_factory=Counter)
    """How many nodes have to run on each device."""

    def count(self, node: GraphNode) -> None:
        """Counts a node among the calls, ops and devices."""
        self.calls.update((node.op, *node.calls))
        self.ops[node.op] += 1
        if node.device:
            self.devices[node.device] += 1


@dataclass
class SavedGraph:
    """The main graph and the functions of one MetaGraph."""

    main: GraphFunction
    functions: dict[str, GraphFunction]
    steps: int = 0
    """How many calls and inputs have been followed, and how many nodes looked at on the way."""

    def step(self, count: int) -> None:
        """Counts steps: each endpoint follows the calls by itself, and many may call the same functions.

        Raises:
            DamagedError: there are too many.
        """
        self.steps += count
        if self.steps > MAX_STEPS:
            raise DamagedError(f"following the calls in its graph takes more than {MAX_STEPS:,} steps")

    @cached_property
    def calls(self) -> dict[str, list[GraphNode]]:
        """The nodes of the main graph that call each function."""
        found: dict[str, list[GraphNode]] = {}
        for node in self.main.nodes.values():
            for name in node.calls:
                found.setdefault(name, []).append(node)
        return found

    def reached(self, functions: Iterable[str]) -> set[str]:
        """The names of ``functions`` and of all that they call."""
        return self._closure(functions, lambda name: self.functions[name].calls, self.functions)

    def main_nodes(self, names: Iterable[str]) -> set[str]:
        """The names of the nodes of the main graph that run for the tensors or nodes ``names``."""
        nodes = self.main.nodes
        return self._closure(map(node_of, names), lambda name: map(node_of, nodes[name].inputs), nodes)

    def _closure(
        self, start: Iterable[str], following: Callable[[str], Iterable[str]], known: Container[str]
    ) -> set[str]:
        found: set[str] = set()
        waiting = [name for name in start if name in known]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                followed = list(following(name))
                self.step(1 + len(followed))
                waiting.extend(each for each in followed if each in known and each not in found)
        return found


def node_of(tensor: str) -> str:
    """The node of a tensor or control input: ``score`` of ``score:1`` and of ``^score``."""
    return tensor.removeprefix("^").partition(":")[0]


def read_saved_graph(
    file: BinaryIO, graphs: list[Span], is_kept: Callable[[GraphNode], bool], budget: Budget
) -> SavedGraph:
    """The SavedGraph in the ``GraphDef`` whose parts are ``graphs`` of ``file``; ``is_kept`` is for functions' nodes.

    Raises:
        DamagedError: the graph is cut short, or has too many nodes or texts.
    """
    reading = _Reading(file, is_kept, budget)
    main, functions = GraphFunction(), {}
    for graph in graphs:
        for part in file_spans(file, graph.start, graph.end, budget):
            if part.number == NODE:
                node = reading.node(part)
                reading.keep(node, main)
                main.count(node)
                if len(main.nodes) > MAX_MAIN_NODES:
                    raise DamagedError(f"its graph has more than {MAX_MAIN_NODES:,} nodes outside of functions")
            elif part.number == LIBRARY:
                for each in file_spans(file, part.start, part.end, budget):
                    if each.number == FUNCTION:
                        function = reading.function(each)
                        functions[function.name] = function
    return SavedGraph(main, functions)


@dataclass
class _Reading:
    file: BinaryIO
    is_kept: Callable[[GraphNode], bool]
    budget: Budget
    count: int = 0
    text_bytes: int = 0

    def function(self, part: Span) -> GraphFunction:
        name, inputs, found = "", (), GraphFunction()
        for each in file_spans(self.file, part.start, part.end, self.budget):
            if each.number == FUNCTION_SIGNATURE:
                signature = parse("OpDef", self._content(each, []), self.budget)
                name, inputs = signature.name, tuple(argument.name for argument in signature.input_arg)
            elif each.number == FUNCTION_NODE:
                node = self.node(each)
                found.count(node)
                if self.is_kept(node):
                    self.keep(node, found)
        return replace(found, name=name, inputs=inputs)

    def keep(self, node: GraphNode, function: GraphFunction) -> None:
        self.text_bytes += sum(len(text) for _, text in node.texts)
        if self.text_bytes > MAX_TEXT_BYTES:
            raise DamagedError(f"its nodes have more than {MAX_TEXT_BYTES // 2**20} MiB of text")
        self.budget.charge("parts of nodes", len(node.inputs) + len(node.calls) + len(node.texts))
        function.nodes[node.name] = node

    def node(self, part: Span) -> GraphNode:
        self.count += 1
        if self.count > MAX_NODES:
            raise DamagedError(f"its graph has more than {MAX_NODES:,} nodes")
        sizes = [0]
        content = self._content(part, sizes)
        self.budget.charge("bytes of nodes", len(content))
        proto = parse_uncounted("NodeDef", content)
        calls: list[str] = []
        texts: list[tuple[str, bytes]] = []
        for entry in proto.attr:
            value = entry.value
            match value.WhichOneof("value"):
                case "func":
                    calls.append(value.func.name)
                case "list":
                    calls.extend(function.name for function in value.list.func)
                    texts.extend((entry.key, text) for text in value.list.s)
                case "s":
                    texts.append((entry.key, value.s))
                case "tensor":
                    texts.extend((entry.key, text) for text in _scalar_text(value.tensor))
        return GraphNode(proto.name, proto.op, tuple(proto.input), tuple(calls), tuple(texts), max(sizes), proto.device)

    def _content(self, part: Span, sizes: list[int]) -> bytes:
        """The bytes of a message, without the fields that are too long, whose sizes are added to ``sizes``."""
        if part.end - part.start <= MAX_ATTRIBUTE_BYTES:
            return self._bytes(part.start, part.end)
        content = b""
        start = part.start
        for each in file_spans(self.file, part.start, part.end, self.budget):
            if each.end - each.start <= MAX_ATTRIBUTE_BYTES:
                content += self._bytes(start, each.end)
            else:
                sizes.append(each.end - each.start)
            start = each.end
        return content

    def _bytes(self, start: int, end: int) -> bytes:
        self.file.seek(start)
        return self.file.read(end - start)


def _scalar_text(tensor: Message) -> Iterator[bytes]:
    if len(tensor.string_val) == 1 and not tensor.tensor_shape.dim:
        yield tensor.string_val[0]
