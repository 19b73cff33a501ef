"""The components of ragged and sparse tensors in a request, which have to fit each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from specc.diagnostics import SpecPath
from specc.language.trees import Ragged, Sparse
from specc.language.wire_names import BoundLeaf
from specc.rest.payload.findings import Findings
from specc.rest.payload.tensors import Found


def check_parts(bound: BoundLeaf, found: Mapping[str, Found], findings: Findings, leaf: SpecPath) -> list[int | None]:
    """The sizes of a composite leaf, None for those of ragged axes; findings where its components do not fit.

    All of its components are ``found``.
    """
    parts = [found[component.wire_name] for component in bound.components]
    match bound.leaf:
        case Ragged(ragged_rank=rank):
            return _ragged_sizes(bound, rank, parts, findings, leaf)
        case Sparse():
            return _sparse_sizes(bound, parts, findings, leaf)
        case _:
            return list(parts[0].sizes)


def _ragged_sizes(
    bound: BoundLeaf, rank: int, parts: Sequence[Found], findings: Findings, leaf: SpecPath
) -> list[int | None]:
    values, *splits = parts
    for index, split in enumerate(splits):
        inner = splits[index + 1].sizes[0] - 1 if index + 1 < len(splits) else (values.sizes or (0,))[0]
        problem = _split_problem(split, inner)
        if problem is not None:
            at, message = problem
            findings.add("payload-parts", at, f"{bound.components[index + 1].wire_name!r}: {message}", leaf=leaf)
            return []
    if not splits[0].sizes:
        return []
    return [splits[0].sizes[0] - 1, *[None] * rank, *values.sizes[1:]]


def _split_problem(split: Found, count: int) -> tuple[SpecPath, str] | None:
    """What is wrong with row splits over ``count`` rows or values, and where."""
    numbers = split.numbers()
    if not numbers:
        return split.path, "row splits have at least one value, 0"
    if numbers[0] != 0:
        return split.place(0), f"row splits begin with 0, not {numbers[0]}"
    for index, (one, other) in enumerate(pairwise(numbers), start=1):
        if other < one:
            return split.place(index), f"row splits do not descend: {other} follows {one}"
    if numbers[-1] != count:
        return split.place(len(numbers) - 1), f"the last row split is {numbers[-1]}, and there are {count} values"
    return None


def _sparse_sizes(bound: BoundLeaf, parts: Sequence[Found], findings: Findings, leaf: SpecPath) -> list[int | None]:
    indices, values, dense_shape = parts
    names = [component.wire_name for component in bound.components]
    sizes = dense_shape.numbers()
    count = (indices.sizes or (0,))[0]
    if (values.sizes or (0,))[0] != count:
        message = f"{names[1]!r} has {(values.sizes or (0,))[0]} values, and {names[0]!r} has {count} indices"
        findings.add("payload-parts", values.path, message, leaf=leaf)
        return []
    rank = indices.sizes[1] if len(indices.sizes) > 1 else len(sizes)
    if rank != len(sizes):
        message = f"{names[2]!r} has {len(sizes)} sizes, and an index has {rank}"
        findings.add("payload-parts", dense_shape.path, message, leaf=leaf)
        return []
    numbers, previous = indices.numbers(), list[int]()
    for row in range(count):
        index = numbers[row * rank : (row + 1) * rank]
        at = (*indices.path, row)
        if any(not 0 <= part < size for part, size in zip(index, sizes, strict=True)):
            findings.add("payload-parts", at, f"{names[0]!r}: {index} is outside of {names[2]!r}, {sizes}", leaf=leaf)
            return []
        if row and index <= previous:
            what = "is there twice" if index == previous else f"follows {previous}: indices are sorted"
            findings.add("payload-parts", at, f"{names[0]!r}: {index} {what}", leaf=leaf)
            return []
        previous = index
    return list(sizes)
