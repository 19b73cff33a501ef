"""The plan of an endpoint's calls: every declared example, then generated calls, always in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count, islice
from random import Random

from specc.language.calls.call import Call
from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.leaf_generator import LeafGenerator, Style
from specc.language.calls.read import read_examples
from specc.language.document import Document
from specc.language.dtypes import DTYPES, Family
from specc.language.tensor_bytes import element_size
from specc.language.trees import Ragged, Tensor
from specc.language.wire_names import BoundLeaf
from specc.verification.call_sizes import InputAxes, Sizes
from specc.verification.planned_call import PlannedCall
from specc.verification.rows import join_rows, row_count, take_rows

MAX_CALL_BYTES = 1 << 28
"""The limit on the inputs of a generated call; a larger one is not made."""
_FROM_EXAMPLES = ("base", "one", "max", "empty")
"""The cases whose values without two bounds are an example's, if there is one; else every other row is."""


class CallPlan:
    """The calls of one endpoint. ``too_large`` has the cases whose inputs are beyond the limit."""

    def __init__(self, document: Document, endpoint: str, *, cases: int, seed: int) -> None:
        self._endpoint, self._cases, self._seed = endpoint, cases, seed
        self._axes = InputAxes(document, endpoint)
        self._examples = read_examples(document, endpoint)
        self.too_large: list[str] = []

    def examples(self) -> Iterator[PlannedCall]:
        """The declared examples, by name."""
        for name, call in self._examples.items():
            yield PlannedCall(name, call.inputs, call.left_out, example=call)

    def generated(self) -> Iterator[PlannedCall]:
        """The first generated calls, as many as were asked for."""
        sources = [call for call in self._examples.values() if call.error is None]
        for number, (case, sizes) in enumerate(islice(self._case_sizes(), max(self._cases, 0))):
            if self._bytes(sizes) > MAX_CALL_BYTES:
                self.too_large.append(case)
            else:
                yield self._call(case, sizes, sources[number % len(sources)] if sources else None)

    def _case_sizes(self) -> Iterator[tuple[str, Sizes]]:
        axes = self._axes
        yield "base", axes.base()
        if axes.free:
            yield "one", axes.one()
            yield "other", axes.other()
        if (largest := axes.largest()) is not None:
            yield "max", largest
        if axes.leaves:
            yield "edges", axes.base()
        if (empty := axes.empty()) is not None:
            yield "empty", empty
        for number in count(1) if axes.leaves else ():
            case = f"random-{number}"
            yield case, axes.random(self._generator(case, ""))

    def _generator(self, case: str, leaf: str) -> Random:
        return Random(f"{self._seed}\n{self._endpoint}\n{case}\n{leaf}")

    def _bytes(self, sizes: Sizes) -> int:
        total = 0
        for leaf in self._axes.leaves:
            width = 16 if leaf.leaf.dtype == "string" else element_size(leaf.leaf.dtype)
            elements = 1
            for size in self._axes.shape(leaf, sizes, ragged=4):
                elements *= size
            total += elements * width
        return total

    def _call(self, case: str, sizes: Sizes, source: Call | None) -> PlannedCall:
        inputs: dict[str, FlatTensor] = {}
        promised = True
        style: Style = "edges" if case == "edges" else "random"
        for leaf in self._axes.leaves:
            shape = [sizes[axis] if isinstance(axis, str) else axis for axis in self._axes.axes[leaf.name]]
            tensors = LeafGenerator(leaf, self._generator(case, leaf.name), style).tensors(shape)
            if source is not None and style == "random":
                every = case in _FROM_EXAMPLES and not _is_bounded(leaf)
                mixed = _with_rows_of(leaf, tensors, source.inputs, every=every)
            else:
                every, mixed = False, None
            inputs |= mixed or tensors
            is_legal = _is_bounded(leaf) and leaf.leaf.shape is not None
            promised &= is_legal or (every and mixed is not None)
        return PlannedCall(case, inputs, promised=promised, is_empty=case == "empty")


def _is_bounded(leaf: BoundLeaf) -> bool:
    """Whether the contract says which values are legal."""
    match DTYPES[leaf.leaf.dtype].family:
        case Family.BOOLEAN:
            return True
        case Family.INTEGER | Family.FLOAT if isinstance(leaf.leaf, Tensor):
            return leaf.leaf.minimum is not None and leaf.leaf.maximum is not None
        case _:
            return False


def _with_rows_of(
    leaf: BoundLeaf, tensors: Mapping[str, FlatTensor], source: Mapping[str, FlatTensor], *, every: bool
) -> dict[str, FlatTensor] | None:
    """The tensors of a leaf, of which ``every`` row, or every other one, is a row of ``source``, in turn.

    None where the rows of ``source`` have another shape, or there are none.
    """
    wanted, available = row_count(leaf, tensors), row_count(leaf, source)
    if wanted is None:
        same = {name: source[name] for name in tensors}
        is_alike = all(same[name].shape == tensor.shape for name, tensor in tensors.items())
        return same if every and is_alike else None
    if not available:
        return None
    if _row_shape(leaf, tensors) != _row_shape(leaf, source):
        return None
    rows = take_rows(leaf, source, [row % available for row in range(wanted)])
    if every:
        return rows
    joined = join_rows(leaf, rows, tensors)
    return take_rows(leaf, joined, [row if row % 2 == 0 else wanted + row for row in range(wanted)])


def _row_shape(leaf: BoundLeaf, tensors: Mapping[str, FlatTensor]) -> tuple[int, ...]:
    """The sizes that two leaves must share to be joined: those of their values after the rows, or the dense shape."""
    first = tensors[leaf.components[0].wire_name]
    if isinstance(leaf.leaf, (Tensor, Ragged)):
        return first.shape[1:]
    return tuple(tensors[leaf.components[2].wire_name].elements()[1:])
