"""Calls of an endpoint as flat tensors, right by construction, for property tests."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st

from specc.language.calls import FlatTensor
from specc.language.calls.flat_tensor import tensor_of
from specc.language.document import Dim, Endpoint
from specc.language.dtypes import DTYPES, Family
from specc.language.floats import nearest
from specc.language.tensor_bytes import NoElementError, element_size, from_json, unpack
from specc.language.trees import Ragged, Sparse, Tensor
from specc.language.values import scalars
from specc.language.wire_names import BoundLeaf, input_leaves, output_leaves

Draw = Callable[..., Any]
Tensors = dict[str, FlatTensor]
MAX_SIZE = 3


class DrawnCall(NamedTuple):
    inputs: Tensors
    left_out: frozenset[str]
    outputs: Tensors


def is_small(endpoint: Endpoint) -> bool:
    """Whether every fixed size is small enough to write values for it, every bound is one of its dtype, and no two
    tensors have one name.
    """
    for side in (input_leaves(endpoint), output_leaves(endpoint)):
        names = [component.wire_name for bound in side for component in bound.components]
        if len(set(names)) < len(names):
            return False
    leaves = [bound.leaf for bound in (*input_leaves(endpoint), *output_leaves(endpoint))]
    sizes = [size for leaf in leaves for size in leaf.shape or () if isinstance(size, int)]
    return max(sizes, default=0) <= MAX_SIZE and all(
        _within(leaf) for leaf in leaves if isinstance(leaf, Tensor) and _is_bounded(leaf)
    )


@st.composite
def calls(draw: Draw, endpoint: Endpoint, dims: dict[str, Dim]) -> DrawnCall:
    """A call of an endpoint that is small."""
    sizes: dict[str, int] = {}

    def size(dim: int | str) -> int:
        if isinstance(dim, int):
            return dim
        if dim == "?":
            return draw(st.integers(0, 2))
        if dim not in sizes:
            low = dims[dim].min
            sizes[dim] = draw(st.integers(low, min(low + 1, low + 1 if dims[dim].max is None else dims[dim].max)))
        return sizes[dim]

    left_out, inputs, outputs = set(), Tensors(), Tensors()
    for bound in input_leaves(endpoint):
        default = default_tensor(bound)
        if default is not None and draw(st.booleans()):
            left_out.add(bound.name)
            inputs[bound.name] = default
        else:
            inputs |= _leaf(draw, bound, size)
    for bound in output_leaves(endpoint):
        if draw(st.integers(0, 3)):
            outputs |= _leaf(draw, bound, size)
    return DrawnCall(inputs, frozenset(left_out), outputs)


def default_tensor(bound: BoundLeaf) -> FlatTensor | None:
    """The default of a leaf, if it has one that its dtype can represent."""
    leaf = bound.leaf
    if not isinstance(leaf, Tensor) or leaf.default is None or leaf.shape is None:
        return None
    try:
        values = [from_json(value, leaf.dtype) for value in scalars(leaf.default)]
        return tensor_of(leaf.dtype, [dim for dim in leaf.shape if isinstance(dim, int)], values)
    except NoElementError:
        return None


def _leaf(draw: Draw, bound: BoundLeaf, size: Callable[[int | str], int]) -> Tensors:
    leaf = bound.leaf
    names = [component.wire_name for component in bound.components]
    if isinstance(leaf, Ragged):
        ranks = ["?"] * (leaf.ragged_rank + 1 + draw(st.integers(0, 1)))
        shape = list(leaf.shape if leaf.shape is not None else ranks)
        count, splits = size(shape[0]), []
        for _ in range(leaf.ragged_rank):
            ends = [0]
            for _ in range(count):
                ends.append(ends[-1] + draw(st.integers(0, 2)))
            count = ends[-1]
            splits.append(tensor_of(leaf.row_splits_dtype, [len(ends)], ends))
        inner = [size(dim) for dim in shape[leaf.ragged_rank + 1 :]]
        values = _tensor(draw, leaf.dtype, [count, *inner], elements(leaf.dtype))
        return dict(zip(names, [values, *splits], strict=True))
    shape = list(leaf.shape if leaf.shape is not None else ["?"] * draw(st.integers(0, 3)))
    sizes = [size(dim) for dim in shape]
    if isinstance(leaf, Sparse):
        places = (
            [draw(st.lists(st.tuples(*(st.integers(0, each - 1) for each in sizes)), max_size=3))]
            if 0 not in sizes
            else [[]]
        )
        (indices,) = places
        return {
            names[0]: tensor_of("int64", [len(indices), len(sizes)], [part for index in indices for part in index]),
            names[1]: _tensor(draw, leaf.dtype, [len(indices)], elements(leaf.dtype)),
            names[2]: tensor_of("int64", [len(sizes)], sizes),
        }
    kept = _within(leaf) if _is_bounded(leaf) else None
    return {names[0]: _tensor(draw, leaf.dtype, sizes, elements(leaf.dtype) if kept is None else st.sampled_from(kept))}


def _tensor(draw: Draw, dtype: str, sizes: list[int], values: st.SearchStrategy[Any]) -> FlatTensor:
    count = math.prod(sizes)
    return tensor_of(dtype, sizes, draw(st.lists(values, min_size=count, max_size=count)))


@cache
def elements(dtype: str) -> st.SearchStrategy[Any]:
    """Any element of a dtype: any bits, and any bytes."""
    kind = DTYPES[dtype]
    match kind.family:
        case Family.BOOLEAN:
            return st.booleans()
        case Family.STRING:
            return st.binary(max_size=4) | st.text(st.characters(codec="utf-8"), max_size=3).map(str.encode)
        case Family.INTEGER:
            return st.integers(*kind.range)
        case _:
            size = element_size(dtype)
            return st.binary(min_size=size, max_size=size).map(lambda raw: unpack(raw, dtype)[0])


def _is_bounded(leaf: Tensor) -> bool:
    return leaf.minimum is not None or leaf.maximum is not None


def _within(leaf: Tensor) -> list[Any]:
    """Some elements within the bounds of a leaf."""
    low, high = (
        None if bound is None else float(bound) if isinstance(bound, str) else bound
        for bound in (leaf.minimum, leaf.maximum)
    )
    found = []
    for value in (low, high, 0, 1):
        if value is None:
            continue
        number = nearest(float(value), leaf.dtype) if DTYPES[leaf.dtype].family is Family.FLOAT else value
        try:
            tensor_of(leaf.dtype, [], [number])
        except NoElementError:
            continue
        if (low is None or value >= low) and (high is None or value <= high):
            found.append(number)
    return found
