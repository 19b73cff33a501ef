"""Checks of one leaf's flat tensors against what the endpoint declares, wherever they were read from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from specc.diagnostics import SpecPath
from specc.language.calls.findings import Findings, Found
from specc.language.calls.leaf_values import Index, index_of
from specc.language.calls.sizes import leaf_shape, misfit, shape_text
from specc.language.dtypes import DTYPES, Family
from specc.language.floats import nearest
from specc.language.tensor_bytes import to_json, unpack
from specc.language.trees import Ragged, Sparse, Tensor
from specc.language.wire_names import BoundLeaf


def check_leaf(bound: BoundLeaf, found: Mapping[str, Found], path: SpecPath, findings: Findings) -> bool:
    """Whether the ranks and fixed sizes are the declared ones, and splits and indices those of a tensor."""
    for component in bound.components:
        seen = found[component.wire_name].shape
        if misfit(component.shape, seen):
            of = f" of the {component.part}" if component.part else ""
            message = f"expected the shape {shape_text(component.shape)}{of}, found {shape_text(seen)}"
            findings.add(path, message)
            return False
    parts = [found[component.wire_name] for component in bound.components]
    match bound.leaf:
        case Ragged():
            problem = _splits_problem(parts[0].shape[0], parts[1:])
        case Sparse():
            problem = _indices_problem(bound, parts)
        case _:
            problem = ""
    if problem:
        findings.add(path, problem)
    return not problem


def _splits_problem(count: int | None, splits: Sequence[Found]) -> str:
    """Why row splits do not divide ``count`` values, or the empty string."""
    for outer, inner in zip(splits, (*splits[1:], None), strict=True):
        if outer.shape == (0,):
            return "the row splits are empty: even without rows they are [0]"
        if not isinstance(outer.values, bytes):
            continue
        numbers = unpack(outer.values, outer.dtype)
        items = count if inner is None else (inner.shape[0] or 0) - 1
        if numbers[0] != 0 or numbers[-1] != items or any(a > b for a, b in pairwise(numbers)):
            return f"the row splits must start at 0, not decrease, and end at {items}, the number of items they divide"
    return ""


def _indices_problem(bound: BoundLeaf, parts: Sequence[Found]) -> str:
    """Why three tensors are not a sparse tensor of the declared shape, or the empty string."""
    indices, values, dense_shape = parts
    rank = dense_shape.shape[0]
    if indices.shape[0] != values.shape[0] or (indices.shape[1] not in (rank, None)):
        return f"the indices have the shape {shape_text(indices.shape)}, for {values.shape[0]} values of rank {rank}"
    if not isinstance(dense_shape.values, bytes) or not isinstance(indices.values, bytes):
        return ""
    sizes = unpack(dense_shape.values, "int64")
    if any(size < 0 for size in sizes) or misfit(bound.leaf.shape, sizes):
        return f"expected the shape {shape_text(bound.leaf.shape)}, found the dense shape {shape_text(sizes)}"
    numbers = unpack(indices.values, "int64")
    for position, index in enumerate(numbers):
        if not 0 <= index < sizes[position % len(sizes)]:
            at = numbers[position - position % len(sizes) :][: len(sizes)]
            return f"the index {at} is outside of the dense shape {sizes}"
    return ""


def check_bounds(
    bound: BoundLeaf,
    found: Mapping[str, Found],
    at: Callable[[Index], SpecPath],
    findings: Findings,
    *,
    slack: float,
) -> None:
    """Adds a finding for the first element outside of the leaf's bounds, which are wider by ``slack``, a share of each.

    The element at an index is at a path.
    """
    leaf = bound.leaf
    if not isinstance(leaf, Tensor) or (leaf.minimum is None and leaf.maximum is None):
        return
    tensor = found[bound.components[0].wire_name]
    if not isinstance(tensor.values, bytes):
        return
    low, high = limit_of(leaf.minimum, leaf.dtype, -slack), limit_of(leaf.maximum, leaf.dtype, slack)
    for position, number in enumerate(unpack(tensor.values, leaf.dtype)):
        if (low is not None and not number >= low) or (high is not None and not number <= high):
            index = index_of(position, [size or 0 for size in leaf_shape(bound, found)])
            said = {"minimum": leaf.minimum, "maximum": leaf.maximum}
            bounds = ", ".join(f"{word} {limit}" for word, limit in said.items() if limit is not None)
            message = f"{to_json(number, leaf.dtype)!r} is outside of the bounds: {bounds}"
            findings.add(at(index), message)
            return


def limit_of(bound: Any, dtype: str, slack: float) -> Any:
    """A bound as the dtype has it, since 0.1 is not below the float32 that is written as 0.1; moved by ``slack``."""
    if bound is None or DTYPES[dtype].family is not Family.FLOAT:
        return bound
    limit = nearest(float(bound), dtype)
    return limit + slack * abs(limit) if math.isfinite(limit) else limit
