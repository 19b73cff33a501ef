"""Reads the parts of a SavedModel that describe its interface, each parsed only when it is needed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from specc.diagnostics import printable
from specc.errors import ArchiveError
from specc.reader.graph_ops import graph_ops
from specc.reader.protobuf.messages import Message, parse
from specc.reader.protobuf.wire_format import DamagedError, Span, file_spans, spans, varints
from specc.reader.saved_graph import GraphNode, SavedGraph, read_saved_graph

FILE_NAME = "saved_model.pb"
MAX_BYTES = 2**31
"""protobuf's own limit on a message."""
MAX_PART_BYTES = 16 * 2**20
"""The limit on the description of a function or a signature; one with 10,000 leaves has about 1 MB."""
MAX_GRAPH_BYTES = 256 * 2**20
"""The limit on the object graph; that of ResNet50 has 0.1 MB."""
MAX_META_GRAPHS = 64
MAX_NAMES = 10_000
"""The limit on signatures, and on public functions."""

_META_GRAPHS = 2
_META_INFO, _GRAPH, _COLLECTIONS, _SIGNATURES, _ASSETS, _OBJECT_GRAPH = 1, 2, 4, 5, 6, 7
_NODES, _FUNCTIONS = 1, 2
_VARIABLE = 7
_KEY, _VALUE = 1, 2
_BOUND_INPUTS = 2
_INITIALIZERS = ("saved_model_main_op", "legacy_init_op")
"""The collections that name the ops that a loader runs."""
_OLD_ASSETS = "saved_model_assets"
"""The collection of assets, where TensorFlow 1 has them."""


class MetaGraph:
    """One MetaGraph: its tags, its signatures, its object graph and the ops of its graph."""

    def __init__(self, file: BinaryIO, path: Path, start: int, end: int) -> None:
        self._path = path
        self._graphs: list[Span] = []
        self.tags: tuple[str, ...] = ()
        self.tensorflow_version = ""
        """That of the program that wrote it; empty where it is not recorded."""
        self.function_aliases: dict[str, str] = {}
        """The aliases of concrete functions, by the function's name."""
        self.signatures: dict[str, Message] = {}
        self.assets: list[Message] = []
        """The ``AssetFileDef`` of each file in ``assets/`` that the graph reads."""
        self.initializers: list[str] = []
        """The nodes that a loader runs."""
        self._objects = b""
        budget = MAX_PART_BYTES
        old_assets: list[Message] = []
        for number, begin, stop in file_spans(file, start, end):
            if number == _META_INFO:
                info = parse("MetaGraphDef.MetaInfoDef", _read_part(file, begin, stop, MAX_PART_BYTES))
                self.tags = tuple(info.tags)
                self.tensorflow_version = info.tensorflow_version
                self.function_aliases = {entry.key: entry.value for entry in info.function_aliases}
            elif number == _SIGNATURES:
                budget -= stop - begin
                if budget < 0 or len(self.signatures) == MAX_NAMES:
                    raise DamagedError(f"it has more than {MAX_NAMES:,} signatures, or more than 16 MiB of them")
                entry = parse("MetaGraphDef.SignatureDefEntry", _read_part(file, begin, stop, MAX_PART_BYTES))
                self.signatures[entry.key] = entry.value
            elif number == _ASSETS:
                budget = _spend(budget, stop - begin)
                self.assets.append(parse("AssetFileDef", _read_part(file, begin, stop, MAX_PART_BYTES)))
            elif number == _COLLECTIONS and _starts_with_key(file, begin, stop, (*_INITIALIZERS, _OLD_ASSETS)):
                budget = _spend(budget, stop - begin)
                entry = parse("MetaGraphDef.CollectionDefEntry", _read_part(file, begin, stop, MAX_PART_BYTES))
                self.initializers.extend(entry.value.node_list.value)
                old_assets.extend(parse("AssetFileDef", each) for each in _values_of_any(entry.value.any_list))
            elif number == _GRAPH:
                self._graphs.append(Span(number, begin, stop))
            elif number == _OBJECT_GRAPH:
                self._objects = _read_part(file, begin, stop, MAX_GRAPH_BYTES)
        self.assets = self.assets or old_assets  # as TensorFlow's loaders do
        self._budget = MAX_PART_BYTES
        self._variables: dict[int, bool] = {}
        self._nodes: dict[int, Message] = {}
        self._children: dict[int, dict[str, int]] = {}
        self._functions: dict[str, Message] = {}

    @cached_property
    def _parts(self) -> tuple[list[Span], dict[str, Span]]:
        nodes: list[Span] = []
        functions: dict[str, Span] = {}
        for part in spans(self._objects):
            if part.number == _NODES:
                nodes.append(part)
            elif part.number == _FUNCTIONS:
                functions[self._key(part)] = part
        return nodes, functions

    def _key(self, entry: Span) -> str:
        for number, start, end in spans(self._objects, entry.start, entry.end):
            if number == _KEY:
                return self._objects[start:end].decode("utf-8", "replace")
        return ""

    @cached_property
    def ops(self) -> frozenset[str]:
        """The ops that the graph and its functions use; the graph is read on first access.

        Raises:
            DamagedError: the graph cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                return graph_ops(file, self._graphs)
        except OSError as error:
            raise DamagedError(str(error.strerror or error)) from None

    def read_graph(self, is_kept: Callable[[GraphNode], bool]) -> SavedGraph:
        """The nodes and functions of the graph; of a function's nodes those for which ``is_kept`` is true.

        Raises:
            DamagedError: the graph cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                return read_saved_graph(file, self._graphs, is_kept)
        except OSError as error:
            raise DamagedError(str(error.strerror or error)) from None

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
            self._children[index] = {} if node is None else {each.local_name: each.node_id for each in node.children}
        return self._children[index]

    def is_variable(self, index: int) -> bool:
        """Whether the object with this id is a variable; it is not parsed, since there may be many."""
        nodes = self._parts[0]
        if index not in self._variables:
            known = 0 <= index < len(nodes)
            parts = spans(self._objects, nodes[index].start, nodes[index].end) if known else ()
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
        for value in spans(self._objects, entry.start, entry.end):
            if value.number == _VALUE:
                for part in spans(self._objects, value.start, value.end):
                    if part.number == _BOUND_INPUTS:
                        yield from varints(self._objects, part.start, part.end)

    def _part(self, name: str, part: Span) -> Message:
        self._budget -= part.end - part.start
        if self._budget < 0:
            raise DamagedError(f"its functions are described in more than {MAX_PART_BYTES // 2**20} MiB")
        return parse(name, self._objects[part.start : part.end])


def read_saved_model(directory: Path) -> list[MetaGraph]:
    """The MetaGraphs of the SavedModel in ``directory``.

    Raises:
        ArchiveError: there is no readable SavedModel.
    """
    path = directory / FILE_NAME
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe waits for a writer
            raise ArchiveError(f"cannot read {path}: it is not a regular file")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise ArchiveError(f"cannot read {path}: it is larger than 2 GiB, the limit of protobuf")
            graphs = list(_meta_graphs(file, path, size))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ArchiveError(_unreadable(directory, error)) from None
    except DamagedError as error:
        raise damaged_error(directory, error) from None
    if not graphs:
        raise ArchiveError(f"{path} is not a SavedModel: it has no MetaGraph")
    return graphs


def damaged_error(directory: Path, error: DamagedError) -> ArchiveError:
    """The ArchiveError for a SavedModel in ``directory`` that cannot be read because of ``error``."""
    return ArchiveError(printable(f"cannot read {directory / FILE_NAME}: {error}"))


def _meta_graphs(file: BinaryIO, path: Path, size: int) -> Iterator[MetaGraph]:
    count = 0
    for number, start, end in file_spans(file, 0, size):
        if number == _META_GRAPHS:
            count += 1
            if count > MAX_META_GRAPHS:
                raise DamagedError(f"it has more than {MAX_META_GRAPHS} MetaGraphs")
            yield MetaGraph(file, path, start, end)


def _read_part(file: BinaryIO, start: int, end: int, limit: int) -> bytes:
    if end - start > limit:
        raise DamagedError(f"a part of the description has {end - start:,} bytes, more than the limit of {limit:,}")
    file.seek(start)
    data = file.read(end - start)
    if len(data) < end - start:
        raise DamagedError("it became shorter while it was read")
    return data


def _spend(budget: int, size: int) -> int:
    if size > budget:
        raise DamagedError("it has more than 16 MiB of signatures and assets")
    return budget - size


def _values_of_any(any_list: Message) -> Iterator[bytes]:
    for each in any_list.value:
        yield each.value


def _starts_with_key(file: BinaryIO, start: int, end: int, keys: tuple[str, ...]) -> bool:
    """Whether the first field of an entry of a map is one of ``keys``."""
    first = next(file_spans(file, start, end), None)
    longest = max(map(len, keys))
    if first is None or first.number != _KEY or first.end - first.start > longest:
        return False
    return _read_part(file, first.start, first.end, longest).decode("utf-8", "replace") in keys


def _unreadable(directory: Path, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError) and directory.is_dir():
        for other, what in (("saved_model.pbtxt", "as text"), ("saved_model.cpb", "in chunks")):
            if (directory / other).exists():
                message = f"its SavedModel is stored {what} ({other}), and only {FILE_NAME} can be read"
                return f"cannot read {directory}: {message}"
        return f"{directory} is not a SavedModel: it has no {FILE_NAME}"
    if not directory.exists():
        return f"cannot read {directory}: there is no such directory"
    if not directory.is_dir():
        return f"{directory} is not a SavedModel: it is not a directory"
    return f"cannot read {directory / FILE_NAME}: {getattr(error, 'strerror', None) or error}"
