"""Compares the variables in a written checkpoint with those in memory, bit for bit, by their positions on the root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

# The proto is not part of TensorFlow's public API, but only the object graph says which key a variable has.
from tensorflow.core.protobuf import trackable_object_graph_pb2

from specc.compiler.write.contents import Contents
from specc.compiler.write.distributed import is_synchronized_on_read
from specc.compiler.write.save_options import saved_variables
from specc.diagnostics import Diagnostic, counted
from specc.errors import SpecError
from specc.reader.checkpoint import OBJECT_GRAPH, PREFIX

_VALUE = "VARIABLE_VALUE"
_SHOWN = 3


def require_stored_values(contents: Contents, directory: Path) -> None:
    """Raises SpecError if a variable in the archive in ``directory`` is not the one in memory that it was made of."""
    lists = {"variables": contents.variables, **contents.collections}
    held = {name: saved_variables(variables, contents.options) for name, variables in lists.items()}
    total = len({id(variable) for variables in held.values() for variable in variables})
    problems = list(_problems(held, directory)) if total else []
    if problems:
        more = f"; {len(problems) - _SHOWN:,} more differ" if len(problems) > _SHOWN else ""
        message = (
            f"{len(problems):,} of {counted(total, 'stored variable')} are not the model's: "
            f"{'; '.join(problems[:_SHOWN])}{more}"
        )
        hint = "nothing may change the model, or the files, while the archive is written; build it again"
        raise SpecError([Diagnostic(rule="weights-differ", message=message, hint=hint)])


def _problems(lists: Mapping[str, Sequence[Any]], directory: Path) -> Iterator[str]:
    try:
        reader = tf.train.load_checkpoint(str(directory / PREFIX))
        keys = _Keys(reader)
    except (tf.errors.OpError, ValueError) as error:
        yield f"the checkpoint cannot be read: {error}"
        return
    seen: set[int] = set()
    for name, variables in lists.items():
        for position, variable in enumerate(variables):
            if id(variable) not in seen:
                seen.add(id(variable))
                problem = _problem(reader, keys.of(name, position), variable)
                if problem:
                    yield f"{variable.name.partition(':')[0]!r} {problem}"


def _problem(reader: Any, key: str | None, variable: Any) -> str:
    if key is None:
        return "is missing"
    try:
        stored = np.asarray(reader.get_tensor(key))
    except (tf.errors.OpError, ValueError) as error:
        return f"cannot be read: {error}"
    return "" if are_equal(stored, _value(variable)) else "has other values"


def _value(variable: Any) -> Any:
    if is_synchronized_on_read(variable):
        return tf.convert_to_tensor(variable).numpy()  # all copies combined, as the checkpoint has it
    copy = variable.values[0] if isinstance(variable, tf.distribute.DistributedValues) else variable
    tensor = copy.read_value()
    try:
        return np.asarray(memoryview(tensor))  # the tensor's own memory, of which numpy() would make a copy
    except (BufferError, TypeError, ValueError):  # on another device, or of a dtype that a buffer cannot have
        return tensor.numpy()


def are_equal(one: Any, other: Any) -> bool:
    """Whether two arrays are equal bit for bit."""
    one, other = np.asarray(one), np.asarray(other)
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
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
        return next((each.checkpoint_key for each in attributes if each.name == _VALUE), None)

    def _children(self, node: int) -> dict[str, int]:
        return {child.local_name: child.node_id for child in self._nodes[node].children}
