"""Compares the variables in a written checkpoint with those in memory, bit for bit, by their positions on the root."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

# The proto is not part of TensorFlow's public API, but only the object graph says which key a variable has.
from tensorflow.core.protobuf import trackable_object_graph_pb2

from specc.compiler.write.contents import RESOURCES, Contents
from specc.compiler.write.distributed import value_of
from specc.compiler.write.save_options import saved_variables
from specc.diagnostics import Diagnostic, counted
from specc.errors import SpecError
from specc.reader.checkpoint import OBJECT_GRAPH, PREFIX, VARIABLE_VALUE, StoredTensor, read_index
from specc.reader.protobuf.wire_format import DamagedError

_SHOWN = 3
_PIECE = 2**22
"""The number of bytes that are compared at once, a multiple of eight."""


def require_stored_values(contents: Contents, directory: Path) -> None:
    """Raises SpecError if a variable in the archive in ``directory`` is not the one in memory that it was made of."""
    lists = {"variables": contents.variables, **contents.collections}
    held = {name: dict(enumerate(saved_variables(each, contents.options))) for name, each in lists.items()}
    tracked = enumerate(contents.resources)
    held[RESOURCES] = {place: each for place, each in tracked if isinstance(each, tf.Variable)}
    total = len({id(variable) for variables in held.values() for variable in variables.values()})
    problems = list(_problems(held, directory)) if total else []
    if problems:
        more = f"; {len(problems) - _SHOWN:,} more differ" if len(problems) > _SHOWN else ""
        message = (
            f"{len(problems):,} of {counted(total, 'stored variable')} are not the model's: "
            f"{'; '.join(problems[:_SHOWN])}{more}"
        )
        hint = "nothing may change the model, or the files, while the archive is written; build it again"
        raise SpecError([Diagnostic(rule="weights-differ", message=message, hint=hint)])


def _problems(lists: Mapping[str, Mapping[int, Any]], directory: Path) -> Iterator[str]:
    """The problems of the variables of each list of the root, which are given by their positions there."""
    try:
        stored = _Stored(directory)
    except (DamagedError, tf.errors.OpError, ValueError) as error:
        yield f"the checkpoint cannot be read: {error}"
        return
    seen: set[int] = set()
    for name, variables in lists.items():
        for position, variable in variables.items():
            if id(variable) not in seen:
                seen.add(id(variable))
                problem = _problem(stored, stored.keys.of(name, position), variable)
                if problem:
                    yield f"{variable.name.partition(':')[0]!r} {problem}"


def _problem(stored: _Stored, key: str | None, variable: Any) -> str:
    if key is None:
        return "is missing"
    try:
        return "" if stored.has(key, array_of(value_of(variable)), variable.dtype.name) else "has other values"
    except (OSError, tf.errors.OpError, ValueError) as error:
        return f"cannot be read: {error}"


class _Stored:
    """The tensors of a written checkpoint."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._tensors = read_index(directory)
        self._reader = tf.train.load_checkpoint(str(directory / PREFIX))
        self.keys = _Keys(self._reader)

    def has(self, key: str, value: Any, dtype: str) -> bool:
        """Whether the tensor ``key`` is the array ``value``, bit for bit."""
        place = self._tensors.get(key)
        is_numeric = dtype != "string" and sys.byteorder == "little"
        if is_numeric and place is not None and (place.dtype, place.size) == (dtype, value.nbytes):
            return place.shape == value.shape and self._has_bytes(place, value)
        return are_equal(self._reader.get_tensor(key), value)  # such as a tensor that is split among files

    def _has_bytes(self, place: StoredTensor, value: Any) -> bool:
        """Compares piece by piece: a variable may be as large as the memory that is left."""
        flat = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        piece = bytearray(min(_PIECE, place.size))
        with (self._directory / place.shard).open("rb", buffering=0) as file:
            file.seek(place.offset)
            for start in range(0, place.size, _PIECE):
                expected = flat[start : start + _PIECE]
                if file.readinto(memoryview(piece)[: len(expected)]) != len(expected):
                    return False
                if not are_equal(np.frombuffer(piece, np.uint8, len(expected)), expected):
                    return False
        return True


def array_of(tensor: Any) -> Any:
    """The elements of an eager tensor as an array, which shares its memory if it can."""
    try:
        return np.asarray(memoryview(tensor))  # the tensor's own memory, of which numpy() would make a copy
    except (BufferError, TypeError, ValueError):  # on another device, or of a dtype that a buffer cannot have
        return tensor.numpy()


def are_equal(one: Any, other: Any) -> bool:
    """Whether two arrays are equal bit for bit."""
    # NumPy's own arrays of bytes have no zeros at their end.
    one, other = (np.array(each, object) if isinstance(each, bytes) else np.asarray(each) for each in (one, other))
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.__array_interface__["data"] == other.__array_interface__["data"] and one.strides == other.strides:
        return True  # one piece of memory
    if one.dtype == object:  # an array of strings holds pointers
        return bool((one == other).all())
    flat = [np.ascontiguousarray(array).reshape(-1).view(np.uint8) for array in (one, other)]
    words = one.nbytes // 8 * 8  # compared eight bytes at a time, then the rest
    return np.array_equal(flat[0][:words].view(np.uint64), flat[1][:words].view(np.uint64)) and np.array_equal(
        flat[0][words:], flat[1][words:]
    )


class _Keys:
    """The keys of a checkpoint, by the list of the root that holds the variable, and its position there."""

    def __init__(self, reader: Any) -> None:
        graph = trackable_object_graph_pb2.TrackableObjectGraph.FromString(reader.get_tensor(OBJECT_GRAPH))
        self._nodes = graph.nodes
        self._lists: dict[str, dict[str, int]] = {}

    def of(self, name: str, position: int) -> str | None:
        """The key of a variable, or None if it is not there."""
        if name not in self._lists:
            root = self._children(0)
            self._lists[name] = self._children(root[name]) if name in root else {}
        node = self._lists[name].get(str(position))
        attributes = [] if node is None else self._nodes[node].attributes
        return next((each.checkpoint_key for each in attributes if each.name == VARIABLE_VALUE), None)

    def _children(self, node: int) -> dict[str, int]:
        return {child.local_name: child.node_id for child in self._nodes[node].children}
