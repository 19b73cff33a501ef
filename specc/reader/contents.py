"""What is in an archive besides its interface: variables, assets, ops, and what is remarkable among these."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from specc.errors import ArchiveError
from specc.language.contract import Contract
from specc.language.tensor_string import Shape
from specc.reader.checkpoint import OBJECT_GRAPH, StoredTensor, read_index
from specc.reader.conformance.assets import ASSETS, asset_problem
from specc.reader.conformance.notable_ops import CHECKPOINT_OPS, NETWORK_OPS, PYTHON_OPS, STATE_OPS, XLA_OP
from specc.reader.conformance.ops import run_by, run_by_loading, uses_files
from specc.reader.conformance.subject import Subject
from specc.reader.conformance.variables import VALUE, duplicate_pairs, node_of_key
from specc.reader.custom_ops import custom_ops
from specc.reader.graph_document import list_items
from specc.reader.inspection import Inspection, choose_graph
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_graph import GraphFunction, GraphNode
from specc.reader.saved_model import damaged_error, read_saved_model

NotableKind = Literal["python", "files", "network", "state", "xla", "custom", "device"]


@dataclass(frozen=True)
class Variable:
    """A tensor of the checkpoint."""

    path: str
    """The path of attributes from the root object, or the name that TensorFlow 1 gave it."""
    dtype: str
    shape: Shape
    bytes: int
    name: str = ""
    """The variable's own name; empty where it is not recorded."""
    trainable: bool | None = None
    """None where it is not recorded."""
    collections: tuple[str, ...] = ()
    """The archive's lists that have it, other than the three of every archive."""
    repeats: str = ""
    """The path of a variable with the same bytes, where no function uses this one: it is stored twice."""

    @property
    def label(self) -> str:
        """What people call it: its own name, or its path where that is not recorded."""
        return self.name or self.path


@dataclass(frozen=True)
class Asset:
    """A file in ``assets/`` that the graph reads."""

    name: str
    bytes: int | None
    """None where it cannot be read."""
    problem: str = ""
    """Why it cannot be read, as a relative clause."""


@dataclass(frozen=True)
class NotableOp:
    """An op that asks something of where the archive runs, or that does more than compute."""

    kind: NotableKind
    op: str
    """Empty for ``device``: any op may be pinned."""
    count: int
    """How many nodes, in all functions together."""
    endpoints: tuple[str, ...] = ()
    """Those whose calls run it; none where it only runs when the archive is loaded."""
    detail: str = ""
    """The platforms of ``xla``, the library of ``custom``, the name of ``device``; empty where it is not known."""


@dataclass(frozen=True)
class Contents:
    """What is in the directory of an archive."""

    bytes: int
    """Of all its files."""
    tensorflow_version: str
    """That of the program that wrote it; empty where it is not recorded."""
    tags: tuple[str, ...]
    variables: tuple[Variable, ...] | None
    """By path; None where the checkpoint cannot be read."""
    assets: tuple[Asset, ...]
    ops: Mapping[str, int]
    """How many nodes there are of each op, in the graph and its functions, without calls of these."""
    endpoint_ops: Mapping[str, Mapping[str, int]]
    """The same for what a call of each endpoint runs; a function that is called twice is counted once."""
    notable: tuple[NotableOp, ...] = field(default=())


def read_contents(directory: Path, inspection: Inspection) -> Contents:
    """The Contents of the archive in ``directory`` with this Inspection.

    Raises:
        ArchiveError: it cannot be read.
    """
    graph, _ = choose_graph(read_saved_model(directory))
    contract = Contract(inspection.document, inspection.left_out) if inspection.source == "contract" else None
    subject = Subject(inspection.document, directory, graph, contract, has_contract=contract is not None)
    try:
        return Contents(
            sum(_file_sizes(directory)),
            graph.tensorflow_version,
            tuple(graph.tags),
            _variables(subject),
            tuple(_assets(subject)),
            _op_counts(subject, (subject.program.main, *subject.program.functions.values())),
            {name: _ops_of(subject, name) for name in sorted(inspection.document.endpoints)},
            tuple(_notable(subject, inspection.custom_ops)),
        )
    except DamagedError as error:
        raise damaged_error(directory, error) from None
    except OSError as error:
        raise ArchiveError(f"cannot read {error.filename or directory}: {error.strerror or error}") from None


def _file_sizes(directory: Path) -> Iterator[int]:
    """The size of each file, without those that links lead to."""
    waiting = [os.fspath(directory)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(entry.path)
                elif stat.S_ISREG(status.st_mode):
                    yield status.st_size


def _variables(subject: Subject) -> tuple[Variable, ...] | None:
    try:
        stored = read_index(subject.directory)
    except DamagedError:
        return None
    repeats = {unused.key: used.key.removesuffix(VALUE) for unused, used in duplicate_pairs(subject)}
    lists: dict[int, list[str]] = {}
    for name in sorted(subject.root.collections):
        for node_id in dict.fromkeys(list_items(subject.graph, name) or ()):
            lists.setdefault(node_id, []).append(name)
    found = [
        _variable(subject, tensor, lists, repeats.get(key, "")) for key, tensor in stored.items() if key != OBJECT_GRAPH
    ]
    return tuple(sorted(found, key=lambda each: each.path))


def _variable(subject: Subject, tensor: StoredTensor, lists: Mapping[int, list[str]], repeats: str) -> Variable:
    name, trainable, collections = "", None, list[str]()
    node_id = node_of_key(subject, tensor.key) if subject.graph.has_objects else None
    node = None if node_id is None else subject.graph.node(node_id)
    if node_id is not None and node is not None and node.WhichOneof("kind") == "variable":
        name, trainable = node.variable.name, node.variable.trainable
        collections = lists.get(node_id, collections)
    path = tensor.key.removesuffix(VALUE)
    return Variable(path, tensor.dtype, tensor.shape, tensor.size, name, trainable, tuple(collections), repeats)


def _assets(subject: Subject) -> Iterator[Asset]:
    for name in sorted({asset.filename for asset in subject.graph.assets}):
        problem = asset_problem(subject.directory, name)
        size = None if problem else (subject.directory / ASSETS / name).stat().st_size
        yield Asset(name, size, problem)


def _op_counts(subject: Subject, functions: Iterable[GraphFunction]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for function in functions:
        counts.update(function.ops)
    return _without_calls(subject, counts)


def _without_calls(subject: Subject, counts: Counter[str]) -> dict[str, int]:
    return {op: counts[op] for op in sorted(counts) if op not in subject.program.functions}


def _ops_of(subject: Subject, endpoint: str) -> dict[str, int]:
    program = subject.program
    counts = Counter(program.main.nodes[node].op for node in subject.nodes[endpoint])
    for name in subject.reached[endpoint]:
        counts.update(program.functions[name].ops)
    return _without_calls(subject, counts)


def _notable(subject: Subject, libraries: Mapping[str, str]) -> Iterator[NotableOp]:
    """The notable ops by kind, each op once; ``libraries`` are those that the contract knows."""
    endpoints = sorted(subject.document.endpoints)
    runs = {name: _ops_of(subject, name) for name in endpoints}
    kinds: Mapping[str, NotableKind] = {op: kind for op in _run_ops(subject) if (kind := _kind_of(op)) is not None}
    everywhere = _op_counts(subject, (subject.program.main, *subject.program.functions.values()))
    outside = {name: _reaching_out(subject, run_by(subject, name)) for name in endpoints}
    loading = _reaching_out(subject, run_by_loading(subject), with_checkpoint=False)
    found = [
        NotableOp(kind, op, everywhere[op], users, _platforms(subject) if kind == "xla" else "")
        for op, kind in kinds.items()
        for users in (tuple(name for name in endpoints if op in runs[name]),)
        if users or kind != "state"  # loading sets variables and tables, which every archive does
    ]
    for op in {op for each in (*outside.values(), loading) for op in each}:
        users = tuple(name for name in endpoints if op in outside[name])
        nodes = {node for each in (*outside.values(), loading) for node in each.get(op, ())}
        found.append(NotableOp("network" if op in NETWORK_OPS else "files", op, len(nodes), users))
    for op, library in custom_ops(everywhere).items():
        users = tuple(name for name in endpoints if op in runs[name])
        found.append(NotableOp("custom", op, everywhere[op], users, libraries.get(op, library)))
    for device, (count, users) in _devices(subject).items():
        found.append(NotableOp("device", "", count, users, device))
    order = NotableKind.__args__  # type: ignore[attr-defined]  # of a Literal
    yield from sorted(found, key=lambda each: (order.index(each.kind), each.op, each.detail))


def _kind_of(op: str) -> NotableKind | None:
    if op in PYTHON_OPS:
        return "python"
    if op == XLA_OP:
        return "xla"
    return "state" if STATE_OPS.fullmatch(op) else None


def _run_ops(subject: Subject) -> list[str]:
    """The ops of everything that runs when the archive is loaded or called."""
    program = subject.program
    found = {program.main.nodes[node].op for node in subject.loaded_nodes}
    for name in subject.loaded_functions:
        found.update(program.functions[name].ops)
    return sorted(found)


def _reaching_out(
    subject: Subject, nodes: Iterable[tuple[GraphFunction, GraphNode]], *, with_checkpoint: bool = True
) -> dict[str, set[tuple[str, str]]]:
    """The nodes that use files or the network, by op, each by its function and its name."""
    found: dict[str, set[tuple[str, str]]] = {}
    for function, node in nodes:
        if (with_checkpoint and node.op in CHECKPOINT_OPS) or uses_files(subject, function, node):
            found.setdefault(node.op, set()).add((function.name, node.name))
    return found


def _platforms(subject: Subject) -> str:
    """Where all compiled programs together can run: ``CPU, CUDA``."""
    found = {
        text.decode("utf-8", "replace")
        for function in (subject.program.main, *subject.program.functions.values())
        for node in function.nodes.values()
        if node.op == XLA_OP
        for attribute, text in node.texts
        if attribute == "platforms"
    }
    return ", ".join(sorted(found))


def _devices(subject: Subject) -> dict[str, tuple[int, tuple[str, ...]]]:
    """How many nodes of the endpoints have to run on each device, and which endpoints run them."""
    program, counts, users = subject.program, Counter[str](), dict[str, list[str]]()
    for name in {each for reached in subject.reached.values() for each in reached}:
        counts.update(program.functions[name].devices)
    for name in {each for nodes in subject.nodes.values() for each in nodes}:
        counts.update([program.main.nodes[name].device])
    for endpoint in sorted(subject.document.endpoints):
        used = {program.main.nodes[node].device for node in subject.nodes[endpoint]}
        used.update(device for name in subject.reached[endpoint] for device in program.functions[name].devices)
        for device in used:
            users.setdefault(device, []).append(endpoint)
    return {device: (counts[device], tuple(users[device])) for device in sorted(users) if device}
