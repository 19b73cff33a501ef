"""One tensor of a request: its nesting, its sizes, and its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from specc.diagnostics import SpecPath, counted
from specc.language.document import Document
from specc.language.scalars import describe
from specc.language.tensor_string import ANY, Dimension, format_tensor
from specc.rest.payload.findings import Findings
from specc.rest.payload.scalars import find_problems
from specc.rest.signatures import RestTensor, SizeRange, sizes_of
from specc.rules.table import PayloadRule


@dataclass(frozen=True)
class Found:
    """A tensor as it is in a request: its sizes, the path of the first array of each axis, and its values, flat.

    A path of every value would take more memory than the request: :meth:`place` computes the few that are needed.
    """

    path: SpecPath
    sizes: tuple[int, ...]
    places: tuple[SpecPath, ...]
    values: Sequence[Any]

    def place(self, index: int) -> SpecPath:
        """The path of the value at ``index``, in row-major order."""
        return (*self.path, *_index_of(index, self.sizes))

    def numbers(self) -> list[int]:
        """The values of an integer tensor; 0 for those that have a finding."""
        return [value if isinstance(value, int) and not isinstance(value, bool) else 0 for value in self.values]


def check_tensor(
    tensor: RestTensor,
    value: Any,
    path: SpecPath,
    document: Document,
    findings: Findings,
    leaf: SpecPath,
) -> Found | None:
    """The tensor at ``path``, or None after a finding about its nesting.

    Args:
        tensor: what is declared.
        value: its JSON, parsed.
        path: its path in the request.
        document: what declares the dims.
        findings: where findings are added.
        leaf: the path of its leaf in the spec.
    """
    shape, text = tensor.component.shape, format_tensor(tensor.component.dtype, tensor.component.shape)
    level: list[Any] = [value]
    sizes: list[int] = []
    places: list[SpecPath] = []

    def at(index: int) -> SpecPath:
        return (*path, *_index_of(index, sizes))

    while _is_nested(level, shape, len(sizes)):
        axis = len(sizes)
        wrong = next((index for index, item in enumerate(level) if not isinstance(item, list)), None)
        if wrong is not None:
            message = f"{tensor.name!r} is {text}: expected an array of axis {axis}, found {describe(level[wrong])}"
            findings.add("payload-rank", at(wrong), message, leaf=leaf)
            return None
        dim: Dimension = ANY if shape is None else shape[axis]
        problem = _size_problem(dim, axis, [len(items) for items in level], sizes_of(dim, document))
        if problem is not None:
            findings.add(problem.rule, at(problem.position), f"{tensor.name!r}: {problem.message}", leaf=leaf)
            return None
        size = len(level[0]) if level else 0
        if size == 0 and shape is not None and axis < len(shape) - 1:
            message = f"{tensor.name!r} is {text}: JSON cannot write an empty axis {axis}, since [] has rank 1"
            findings.add("payload-rank", at(0), message, leaf=leaf)
            return None
        places.append(at(0))
        level = [item for items in level for item in items]
        sizes.append(size)
    wrong = next((index for index, item in enumerate(level) if isinstance(item, list)), None)
    if wrong is not None:
        message = f"{tensor.name!r} is {text}: expected a value, found an array of axis {len(sizes)}"
        findings.add("payload-rank", at(wrong), message, leaf=leaf)
        return None
    for index, found in find_problems(level, tensor.component.dtype, tensor.dense):
        findings.add(found.rule, at(index), f"{tensor.name!r}: {found.message}", found.hint, leaf=leaf)
    return Found(path, tuple(sizes), tuple(places), level)


def _index_of(index: int, sizes: Sequence[int]) -> tuple[int, ...]:
    """The index in every axis of the value or array at ``index``, in row-major order."""
    found: tuple[int, ...] = ()
    for size in reversed(sizes):
        index, last = divmod(index, size) if size else (0, 0)
        found = (last, *found)
    return found


def _is_nested(level: list[Any], shape: tuple[Dimension, ...] | None, axis: int) -> bool:
    """Whether the values of ``level`` are arrays of ``axis``; of a tensor of unknown rank, if they are arrays."""
    if shape is not None:
        return axis < len(shape)
    return bool(level) and all(isinstance(item, list) for item in level)


class _SizeProblem(NamedTuple):
    rule: PayloadRule
    position: int
    message: str


def _size_problem(dim: Dimension, axis: int, lengths: list[int], allowed: SizeRange) -> _SizeProblem | None:
    """What is wrong with the sizes of the arrays of one axis, and the first array of which it is true."""
    wrong = next((index for index, length in enumerate(lengths) if not allowed.holds(length)), None)
    if wrong is not None:
        return _SizeProblem("payload-size", wrong, f"{_described(dim, axis)} is {lengths[wrong]}, {allowed}")
    odd = next((index for index, length in enumerate(lengths) if length != lengths[0]), None)
    if odd is None:
        return None
    message = (
        f"this array of axis {axis} has {counted(lengths[odd], 'item')}, and others have {lengths[0]}: "
        "a dense tensor has one size an axis"
    )
    return _SizeProblem("payload-rank", odd, message)


def _described(dim: Dimension, axis: int) -> str:
    return f"axis {axis}" if isinstance(dim, int) or dim == ANY else dim
