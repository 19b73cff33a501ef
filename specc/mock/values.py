"""Values of an answer: any that the contract allows, and always the same for the same request and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from math import prod
from random import Random

from specc.language.calls.flat_tensor import FlatTensor
from specc.language.calls.leaf_generator import MAX_ENTRIES, LeafGenerator
from specc.language.document import Document, Endpoint
from specc.language.tensor_string import ANY, Dimension
from specc.language.trees import Ragged, Sparse, Tensor
from specc.language.wire_names import BoundLeaf, output_leaves
from specc.mock.asked import Asked
from specc.rest.signatures import SizeRange, sizes_of
from specc.source.limits import MAX_VALUES

_MOST_CHOSEN = 4
"""The largest size that is chosen where the contract allows it and the request does not decide."""
_MOST_IN_A_ROW = 4
"""The largest size of a generated ragged row."""
_MOST_CELLS = 1 << 53
"""Of a sparse tensor, so that a float can choose one."""


class TooManyValuesError(Exception):
    """The answer would have more values than the mock makes."""


def generate(
    document: Document, endpoint: Endpoint, asked: Asked, seed: int, known: Mapping[str, FlatTensor]
) -> dict[str, FlatTensor]:
    """The outputs of an endpoint by wire name: those that are ``known``, and generated ones with the same dims.

    Raises:
        TooManyValuesError: they have too many values.
    """
    leaves = output_leaves(endpoint)
    rows = asked.row_digests(endpoint) if endpoint.rowwise and all(_is_dense(bound) for bound in leaves) else None
    maker = _Maker(document, asked, f"{seed} {asked.digest}" if rows is None else f"{seed}")
    for bound in leaves:
        maker.tie(bound, known)
    wanted = [(bound, maker.shape(bound)) for bound in leaves if bound.components[0].wire_name not in known]
    if sum(_count(bound, shape) for bound, shape in wanted) > MAX_VALUES:
        raise TooManyValuesError(f"the answer would have more than {MAX_VALUES:,} values, which a mock does not make")
    made: dict[str, FlatTensor] = {}
    for bound, shape in wanted:
        if rows is None or shape[:1] != (len(rows),):
            made |= LeafGenerator(bound, maker.random(f"value {bound.name}"), "random").tensors(shape)
        else:
            made[bound.name] = _row_by_row(bound, [size or 0 for size in shape[1:]], rows, seed)
    return made | dict(known)


def _is_dense(bound: BoundLeaf) -> bool:
    return isinstance(bound.leaf, Tensor)


def _row_by_row(bound: BoundLeaf, inner: list[int], rows: Sequence[str], seed: int) -> FlatTensor:
    """A tensor of which each row depends on one row of the request, as a rowwise endpoint promises."""
    made = [LeafGenerator(bound, Random(f"{seed} {row} {bound.name}"), "random").dense(inner).values for row in rows]
    dtype = bound.leaf.dtype
    values = tuple(chain.from_iterable(made)) if dtype == "string" else b"".join(made)  # type: ignore[arg-type]
    return FlatTensor(dtype, (len(rows), *inner), values)  # type: ignore[arg-type]  # texts, or bytes of numbers


def _count(bound: BoundLeaf, shape: Sequence[int | None]) -> int:
    cells = prod(_MOST_IN_A_ROW if size is None else size for size in shape)
    if isinstance(bound.leaf, Sparse) and cells < _MOST_CELLS:
        return MAX_ENTRIES * len(shape)
    return cells


class _Maker:
    """Chooses the shapes of outputs; a named dim has one size in all of them."""

    def __init__(self, document: Document, asked: Asked, key: str) -> None:
        self._document, self._asked, self._key = document, asked, key
        self._dims = dict(asked.dims)

    def random(self, what: str) -> Random:
        """The generator for one purpose: what is made for another one does not change it."""
        return Random(f"{self._key} {what}")

    def tie(self, bound: BoundLeaf, known: Mapping[str, FlatTensor]) -> None:
        """Gives the dims of a leaf the sizes that a known output has; those of its rows, the number of rows."""
        shape = bound.leaf.shape
        if not shape:
            return
        tensor = known.get(bound.name)
        if tensor is not None and len(tensor.shape) == len(shape):
            for dim, size in zip(shape, tensor.shape, strict=True):
                if isinstance(dim, str) and dim != ANY:
                    self._dims.setdefault(dim, size)
        first, rows = shape[0], self._asked.rows
        if isinstance(first, str) and first != ANY and rows is not None and self._sizes(first).holds(rows):
            self._dims.setdefault(first, rows)

    def _sizes(self, dim: Dimension) -> SizeRange:
        return sizes_of(dim, self._document)

    def shape(self, bound: BoundLeaf) -> tuple[int | None, ...]:
        """The shape of a leaf, of which a ragged axis is None."""
        leaf = bound.leaf
        ragged = leaf.ragged_rank if isinstance(leaf, Ragged) else 0
        dims = leaf.shape
        if dims is None:
            rank = ragged + 1 if ragged else 2 if isinstance(leaf, Sparse) else 0 if self._asked.rows is None else 1
            dims = (ANY,) * rank
        return tuple(
            dim if isinstance(dim, int) else None if 1 <= axis <= ragged else self._size(dim, axis, bound)
            for axis, dim in enumerate(dims)
        )

    def _size(self, dim: Dimension, axis: int, bound: BoundLeaf) -> int:
        if dim == ANY:
            rows = self._asked.rows
            return rows if axis == 0 and rows is not None else self._chosen(dim, f"{bound.name}/{axis}")
        if str(dim) not in self._dims:
            self._dims[str(dim)] = self._chosen(dim, str(dim))
        return self._dims[str(dim)]

    def _chosen(self, dim: Dimension, what: str) -> int:
        sizes = self._sizes(dim)
        least = max(sizes.min, 1)
        most = least + _MOST_CHOSEN - 1 if sizes.max is None else min(sizes.max, least + _MOST_CHOSEN - 1)
        return most if most < least else self.random(f"size {what}").randint(least, most)
