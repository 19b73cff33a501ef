"""What is in an archive besides its interface: variables, assets, ops, and what is remarkable among these."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from specc.errors import ArchiveError
from specc.language.contract import Contract
from specc.language.tensor_string import Shape
from specc.reader.checkpoint import OBJECT_GRAPH, VALUE, StoredTensor
from specc.reader.conformance.assets import ASSETS, asset_problem
from specc.reader.conformance.subject import Subject
from specc.reader.conformance.variables import duplicate_pairs, node_of_key
from specc.reader.endpoint_ops import NotableOp, notable_ops, op_counts, runs_of
from specc.reader.graph_document import list_items
from specc.reader.inspection import Inspection, choose_graph
from specc.reader.protobuf.wire_format import DamagedError
from specc.reader.saved_model import damaged_error, read_saved_model


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
        runs, ops = runs_of(subject), op_counts(subject)
        return Contents(
            sum(_file_sizes(directory)),
            graph.tensorflow_version,
            tuple(graph.tags),
            _variables(subject),
            tuple(_assets(subject)),
            ops,
            {name: run.ops for name, run in runs.items()},
            tuple(notable_ops(subject, ops, runs, inspection.custom_ops)),
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
    stored = subject.index
    if isinstance(stored, str):
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
