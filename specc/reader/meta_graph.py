"""A MetaGraph: the parts that describe its interface, each parsed only when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from specc.reader.graph_ops import graph_ops
from specc.reader.protobuf.messages import Message, parse
from specc.reader.protobuf.wire_format import DamagedError, Span, file_spans, spans, varints
from specc.reader.saved_graph import GraphNode, SavedGraph, read_saved_graph
from specc.source.budget import Budget
from specc.source.regular_files import open_regular

T = TypeVar("T")

MAX_PART_BYTES = 16 * 2**20
"""The limit on the description of a function or a signature; one with 10,000 leaves has about 1 MB."""
MAX_GRAPH_BYTES = 64 * 2**20
"""The limit on the object graph; that of ResNet50 has 0.1 MB."""
MAX_NAMES = 10_000
"""The limit on signatures, and on public functions."""

_META_INFO, _GRAPH, _COLLECTIONS, _SIGNATURES, _ASSETS, _OBJECT_GRAPH = 1, 2, 4, 5, 6, 7
_NODES, _FUNCTIONS = 1, 2
_VARIABLE = 7
_KEY, _VALUE = 1, 2
_BOUND_INPUTS = 2
_INITIALIZERS = ("saved_model_main_op", "legacy_init_op")
"""The collections that name the ops that a loader runs."""
_OLD_ASSETS = "saved_model_assets"
"""The collection of assets, where TensorFlow 1 has them."""
_TOO_MANY = {
    _SIGNATURES: f"it has more than {MAX_NAMES:,} signatures, or more than 16 MiB of them",
    _ASSETS: f"it has more than {MAX_NAMES:,} assets, or more than 16 MiB of signatures and assets",
    _COLLECTIONS: "it has more than 16 MiB of signatures and assets",
}


class MetaGraph:
    """One MetaGraph: its tags, its signatures, its object graph and the ops of its graph."""

    def __init__(self, file: BinaryIO, path: Path, start: int, end: int, budget: Budget) -> None:
        self.budget = budget
        """What may be spent on this archive; all of its MetaGraphs have the same one."""
        self._path = path
        self._graphs: list[Span] = []
        self._spans: dict[int, list[Span]] = {number: [] for number in (_COLLECTIONS, _SIGNATURES, _ASSETS)}
        self._object_graph: Span | None = None
        self.tags: tuple[str, ...] = ()
        self.tensorflow_version = ""
        """That of the program that wrote it; empty where it is not recorded."""
        self.function_aliases: dict[str, str] = {}
        """The aliases of concrete functions, by the function's name."""
        size = 0
        for part in file_spans(file, start, end, budget):
            if part.number == _META_INFO:
                info = parse("MetaGraphDef.MetaInfoDef", _read_part(file, part), budget)
                self.tags = tuple(info.tags)
                self.tensorflow_version = info.tensorflow_version
                self.function_aliases = {entry.key: entry.value for entry in info.function_aliases}
            elif part.number == _GRAPH:
                self._graphs.append(part)
            elif part.number == _OBJECT_GRAPH:
                self._object_graph = part
            elif part.number in self._spans and (
                part.number != _COLLECTIONS or _starts_with_key(file, part, (*_INITIALIZERS, _OLD_ASSETS), budget)
            ):
                size += part.end - part.start
                if size > MAX_PART_BYTES or len(self._spans[part.number]) == MAX_NAMES:
                    raise DamagedError(_TOO_MANY[part.number])
                self._spans[part.number].append(part)
        self._nodes: dict[int, Message] = {}
        self._children: dict[int, dict[str, int]] = {}
        self._variables: dict[int, bool] = {}
        self._functions: dict[str, Message] = {}
        self._once: dict[object, Any] = {}

    def once(self, key: object, read: Callable[[], T]) -> T:
        """What ``read`` returns, which is called only the first time: many names may stand for one object."""
        if key not in self._once:
            self._once[key] = read()
        found: T = self._once[key]
        return found

    def _entries(self, number: int, name: str) -> Iterator[Message]:
        """The messages ``name`` in the fields of this number."""
        for data in self._contents(self._spans[number]):
            yield parse(name, data, self.budget)

    def _contents(self, parts: Iterable[Span], limit: int = MAX_PART_BYTES) -> Iterator[bytes]:
        with self._open() as file:
            for part in parts:
                yield _read_part(file, part, limit)

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        try:
            with open_regular(self._path) as file:
                yield file
        except OSError as error:
            raise DamagedError(str(error.strerror or error)) from None

    # Each part is read when it is asked for: of all MetaGraphs only one is looked at, and there may be many.

    @cached_property
    def signatures(self) -> dict[str, Message]:
        """The ``SignatureDef`` of each signature, by its name."""
        return {entry.key: entry.value for entry in self._entries(_SIGNATURES, "MetaGraphDef.SignatureDefEntry")}

    @cached_property
    def assets(self) -> list[Message]:
        """The ``AssetFileDef`` of each file in ``assets/`` that the graph reads."""
        found = list(self._entries(_ASSETS, "AssetFileDef"))
        old = (each for entry in self._collections if entry.key == _OLD_ASSETS for each in entry.value.any_list.value)
        return found or [parse("AssetFileDef", each.value, self.budget) for each in old]  # as TensorFlow's loaders do

    @cached_property
    def initializers(self) -> list[str]:
        """The nodes that a loader runs."""
        return [node for entry in self._collections for node in entry.value.node_list.value]

    @cached_property
    def _collections(self) -> list[Message]:
        return list(self._entries(_COLLECTIONS, "MetaGraphDef.CollectionDefEntry"))

    @cached_property
    def _objects(self) -> bytes:
        part = self._object_graph
        return b"" if part is None else next(self._contents([part], MAX_GRAPH_BYTES))

    @cached_property
    def _parts(self) -> tuple[list[Span], dict[str, Span]]:
        nodes: list[Span] = []
        functions: dict[str, Span] = {}
        for part in self._inside(0, len(self._objects)):
            if part.number in (_NODES, _FUNCTIONS):
                self.budget.charge("objects")
            if part.number == _NODES:
                nodes.append(part)
            elif part.number == _FUNCTIONS:
                functions[self._key(part)] = part
        return nodes, functions

    def _inside(self, start: int, end: int) -> Iterator[Span]:
        """The fields of a part of the object graph."""
        return spans(self._objects, start, end, self.budget)

    def _key(self, entry: Span) -> str:
        for number, start, end in self._inside(entry.start, entry.end):
            if number == _KEY:
                return self._objects[start:end].decode("utf-8", "replace")
        return ""

    @cached_property
    def ops(self) -> frozenset[str]:
        """The ops that the graph and its functions use; the graph is read on first access.

        Raises:
            DamagedError: the graph cannot be read.
        """
        with self._open() as file:
            return graph_ops(file, self._graphs, self.budget)

    def read_graph(self, is_kept: Callable[[GraphNode], bool]) -> SavedGraph:
        """The nodes and functions of the graph; of a function's nodes those for which ``is_kept`` is true.

        Raises:
            DamagedError: the graph cannot be read.
        """
        with self._open() as file:
            return read_saved_graph(file, self._graphs, is_kept, self.budget)

    @property
    def has_objects(self) -> bool:
        """Whether there is an object graph; TensorFlow 1 does not write one."""
        return bool(self._parts[0])

    def node(self, index: int) -> Message | None:
        """The object with this id, or None where there is none."""
        nodes = self._parts[0]
        if index not in self._nodes and 0 <= index < len(nodes):
            self._nodes[index] = self._part("SavedObject", nodes[index])
        return self._nodes.get(index)

    def children(self, index: int) -> dict[str, int]:
        """The ids of the children of the object with this id, by name; empty where there is no such object."""
        if index not in self._children:
            node = self.node(index)
            references = () if node is None else node.children
            self.budget.charge("objects", len(references))
            self._children[index] = {each.local_name: each.node_id for each in references}
        return self._children[index]

    def is_variable(self, index: int) -> bool:
        """Whether the object with this id is a variable; it is not parsed, since there may be many."""
        nodes = self._parts[0]
        if index not in self._variables:
            known = 0 <= index < len(nodes)
            parts = self._inside(nodes[index].start, nodes[index].end) if known else ()
            self._variables[index] = any(part.number == _VARIABLE for part in parts)
        return self._variables[index]

    def function(self, name: str) -> Message | None:
        """The concrete function of this name, or None where there is none."""
        part = self._parts[1].get(name)
        if name not in self._functions and part is not None:
            self._functions[name] = self._part("SavedObjectGraph.ConcreteFunctionsEntry", part).value
        return self._functions.get(name)

    @cached_property
    def captures(self) -> dict[str, tuple[int, ...]]:
        """The ids of the objects that each concrete function captures; none is parsed, since there may be many."""
        return {name: tuple(self._captured(entry)) for name, entry in self._parts[1].items()}

    def _captured(self, entry: Span) -> Iterator[int]:
        for value in self._inside(entry.start, entry.end):
            if value.number == _VALUE:
                for part in self._inside(value.start, value.end):
                    if part.number == _BOUND_INPUTS:
                        yield from varints(self._objects, part.start, part.end, self.budget)

    def _part(self, name: str, part: Span) -> Message:
        return parse(name, self._objects[part.start : part.end], self.budget)


def _read_part(file: BinaryIO, part: Span, limit: int = MAX_PART_BYTES) -> bytes:
    size = part.end - part.start
    if size > limit:
        raise DamagedError(f"a part of the description has {size:,} bytes, more than the limit of {limit:,}")
    file.seek(part.start)
    data = file.read(size)
    if len(data) < size:
        raise DamagedError("it became shorter while it was read")
    return data


def _starts_with_key(file: BinaryIO, entry: Span, keys: tuple[str, ...], budget: Budget) -> bool:
    """Whether the first field of an entry of a map is one of ``keys``."""
    first = next(file_spans(file, entry.start, entry.end, budget), None)
    longest = max(map(len, keys))
    if first is None or first.number != _KEY or first.end - first.start > longest:
        return False
    return _read_part(file, first).decode("utf-8", "replace") in keys
